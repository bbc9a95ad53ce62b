//! Switch: users to stage. Disabling production's endpoint is the point of no return.
//!
//! What is written into the copy comes before what it tells of: that users may be on it, before its endpoint is enabled; that
//! production is about to be disabled, before that request. So a step that dies leaves a truth behind, or one that errs on the
//! side of "users were there".

use super::{DecisionInput, background, migrate, require, signposts_and};
use crate::{
    AccessEffect, Effect, Exposure, OtherEndpoint, RecordEffect, Refusal, SiteEffect, Slot, TrafficEffect,
    facts::{EndpointKind, Moment},
    labels,
    plan::kept_from_stage,
};

pub(super) fn decide(case: &DecisionInput<'_>) -> Result<Vec<Effect>, Refusal> {
    if case.world.point_of_no_return_passed(case.upgrade) {
        return after(case);
    }
    guards(case)?;
    effects(case)
}

fn attempt(case: &DecisionInput<'_>) -> String {
    format!("switch users from `{}` to `{}`", case.production().site, case.stage().site)
}

/// Users were sent to stage. If somebody has sent them back since, or elsewhere, they come again: V2 has their writes.
fn after(case: &DecisionInput<'_>) -> Result<Vec<Effect>, Refusal> {
    let (world, stage) = (case.world, case.stage());
    require(world.stage.database.is_some(), || {
        let why = format!("`{}`, the database of V2, does not exist", stage.database);
        Refusal::new(attempt(case), why, "users have no V2: restore that database, because V1 has none of its writes")
    })?;
    case.require_stage_log_in(&attempt(case))?;
    require(world.stage.writable(), || {
        let why = format!("`{}`, the database of V2, takes no writes", stage.database);
        let hint = "users cannot write: find out who set it READ_ONLY; connect to that database (not to `master`) and \
                    run `ALTER DATABASE CURRENT SET READ_WRITE WITH ROLLBACK IMMEDIATE`; then run switch again";
        Refusal::new(attempt(case), why, hint)
    })?;
    case.require_pointed(&attempt(case))?;
    require_endpoint(case)?;
    case.require_stage_in_place(&attempt(case))?;
    require_nobody_between(case)?;
    let sent_back = world.enabled(case.production());
    let enable = (!world.enabled(stage)).then(|| enable(case, stage));
    // Nothing is asked of V1's log any more: V2 has users' writes.
    let mut proofs = proofs(case);
    proofs.retain(|proof| !matches!(proof, Effect::Record(RecordEffect::ProveLogUnmoved { .. })));
    let disable = sent_back.then(|| disable(case, proofs, None));
    let online = Effect::Traffic(TrafficEffect::AwaitOnline { endpoint: stage.endpoint.clone() });
    let healthy = migrate::healthy(case, &attempt(case), case.policy.health_repeats)?;
    let users = enable.into_iter().chain([online]).chain(disable).chain(relabel(case)).chain([healthy]);
    Ok(users.chain(background::activate(case, &attempt(case))?).collect())
}

/// Labels that somebody wiped are written again. Cleanup takes them away for good, with V1's endpoint before them.
fn relabel(case: &DecisionInput<'_>) -> Option<Effect> {
    let there = labels::switched_at(&case.world.profile, case.upgrade).is_some();
    let cleaned = case.world.endpoint(case.production()).is_none();
    (!there && !cleaned).then(|| label(case))
}

fn label(case: &DecisionInput<'_>) -> Effect {
    Effect::Traffic(TrafficEffect::LabelSwitched {
        profile: case.world.profile.id.clone(),
        upgrade: Box::new(case.upgrade.clone()),
        clock: case.stage().database.clone(),
    })
}

fn require_endpoint(case: &DecisionInput<'_>) -> Result<(), Refusal> {
    let (world, stage) = (case.world, case.stage());
    require(world.endpoint(stage).is_some(), || {
        let why = format!("profile `{}` has no endpoint `{}`", world.profile.id, stage.endpoint.name);
        let hint = match world.exposure(case.upgrade) {
            Exposure::Never => "run rollback, then cleanup with `remove: <stage database>`, then prepare again",
            _ => "users may have been on it: add that endpoint again, then run switch again",
        };
        Refusal::new(attempt(case), why, hint)
    })
}

fn guards(case: &DecisionInput<'_>) -> Result<(), Refusal> {
    let (world, stage) = (case.world, case.stage());
    case.require_copy(&attempt(case))?;
    case.require_frozen(&attempt(case))?;
    case.require_stage_log_in(&attempt(case))?;
    let migrated = world.stage.independent()
        && world.stage.writable()
        && world.stage.fence(case.upgrade).is_some_and(|fence| fence.closed_at.is_some())
        && world.synchronised(case.upgrade);
    require(migrated, || {
        let why = format!("`{}` is not an independent, writable copy with every write of production", stage.database);
        let hint = match world.is_closed_again(case.upgrade) {
            true => "a rollback set it READ_ONLY and did not finish: run rollback again",
            false => "run terminate and migrate first",
        };
        Refusal::new(attempt(case), why, hint)
    })?;
    let current = world.stage.sql.as_ref().is_some_and(|sql| !sql.lacks_schema());
    require(current, || {
        let why = format!("`{}` was migrated by an earlier release of this software", stage.database);
        Refusal::new(attempt(case), why, "run migrate again: it brings the copy up to date")
    })?;
    scripts_ran(case)?;
    require(world.stage.site.as_ref().is_some_and(|site| site.running), || {
        Refusal::new(attempt(case), format!("stage site `{}` is not running", stage.site), "run migrate again")
    })?;
    case.require_pointed(&attempt(case))?;
    require_endpoint(case)?;
    case.require_right_places(&attempt(case))?;
    require_nobody_between(case)?;
    unwritten(case)
}

/// Another endpoint of the profile would get the users.
fn require_nobody_between(case: &DecisionInput<'_>) -> Result<(), Refusal> {
    kept_from_stage(case.upgrade, case.world).map_or(Ok(()), |(why, hint)| Err(Refusal::new(attempt(case), why, hint)))
}

fn scripts_ran(case: &DecisionInput<'_>) -> Result<(), Refusal> {
    let planned = case.policy.scripts_digest.as_ref().ok_or_else(|| {
        Refusal::new(
            attempt(case),
            "`scripts-digest` was not given",
            "pass the output `scripts-digest` of plan or migrate",
        )
    })?;
    if let Some(script) = migrate::half_run(case) {
        let why = format!(
            "`{script}` ended the transaction that it ran in: only a part of it is in `{}`",
            case.stage().database
        );
        return Err(Refusal::new(attempt(case), why, "run rollback: the rest of that script can no longer run"));
    }
    let journal = migrate::journal_digest(case);
    require(journal.as_ref() == Some(planned), || {
        let (database, ran) = (&case.stage().database, journal.unwrap_or_else(|| "none".to_owned()));
        let why = format!("the journal of `{database}` has the scripts of digest `{ran}`, but `{planned}` was planned");
        let hint = "pass the output `scripts-digest` of plan or migrate; if it is that one, run migrate again until it is done";
        Refusal::new(attempt(case), why, hint)
    })
}

/// Nobody may have written to either database since migrate counted their rows: what production got stage would lack, and what
/// stage got would be V2's. Once users may be on V2 its writes are theirs.
fn unwritten(case: &DecisionInput<'_>) -> Result<(), Refusal> {
    let (production, stage) = (case.production(), case.stage());
    let counted = case.world.counted.as_ref().ok_or_else(|| {
        let why = format!("`{}` lacks the row counts that migrate records", stage.database);
        Refusal::new(attempt(case), why, "run migrate again: it counts the rows; if that does not help, run rollback")
    })?;
    require(counted.production.is_empty(), || {
        let why = format!(
            "`{}` was written to after replication to the copy ended: {}",
            production.database, counted.production
        );
        Refusal::new(
            attempt(case),
            why,
            "run rollback, then cleanup with `remove: <stage database>`, then prepare again: the copy lacks those \
             writes",
        )
    })?;
    let users = case.world.enabled(stage) || case.world.exposure(case.upgrade) == Exposure::Perhaps;
    require(counted.stage.is_empty() || case.policy.accept_stage_writes || users, || {
        let why =
            format!("`{}` was written to since migrate, and no user is on V2 yet: {}", stage.database, counted.stage);
        let hint = "find out what wrote them: if V2 did so itself, as at its start, run switch again with \
                    `accept-stage-writes: true`, and users keep these rows; otherwise run rollback";
        Refusal::new(attempt(case), why, hint)
    })
}

fn effects(case: &DecisionInput<'_>) -> Result<Vec<Effect>, Refusal> {
    let stage = case.stage();
    let healthy = migrate::healthy(case, &attempt(case), case.policy.health_repeats)?;
    let mut effects = vec![migrate::healthy(case, &attempt(case), 1)?];
    // Users may come to stage as soon as its endpoint is enabled.
    effects.extend(intact(case));
    effects.extend(begin_serving(case));
    effects.extend((!case.world.enabled(stage)).then(|| enable_while_read_only(case)));
    effects.push(Effect::Traffic(TrafficEffect::AwaitOnline { endpoint: stage.endpoint.clone() }));
    effects.extend(cut_off(case));
    // The answer says that users are on V2; a look says that nothing came between the proofs and the request.
    effects.extend(proofs(case));
    effects.extend([record(case, Moment::Switched), label(case), healthy]);
    effects.extend(background::activate(case, &attempt(case))?);
    Ok(effects)
}

/// The label first: where the copy cannot be looked into, it is all that tells.
fn begin_serving(case: &DecisionInput<'_>) -> Vec<Effect> {
    let (world, upgrade, database) = (case.world, case.upgrade.id.clone(), case.stage().database.clone());
    let reached = world.stage.sql.as_ref().is_some_and(|sql| sql.reached(&upgrade, Moment::Served).is_some());
    let set = signposts_and(case, labels::SERVING);
    let label = Effect::Traffic(TrafficEffect::Label { profile: world.profile.id.clone(), set, remove: Vec::new() });
    let labelled = labels::serving(&world.profile, case.upgrade);
    let afresh = !world.enabled(case.stage());
    let begin = (!reached).then_some(Effect::Record(RecordEffect::BeginServing { database, upgrade, afresh }));
    (!labelled).then_some(label).into_iter().chain(begin).collect()
}

/// Production goes out of reach of users, unless somebody has disabled it already.
fn cut_off(case: &DecisionInput<'_>) -> Vec<Effect> {
    if !case.world.enabled(case.production()) {
        return Vec::new();
    }
    let database = case.stage().database.clone();
    let erase = Effect::Record(RecordEffect::EraseMilestone {
        database,
        upgrade: case.upgrade.id.clone(),
        moment: Moment::Switching,
    });
    vec![record(case, Moment::Switching), disable(case, proofs(case), Some(Box::new(erase)))]
}

/// Users will get stage, and nobody has touched what V2 and its copy rest on.
fn proofs(case: &DecisionInput<'_>) -> Vec<Effect> {
    let (production, stage) = (case.production(), case.stage());
    let next = case.serves(stage, OtherEndpoint::OnceDisabled(production.endpoint.clone()));
    [next].into_iter().chain(intact(case)).collect()
}

/// Stage's site works on the copy, and the copy has all that production has.
fn intact(case: &DecisionInput<'_>) -> Vec<Effect> {
    let (production, stage) = (case.production(), case.stage());
    let (source, target) = (production.database.clone(), stage.database.clone());
    let there = case.world.production.sql.is_some();
    let frozen = [
        Effect::Access(AccessEffect::ProveReadOnly { database: source.clone(), linked_to: None }),
        Effect::Record(RecordEffect::ProveLogUnmoved {
            source,
            target: target.clone(),
            upgrade: case.upgrade.id.clone(),
        }),
        Effect::Access(AccessEffect::ProveLock),
    ];
    let pointed = Effect::Site(SiteEffect::ProvePointed {
        site: stage.site.clone(),
        setting: case.upgrade.connection_name.clone(),
        database: target,
    });
    [pointed].into_iter().chain(frozen.into_iter().filter(|_| there)).collect()
}

fn disable(case: &DecisionInput<'_>, proofs: Vec<Effect>, refused: Option<Box<Effect>>) -> Effect {
    let production = case.production();
    let what =
        Effect::Traffic(TrafficEffect::Disable { endpoint: production.endpoint.clone(), kind: kind(case, production) });
    Effect::Once { what: Box::new(what), proofs, refused }
}

fn enable(case: &DecisionInput<'_>, slot: &Slot) -> Effect {
    Effect::Traffic(TrafficEffect::Enable { endpoint: slot.endpoint.clone(), kind: kind(case, slot) })
}

/// Users may come to stage from here on: never while they can write to production.
fn enable_while_read_only(case: &DecisionInput<'_>) -> Effect {
    let frozen =
        Effect::Access(AccessEffect::ProveReadOnly { database: case.production().database.clone(), linked_to: None });
    let what = Box::new(enable(case, case.stage()));
    Effect::Once { what, proofs: vec![frozen, Effect::Access(AccessEffect::ProveLock)], refused: None }
}

fn kind(case: &DecisionInput<'_>, slot: &Slot) -> EndpointKind {
    case.world.endpoint(slot).map_or(EndpointKind::Azure, |endpoint| endpoint.kind)
}

fn record(case: &DecisionInput<'_>, moment: Moment) -> Effect {
    Effect::Record(RecordEffect::Milestone {
        database: case.stage().database.clone(),
        upgrade: case.upgrade.id.clone(),
        moment,
    })
}
