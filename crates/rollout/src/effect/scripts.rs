//! The upgrade scripts and the checks.

use std::fmt;

use crate::{
    ids::{DatabaseId, UpgradeId},
    policy::ScriptName,
};
use jiff::SignedDuration;

/// The upgrade scripts and the checks.
#[derive(Debug, Clone, PartialEq)]
pub enum ScriptsEffect {
    /// Run the upgrade scripts that the journal does not have yet, each in one transaction with its journal row.
    Run {
        /// Stage.
        database: DatabaseId,
        /// Key in the journal.
        upgrade: UpgradeId,
        /// Time until the deadline of the read-only time, for all of them.
        within: SignedDuration,
    },
    /// Write down the folder of which every script is finished, for switch.
    KeepFolder {
        /// Stage.
        database: DatabaseId,
        /// Key of the rows.
        upgrade: UpgradeId,
        /// The scripts, in their order.
        scripts: Vec<ScriptName>,
        /// The checks, in their order.
        checks: Vec<ScriptName>,
    },
    /// Run the user's checks on the upgraded copy.
    RunChecks {
        /// Stage.
        database: DatabaseId,
    },
}

impl ScriptsEffect {
    /// It only waits or proves.
    pub(super) fn is_proof(&self) -> bool {
        matches!(self, Self::RunChecks { .. })
    }
}

impl fmt::Display for ScriptsEffect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Run { database, .. } => write!(f, "run the upgrade scripts on `{database}`"),
            Self::KeepFolder { database, .. } => write!(f, "record in `{database}` which scripts are finished"),
            Self::RunChecks { database } => write!(f, "run the checks on `{database}`"),
        }
    }
}
