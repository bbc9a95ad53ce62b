//! Prepare: a synchronised copy of the database, the stage site on it, the stage endpoint added disabled.

use super::{DecisionInput, background, require, stage_site};
use crate::{
    Effect, FenceEffect, RecordEffect, Refusal, ReplicationEffect, TrafficEffect,
    facts::{Database, SqlState, TAG, Tags, tag},
    ids::eq_azure_name,
    labels,
    plan::{Finding, Preflight, check, smaller_number, stage_kind},
    status::which_upgrade,
};

pub(super) fn decide(case: &DecisionInput<'_>) -> Result<Vec<Effect>, Refusal> {
    let missing = missing(case)?;
    if missing.is_empty() && linked(case) && case.world.stage.site.is_some() {
        return Ok(proofs(case));
    }
    guards(case)?;
    Ok(missing.into_iter().chain(proofs(case)).collect())
}

fn attempt(case: &DecisionInput<'_>) -> String {
    format!("prepare the upgrade of `{}`", case.production().database)
}

fn missing(case: &DecisionInput<'_>) -> Result<Vec<Effect>, Refusal> {
    let before = [fence_table(case), record(case), label(case), secondary(case)].into_iter().flatten();
    let hold = background::hold(case, &attempt(case))?;
    let site = hold.into_iter().chain(stage_site::missing(case)).chain(stage_site::package(case));
    Ok(before.chain(site).chain(endpoint(case)?).collect())
}

fn proofs(case: &DecisionInput<'_>) -> Vec<Effect> {
    [stage_site::await_catch_up(case)].into_iter().chain(stage_site::proof(case)).collect()
}

fn fence_table(case: &DecisionInput<'_>) -> Option<Effect> {
    let absent = case.world.production.sql.as_ref().is_some_and(SqlState::lacks_schema);
    absent.then(|| Effect::Fence(FenceEffect::CreateTables { database: case.production().database.clone() }))
}

/// First of all, so that the copy gets it too: labels may be wiped, rows only go with their database.
fn record(case: &DecisionInput<'_>) -> Option<Effect> {
    let sql = case.world.production.sql.as_ref()?;
    let there = sql.upgrade(&case.upgrade.id).is_some_and(|row| row.has_slots_of(case.upgrade));
    let (database, upgrade) = (case.production().database.clone(), Box::new(case.upgrade.clone()));
    (!there && case.world.production.writable()).then_some(Effect::Record(RecordEffect::Upgrade { database, upgrade }))
}

fn label(case: &DecisionInput<'_>) -> Option<Effect> {
    let profile = &case.world.profile;
    let package = case.world.package(case.upgrade).map(|(digest, id)| labels::package_value(digest, id));
    let labelled = package.is_none() || labels::package(profile, case.upgrade).is_some();
    if labels::endpoint_is_ours(profile, case.upgrade) && labelled {
        return None;
    }
    let mut remove = vec![labels::SYNCHRONISED, labels::SERVING, labels::SWITCHED];
    remove.extend(package.is_none().then_some(labels::PACKAGE));
    let package = package.map(|value| (labels::PACKAGE.to_owned(), value));
    Some(Effect::Traffic(TrafficEffect::Label {
        profile: profile.id.clone(),
        set: labels::signposts(case.upgrade).into_iter().chain(package).collect(),
        remove: remove.into_iter().map(str::to_owned).collect(),
    }))
}

fn secondary(case: &DecisionInput<'_>) -> Option<Effect> {
    let production = case.world.production.database.as_ref()?;
    case.world.stage.database.is_none().then(|| {
        Effect::Replication(ReplicationEffect::CreateSecondary {
            source: case.production().database.clone(),
            target: case.stage().database.clone(),
            location: production.location.clone(),
            tags: tags(case, production),
        })
    })
}

/// Production may itself have been the stage of an earlier upgrade: that tag is not passed on.
fn tags(case: &DecisionInput<'_>, production: &Database) -> Tags {
    let others = production.tags.iter().filter(|(name, _)| !eq_azure_name(name, TAG));
    let own = (TAG.to_owned(), case.upgrade.id.to_string());
    others.map(|(name, value)| (name.clone(), value.clone())).chain([own]).collect()
}

fn endpoint(case: &DecisionInput<'_>) -> Result<Option<Effect>, Refusal> {
    let (world, stage) = (case.world, case.stage());
    if let Some(there) = world.endpoint(stage) {
        return require(world.added_stage_endpoint(case.upgrade), || {
            let profile = &world.profile;
            let why =
                format!("profile `{}` has an endpoint `{}` that this upgrade did not add", profile.id, there.id.name);
            let which = which_upgrade(&profile.id);
            let hint = match tag(&profile.tags, TAG) {
                Some(other) => format!(
                    "the tags of that profile name upgrade `{other}`: to go on with it pass `upgrade-id: {other}` \
                     ({which} shows where it stands); otherwise finish it, or run rollback and cleanup for it"
                ),
                None => format!(
                    "if an upgrade that has begun added it, pass the `upgrade-id` of that upgrade ({which} shows it); \
                     otherwise pass another name as `stage-endpoint` to plan, or remove that endpoint if it is unused"
                ),
            };
            Refusal::new(attempt(case), why, hint)
        })
        .map(|()| None);
    }
    let site = world.stage.site.as_ref();
    let location = site.or(world.production.site.as_ref()).map(|site| site.location.as_str());
    let (Some(target), Some(location)) = (stage_site::address(case), location) else { return Ok(None) };
    let priority = priority(case)?;
    Ok(Some(Effect::Traffic(TrafficEffect::AddEndpoint {
        endpoint: stage.endpoint.clone(),
        kind: stage_kind(world, &stage.site, location),
        site: stage.site.clone(),
        target,
        priority,
    })))
}

/// Directly behind production, so that a sorry page stays behind both.
fn priority(case: &DecisionInput<'_>) -> Result<u32, Refusal> {
    let (profile, production) = (&case.world.profile, &case.production().endpoint);
    profile.free_priority_behind(production).ok_or_else(|| {
        let why = format!(
            "no priority number after that of production's endpoint `{}` is free in profile `{}`",
            production.name, profile.id
        );
        let hint = profile.endpoint(production).map(|endpoint| smaller_number(profile, endpoint));
        Refusal::new(attempt(case), why, hint.unwrap_or_default())
    })
}

fn guards(case: &DecisionInput<'_>) -> Result<(), Refusal> {
    let (world, upgrade) = (case.world, case.upgrade);
    case.require_not_switched(&attempt(case))?;
    new_id(case)?;
    require(world.stage.database.is_none() || linked(case), || {
        let why = format!(
            "stage database `{}` exists but is no longer a geo-secondary of production",
            upgrade.stage.database
        );
        let hint = if world.production.read_only() {
            "this upgrade is past prepare: go on with the next step, or run rollback"
        } else {
            "run cleanup with `remove: <stage database>`, then prepare again"
        };
        Refusal::new(attempt(case), why, hint)
    })?;
    no_rule_blocks(case, &attempt(case)).map(drop)
}

/// What an earlier upgrade of the same id wrote down would be taken for this one's.
fn new_id(case: &DecisionInput<'_>) -> Result<(), Refusal> {
    let id = &case.upgrade.id;
    let known = case.world.production.sql.iter().flat_map(|sql| &sql.milestones).find(|row| id.is(&row.run));
    known.map_or(Ok(()), |row| {
        let database = &case.production().database;
        let why =
            format!("an earlier upgrade with the id `{id}` made `{database}` (`{}`, {:.0})", row.moment.word(), row.at);
        Err(Refusal::new(attempt(case), why, "pass another `upgrade-id`"))
    })
}

fn linked(case: &DecisionInput<'_>) -> bool {
    case.world.production.link_to(&case.stage().database).is_some()
}

/// The rules of plan hold. What surrounds the slots is looked at only while production takes writes.
pub(super) fn no_rule_blocks<'w>(case: &DecisionInput<'w>, attempt: &str) -> Result<&'w Preflight, Refusal> {
    let preflight = case.preflight.ok_or_else(|| {
        let why = format!("production database `{}` is read-only", case.production().database);
        Refusal::new(attempt, why, "go on with the upgrade that made it read-only, or run rollback")
    })?;
    match check(case.upgrade, case.world, preflight).into_iter().find(|finding| finding.blocks) {
        Some(Finding { what, hint, .. }) => Err(Refusal::new(attempt, what, hint)),
        None => Ok(preflight),
    }
}
