//! Users reach production now, and stage alone once production's endpoint is disabled: a profile may have other endpoints, such as
//! a standby or a sorry page, and Traffic Manager sends users to the lowest number that it may.
//!
//! Seen in `endpointStatus`, `endpointMonitorStatus`, `alwaysServe` and `priority` of all endpoints (`trafficmanager.json`,
//! 2022-04-01). Azure has no word for it: the switch would succeed, and users would be on somebody else's endpoint.

use std::fmt;

use super::{Found, blocking};
use crate::{
    facts::{Endpoint, EndpointKind, MonitorStatus, PRIORITIES, Profile},
    plan::Preflight,
    served::{Served, served, served_if},
    upgrade::{Slot, Upgrade},
    world::World,
};

/// Everybody gets production's endpoint. Where nobody is served [`super::production::answers`] says why.
pub(super) fn are_on_production(upgrade: &Upgrade, world: &World, _: &Preflight) -> Option<Found> {
    let (now, production) = (served(&world.profile), &upgrade.production.endpoint);
    if now.is(production) || now.endpoints().is_empty() {
        return None;
    }
    let what = format!("users are sent to {now} now, and not to production's endpoint `{}` alone", production.name);
    let hint = "repair production's endpoint, which is the enabled endpoint with the smallest priority number; if \
                another endpoint is production, disable this one";
    blocking(what, hint)
}

/// With stage's endpoint enabled and production's disabled everybody gets stage, whatever probes say of the others by then; with
/// both enabled, as in the middle of switch, everybody stays on production.
pub(super) fn will_be_on_stage(upgrade: &Upgrade, world: &World, _: &Preflight) -> Option<Found> {
    let (production, stage) = (&upgrade.production, &upgrade.stage);
    let Some(after) = with_stage(world, upgrade) else { return no_number(&world.profile, production) };
    let then =
        |production_enabled| served_if(&after, &[(&production.endpoint, production_enabled), (&stage.endpoint, true)]);
    let (during, switched) = (then(true), then(false));
    if !after.enabled || (during.is(&production.endpoint) && switched.is(&stage.endpoint)) {
        return None;
    }
    if !switched.is(&stage.endpoint) {
        return others_first(&after, &switched, upgrade);
    }
    let what = format!(
        "users would be sent to {during} as soon as stage's endpoint `{}` is enabled, while production is still in use",
        numbered(after.endpoint(&stage.endpoint)?)
    );
    blocking(what, behind_production(&after, upgrade, &[after.endpoint(&stage.endpoint)?]))
}

/// Why users would not get stage alone once production's endpoint is disabled, and what to do about it.
pub fn kept_from_stage(upgrade: &Upgrade, world: &World) -> Option<(String, String)> {
    let (production, stage) = (&upgrade.production.endpoint, &upgrade.stage.endpoint);
    let after = with_stage(world, upgrade)?;
    let switched = served_if(&after, &[(production, false), (stage, true)]);
    let found = if switched.is(stage) { None } else { others_first(&after, &switched, upgrade) };
    found.map(|found| (found.what, found.hint))
}

/// The profile as prepare leaves it, with everybody well; `None` where no number is left for stage.
fn with_stage(world: &World, upgrade: &Upgrade) -> Option<Profile> {
    let mut profile = world.profile.clone();
    let stage = &upgrade.stage.endpoint;
    if profile.endpoint(stage).is_none() {
        let priority = profile.free_priority_behind(&upgrade.production.endpoint)?;
        profile.endpoints.push(planned(&upgrade.stage, priority));
    }
    let well = |endpoint: &mut Endpoint| endpoint.monitor = MonitorStatus::Online;
    profile.endpoints.iter_mut().for_each(well);
    Some(profile)
}

fn planned(stage: &Slot, priority: u32) -> Endpoint {
    Endpoint {
        id: stage.endpoint.clone(),
        kind: EndpointKind::External,
        target: String::new(),
        site: Some(stage.site.clone()),
        location: None,
        priority: Some(priority),
        enabled: false,
        monitor: MonitorStatus::Disabled,
        always_serve: false,
    }
}

fn others_first(after: &Profile, switched: &Served<'_>, upgrade: &Upgrade) -> Option<Found> {
    let stage = after.endpoint(&upgrade.stage.endpoint)?;
    let what = format!(
        "after the switch users would be sent to {switched}, and not to stage's endpoint `{}` alone: {}",
        stage.id.name,
        enabled(after, upgrade)
    );
    blocking(what, behind_production(after, upgrade, &in_front(after, upgrade)))
}

/// The enabled endpoints of others that stage would not be in front of.
fn in_front<'p>(after: &'p Profile, upgrade: &Upgrade) -> Vec<&'p Endpoint> {
    let stage = after.endpoint(&upgrade.stage.endpoint).and_then(|endpoint| endpoint.priority);
    let blocking = |endpoint: &&Endpoint| endpoint.priority.is_none() || endpoint.priority <= stage;
    others(after, upgrade).filter(blocking).collect()
}

fn others<'p>(after: &'p Profile, upgrade: &Upgrade) -> impl Iterator<Item = &'p Endpoint> {
    let own = [upgrade.production.endpoint.clone(), upgrade.stage.endpoint.clone()];
    after.endpoints.iter().filter(move |endpoint| endpoint.enabled && !own.contains(&endpoint.id))
}

/// Everybody's number, as far as it matters.
fn enabled(after: &Profile, upgrade: &Upgrade) -> String {
    let own = [&upgrade.production.endpoint, &upgrade.stage.endpoint].into_iter().filter_map(|id| after.endpoint(id));
    let mut all: Vec<_> = own.chain(others(after, upgrade)).collect();
    all.sort_by_key(|endpoint| endpoint.priority);
    format!(
        "the priority numbers of the enabled endpoints and of stage's are {}",
        super::list(all.into_iter().map(numbered))
    )
}

fn numbered(endpoint: &Endpoint) -> String {
    let priority = endpoint.priority.map_or_else(|| "none".to_owned(), |number| number.to_string());
    format!("{} {priority}", endpoint.id.name)
}

/// The commands that put stage directly behind production: its own endpoint is moved where a number in front of the others is
/// free, else the others are.
fn behind_production(after: &Profile, upgrade: &Upgrade, others: &[&Endpoint]) -> String {
    let (production, stage) = (&upgrade.production.endpoint, after.endpoint(&upgrade.stage.endpoint));
    let free = after.free_priority_behind(production);
    let first = others.iter().map(|endpoint| endpoint.priority.unwrap_or(0)).min();
    match (stage, free, first) {
        (Some(stage), Some(free), Some(first)) if free < first || others == [stage] => {
            format!("give stage's endpoint the priority number directly after production's: {}", renumber(stage, free))
        }
        _ => behind_stage(after, others),
    }
}

fn behind_stage(after: &Profile, others: &[&Endpoint]) -> String {
    let last = after.endpoints.iter().filter_map(|endpoint| endpoint.priority).max().unwrap_or(0);
    let commands: Vec<_> =
        others.iter().zip(last + 1..=*PRIORITIES.end()).map(|(endpoint, number)| renumber(endpoint, number)).collect();
    if commands.len() < others.len() {
        return "give the other endpoints greater priority numbers than stage's endpoint, or disable them for the \
                upgrade"
            .to_owned();
    }
    let them = if others.len() == 1 { "it" } else { "them" };
    format!(
        "give {them} a greater priority number than stage's endpoint: {}; or disable {them} for the upgrade",
        commands.join(", ")
    )
}

/// The line of azure-cli that gives an endpoint another number.
pub fn renumber(endpoint: &Endpoint, priority: impl fmt::Display) -> String {
    let id = &endpoint.id;
    format!(
        "`az network traffic-manager endpoint update --resource-group {} --profile-name {} --type {} --name {} --priority \
         {priority}`",
        id.group,
        id.profile,
        type_name(endpoint.kind),
        id.name
    )
}

/// As azure-cli writes the kinds.
fn type_name(kind: EndpointKind) -> &'static str {
    match kind {
        EndpointKind::Azure => "azureEndpoints",
        EndpointKind::External => "externalEndpoints",
        EndpointKind::Nested => "nestedEndpoints",
    }
}

fn no_number(profile: &Profile, production: &Slot) -> Option<Found> {
    let endpoint = profile.endpoint(&production.endpoint)?;
    let (first, last) = (PRIORITIES.start(), PRIORITIES.end());
    let what = format!(
        "no priority number after that of production's endpoint `{}` is free for stage's endpoint: the numbers go from \
         {first} to {last}",
        numbered(endpoint)
    );
    blocking(what, smaller_number(profile, endpoint))
}

/// Makes room behind an endpoint that has the greatest number.
pub fn smaller_number(profile: &Profile, production: &Endpoint) -> String {
    let free = PRIORITIES.rev().find(|number| profile.is_free(*number));
    let number = free.map_or_else(|| "<number>".to_owned(), |free| free.to_string());
    format!(
        "give production's endpoint a smaller priority number that is still smaller than those of the other endpoints: \
         {}",
        renumber(production, number)
    )
}

#[cfg(test)]
#[path = "users_test.rs"]
#[allow(clippy::unwrap_used)]
mod tests;
