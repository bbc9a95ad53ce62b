//! What the user allows and asks for, as parsed inputs.

use jiff::SignedDuration;
use serde::Serialize;

use crate::{digest, ids::DatabaseId, site::SiteOptions, termination::Termination};

/// A script as a decision sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ScriptName {
    /// File name.
    pub name: String,
    /// SHA-256 of the file's bytes, in lower-case hex.
    pub digest: String,
}

/// One reading of CATCH_UP may be followed by another state.
pub const CATCH_UP_READINGS: u32 = 3;

/// Which hooks there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hooks {
    /// `hook-quiesce`
    pub quiesce: bool,
    /// `hook-resume`
    pub resume: bool,
    /// `hook-activate`
    pub activate: bool,
}

impl Hooks {
    /// The names of those that there are.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let Self { quiesce, resume, activate } = self;
        let all = [(quiesce, "hook-quiesce"), (resume, "hook-resume"), (activate, "hook-activate")];
        all.into_iter().filter(|(given, _)| *given).map(|(_, name)| name)
    }
}

/// The limits and permissions that the user gave.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Time that open transactions get to end when production becomes read-only; at most 30 s.
    pub rollback_after: SignedDuration,
    /// Deadline of the read-only time, from the moment of the freeze.
    pub max_read_only: SignedDuration,
    /// Replication lag above which production is not frozen.
    pub max_lag: SignedDuration,
    /// How replication may be ended.
    pub termination: Termination,
    /// CATCH_UP readings in a row before a link counts as caught up.
    pub catch_up_readings: u32,
    /// Good answers in a row before a site counts as healthy.
    pub health_repeats: u32,
    /// The path to ask a site for; the profile's monitor path where absent.
    pub health_path: Option<String>,
    /// The scripts in the order in which they run; empty where a step has none.
    pub scripts: Vec<ScriptName>,
    /// The checks for the upgraded copy, in the order in which they run.
    pub checks: Vec<ScriptName>,
    /// `scripts-digest` of the plan.
    pub scripts_digest: Option<String>,
    /// `plan-digest` of the plan.
    pub plan_digest: Option<String>,
    /// The database of the slot that cleanup shall remove.
    pub remove: Option<DatabaseId>,
    /// Cleanup of V1 removes the database too.
    pub remove_database: bool,
    /// How long V1's endpoint must have been disabled before V1 may be removed.
    pub revert_window: SignedDuration,
    /// What is asked for the stage site.
    pub site: SiteOptions,
    /// Which hooks the user gave.
    pub hooks: Hooks,
    /// Going back would lose writes, so the deadline of the read-only time does not count any more.
    pub past_deadline: bool,
    /// How long a rollback looks for requests of a dead step that are carried out late.
    pub late_request_wait: SignedDuration,
    /// The stage database whose writes may be lost by a rollback after the switch.
    pub accept_loss: Option<DatabaseId>,
    /// Rows that the stage copy got between migrate and switch are V2's own.
    pub accept_stage_writes: bool,
    /// Clients that may work on production beside its site: programs, hosts or log-ins.
    pub accept_client: Vec<String>,
}

impl Policy {
    /// Digest over the scripts at hand, and over the checks where there are any.
    pub fn digest_of_scripts(&self) -> String {
        digest::of_folders(&self.scripts, &self.checks)
    }
}

impl Policy {
    /// Cleanup was asked to remove this database of V1, and not only the site and the endpoint.
    pub fn removes_database(&self, database: &DatabaseId) -> bool {
        self.remove_database && self.remove.as_ref() == Some(database)
    }
}

impl Default for Policy {
    /// The documented defaults of the inputs, with nothing named and nothing accepted.
    fn default() -> Self {
        Self {
            rollback_after: SignedDuration::from_secs(5),
            max_read_only: SignedDuration::from_mins(30),
            max_lag: SignedDuration::from_secs(5),
            termination: Termination::Auto,
            catch_up_readings: CATCH_UP_READINGS,
            health_repeats: 3,
            health_path: None,
            scripts: Vec::new(),
            checks: Vec::new(),
            scripts_digest: None,
            plan_digest: None,
            remove: None,
            remove_database: false,
            revert_window: SignedDuration::from_hours(24),
            site: SiteOptions::default(),
            hooks: Hooks::default(),
            past_deadline: false,
            late_request_wait: SignedDuration::from_secs(90),
            accept_loss: None,
            accept_stage_writes: false,
            accept_client: Vec::new(),
        }
    }
}
