//! Limits and permissions of all steps that change something.

use std::path::PathBuf;

use rollout::{Policy, Termination};

use super::Span;

/// What the user allows. A step that has no input for one of these does not look at it.
#[derive(Debug)]
pub struct Limits {
    /// Folder of the upgrade scripts.
    pub scripts: Option<PathBuf>,
    /// Folder of the checks.
    pub checks: Option<PathBuf>,
    /// `scripts-digest` of plan.
    pub scripts_digest: Option<String>,
    /// `plan-digest` of plan.
    pub plan_digest: Option<String>,
    /// Time that open transactions get to end.
    pub rollback_after: Span,
    /// Deadline of the read-only time.
    pub max_read_only: Span,
    /// Replication lag above which production is not frozen.
    pub max_lag: Span,
    /// How replication is ended.
    pub termination: Termination,
    /// Longest time for seeding; as long as a request may take where absent.
    pub seeding_timeout: Option<Span>,
    /// The path of the health check.
    pub health_path: Option<String>,
    /// Good answers in a row.
    pub health_repeats: u32,
    /// Longest time for a site or its WebJobs; as long as a request may take where absent.
    pub health_timeout: Option<Span>,
    /// How long late requests are looked for.
    pub late_request_wait: Span,
    /// Longest wait for the lock.
    pub lock_wait: Option<Span>,
    /// The database whose writes may be given up.
    pub accept_loss: Option<String>,
    /// Rows that stage got are V2's own.
    pub accept_stage_writes: bool,
    /// Clients that may work on production.
    pub accept_client: Vec<String>,
    /// The database of the slot to remove.
    pub remove: Option<String>,
    /// How long V1 must have been out of use.
    pub revert_window: Span,
    /// V1's database goes too.
    pub remove_database: bool,
}

impl Default for Limits {
    /// The documented defaults.
    fn default() -> Self {
        let policy = Policy::default();
        let span = |time: jiff::SignedDuration| Span(time.unsigned_abs());
        Self {
            scripts: None,
            checks: None,
            scripts_digest: None,
            plan_digest: None,
            rollback_after: span(policy.rollback_after),
            max_read_only: span(policy.max_read_only),
            max_lag: span(policy.max_lag),
            termination: policy.termination,
            seeding_timeout: None,
            health_path: None,
            health_repeats: policy.health_repeats,
            health_timeout: None,
            late_request_wait: span(policy.late_request_wait),
            lock_wait: None,
            accept_loss: None,
            accept_stage_writes: false,
            accept_client: Vec::new(),
            remove: None,
            revert_window: span(policy.revert_window),
            remove_database: false,
        }
    }
}
