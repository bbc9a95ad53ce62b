//! The simulator over its real interfaces: HTTPS with a foreign client, TDS with tiberius.
#![allow(clippy::unwrap_used, missing_docs)]

mod bench;
mod evidence;
mod facts;
mod flow;
mod invariants;
mod logins;
mod scenario;
mod sites;
mod strict;
mod traffic;
mod unlink;
