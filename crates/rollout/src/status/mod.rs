//! Where an upgrade stands, from the live state alone, and which step comes next.

mod command;
mod find;
mod stand;

pub use command::{command, which_upgrade};
pub use find::{Labelled, connection_name, endpoint_of_v1, production, written_last};

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

use crate::{
    DatabaseId, DecisionInput, Effect, Policy, Refusal, Step, Upgrade, UpgradeId, World, decide,
    decide::loss,
    facts::{Holder, TAG, tag},
};

/// Where an upgrade stands. The word of each, as outputs have it, is its name in kebab-case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Nothing of it is there: prepare has not begun, or cleanup has removed it after a rollback.
    NotBegun,
    /// Prepare has begun and is not done.
    Preparing,
    /// The stage copy does not have everything yet.
    Seeding,
    /// Stage is there, and production takes writes.
    Prepared,
    /// The fence is open, and production takes writes.
    Freezing,
    /// Production is read-only, and the stage copy follows it.
    Frozen,
    /// The link is gone, and nothing says yet that the copy has every write.
    Terminating,
    /// The copy has every write of production and stands alone.
    Terminated,
    /// The upgrade scripts have begun, or are done and V2 does not run yet.
    Migrating,
    /// V2 runs on the upgraded copy, and users are on V1.
    Migrated,
    /// Both endpoints are enabled.
    Switching,
    /// Users are on V2.
    Switched,
    /// The stage copy cannot be used any more.
    Broken,
    /// A rollback has begun and is not done.
    RollingBack,
    /// V1 takes writes again, and the stage copy is of no use any more.
    RolledBack,
    /// A cleanup has begun and is not done.
    CleaningUp,
    /// Users are on V2, and V1's site and endpoint are removed.
    CleanedUp,
    /// Production is read-only, and not by this upgrade.
    ReadOnlyByAnother,
    /// Production cannot be looked into, or is not there; or users may have been on V2, whose database cannot be looked into.
    Unknown,
}

impl State {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::NotBegun => "not-begun",
            Self::Preparing => "preparing",
            Self::Seeding => "seeding",
            Self::Prepared => "prepared",
            Self::Freezing => "freezing",
            Self::Frozen => "frozen",
            Self::Terminating => "terminating",
            Self::Terminated => "terminated",
            Self::Migrating => "migrating",
            Self::Migrated => "migrated",
            Self::Switching => "switching",
            Self::Switched => "switched",
            Self::Broken => "broken",
            Self::RollingBack => "rolling-back",
            Self::RolledBack => "rolled-back",
            Self::CleaningUp => "cleaning-up",
            Self::CleanedUp => "cleaned-up",
            Self::ReadOnlyByAnother => "read-only-by-another",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// What comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Next {
    /// The step to run; none where nothing is left to do, or nobody can tell.
    pub step: Option<Step>,
    /// What cleanup has to be told to remove.
    pub remove: Option<DatabaseId>,
    /// Why, in a sentence.
    pub why: String,
}

/// The read-only time of users that this upgrade has begun and not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadOnly {
    /// When the fence was opened.
    pub since: Timestamp,
    /// When production must have its write access back.
    pub deadline: Timestamp,
    /// By the server's clock that time has passed.
    pub overdue: bool,
}

/// What a rollback would do now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rollback {
    /// It gives V1 back.
    Possible,
    /// There is nothing to roll back.
    NothingToDo,
    /// It would lose writes of users; why.
    WithLoss(String),
    /// It would refuse; why.
    Refused(String),
}

impl Rollback {
    /// Its word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Possible => "possible",
            Self::NothingToDo => "nothing-to-do",
            Self::WithLoss(_) => "with-loss",
            Self::Refused(_) => "refused",
        }
    }
}

/// What the live state tells of an upgrade.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Which upgrade.
    pub upgrade: UpgradeId,
    /// Where it stands.
    pub state: State,
    /// What comes next.
    pub next: Next,
    /// Why that step would refuse now, and what to do about it, as far as the live state tells.
    pub obstacle: Option<Refusal>,
    /// The read-only time of users, while it lasts.
    pub read_only: Option<ReadOnly>,
    /// What a rollback would do.
    pub rollback: Rollback,
    /// Digest of the scripts that ran, for switch.
    pub scripts_digest: Option<String>,
    /// Another upgrade that has the profile.
    pub other: Option<String>,
}

/// Where an upgrade stands.
pub fn status(upgrade: &Upgrade, world: &World) -> Status {
    let policy = Policy::default();
    let case = DecisionInput { upgrade, world, policy: &policy, preflight: None };
    let read_only = read_only(&case);
    let rollback = rollback(&case);
    let state = stand::state(&case, &rollback);
    let other = tag(&world.profile.tags, TAG).filter(|id| !upgrade.id.is(id));
    // Where users have written to V2 already, going forward ends the read-only time.
    let overdue = read_only.is_some_and(|time| time.overdue) && !matches!(rollback, Rollback::WithLoss(_));
    let next = stand::next(&case, state, overdue);
    Status {
        upgrade: upgrade.id.clone(),
        obstacle: obstacle(&case, next.step),
        next,
        state,
        read_only,
        rollback,
        scripts_digest: decide::journal_digest(&case),
        other: other.map(str::to_owned),
    }
}

/// What the next step would refuse. Prepare, freeze and cleanup look at more than is seen here.
fn obstacle(case: &DecisionInput<'_>, next: Option<Step>) -> Option<Refusal> {
    let step = next?;
    let decided = matches!(step, Step::Terminate | Step::Migrate | Step::Switch | Step::Rollback);
    let scripts_digest = match step {
        Step::Migrate => Some(case.policy.digest_of_scripts()),
        _ => decide::journal_digest(case),
    };
    let policy = &Policy { scripts_digest, ..case.policy.clone() };
    decided.then(|| decide(step, &DecisionInput { policy, ..*case }).err()).flatten()
}

/// While users are on production. Afterwards V1 is read-only for good, and nobody waits for it.
fn read_only(case: &DecisionInput<'_>) -> Option<ReadOnly> {
    let (production, now) = (&case.world.production, case.world.now()?);
    let waiting = production.read_only() && !case.world.point_of_no_return_passed(case.upgrade);
    let fence = production.open_fence(case.upgrade).filter(|_| waiting)?;
    Some(ReadOnly { since: fence.opened_at, deadline: fence.deadline, overdue: fence.deadline <= now })
}

fn rollback(case: &DecisionInput<'_>) -> Rollback {
    match (decide(Step::Rollback, case), loss(case)) {
        (Ok(effects), _) if effects.iter().all(Effect::is_proof) => Rollback::NothingToDo,
        (Ok(_), _) => Rollback::Possible,
        (Err(_), Some(why)) if case.world.production.sql.is_some() => Rollback::WithLoss(why),
        (Err(refusal), _) => Rollback::Refused(refusal.why),
    }
}

/// As a refusal has it: "upgrade `7` stands at `frozen`, `terminate` comes next". Cleanup of V1 follows from no refusal, and
/// cleanup of stage is the way to a new prepare.
impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "upgrade `{}` stands at `{}`", self.upgrade, self.state)?;
        if self.read_only.is_some_and(|time| time.overdue) {
            f.write_str(", its deadline has passed")?;
        }
        match (self.state, &self.next) {
            (State::Switched, Next { remove: Some(_), .. }) => {
                f.write_str(": users are on V2; `cleanup` removes V1 when you no longer need it")
            }
            (State::Broken | State::RolledBack, Next { remove: Some(stage), .. }) => {
                write!(f, ": run `cleanup` with `remove: {stage}`, then `prepare`")
            }
            (_, Next { step: Some(step), .. }) => write!(f, ", `{}` comes next", step.name()),
            (_, Next { why, .. }) => write!(f, ": {why}"),
        }
    }
}

/// The step and the upgrade that a session of ours works for, and since when; else who it is.
impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { program, host, login, since } = self;
        match self.step() {
            Some((step, upgrade)) => write!(f, "step `{step}` of upgrade `{upgrade}`")?,
            None => write!(f, "`{program}`")?,
        }
        write!(f, " (log-in `{login}` from host `{host}`, since {since:.0})")
    }
}

#[cfg(test)]
#[path = "status_test.rs"]
#[allow(clippy::unwrap_used)]
mod tests;
