//! The people who use the application.

mod ledger;
mod probe;
mod queue;
mod tick;

pub(crate) use ledger::{Entry, Ledger, Writer};
pub(crate) use queue::{Finished, Queue, Work};
pub(crate) use tick::{HOST, Users, resolve};
