//! The simulator over its real interfaces: HTTPS with a foreign client, TDS with tiberius.
#![allow(clippy::unwrap_used, missing_docs)]

mod bench;
#[path = "../../../../tests/recordings/cassette.rs"]
#[allow(dead_code, reason = "the client's tests need all of it")]
mod cassette;
mod creation;
mod evidence;
mod facts;
mod faults;
mod firewall;
mod flow;
mod hands;
mod invariants;
mod logins;
mod measure;
#[path = "../../../../tests/recordings/operations.rs"]
#[allow(dead_code, reason = "the part of the client is for its own tests")]
mod operations;
mod scenario;
mod sign_in;
mod sites;
mod strict;
mod traffic;
mod unlink;
mod webjobs;
