//! All SQL that an upgrade sends of itself, one file per behaviour, each with its text and the reading of its answer.
//!
//! The text keeps to basics that any server of TDS 7.4 understands. Names and values stand in it quoted by
//! [`mod@quote`]; parameters would make it a call of `sp_executesql`, which has another scope. Every function takes a
//! time limit for the server's answer; a session that runs into it is closed ([`crate::session`]).

pub mod access;
pub mod background;
pub mod check;
pub mod copy_sync;
pub mod fence;
pub mod folder;
mod guard;
pub mod journal;
pub mod ledger;
pub mod links;
pub mod lock;
pub mod log_end;
pub mod measure;
pub mod milestone;
pub mod parse_only;
pub mod permissions;
pub mod principals;
pub mod quote;
pub mod remove_secondary;
pub mod rows;
pub mod schema;
pub mod sessions;
pub mod state;
pub mod upgrade;
