//! The people who use the application.

mod ledger;
mod probe;
mod tick;

pub(crate) use ledger::{Entry, Ledger};
pub(crate) use tick::{HOST, Users, resolve};
