//! Long operations of Microsoft.Sql.

use std::collections::BTreeMap;

use super::{DatabaseKey, Sku};

/// A request that was accepted and is carried out when it is due.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    pub(crate) id: String,
    /// As the 202 names it, e.g. `DropLogicalDatabase`.
    pub(crate) name: &'static str,
    /// `database` or `replicationLinks`: the prefix of the polling addresses.
    pub(crate) kind: &'static str,
    pub(crate) database: DatabaseKey,
    pub(crate) started: f64,
    pub(crate) due: f64,
    pub(crate) done: bool,
    pub(crate) fate: Fate,
    pub(crate) effect: Effect,
    /// The request, for the record of what caused a change.
    pub(crate) cause: String,
}

/// How an operation goes on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It ends when it is due.
    #[default]
    Succeeds,
    /// It fails when it is due, without its effect.
    Fails,
    /// It does not end.
    Hangs,
}

impl Operation {
    /// It ends now.
    pub(super) fn is_due(&self, now: f64) -> bool {
        !self.done && self.due <= now && self.fate != Fate::Hangs
    }
}

/// What an operation does when it ends.
#[derive(Debug, Clone)]
pub(crate) enum Effect {
    /// The database is online.
    CreateDatabase,
    /// The database and its links are gone.
    DropDatabase,
    /// The link is gone; what the target has not received is not there.
    StopLink(String),
    /// The target has everything that was committed, and the link is gone.
    Unlink(String),
    /// New labels, new size.
    Update { tags: Option<BTreeMap<String, String>>, sku: Option<Sku> },
}
