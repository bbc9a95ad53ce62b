//! Geo-replication: from the secondary that is created to the copy that stands alone.

use std::fmt;

use crate::{
    facts::Tags,
    ids::{DatabaseId, UpgradeId},
    termination::Ending,
};

/// Geo-replication: from the secondary that is created to the copy that stands alone.
#[derive(Debug, Clone, PartialEq)]
pub enum ReplicationEffect {
    /// Create a geo-secondary.
    CreateSecondary {
        /// The primary.
        source: DatabaseId,
        /// The secondary to be.
        target: DatabaseId,
        /// Region of the secondary.
        location: String,
        /// Its tags: those of the primary, which Azure does not replicate, and the one that names the upgrade.
        tags: Tags,
    },
    /// Wait until seeding is complete: CATCH_UP in so many readings in a row.
    AwaitCatchUp {
        /// The primary.
        source: DatabaseId,
        /// The secondary.
        target: DatabaseId,
        /// Readings in a row.
        readings: u32,
    },
    /// `sp_wait_for_database_copy_sync`.
    AwaitCopySync {
        /// The primary.
        source: DatabaseId,
        /// The secondary.
        target: DatabaseId,
    },
    /// Wait until both sides say CATCH_UP, no lag and the same `last_commit`.
    ProveSynchronised {
        /// The primary.
        source: DatabaseId,
        /// The secondary.
        target: DatabaseId,
    },
    /// End replication, so that the secondary stands alone.
    End {
        /// The primary.
        source: DatabaseId,
        /// The secondary, and how.
        ending: Ending,
    },
    /// Wait until the former secondary is an independent primary that holds the fence row.
    ProveIndependent {
        /// The former primary.
        source: DatabaseId,
        /// The former secondary.
        target: DatabaseId,
        /// Key of the fence row.
        upgrade: UpgradeId,
    },
}

impl ReplicationEffect {
    /// It only waits or proves.
    pub(super) fn is_proof(&self) -> bool {
        matches!(
            self,
            Self::AwaitCatchUp { .. }
                | Self::AwaitCopySync { .. }
                | Self::ProveSynchronised { .. }
                | Self::ProveIndependent { .. }
        )
    }
}

impl fmt::Display for ReplicationEffect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CreateSecondary { source, target, .. } => write!(f, "create geo-secondary `{target}` of `{source}`"),
            Self::AwaitCatchUp { target, .. } => write!(f, "wait until `{target}` is seeded and in CATCH_UP"),
            Self::AwaitCopySync { source, target } => write!(f, "wait until `{target}` has every write of `{source}`"),
            Self::ProveSynchronised { source, target } => {
                write!(f, "prove that `{source}` and `{target}` have the same last commit")
            }
            Self::End { source, ending } => {
                write!(f, "end replication from `{source}` to `{}`", ending.partner)
            }
            Self::ProveIndependent { target, .. } => {
                write!(
                    f,
                    "prove that `{target}` is independent and has the row of this upgrade in `rolling_upgrade.fence`"
                )
            }
        }
    }
}
