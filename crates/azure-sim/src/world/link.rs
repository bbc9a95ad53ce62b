//! Geo-replication links.

use std::sync::Arc;

use sim_sql::Commit;

use super::DatabaseKey;

/// A link from a source to its secondary.
#[derive(Clone)]
pub(crate) struct Link {
    /// The same on both sides.
    pub(crate) guid: String,
    pub(crate) source: DatabaseKey,
    pub(crate) target: DatabaseKey,
    pub(crate) state: LinkState,
    pub(crate) started: f64,
    pub(crate) modified: f64,
    /// When seeding ends.
    pub(crate) seeded_at: f64,
    /// How many readings of the lag answer NULL yet.
    pub(crate) null_readings: u32,
    /// Nothing travels before this: what was on its way when the world was saved is on its way for the whole lag once more.
    pub(crate) resumes_at: f64,
    /// When the world was restored: the time since it was saved does not count as lag.
    pub(crate) restored_at: f64,
    /// Commits that the source's own log does not hold any more and the target does not have yet.
    pub(crate) backlog: Vec<Arc<Commit>>,
}

/// The end of a link between two databases: they are independent of each other since.
#[derive(Debug, Clone)]
pub(crate) struct Parting {
    /// The identity of the database that was its source.
    pub(crate) source: String,
    pub(crate) target: String,
    pub(crate) at: f64,
}

/// `replicationState`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LinkState {
    Pending,
    Seeding,
    CatchUp,
}

impl LinkState {
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Seeding => "SEEDING",
            Self::CatchUp => "CATCH_UP",
        }
    }

    /// As `sys.geo_replication_links` numbers it.
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Pending => 0,
            Self::Seeding => 1,
            Self::CatchUp => 2,
        }
    }
}

impl Link {
    pub(crate) fn touches(&self, database: &DatabaseKey) -> bool {
        self.source == *database || self.target == *database
    }
}
