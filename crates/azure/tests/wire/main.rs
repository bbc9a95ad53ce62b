//! The client over real sockets, against a server that answers by script.
#![allow(clippy::unwrap_used)]

mod client;
mod health;
mod operations;
mod proved;
mod scripted;
mod sign_in;
