//! Azure Resource Manager: one request in, one answer out.
//!
//! [`table`] has every operation that is simulated. A handler is in the file of its resource; it gets a [`call::Call`]
//! and knows nothing of how it was found.

mod authorize;
mod bindings;
mod body;
mod call;
mod complete;
mod creation;
mod databases;
mod deployments;
mod dispatch;
mod endpoints;
mod firewall;
mod links;
mod operation;
mod operations;
mod path;
mod profiles;
mod roles;
mod route;
mod schema;
mod servers;
mod settings;
mod site_json;
mod sites;
mod table;
mod version;
mod webjobs;

pub(crate) use authorize::refuse;
pub(crate) use complete::complete;
pub(crate) use dispatch::{Outcome, ResourceManager};
