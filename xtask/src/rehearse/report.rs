//! The report of a rehearsal, as `--report` writes it.

use serde::Serialize;
use sim_control::{Broken, Messages, Report as Users};

use crate::outputs::Outputs;

/// The whole report. Times are in seconds.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Version of this format.
    pub schema: u32,
    /// How it ended.
    pub outcome: Outcome,
    /// What was upgraded.
    pub topology: &'static str,
    /// From READ_ONLY sent to production disabled, or given back.
    pub read_only_seconds: Option<f64>,
    /// Run time of the upgrade scripts.
    pub script_seconds: Option<f64>,
    /// Read-only time beyond the scripts.
    pub overhead_seconds: Option<f64>,
    /// From the switch until the last user had left V1, as the simulator measured it.
    pub tail_seconds: Option<f64>,
    /// How long DNS answers live, as the switch says it: who keeps them no longer has left V1 by then.
    pub tail_bound_seconds: Option<f64>,
    /// The users' writes.
    pub writes: Writes,
    /// The messages that users' writes left for the background.
    pub messages: Messages,
    /// The steps in the order in which they ran.
    pub steps: Vec<Ran>,
    /// The invariants that the simulator watched.
    pub invariants: Invariants,
}

/// How a rehearsal ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Users are on V2 with write access.
    Upgraded,
    /// Users are on V1 with write access.
    RolledBack,
    /// Anything else.
    Failed,
}

/// Writes by their fate.
#[derive(Debug, Default, Serialize)]
pub struct Writes {
    /// Acknowledged to the user.
    pub acknowledged: u64,
    /// Acknowledged, and gone.
    pub lost: u64,
    /// Refused because the database was read-only.
    pub refused_read_only: u64,
}

/// What the simulator found.
#[derive(Debug, Default, Serialize)]
pub struct Invariants {
    /// How many times they were checked.
    pub checked: u64,
    /// Those that did not hold.
    pub broken: Vec<Broken>,
}

/// One run of a step.
#[derive(Debug, Clone, Serialize)]
pub struct Ran {
    /// Its name without `upgrade-`.
    pub step: String,
    /// Its `outcome` output.
    pub outcome: String,
    /// Its exit code; `null` if a signal ended it.
    pub exit_code: Option<i32>,
    /// How long it ran.
    pub seconds: f64,
    /// When it started, seconds after the first.
    #[serde(skip)]
    pub started: f64,
}

impl Report {
    /// Joins what the steps said with what the users saw.
    pub fn new(outcome: Outcome, steps: Vec<Ran>, durations: &Outputs, users: Users) -> Self {
        let seconds = |name: &str| durations.get(name).and_then(|text| text.parse().ok());
        let (acknowledged, lost) = (users.writes.acknowledged, users.writes.lost);
        Self {
            schema: 1,
            outcome,
            topology: "single-region",
            read_only_seconds: seconds("read-only-seconds"),
            script_seconds: seconds("script-seconds"),
            overhead_seconds: seconds("overhead-seconds"),
            tail_seconds: users.tail_seconds,
            tail_bound_seconds: seconds("tail-seconds"),
            writes: Writes { acknowledged, lost, refused_read_only: users.writes.refused_read_only },
            messages: users.messages,
            steps,
            invariants: Invariants { checked: users.invariants.checked, broken: users.invariants.broken },
        }
    }
}
