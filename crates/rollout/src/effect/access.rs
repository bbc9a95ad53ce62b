//! Who may write to a database.

use std::fmt;

use jiff::SignedDuration;

use crate::{
    ids::{DatabaseId, UpgradeId},
    termination::Ending,
};

/// Who may write to a database.
#[derive(Debug, Clone, PartialEq)]
pub enum AccessEffect {
    /// `SET READ_ONLY`.
    SetReadOnly {
        /// Which database.
        database: DatabaseId,
        /// Time that open transactions get to end; zero for `ROLLBACK IMMEDIATE`.
        grace: SignedDuration,
    },
    /// `SET READ_WRITE WITH ROLLBACK IMMEDIATE`.
    SetReadWrite {
        /// Which database.
        database: DatabaseId,
        /// How the link to a disposable secondary is ended first if the server refuses with 1468 while linked.
        release: Option<Ending>,
    },
    /// Set a copy READ_ONLY that users may have been on, and look whether they wrote to it. If they did, or if that cannot be
    /// told, it takes writes again, and the step ends: going back would lose them.
    CloseUnlessWritten {
        /// The copy.
        database: DatabaseId,
        /// Key of the first reading.
        upgrade: UpgradeId,
        /// It may take writes again: production does not.
        reopen: bool,
    },
    /// Prove in one query that the database is PRIMARY (or in no link any more) and READ_ONLY.
    ProveReadOnly {
        /// Production.
        database: DatabaseId,
        /// The secondary whose link must name production as primary; `None` once the link is gone.
        linked_to: Option<DatabaseId>,
    },
    /// Prove that a database takes writes: what works in the background is about to be started on it.
    ProveWritable {
        /// Which database.
        database: DatabaseId,
    },
    /// Prove that this step still holds the lock; held by another now, nothing more is done.
    ProveLock,
}

impl AccessEffect {
    /// It only waits or proves.
    pub(super) fn is_proof(&self) -> bool {
        matches!(self, Self::ProveReadOnly { .. } | Self::ProveWritable { .. } | Self::ProveLock)
    }

    pub(super) fn undo(&self) -> Option<Self> {
        match self.clone() {
            Self::SetReadOnly { database, .. } => Some(Self::SetReadWrite { database, release: None }),
            _ => None,
        }
    }
}

impl fmt::Display for AccessEffect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CloseUnlessWritten { database, .. } => {
                write!(f, "set `{database}` READ_ONLY unless users wrote to it")
            }
            Self::ProveWritable { database } => write!(f, "prove that `{database}` takes writes"),
            Self::SetReadOnly { database, grace } if grace.is_zero() => write!(f, "set `{database}` READ_ONLY at once"),
            Self::SetReadOnly { database, grace } => {
                write!(f, "set `{database}` READ_ONLY, open transactions get {grace:#}")
            }
            Self::SetReadWrite { database, .. } => write!(f, "set `{database}` READ_WRITE"),
            Self::ProveReadOnly { database, .. } => write!(f, "prove that `{database}` is the primary and READ_ONLY"),
            Self::ProveLock => f.write_str("prove that this run still holds the lock"),
        }
    }
}
