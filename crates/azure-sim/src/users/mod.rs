//! The people who use the application, and Traffic Manager, which probes it for them.

mod probe;
mod tick;

pub(crate) use probe::probe;
pub(crate) use tick::{HOST, Users, resolve, tick};
