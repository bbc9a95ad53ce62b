//! From the live state to the word for it, and to the step that comes next.

use super::{Next, Rollback, State};
use crate::{
    DatabaseId, DecisionInput, Exposure, Step,
    decide::{background, half_run, journal_digest, site_is_pointed},
    facts::Database,
    labels,
    served::served,
};

/// Where the upgrade stands: where users are decides first, then whether they can write.
pub(super) fn state(case: &DecisionInput<'_>, rollback: &Rollback) -> State {
    let production = &case.world.production;
    match () {
        () if case.world.point_of_no_return_passed(case.upgrade) => switched(case),
        () if production.sql.is_none() => State::Unknown,
        () if nobody_can_tell(case) => State::Unknown,
        () if !production.read_only() => writable(case, rollback),
        () if production.open_fence(case.upgrade).is_none() => State::ReadOnlyByAnother,
        () => frozen(case),
    }
}

/// Users may have been on V2, and what they wrote there cannot be seen.
fn nobody_can_tell(case: &DecisionInput<'_>) -> bool {
    let (world, stage) = (case.world, &case.world.stage);
    let waiting = world.production.read_only() && world.production.open_fence(case.upgrade).is_some();
    waiting && stage.database.is_some() && stage.sql.is_none() && world.exposure(case.upgrade) == Exposure::Unknown
}

fn ours(case: &DecisionInput<'_>) -> bool {
    case.world.knows(case.upgrade)
}

/// Cleanup removes endpoint, site, database and labels, in this order. The database stays unless it was asked for.
fn switched(case: &DecisionInput<'_>) -> State {
    let (world, production) = (case.world, &case.world.production);
    let endpoint = world.endpoint(&case.upgrade.production).is_some();
    match (endpoint, production.site.is_some(), production.database.is_some()) {
        (true, ..) => State::Switched,
        (false, false, true) => State::CleanedUp,
        (false, false, false) if !ours(case) => State::CleanedUp,
        _ => State::CleaningUp,
    }
}

fn linked(case: &DecisionInput<'_>) -> bool {
    let (view, stage) = (&case.world.production, &case.upgrade.stage.database);
    view.link_to(stage).is_some() || view.sql.iter().flat_map(|sql| &sql.links).any(|link| link.leads_to(stage))
}

/// Users can only read, and wait for the end of it.
fn frozen(case: &DecisionInput<'_>) -> State {
    let (world, stage) = (case.world, &case.world.stage);
    let proved = world.synchronised(case.upgrade);
    let written = world.written_to_production().is_some();
    match () {
        () if stage.database.is_none() || written || half_run(case).is_some() => State::Broken,
        () if linked(case) => State::Frozen,
        () if world.is_closed_again(case.upgrade) => State::RollingBack,
        () if world.exposure(case.upgrade) == Exposure::Perhaps => State::Switching,
        () if proved => upgraded(case),
        // Migrate closes the row in the copy, and only rollback takes the label away again.
        () if stage.fence(case.upgrade).is_some_and(|fence| fence.closed_at.is_some()) => State::RollingBack,
        // A copy that takes writes, or never got the fence, was cut off by somebody else.
        () if stage.sql.is_some() && !world.carries_the_freeze(case.upgrade) => State::Broken,
        () => State::Terminating,
    }
}

/// Migrate stops the site before the first script, and starts it after the last one.
fn upgraded(case: &DecisionInput<'_>) -> State {
    let stage = &case.world.stage;
    let begun = stage.sql.is_some() && (stage.writable() || stage.open_fence(case.upgrade).is_none());
    let runs = stage.site.as_ref().is_some_and(|site| site.running);
    match (begun, journal_digest(case).is_some() && runs) {
        (false, _) => State::Terminated,
        (true, false) => State::Migrating,
        (true, true) if case.world.enabled(&case.upgrade.stage) => State::Switching,
        (true, true) => State::Migrated,
    }
}

/// Users write to V1.
fn writable(case: &DecisionInput<'_>, rollback: &Rollback) -> State {
    let (world, upgrade) = (case.world, case.upgrade);
    let (stage, fence) = (&world.stage, world.production.fence(upgrade));
    let there = stage.database.as_ref().is_some_and(|database| is_of(database, case));
    match fence.filter(|fence| fence.closed_at.is_none()) {
        Some(_) if linked(case) => return State::Freezing,
        // Rollback takes the label away before anything else.
        Some(_) if world.synchronised(upgrade) => return State::Broken,
        Some(_) => return State::RollingBack,
        None if background::may_be_stopped(case) => {
            return if fence.is_none() && linked(case) { State::Freezing } else { State::RollingBack };
        }
        None if !ours(case) && !there => return State::NotBegun,
        None => {}
    }
    let tables = world.production.sql.as_ref().is_some_and(|sql| sql.fence_table);
    match (there, linked(case)) {
        _ if !tables => State::CleaningUp,
        (false, _) => State::Preparing,
        (true, true) => following(case),
        (true, false) if *rollback == Rollback::NothingToDo => State::RolledBack,
        (true, false) if fence.is_none() => State::Broken,
        (true, false) => State::RollingBack,
    }
}

fn is_of(database: &Database, case: &DecisionInput<'_>) -> bool {
    crate::facts::tag(&database.tags, crate::facts::TAG).is_some_and(|id| case.upgrade.id.is(id))
}

/// The stage copy follows production.
fn following(case: &DecisionInput<'_>) -> State {
    let (world, stage) = (case.world, &case.upgrade.stage);
    let caught_up = world.production.link_to(&stage.database).is_some_and(|link| link.caught_up());
    let listed = world.added_stage_endpoint(case.upgrade) && world.endpoint(stage).is_some();
    match (caught_up, site_is_pointed(case)) {
        (false, _) => State::Seeding,
        (true, true) if listed && background::stage_is_held(&world.stage) => State::Prepared,
        // The endpoint is the last thing that prepare adds, so a site that is not on stage any more was taken off it.
        (true, false) if listed => State::RolledBack,
        _ => State::Preparing,
    }
}

/// What comes next, and why.
pub(super) fn next(case: &DecisionInput<'_>, state: State, overdue: bool) -> Next {
    let stage = &case.upgrade.stage.database;
    match state {
        _ if overdue => step(
            Step::Rollback,
            "the deadline of the read-only time has passed: production must get its write access back",
        ),
        State::NotBegun => step(Step::Prepare, "nothing of this upgrade exists"),
        State::Preparing => step(Step::Prepare, "it began and did not finish"),
        State::Seeding => step(Step::Prepare, "the copy does not have everything yet: prepare waits for that"),
        State::Prepared => step(Step::Freeze, "stage is ready"),
        State::Freezing => step(Step::Freeze, "freeze began, and production is not read-only yet"),
        State::Frozen | State::Terminating => step(Step::Terminate, "production is read-only"),
        State::Broken => recovery(case),
        State::Terminated => step(Step::Migrate, "the stage copy has every write of production"),
        State::Migrating => step(Step::Migrate, "migrate runs the scripts that the journal lacks"),
        State::Migrated => step(Step::Switch, "V2 runs on the upgraded copy"),
        State::Switching => step(Step::Switch, "the stage endpoint is enabled, and users are on V1"),
        State::Switched => after_the_switch(case),
        State::RollingBack => step(Step::Rollback, "it began and did not finish"),
        State::RolledBack => {
            remove(stage, "the stage copy can no longer be used; find out what went wrong before you remove it")
        }
        State::CleaningUp => clean_up(case),
        State::CleanedUp => nothing("nothing is left to do"),
        State::ReadOnlyByAnother => nothing(&foreign(case)),
        State::Unknown => nothing(&unknown(case)),
    }
}

fn step(step: Step, why: &str) -> Next {
    Next { step: Some(step), remove: None, why: why.to_owned() }
}

fn remove(database: &DatabaseId, why: &str) -> Next {
    Next { step: Some(Step::Cleanup), remove: Some(database.clone()), why: why.to_owned() }
}

fn nothing(why: &str) -> Next {
    Next { step: None, remove: None, why: why.to_owned() }
}

/// Where nobody waits for production, there is nothing to roll back before stage goes.
fn recovery(case: &DecisionInput<'_>) -> Next {
    let (production, why) = (&case.world.production, broken(case));
    let waiting = production.read_only() || production.open_fence(case.upgrade).is_some();
    if waiting { step(Step::Rollback, why) } else { remove(&case.upgrade.stage.database, why) }
}

/// Why the stage copy cannot be used.
fn broken(case: &DecisionInput<'_>) -> &'static str {
    let (production, stage) = (&case.world.production, &case.world.stage);
    match () {
        () if stage.database.is_none() => "the stage copy is gone",
        () if half_run(case).is_some() => "a script ended its transaction, and only a part of it is in the stage copy",
        () if !production.read_only() && production.open_fence(case.upgrade).is_some() => {
            "production takes writes again, and its copy does not get them"
        }
        () if case.world.synchronised(case.upgrade) => "production was written to after replication to the copy ended",
        () => "the replication link is gone, and nothing proves that the copy has every write",
    }
}

fn after_the_switch(case: &DecisionInput<'_>) -> Next {
    let (world, upgrade) = (case.world, case.upgrade);
    let on_stage = served(&world.profile).may_be(&upgrade.stage.endpoint) && world.stage_astray(upgrade).is_none();
    let elsewhere = world.enabled(&upgrade.production) || !on_stage;
    match labels::switched_at(&world.profile, upgrade) {
        _ if elsewhere => {
            step(Step::Switch, "users were sent to V2, which has their writes, and the endpoints were changed since")
        }
        _ if world.stage.read_only() => step(Step::Switch, "users were sent to V2, and its database takes no writes"),
        _ if !site_is_pointed(case) => {
            step(Step::Switch, "users were sent to V2, whose site no longer points to the stage copy")
        }
        None => step(
            Step::Switch,
            "users are on V2, and the tag of the Traffic Manager profile that says since when is missing",
        ),
        Some(_) if background::to_start(case) => {
            step(Step::Switch, "users are on V2, and its WebJobs are not started yet")
        }
        Some(_) => {
            remove(&case.upgrade.production.database, "users are on V2; remove V1 when you no longer need to roll back")
        }
    }
}

/// Whose removal had begun: users are where the other slot is.
fn clean_up(case: &DecisionInput<'_>) -> Next {
    let passed = case.world.point_of_no_return_passed(case.upgrade);
    let slot = if passed { &case.upgrade.production } else { &case.upgrade.stage };
    remove(&slot.database, "it began and did not finish")
}

fn foreign(case: &DecisionInput<'_>) -> String {
    let database = &case.upgrade.production.database;
    let fences = case.world.production.sql.iter().flat_map(|sql| &sql.fences);
    match fences.clone().find(|fence| fence.closed_at.is_none()) {
        Some(fence) => {
            format!(
                "upgrade `{}` made production `{database}` read-only: run `upgrade-status` with its `upgrade-id`",
                fence.run
            )
        }
        None => {
            format!("production `{database}` is read-only, and no upgrade made it so: find out who set it READ_ONLY")
        }
    }
}

fn unknown(case: &DecisionInput<'_>) -> String {
    let database = &case.upgrade.production.database;
    if case.world.production.sql.is_some() {
        let stage = &case.upgrade.stage;
        return format!(
            "users may have been on `{}`, and this run cannot read what they wrote to `{}`: make that database \
             reachable, then run `upgrade-status` again",
            stage.site, stage.database
        );
    }
    match &case.world.production.database {
        None => format!("production `{database}` does not exist, and users are not on V2: check the identifiers"),
        Some(_) => format!("this run could not log in to production `{database}`"),
    }
}
