//! Traffic Manager's probes.

use crate::{
    azure::Azure,
    http::SiteRequest,
    site::Sites,
    world::{Endpoint, EndpointKind, Name, Plan, Probe, World},
};

/// Asks every enabled endpoint for its health page, with the endpoint's target as Host. One that is always served is not asked.
pub(crate) fn probe(sites: &Sites<'_>) {
    let watched = watched_endpoints(&sites.azure.world());
    for (profile, path, endpoint) in watched {
        let result = probe_endpoint(sites, &path, &endpoint);
        take_in(sites.azure, &profile, &endpoint, result);
    }
}

fn watched_endpoints(world: &World) -> Vec<(Name, String, Endpoint)> {
    let profiles = world.profiles.values();
    profiles
        .flat_map(|profile| profile.endpoints.iter().map(move |endpoint| (profile, endpoint)))
        .filter(|(_, endpoint)| endpoint.is_probed())
        .map(|(profile, endpoint)| (profile.name.clone(), profile.path.clone(), endpoint.clone()))
        .collect()
}

fn probe_endpoint(sites: &Sites<'_>, path: &str, endpoint: &Endpoint) -> Probe {
    let world = sites.azure.world();
    if world.is_foreign_host(&endpoint.target) {
        return Probe::Answered;
    }
    let Some(site) = world.site_of_address(&endpoint.target).cloned() else { return Probe::Failed };
    let too_low = world.plans.get(&site.plan).is_some_and(Plan::is_below_standard);
    drop(world);
    if (too_low || !site.running) && endpoint.kind == EndpointKind::Azure {
        return Probe::Stopped;
    }
    let request =
        SiteRequest { method: "GET".to_owned(), path: path.to_owned(), user: 0, sequence: 0, token: String::new() };
    let reply = sites.serve(&site.unit, &endpoint.target, &request);
    if reply.status == 200 { Probe::Answered } else { Probe::Failed }
}

/// Notes the result, unless the endpoint was changed meanwhile.
fn take_in(azure: &Azure, profile: &Name, probed: &Endpoint, result: Probe) {
    let mut world = azure.world();
    let Some(profile) = world.profiles.get_mut(profile) else { return };
    let tolerated = profile.tolerated_failures;
    let same =
        |endpoint: &&mut Endpoint| endpoint.name == probed.name && endpoint.enabled && endpoint.target == probed.target;
    let Some(endpoint) = profile.endpoints.iter_mut().find(same) else { return };
    let before = endpoint.monitor;
    endpoint.probed(result, tolerated);
    let changed = before != endpoint.monitor;
    drop(world);
    if changed {
        azure.changes.notify();
    }
}
