//! T-SQL: scripts decoded and split at `GO`, sessions over TDS, and every statement that an upgrade sends.
//!
//! - [`decode`], [`split`] and [`script`] turn a folder of files into batches; they are pure but for reading the files.
//! - [`connect`], [`session`], [`answer`], [`messages`] and [`error`] are the one way to talk to a server.
//! - [`statements`] holds all SQL of ours, one file per behaviour, and returns what `rollout` calls facts.

pub mod decode;
pub mod script;
pub mod split;
