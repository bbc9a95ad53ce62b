//! The real step binaries against the simulated Azure, as processes with a scrubbed environment.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test may fail, and reads its own environment")]

mod breakers;
mod cleanup;
mod harness;
mod inputs;
mod lock;
mod refused;
mod rollback;
mod sql;
mod switches;
mod table;
mod upgrade;
