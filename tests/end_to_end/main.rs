//! The real step binaries against the simulated Azure, as processes with a scrubbed environment.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may fail, waits, and reads its own environment"
)]
#![allow(clippy::print_stdout, reason = "what is not run is said")]

mod background;
mod broken_invariants;
mod capture;
mod checks;
mod cleanup;
mod clients;
mod connections;
mod deadline;
mod faults;
mod firewall;
mod harness;
mod hooks;
mod identity;
mod inputs;
mod interference;
mod lock;
mod manual_changes;
mod other_endpoints;
mod other_runs;
mod package;
mod preflight;
mod proofs;
mod proxy;
mod refused;
mod release_before;
mod roles;
mod rollback;
mod scripts;
mod sign_in;
mod signals;
mod sql;
mod stage_site;
mod status;
mod switches;
mod table;
mod termination;
mod two_hands;
mod upgrade;
