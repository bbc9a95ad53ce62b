//! T-SQL: scripts decoded and split at `GO`, sessions over TDS, and every statement that an upgrade sends.
//!
//! - [`decode`], [`split`] and [`script`] turn a folder of files into batches; they are pure but for reading the files.
//! - [`connect`], [`session`], [`answer`] and [`error`] are the one way to talk to a server.
//! - [`statements`] holds all SQL of ours, one file per behaviour, and returns what `rollout` calls facts.

pub mod answer;
pub mod connect;
pub mod decode;
pub mod error;
mod messages;
pub mod order;
pub mod script;
mod server_error;
pub mod session;
pub mod split;
pub mod statements;
mod words;

pub use connect::{Connect, Credentials, LONGEST_WAIT};
pub use error::SqlError;
pub use script::Script;
pub use session::Session;
