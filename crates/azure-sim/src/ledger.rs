//! What users were told.

use sim_sql::CommitId;

use crate::{Reads, Writes, clock, http::Reply};

/// Every acknowledged write, and how often users were turned away.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ledger {
    pub(crate) entries: Vec<Entry>,
    pub(crate) refused_read_only: u64,
    pub(crate) failed: u64,
    pub(crate) reads: Reads,
    /// When production's endpoint was disabled, while it is.
    pub(crate) disabled_at: Option<f64>,
    /// When a user last sent a request to production's site.
    pub(crate) last_at_production: Option<f64>,
}

/// A write that somebody was told is done.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) commits: Vec<CommitId>,
    /// The identity of the database that it went to.
    pub(crate) database: String,
    /// Who was told.
    pub(crate) by: Writer,
    pub(crate) at: f64,
}

/// Who writes through a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Writer {
    User,
    /// A WebJob, which has taken its message from the queue for good.
    WebJob,
}

impl Ledger {
    pub(crate) fn acknowledged(&mut self, entry: Entry) {
        self.entries.push(entry);
    }

    pub(crate) fn count_read(&mut self, reply: Option<&Reply>) {
        match reply {
            Some(reply) if reply.status == 200 => self.reads.answered += 1,
            _ => self.reads.failed += 1,
        }
    }

    /// What was acknowledged is an entry already.
    pub(crate) fn count_write(&mut self, reply: Option<&Reply>) {
        match reply {
            Some(reply) if reply.status == 200 => {}
            Some(reply) if reply.error == Some(3906) => self.refused_read_only += 1,
            _ => self.failed += 1,
        }
    }

    /// Notes when production's endpoint is disabled and enabled.
    pub(crate) fn note_production(&mut self, enabled: bool) {
        self.disabled_at = if enabled { None } else { self.disabled_at.or(Some(clock::now())) };
    }

    pub(crate) fn writes(&self, lost: u64) -> Writes {
        Writes {
            acknowledged: self.entries.iter().filter(|entry| entry.by == Writer::User).count() as u64,
            lost,
            refused_read_only: self.refused_read_only,
            failed: self.failed,
        }
    }

    /// Seconds that users with a cached name still came to production's site after its endpoint was disabled.
    pub(crate) fn tail_seconds(&self) -> Option<f64> {
        let disabled = self.disabled_at?;
        Some(self.last_at_production.map_or(0.0, |last| (last - disabled).max(0.0)))
    }
}
