//! The logical SQL servers: who may log in, and what their databases ask of them.

mod door;
mod host;
mod login;
mod network;

pub(crate) use door::Door;
pub(crate) use host::{ServerHost, shutting_down};
pub(crate) use login::{Request, authenticate};
pub(crate) use network::{Arrivals, admit};
