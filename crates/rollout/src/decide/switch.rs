//! Switch: users to stage. Disabling production's endpoint is the point of no return.

use super::{Case, background, migrate, require};
use crate::{Effect, Refusal, facts::EndpointKind, labels};

pub(super) fn decide(case: &Case<'_>) -> Result<Vec<Effect>, Refusal> {
    if case.world.point_of_no_return_passed(case.upgrade) {
        return after(case);
    }
    guards(case)?;
    effects(case)
}

fn tried(case: &Case<'_>) -> String {
    format!("switch users from `{}` to `{}`", case.production().site, case.stage().site)
}

fn after(case: &Case<'_>) -> Result<Vec<Effect>, Refusal> {
    let labelled = labels::switched_at(&case.world.profile, case.upgrade).is_some();
    let label = (!labelled).then(|| label(case));
    let online = Effect::AwaitOnline { endpoint: case.stage().endpoint.clone() };
    let healthy = migrate::healthy(case, &tried(case), case.policy.health_repeats)?;
    let activate = background::activate(case, &tried(case))?;
    Ok(label.into_iter().chain([online, healthy]).chain(activate).collect())
}

fn label(case: &Case<'_>) -> Effect {
    let production_is_there = case.world.production.sql.is_some();
    let clock = if production_is_there { case.production() } else { case.stage() };
    Effect::LabelSwitched { profile: case.world.profile.id.clone(), clock: clock.database.clone() }
}

fn guards(case: &Case<'_>) -> Result<(), Refusal> {
    let (world, stage) = (case.world, case.stage());
    case.require_copy(&tried(case))?;
    case.require_frozen(&tried(case))?;
    case.require_stage_log_in(&tried(case))?;
    let migrated =
        world.stage.independent() && world.stage.writable() && world.stage.open_fence(case.upgrade).is_none();
    require(migrated, || {
        let why = format!("`{}` is not an independent, writable copy yet", stage.database);
        Refusal::new(tried(case), why, "run terminate and migrate first")
    })?;
    let planned = case.policy.scripts_digest.as_ref().ok_or_else(|| {
        Refusal::new(
            tried(case),
            "`scripts-digest` was not given",
            "pass the output `scripts-digest` of plan or migrate",
        )
    })?;
    let journal = migrate::journal_digest(case);
    require(journal.as_ref() == Some(planned), || {
        let ran = journal.unwrap_or_else(|| "none".to_owned());
        let why =
            format!("the journal of `{}` has the scripts of digest `{ran}`, planned was `{planned}`", stage.database);
        Refusal::new(tried(case), why, "run migrate again until it is done")
    })?;
    require(world.stage.site.as_ref().is_some_and(|site| site.running), || {
        Refusal::new(tried(case), format!("stage site `{}` is not running", stage.site), "run migrate again")
    })?;
    require(world.endpoint(stage).is_some(), || {
        let why = format!("profile `{}` has no endpoint `{}`", world.profile.id, stage.endpoint.name);
        Refusal::new(tried(case), why, "run rollback and cleanup of stage, then prepare again")
    })?;
    unwritten(case)
}

/// Nobody may have written to either database since migrate counted their rows: what production got stage would lack, and what
/// stage got would be V2's. Once the stage endpoint is enabled users may be on V2, so its writes are theirs.
fn unwritten(case: &Case<'_>) -> Result<(), Refusal> {
    let (production, stage) = (case.production(), case.stage());
    let Some(counted) = &case.world.counted else { return Ok(()) };
    require(counted.production.is_empty(), || {
        let why =
            format!("`{}` was written to after its copy was cut off: {}", production.database, counted.production);
        Refusal::new(
            tried(case),
            why,
            "run rollback, then cleanup of stage, then prepare again: the copy lacks those writes",
        )
    })?;
    let accepted = case.policy.accept_stage_writes || case.world.enabled(stage);
    require(counted.stage.is_empty() || accepted, || {
        let why =
            format!("`{}` was written to since migrate, and no user is on V2 yet: {}", stage.database, counted.stage);
        let hint = "find out who it was: rollback if V2 must not keep those rows, `accept-stage-writes: true` if it may, as when \
                    V2 itself writes when it starts";
        Refusal::new(tried(case), why, hint)
    })
}

fn effects(case: &Case<'_>) -> Result<Vec<Effect>, Refusal> {
    let (world, production, stage) = (case.world, case.production(), case.stage());
    let kind = |slot| world.endpoint(slot).map_or(EndpointKind::Azure, |endpoint| endpoint.kind);
    let healthy = migrate::healthy(case, &tried(case), case.policy.health_repeats)?;
    let still_healthy = migrate::healthy(case, &tried(case), 1)?;
    let enable = Effect::EnableEndpoint { endpoint: stage.endpoint.clone(), kind: kind(stage) };
    let mut effects = vec![still_healthy];
    effects.extend((!world.enabled(stage)).then_some(enable));
    effects.extend([
        Effect::AwaitOnline { endpoint: stage.endpoint.clone() },
        Effect::ProveReadOnly { database: production.database.clone(), linked_to: None },
        Effect::ProveLock,
        Effect::DisableEndpoint { endpoint: production.endpoint.clone(), kind: kind(production) },
        label(case),
        healthy,
    ]);
    effects.extend(background::activate(case, &tried(case))?);
    Ok(effects)
}
