//! Migrate: the upgrade scripts on the stage copy, then V2 started and healthy on it.

use super::{DecisionInput, approved, require, stage_site};
use crate::{
    AccessEffect, Effect, FenceEffect, RecordEffect, Refusal, ScriptsEffect, SiteEffect, WebJobsEffect,
    facts::SqlState,
    history::{self, Mismatch},
    labels,
    plan::users_hosts,
};

pub(super) fn decide(case: &DecisionInput<'_>) -> Result<Vec<Effect>, Refusal> {
    let hint = "check out the commit that was planned, or run rollback and plan again";
    approved::require_planned_scripts(case, &attempt(case), hint)?;
    if case.is_behind() {
        return Ok(Vec::new());
    }
    case.require_not_switched(&attempt(case))?;
    let settled = running(case) && !held(case) && stage_site::is_pointed(case);
    if complete(case) && settled && case.world.production.read_only() {
        return Ok(checks(case)
            .into_iter()
            .chain([healthy(case, &attempt(case), case.policy.health_repeats)?])
            .collect());
    }
    guards(case)?;
    effects(case)
}

fn attempt(case: &DecisionInput<'_>) -> String {
    format!("upgrade `{}`", case.stage().database)
}

fn running(case: &DecisionInput<'_>) -> bool {
    case.world.stage.site.as_ref().is_some_and(|site| site.running)
}

/// `WEBJOBS_STOPPED` has to go while nobody is on the site: to take it away restarts it.
fn held(case: &DecisionInput<'_>) -> bool {
    case.world.stage.webjobs_are_held()
}

/// The stage copy is writable, its fence row closed, its journal has every script, and it has the tables that switch asks for.
fn complete(case: &DecisionInput<'_>) -> bool {
    let stage = &case.world.stage;
    let current = stage.sql.as_ref().is_some_and(|sql| !sql.lacks_schema());
    current
        && stage.independent()
        && stage.writable()
        && stage.open_fence(case.upgrade).is_none()
        && journal_is_complete(case)
}

fn journal_is_complete(case: &DecisionInput<'_>) -> bool {
    let digest = case.policy.scripts_digest.clone().unwrap_or_else(|| case.digest_of_scripts());
    journal_digest(case) == Some(digest)
}

/// Digest over the folder that this upgrade ran, once each of its scripts is finished; `None` before.
pub(crate) fn journal_digest(case: &DecisionInput<'_>) -> Option<String> {
    history::digest(case.world.stage.sql.as_ref()?, &case.upgrade.id)
}

/// A script of the stage copy that has ended its transaction: a part of it is committed, and nobody can run the rest.
pub(crate) fn half_run<'w>(case: &DecisionInput<'w>) -> Option<&'w str> {
    let journal = &case.world.stage.sql.as_ref()?.journal;
    history::unfinished(journal).map(|row| row.script.as_str())
}

fn guards(case: &DecisionInput<'_>) -> Result<(), Refusal> {
    let (world, stage) = (case.world, case.stage());
    case.require_copy(&attempt(case))?;
    case.require_stage_log_in(&attempt(case))?;
    let proved = world.synchronised(case.upgrade) || world.carries_the_freeze(case.upgrade);
    require(world.stage.independent() && proved, || {
        let why =
            format!("nothing proves that `{}` is an independent copy with every write of production", stage.database);
        Refusal::new(attempt(case), why, "run terminate first")
    })?;
    case.require_frozen(&attempt(case))?;
    case.require_hidden(&attempt(case))?;
    case.require_pointed(&attempt(case))?;
    case.require_right_places(&attempt(case))?;
    unchanged_since(case)
}

/// A script that an earlier upgrade ran is the same. What this upgrade itself has run is looked at when scripts are run: what is
/// found then says that the copy cannot be used.
fn unchanged_since(case: &DecisionInput<'_>) -> Result<(), Refusal> {
    let journal = case.world.stage.sql.as_ref().map(|sql| sql.journal.as_slice()).unwrap_or_default();
    match history::ran(&case.policy.scripts, journal, &case.upgrade.id) {
        Err(changed @ Mismatch::ChangedSince { .. }) => Err(Refusal::new(
            attempt(case),
            changed.to_string(),
            "run rollback, give the script another name, and plan again",
        )),
        _ => Ok(()),
    }
}

fn effects(case: &DecisionInput<'_>) -> Result<Vec<Effect>, Refusal> {
    let (stage, view) = (case.stage(), &case.world.stage);
    let (database, site) = (stage.database.clone(), stage.site.clone());
    let upgrade = case.upgrade.id.clone();
    let mut effects = Vec::new();
    let stop = (running(case) && (held(case) || !complete(case)))
        .then(|| Effect::Site(SiteEffect::Stop { site: site.clone() }));
    if complete(case) {
        effects.extend(stop);
    } else {
        effects.extend(untouched(case));
        effects.extend(stop);
        let read_write = Effect::Access(AccessEffect::SetReadWrite { database: database.clone(), release: None });
        effects.extend((!view.writable()).then_some(read_write));
        let old = view.sql.as_ref().is_some_and(SqlState::lacks_schema);
        effects.extend(old.then(|| Effect::Fence(FenceEffect::UpdateTables { database: database.clone() })));
        let close = Effect::Fence(FenceEffect::CloseInCopy { database: database.clone(), upgrade: upgrade.clone() });
        effects.extend(view.open_fence(case.upgrade).map(|_| close));
        effects.push(Effect::Scripts(ScriptsEffect::Run { database, upgrade, within: time_left(case) }));
        effects.push(keep_folder(case));
    }
    effects.extend(checks(case));
    effects.push(record(case));
    effects.extend(held(case).then(|| Effect::WebJobs(WebJobsEffect::Release { site: site.clone() })));
    effects.push(Effect::Site(SiteEffect::Start { site }));
    effects.push(healthy(case, &attempt(case), case.policy.health_repeats)?);
    Ok(effects)
}

/// With what a plan of this release covers.
fn keep_folder(case: &DecisionInput<'_>) -> Effect {
    let policy = case.policy;
    let covered = case.digest_of_scripts() == policy.digest_of_scripts();
    Effect::Scripts(ScriptsEffect::KeepFolder {
        database: case.stage().database.clone(),
        upgrade: case.upgrade.id.clone(),
        scripts: policy.scripts.clone(),
        checks: if covered { policy.checks.clone() } else { Vec::new() },
    })
}

/// Until a script has run both databases have the same rows: somebody who wrote to one of them since they parted shows here.
fn untouched(case: &DecisionInput<'_>) -> Option<Effect> {
    let (source, target) = (case.production().database.clone(), case.stage().database.clone());
    let begun = case.world.stage.sql.as_ref().is_some_and(|sql| history::begun(sql, &case.upgrade.id));
    (!begun).then_some(Effect::Record(RecordEffect::CompareRows { source, target }))
}

/// Before V2 starts, and may write.
fn record(case: &DecisionInput<'_>) -> Effect {
    let (source, target) = (case.production().database.clone(), case.stage().database.clone());
    let since = labels::production_mark(&case.world.profile, case.upgrade);
    Effect::Record(RecordEffect::Rows { source, target, upgrade: case.upgrade.id.clone(), since })
}

/// Time until the deadline in production's fence row.
fn time_left(case: &DecisionInput<'_>) -> jiff::SignedDuration {
    let deadline = case.world.production.open_fence(case.upgrade).map(|fence| fence.deadline);
    let left = deadline.zip(case.world.now()).map(|(deadline, now)| deadline.duration_since(now));
    left.unwrap_or_default()
}

fn checks(case: &DecisionInput<'_>) -> Option<Effect> {
    (!case.policy.checks.is_empty())
        .then(|| Effect::Scripts(ScriptsEffect::RunChecks { database: case.stage().database.clone() }))
}

/// V2 answers under the users' host names, so many times in a row.
pub(super) fn healthy(case: &DecisionInput<'_>, attempt: &str, repeats: u32) -> Result<Effect, Refusal> {
    let site = case.world.stage.site.as_ref().ok_or_else(|| {
        let why = format!("stage site `{}` does not exist", case.stage().site);
        Refusal::new(attempt, why, "run rollback: there is no V2 to send users to")
    })?;
    let monitored = case.world.profile.monitor.path.clone();
    Ok(Effect::Site(SiteEffect::AwaitHealthy {
        site: site.id.clone(),
        address: site.default_host.clone(),
        hosts: users_hosts(case.world),
        path: case.policy.health_path.clone().or(monitored).unwrap_or_else(|| "/".to_owned()),
        repeats,
    }))
}
