//! What the databases keep of an upgrade: identifiers, milestones, and measures of what was written.

use std::fmt;

use crate::{
    facts::Moment,
    ids::{DatabaseId, UpgradeId},
    measure::Mark,
    upgrade::Upgrade,
};

/// What the databases keep of an upgrade: identifiers, milestones, and measures of what was written.
#[derive(Debug, Clone, PartialEq)]
pub enum RecordEffect {
    /// Write down in production what belongs to this upgrade. Replication carries it to the copy.
    Upgrade {
        /// Where.
        database: DatabaseId,
        /// Both slots, and what else it takes to find them.
        upgrade: Box<Upgrade>,
    },
    /// Write a milestone into the stage copy.
    Milestone {
        /// The copy.
        database: DatabaseId,
        /// Key of the row.
        upgrade: UpgradeId,
        /// Which.
        moment: Moment,
    },
    /// Take a milestone back that was not reached after all.
    EraseMilestone {
        /// The copy.
        database: DatabaseId,
        /// Key of the row.
        upgrade: UpgradeId,
        /// Which.
        moment: Moment,
    },
    /// Write into the copy that users may be on it from now on, with a reading of its counters of writes.
    BeginServing {
        /// The copy.
        database: DatabaseId,
        /// Key of the row.
        upgrade: UpgradeId,
        /// The reading that migrate kept is replaced: nobody but V2 itself can have written since.
        afresh: bool,
    },
    /// Compare the row counts of all tables (a smoke test: a lost UPDATE changes no count).
    CompareRows {
        /// Production.
        source: DatabaseId,
        /// Stage.
        target: DatabaseId,
    },
    /// Count the rows of all tables of both databases and keep the numbers in the copy, with the end of production's log and a reading of
    /// the copy's counters of writes, so that later steps see whether somebody wrote to either of them since. Before that, prove that
    /// nobody has written to production since terminate has looked.
    Rows {
        /// Production.
        source: DatabaseId,
        /// Stage.
        target: DatabaseId,
        /// Key of the numbers.
        upgrade: UpgradeId,
        /// What terminate has read.
        since: Mark,
    },
    /// Prove that production's log has not grown since its end was kept in the copy: nobody has written to production.
    ProveLogUnmoved {
        /// Production.
        source: DatabaseId,
        /// The copy.
        target: DatabaseId,
        /// Key of the row.
        upgrade: UpgradeId,
    },
}

impl RecordEffect {
    /// It only waits or proves.
    pub(super) fn is_proof(&self) -> bool {
        matches!(self, Self::CompareRows { .. } | Self::ProveLogUnmoved { .. })
    }
}

impl fmt::Display for RecordEffect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Upgrade { database, .. } => write!(f, "record the identifiers of this upgrade in `{database}`"),
            Self::Milestone { database, moment, .. } => {
                write!(f, "record in `{database}`: {}", moment.word())
            }
            Self::EraseMilestone { database, moment, .. } => {
                write!(f, "remove from the record in `{database}`: {}", moment.word())
            }
            Self::BeginServing { database, .. } => {
                write!(f, "record in `{database}` that users may be on it from now on")
            }
            Self::ProveLogUnmoved { source, .. } => write!(f, "prove that `{source}` was not written to"),
            Self::CompareRows { source, target } => write!(f, "compare the row counts of `{source}` and `{target}`"),
            Self::Rows { source, target, .. } => {
                write!(f, "record the row counts of `{source}` and `{target}`")
            }
        }
    }
}
