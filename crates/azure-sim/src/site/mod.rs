//! Sites: they answer over HTTP and run their SQL over their own connection string.

mod app;
mod connection;
mod page;
mod pool;
mod serve;
mod work;

pub(crate) use app::App;
pub(crate) use connection::ConnectionText;
pub(crate) use pool::{Pools, Process, SESSION_ENDED};
pub(crate) use serve::{Reply, SiteRequest};
