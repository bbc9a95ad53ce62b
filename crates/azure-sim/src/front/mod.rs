//! The fronts: HTTPS for Azure Resource Manager and sites, TDS, control.

mod control;
mod https;
mod line;
mod resource_manager;
mod tls;

pub(crate) use control::router as control;
pub(crate) use https::{Peer, TlsListener, router};
pub(crate) use tls::{Authority, server_config};
