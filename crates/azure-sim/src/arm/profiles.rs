//! Microsoft.Network/trafficManagerProfiles

use serde_json::{Value, json};

use super::{body, call::Call, endpoints};
use crate::{
    http::Answer,
    world::{Profile, Refusal, World},
};

pub(super) fn list(call: &Call) -> Result<Answer, Refusal> {
    let group = call.names.group;
    let world = call.world();
    if let Some(group) = group {
        world.group(group)?;
    }
    let inside = |profile: &&Profile| group.is_none_or(|group| profile.group == *group);
    let value: Vec<Value> = world.profiles.values().filter(inside).map(|profile| show(&world, profile)).collect();
    Ok(Answer::ok(json!({"value": value})))
}

pub(super) fn get(call: &Call) -> Result<Answer, Refusal> {
    let (group, profile) = (call.group(), call.names.profile);
    let world = call.world();
    Ok(Answer::ok(show(&world, world.profile_in(group, profile)?)))
}

/// The tags are replaced as a whole; what is not given stays.
pub(super) fn patch(call: &Call) -> Result<Answer, Refusal> {
    let (group, profile, body) = (call.group(), call.names.profile, &call.body);
    let mut world = call.world();
    let current = show(&world, world.profile_in(group, profile)?);
    body::only(body, &["/tags", "/properties/profileStatus"], &current)?;
    if let Some(tags) = body::texts(body.get("tags")) {
        world.profile_mut(group, profile)?.tags = tags;
    }
    if let Some(status) = body::text(body, "/properties/profileStatus") {
        world.profile_mut(group, profile)?.enabled = status == "Enabled";
    }
    Ok(Answer::ok(show(&world, world.profile_in(group, profile)?)))
}

/// Recording `traffic_manager_2023`, 2 and 10, with its explicit nulls.
fn show(world: &World, profile: &Profile) -> Value {
    let endpoints: Vec<Value> =
        profile.endpoints.iter().map(|endpoint| endpoints::show(world, profile, endpoint)).collect();
    json!({
        "id": world.profile_id(profile),
        "name": profile.name.as_str(),
        "type": "Microsoft.Network/trafficManagerProfiles",
        "location": "global",
        "tags": profile.tags,
        "properties": {
            "profileStatus": if profile.enabled { "Enabled" } else { "Disabled" },
            "trafficRoutingMethod": profile.routing,
            "dnsConfig": {"relativeName": profile.relative_name, "fqdn": profile.host(), "ttl": profile.ttl},
            "monitorConfig": {
                "profileMonitorStatus": profile.status(),
                "protocol": "HTTPS",
                "port": 443,
                "path": profile.path,
                "intervalInSeconds": 30,
                "toleratedNumberOfFailures": profile.tolerated_failures,
                "timeoutInSeconds": 10,
            },
            "endpoints": endpoints,
            "trafficViewEnrollmentStatus": "Disabled",
            "maxReturn": null,
        },
    })
}
