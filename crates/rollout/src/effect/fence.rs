//! The fence: schema `rolling_upgrade` and the row that begins and ends the read-only time.

use std::fmt;

use jiff::SignedDuration;

use crate::ids::{DatabaseId, UpgradeId};

/// The fence: schema `rolling_upgrade` and the row that begins and ends the read-only time.
#[derive(Debug, Clone, PartialEq)]
pub enum FenceEffect {
    /// Create schema and tables of the fence in production.
    CreateTables {
        /// Where.
        database: DatabaseId,
    },
    /// Bring schema and tables of the stage copy up to date.
    UpdateTables {
        /// Where.
        database: DatabaseId,
    },
    /// Write the fence row: from now on somebody has to end the read-only time.
    Open {
        /// Production.
        database: DatabaseId,
        /// Key of the row.
        upgrade: UpgradeId,
        /// Time until the deadline.
        within: SignedDuration,
    },
    /// Close the fence row.
    Close {
        /// Where the row is.
        database: DatabaseId,
        /// Key of the row.
        upgrade: UpgradeId,
    },
    /// Close the copy's fence row, and write into the copy in the same batch that it was proved to be synchronised.
    CloseInCopy {
        /// The copy.
        database: DatabaseId,
        /// Key of the rows.
        upgrade: UpgradeId,
    },
    /// Remove the tables of an upgrade from schema `rolling_upgrade`; the journal stays, and the schema with it.
    DropTables {
        /// Where.
        database: DatabaseId,
    },
}

impl FenceEffect {
    /// The opposite of opening the fence.
    pub(super) fn undo(&self) -> Option<Self> {
        match self.clone() {
            Self::Open { database, upgrade, .. } => Some(Self::Close { database, upgrade }),
            _ => None,
        }
    }
}

impl fmt::Display for FenceEffect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CreateTables { database } => {
                write!(f, "create the tables of schema `rolling_upgrade` in `{database}`")
            }
            Self::CloseInCopy { database, .. } => {
                write!(f, "record in `{database}` that it has every write and that its read-only time is over")
            }
            Self::UpdateTables { database } => write!(f, "bring schema `rolling_upgrade` in `{database}` up to date"),
            Self::Open { database, within, .. } => {
                write!(f, "record in `{database}` that its read-only time begins, deadline in {within:#}")
            }
            Self::Close { database, .. } => write!(f, "record in `{database}` that its read-only time is over"),
            Self::DropTables { database } => {
                write!(f, "remove all but the journal of schema `rolling_upgrade` in `{database}`")
            }
        }
    }
}
