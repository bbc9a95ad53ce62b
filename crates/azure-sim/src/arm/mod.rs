//! The Azure Resource Manager front: one request in, one answer out.

mod answer;
mod authorize;
mod bindings;
mod body;
mod creation;
mod databases;
mod deployments;
mod dispatch;
mod endpoints;
mod firewall;
mod links;
mod operations;
mod profiles;
mod request;
mod roles;
mod route;
mod schema;
mod servers;
mod settings;
mod sites;
mod webjobs;

pub(crate) use answer::Answer;
pub(crate) use request::Request;
