//! Sites: they answer over HTTP and run their SQL over their own connection string.

mod page;
mod pool;
mod serve;
mod work;

pub(crate) use pool::{Pools, Process, SESSION_ENDED};
pub(crate) use serve::Sites;
pub(crate) use work::work;
