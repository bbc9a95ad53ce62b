//! Prepare: a synchronised copy of the database, the stage site on it, the stage endpoint added disabled.

use super::{Case, background, require, stage_site};
use crate::{
    Effect, Refusal,
    facts::{Database, SqlState, TAG, Tags},
    ids::same,
    labels,
    plan::{Finding, Surroundings, check, stage_kind},
};

pub(super) fn decide(case: &Case<'_>) -> Result<Vec<Effect>, Refusal> {
    let missing = missing(case)?;
    if missing.is_empty() && linked(case) && case.world.stage.site.is_some() {
        return Ok(proofs(case));
    }
    guards(case)?;
    Ok(missing.into_iter().chain(proofs(case)).collect())
}

fn tried(case: &Case<'_>) -> String {
    format!("prepare the upgrade of `{}`", case.production().database)
}

fn missing(case: &Case<'_>) -> Result<Vec<Effect>, Refusal> {
    let before = [fence_table(case), label(case), secondary(case)].into_iter().flatten();
    let hold = background::hold(case, &tried(case))?;
    let site = hold.into_iter().chain(stage_site::missing(case)).chain(stage_site::package(case));
    Ok(before.chain(site).chain(endpoint(case)?).collect())
}

fn proofs(case: &Case<'_>) -> Vec<Effect> {
    [await_catch_up(case)].into_iter().chain(stage_site::proof(case)).collect()
}

pub(super) fn await_catch_up(case: &Case<'_>) -> Effect {
    Effect::AwaitCatchUp {
        source: case.production().database.clone(),
        target: case.stage().database.clone(),
        readings: case.policy.catch_up_readings,
    }
}

fn fence_table(case: &Case<'_>) -> Option<Effect> {
    let absent = case.world.production.sql.as_ref().is_some_and(SqlState::lacks_schema);
    absent.then(|| Effect::CreateFenceTable { database: case.production().database.clone() })
}

fn label(case: &Case<'_>) -> Option<Effect> {
    if labels::endpoint_is_ours(&case.world.profile, case.upgrade) {
        return None;
    }
    let name = |name: &str| name.to_owned();
    Some(Effect::Label {
        profile: case.world.profile.id.clone(),
        set: vec![
            (name(TAG), case.upgrade.id.to_string()),
            (name(labels::ENDPOINT), case.stage().endpoint.name.clone()),
            (name(labels::SITE), case.stage().site.to_string()),
            (name(labels::SERVER), case.stage().database.server_id().to_string()),
        ],
        remove: vec![name(labels::PACKAGE), name(labels::SYNCHRONISED), name(labels::SWITCHED)],
    })
}

fn secondary(case: &Case<'_>) -> Option<Effect> {
    let production = case.world.production.database.as_ref()?;
    case.world.stage.database.is_none().then(|| Effect::CreateSecondary {
        source: case.production().database.clone(),
        target: case.stage().database.clone(),
        location: production.location.clone(),
        tags: tags(case, production),
    })
}

/// Production may itself have been the stage of an earlier upgrade: that tag is not passed on.
fn tags(case: &Case<'_>, production: &Database) -> Tags {
    let others = production.tags.iter().filter(|(name, _)| !same(name, TAG));
    let own = (TAG.to_owned(), case.upgrade.id.to_string());
    others.map(|(name, value)| (name.clone(), value.clone())).chain([own]).collect()
}

fn endpoint(case: &Case<'_>) -> Result<Option<Effect>, Refusal> {
    let (world, stage) = (case.world, case.stage());
    if let Some(there) = world.endpoint(stage) {
        return require(labels::endpoint_is_ours(&world.profile, case.upgrade), || {
            let why = format!(
                "profile `{}` has an endpoint `{}` that this upgrade did not add",
                world.profile.id, there.id.name
            );
            Refusal::new(tried(case), why, "choose another name with `stage-endpoint`, or remove that endpoint")
        })
        .map(|()| None);
    }
    let site = world.stage.site.as_ref();
    let location = site.or(world.production.site.as_ref()).map(|site| site.location.as_str());
    let (Some(target), Some(location)) = (stage_site::address(case), location) else { return Ok(None) };
    let highest = world.profile.endpoints.iter().filter_map(|endpoint| endpoint.priority).max();
    Ok(Some(Effect::AddEndpoint {
        endpoint: stage.endpoint.clone(),
        kind: stage_kind(world, &stage.site, location),
        site: stage.site.clone(),
        target,
        priority: highest.unwrap_or(1) + 1,
    }))
}

fn guards(case: &Case<'_>) -> Result<(), Refusal> {
    let (world, upgrade) = (case.world, case.upgrade);
    case.require_not_switched(&tried(case))?;
    require(world.stage.database.is_none() || linked(case), || {
        let why = format!(
            "stage database `{}` exists and is no geo-secondary of production any more",
            upgrade.stage.database
        );
        let hint = if world.production.read_only() {
            "this upgrade is past prepare: go on with the next step, or run rollback"
        } else {
            "run cleanup of stage, then prepare again"
        };
        Refusal::new(tried(case), why, hint)
    })?;
    no_rule_blocks(case, &tried(case)).map(drop)
}

fn linked(case: &Case<'_>) -> bool {
    case.world.production.link_to(&case.stage().database).is_some()
}

/// The rules of plan hold. What surrounds the slots is looked at only while production takes writes.
pub(super) fn no_rule_blocks<'w>(case: &Case<'w>, tried: &str) -> Result<&'w Surroundings, Refusal> {
    let around = case.around.ok_or_else(|| {
        let why = format!("production database `{}` is read-only", case.production().database);
        Refusal::new(tried, why, "go on with the upgrade that has frozen it, or run rollback")
    })?;
    match check(case.upgrade, case.world, around).into_iter().find(|finding| finding.blocks) {
        Some(Finding { what, hint, .. }) => Err(Refusal::new(tried, what, hint)),
        None => Ok(around),
    }
}
