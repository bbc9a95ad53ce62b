//! The fronts: HTTPS for Azure Resource Manager and sites, TDS, control.

mod client_host;
mod control;
mod https;
mod line;
mod publish;
mod resource_manager;
mod tds;
mod tls;

pub(crate) use control::router as control;
pub(crate) use https::{Peer, TlsListener, router};
pub(crate) use tds::{SqlService, Visits};
pub(crate) use tls::{Authority, server_config};
