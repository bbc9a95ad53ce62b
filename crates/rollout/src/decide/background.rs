//! What each step does about background work: WebJobs, and the hooks of the user for everything else.
//!
//! No worker may run against a read-only database, nor V1's and V2's at the same time. The stage site's are kept from running by
//! `WEBJOBS_STOPPED` from prepare on; freeze stops each of them by itself too, because that setting has to go while nobody is on the site
//! (migrate), and production's; switch starts V2's, rollback V1's.

use super::{DecisionInput, require};
use crate::{
    AccessEffect, DatabaseId, Effect, Refusal, RunHook, SlotView, WebJobsEffect,
    background::{Hook, Noted, Side, WebJobs, running, to_activate},
    ids::eq_azure_name,
    site::WEBJOBS_STOPPED,
};

/// Prepare: an adopted stage site that has WebJobs, or may get some with its package, runs none of them from here on. One that
/// prepare creates is made so.
pub(super) fn hold(case: &DecisionInput<'_>, attempt: &str) -> Result<Vec<Effect>, Refusal> {
    let (view, keep) = (&case.world.stage, case.upgrade.kept_name(WEBJOBS_STOPPED));
    let kept = view.webjob_setting(&keep).is_some() || view.site_is_created_by(case.upgrade);
    if view.site.is_none() || view.webjobs.is_none() || (kept && view.webjobs_are_held()) {
        return Ok(Vec::new());
    }
    let jobs = seen(case, Side::Stage, attempt)?;
    if jobs.is_empty() && case.policy.site.package.is_none() {
        return Ok(Vec::new());
    }
    let hold = Effect::WebJobs(WebJobsEffect::Suspend { site: case.stage().site.clone(), keep });
    Ok(note(case, Side::Stage, jobs).into_iter().chain([hold]).collect())
}

/// Freeze refuses while it cannot see the background work that it knows how to stop, or where some could still come up on stage.
pub(super) fn can_quiesce(case: &DecisionInput<'_>, attempt: &str) -> Result<(), Refusal> {
    seen(case, Side::Production, attempt)?;
    seen(case, Side::Stage, attempt)?;
    require(stage_is_held(&case.world.stage), || {
        let why = format!("the WebJobs of stage site `{}` may run against the read-only copy", case.stage().site);
        Refusal::new(attempt, why, format!("run prepare again: it sets `{WEBJOBS_STOPPED}` there"))
    })
}

/// No WebJob of the stage site may run, as far as they were looked at.
pub fn stage_is_held(view: &SlotView) -> bool {
    view.seen_webjobs().is_none_or(WebJobs::is_empty) || view.webjobs_are_held()
}

/// Freeze, while production still takes writes: nothing is left that works in the background.
pub(super) fn quiesce(case: &DecisionInput<'_>, attempt: &str) -> Result<Vec<Effect>, Refusal> {
    let (production, stage) = (seen(case, Side::Production, attempt)?, seen(case, Side::Stage, attempt)?);
    let notes = [note(case, Side::Stage, stage), note(case, Side::Production, production)];
    let stops = [stop_stage(case, stage), stop(case, Side::Production, production.running())];
    let hook = case.policy.hooks.quiesce.then(|| run(case, Hook::Quiesce, &case.production().database));
    Ok(notes.into_iter().chain(stops).flatten().chain(hook).collect())
}

/// All of them, whatever is written down: a deployment takes away the mark of one that was stopped by itself.
fn stop_stage(case: &DecisionInput<'_>, seen: &WebJobs) -> Option<Effect> {
    let known = case.world.production.noted(case.upgrade, Side::Stage);
    let rests = |name: &String| known.iter().any(|job| eq_azure_name(&job.name, name) && !job.runs);
    let names: Vec<_> = seen.continuous.iter().map(|job| job.name.clone()).collect();
    let ran = names.iter().filter(|name| !rests(name)).cloned().collect();
    let site = site(case, Side::Stage);
    (!names.is_empty()).then_some(Effect::WebJobs(WebJobsEffect::Stop { site, names, ran, lenient: false }))
}

/// Switch, once users are on V2. What is done is gone from the stage database, or stands there.
pub(super) fn activate(case: &DecisionInput<'_>, attempt: &str) -> Result<Vec<Effect>, Refusal> {
    let (view, database) = (&case.world.stage, &case.stage().database);
    let sql = view.sql.as_ref().ok_or_else(|| {
        let why =
            format!("this run cannot read `{database}`, which records the background work that is still to be started");
        Refusal::new(attempt, why, "make that database reachable, then run switch again")
    })?;
    let start =
        start(case, Side::Stage, to_activate(&sql.workers, case.upgrade), true).map(|start| on(database, start));
    // Cleanup takes away what stands there, the fence row with it.
    let open = view.fence(case.upgrade).is_some() && !view.has_hook_row(case.upgrade, Hook::Activate);
    let wanted = case.policy.hooks.activate && open;
    let hook = wanted.then(|| run(case, Hook::Activate, database));
    Ok(start.into_iter().chain(hook).chain(forget(case, view, database)).collect())
}

/// Some of production's WebJobs may be stopped still, and rollback, or freeze, has not come to its end.
pub fn may_be_stopped(case: &DecisionInput<'_>) -> bool {
    !case.world.production.noted(case.upgrade, Side::Production).is_empty()
}

/// What ran stands in the stage database until switch has started V2's.
pub fn to_start(case: &DecisionInput<'_>) -> bool {
    remembers(case, &case.world.stage)
}

/// Rollback after the switch, before anything else: V2's WebJobs end. V1 gets its write access back even where they cannot be stopped:
/// their database is closed before.
pub(super) fn deactivate(case: &DecisionInput<'_>) -> Option<Effect> {
    let rows = &case.world.production.sql.as_ref()?.workers;
    let active = case.world.point_of_no_return_passed(case.upgrade) && case.world.stage.site.is_some();
    let (site, names) = (site(case, Side::Stage), to_activate(rows, case.upgrade));
    (active && !names.is_empty()).then_some(Effect::WebJobs(WebJobsEffect::Stop {
        site,
        names,
        ran: Vec::new(),
        lenient: true,
    }))
}

/// Rollback, once production takes writes: V1's background work goes on.
pub(super) fn resume(case: &DecisionInput<'_>) -> Vec<Effect> {
    let ran = running(&case.world.production.noted(case.upgrade, Side::Production));
    let start = start(case, Side::Production, ran, true).map(|start| on(&case.production().database, start));
    start.into_iter().chain(resume_hook(case)).collect()
}

/// A freeze that is taken back in a hurry, once production takes writes. The next freeze sees for itself what runs by then.
pub(super) fn resume_at_once(case: &DecisionInput<'_>) -> Vec<Effect> {
    let ran = running(&case.world.production.noted(case.upgrade, Side::Production));
    let start = start(case, Side::Production, ran, false).map(|start| on(&case.production().database, start));
    start.into_iter().chain(resume_hook(case)).chain(forget_production(case)).collect()
}

/// What was written down of production's WebJobs, and not of stage's.
fn forget_production(case: &DecisionInput<'_>) -> Option<Effect> {
    let noted = case.world.production.noted(case.upgrade, Side::Production);
    let names: Vec<_> = noted.into_iter().map(|job| job.name).collect();
    let (database, upgrade) = (case.production().database.clone(), case.upgrade.id.clone());
    (!names.is_empty()).then_some(Effect::WebJobs(WebJobsEffect::Unrecord {
        database,
        upgrade,
        side: Side::Production,
        names,
    }))
}

/// Rollback, at its end: nothing is left to be started. A stage site that cannot be seen may come back.
pub(super) fn forget_all(case: &DecisionInput<'_>) -> Option<Effect> {
    let (production, database) = (&case.world.production, &case.production().database);
    let seen = case.world.stage.site.is_some();
    if seen { forget(case, production, database) } else { forget_production(case) }
}

fn resume_hook(case: &DecisionInput<'_>) -> Option<Effect> {
    let wanted = case.policy.hooks.resume && case.world.production.has_hook_row(case.upgrade, Hook::Quiesce);
    wanted.then(|| run(case, Hook::Resume, &case.production().database))
}

/// An adopted stage site that is stopped gets its own WebJobs back, after its own database. One that prepare created runs none any
/// more, as when it was made; nor does one that got V2's package, whose WebJobs would take V1's work to another database.
pub(super) fn restore(case: &DecisionInput<'_>) -> Vec<Effect> {
    let (view, kept) = (&case.world.stage, case.upgrade.kept_name(WEBJOBS_STOPPED));
    let site = case.stage().site.clone();
    if view.site.is_none() || view.site_is_created_by(case.upgrade) {
        let free = view.site.is_some() && !view.webjobs_are_held();
        return free.then_some(Effect::WebJobs(WebJobsEffect::Suspend { site, keep: kept })).into_iter().collect();
    }
    if case.world.package(case.upgrade).is_some() {
        return Vec::new();
    }
    let restore = view.webjob_setting(&kept).map(|_| Effect::WebJobs(WebJobsEffect::Restore { site, kept }));
    let ran = running(&case.world.production.noted(case.upgrade, Side::Stage));
    restore.into_iter().chain(start(case, Side::Stage, ran, false)).collect()
}

/// Nothing is left to be started.
pub(super) fn forget(case: &DecisionInput<'_>, view: &SlotView, database: &DatabaseId) -> Option<Effect> {
    remembers(case, view).then(|| {
        Effect::WebJobs(WebJobsEffect::Forget { database: database.clone(), upgrade: case.upgrade.id.clone() })
    })
}

fn remembers(case: &DecisionInput<'_>, view: &SlotView) -> bool {
    [Side::Production, Side::Stage].into_iter().any(|side| !view.noted(case.upgrade, side).is_empty())
}

fn seen<'w>(case: &DecisionInput<'w>, side: Side, attempt: &str) -> Result<&'w WebJobs, Refusal> {
    let (view, slot) = match side {
        Side::Production => (&case.world.production, case.production()),
        Side::Stage => (&case.world.stage, case.stage()),
    };
    match &view.webjobs {
        Some(Ok(jobs)) => Ok(jobs),
        Some(Err(why)) => Err(Refusal::new(
            attempt,
            format!("this identity cannot list the WebJobs of site `{}`: {why}", slot.site),
            "grant this identity `Microsoft.Web/sites/continuouswebjobs/read` and \
             `Microsoft.Web/sites/triggeredwebjobs/read` on that site",
        )),
        None => {
            Err(Refusal::new(attempt, "the step did not look at WebJobs", "report this as a defect of this software"))
        }
    }
}

/// What is not written down yet. Where no WebJob of a site may run, none was stopped by itself as far as anybody can see.
fn note(case: &DecisionInput<'_>, side: Side, seen: &WebJobs) -> Option<Effect> {
    let known = case.world.production.noted(case.upgrade, side);
    let held = side == Side::Stage && case.world.stage.webjobs_are_held();
    let new = seen.continuous.iter().filter(|job| !known.iter().any(|other| eq_azure_name(&other.name, &job.name)));
    let jobs: Vec<_> = new.map(|job| Noted { name: job.name.clone(), runs: held || !job.at_rest() }).collect();
    let (database, upgrade) = (case.production().database.clone(), case.upgrade.id.clone());
    (!jobs.is_empty()).then_some(Effect::WebJobs(WebJobsEffect::Record { database, upgrade, side, jobs }))
}

fn stop(case: &DecisionInput<'_>, side: Side, names: Vec<String>) -> Option<Effect> {
    let site = site(case, side);
    (!names.is_empty())
        .then(|| Effect::WebJobs(WebJobsEffect::Stop { site, ran: names.clone(), names, lenient: false }))
}

/// No worker begins against a database that takes no writes.
fn on(database: &DatabaseId, start: Effect) -> Effect {
    let writable = Effect::Access(AccessEffect::ProveWritable { database: database.clone() });
    Effect::Once { what: Box::new(start), proofs: vec![writable], refused: None }
}

fn start(case: &DecisionInput<'_>, side: Side, names: Vec<String>, wait: bool) -> Option<Effect> {
    let site = site(case, side);
    (!names.is_empty()).then_some(Effect::WebJobs(WebJobsEffect::Start { site, names, wait }))
}

fn site(case: &DecisionInput<'_>, side: Side) -> crate::SiteId {
    match side {
        Side::Production => case.production().site.clone(),
        Side::Stage => case.stage().site.clone(),
    }
}

fn run(case: &DecisionInput<'_>, hook: Hook, database: &DatabaseId) -> Effect {
    Effect::Hook(RunHook { hook, database: database.clone(), upgrade: case.upgrade.id.clone() })
}
