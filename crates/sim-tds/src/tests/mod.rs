//! The wire over a socket, with scripted sessions behind it.
#![allow(clippy::unwrap_used)]
#![expect(clippy::disallowed_methods, reason = "the driver itself is what the wire is tried with")]

mod calls;
mod ends;
mod faults;
mod fixture;
mod logins;
mod raw;
mod readers;
mod results;
