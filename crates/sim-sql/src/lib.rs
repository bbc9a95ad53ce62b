//! A small SQL database service for tests: T-SQL batches, run on SQLite, with the behaviour of Azure SQL Database
//! that a rolling upgrade depends on (read-only mode and its termination clauses, sessions that get killed,
//! application locks, a commit log that a geo-secondary replays).
//!
//! The crate knows nothing of any wire format and nothing of Azure Resource Manager: a batch yields [`Event`]s, and
//! what lies outside one database is asked of a [`Host`].

mod bind;
mod catalogue;
mod clock;
mod collation;
mod connection;
mod convert;
mod error;
mod event;
mod functions;
mod host;
mod outside;
mod principal;
mod run;
mod session;
mod store;
mod syntax;
mod system;
mod types;

pub use event::{Column, ColumnType, Environment, Event, Message, Value};
pub use host::{Access, Change, DatabaseRow, Host, LinkRow, PrincipalRow, Role, Stop};
pub use principal::Principal;
pub use session::{Ended, Session, SessionHandle};
pub use store::{Commit, CommitId, Content, PeekedRow, SessionRow, Store, StoreError};
