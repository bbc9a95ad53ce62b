//! Microsoft.Network/trafficManagerProfiles/{endpointType}

use serde_json::{Value, json};

use super::{body, call::Call};
use crate::{
    http::Answer,
    world::{Endpoint, EndpointChange, EndpointKind, Profile, Refusal, World},
};

const MODELLED: [&str; 7] = [
    "/properties/targetResourceId",
    "/properties/target",
    "/properties/endpointStatus",
    "/properties/weight",
    "/properties/priority",
    "/properties/endpointLocation",
    "/properties/alwaysServe",
];

pub(super) fn get(call: &Call) -> Result<Answer, Refusal> {
    let (group, profile, kind, name) = place(call);
    let world = call.world();
    let (profile, endpoint) = world.endpoint(group, profile, kind, name)?;
    Ok(Answer::ok(show(&world, profile, endpoint)))
}

/// Answers 201 also where the endpoint was there (recording `traffic_manager_2023`, 8).
pub(super) fn put(call: &Call) -> Result<Answer, Refusal> {
    let (group, profile, kind, name) = place(call);
    let mut world = call.world();
    let change = change(&world, call)?;
    world.put_endpoint(group, profile, kind, name, &change)?;
    let (profile, endpoint) = world.endpoint(group, profile, kind, name)?;
    Ok(Answer::json(201, show(&world, profile, endpoint)))
}

pub(super) fn patch(call: &Call) -> Result<Answer, Refusal> {
    let (group, profile, kind, name) = place(call);
    let mut world = call.world();
    let change = change(&world, call)?;
    world.patch_endpoint(group, profile, kind, name, &change)?;
    let (profile, endpoint) = world.endpoint(group, profile, kind, name)?;
    Ok(Answer::ok(show(&world, profile, endpoint)))
}

/// 200 with an empty body (recording `traffic_manager_2023`, 14); 204 where there is none.
pub(super) fn delete(call: &Call) -> Result<Answer, Refusal> {
    let (group, profile, kind, name) = place(call);
    let deleted = call.world().delete_endpoint(group, profile, kind, name)?;
    Ok(Answer::empty(if deleted { 200 } else { 204 }))
}

/// Resource group, profile, type and name.
fn place<'a>(call: &Call<'a>) -> (&'a str, &'a str, EndpointKind, &'a str) {
    (call.group(), call.names.profile, call.names.kind, call.names.endpoint)
}

fn change(world: &World, call: &Call) -> Result<EndpointChange, Refusal> {
    let ((group, profile, kind, name), body) = (place(call), &call.body);
    let known = world.endpoint(group, profile, kind, name).ok();
    let current = known.map_or_else(
        || blank(world, group, profile, kind, name),
        |(profile, endpoint)| Ok(show(world, profile, endpoint)),
    )?;
    // The monitor's status changes by itself: a client that repeats an older one changes nothing.
    let allowed = [&MODELLED[..], &["/properties/endpointMonitorStatus"]].concat();
    body::only(body, &allowed, &current)?;
    let properties = body.get("properties").unwrap_or(&Value::Null);
    let text = |name: &str| properties.get(name).and_then(Value::as_str).map(str::to_owned);
    Ok(EndpointChange {
        target_resource: text("targetResourceId"),
        target: text("target"),
        enabled: text("endpointStatus").map(|status| status == "Enabled"),
        weight: properties.get("weight").and_then(Value::as_i64),
        priority: properties.get("priority").and_then(Value::as_i64),
        location: text("endpointLocation"),
        always_serve: text("alwaysServe").map(|serve| serve == "Enabled"),
    })
}

/// What a PUT of a new endpoint may repeat: its own name, type and identifier.
fn blank(world: &World, group: &str, profile: &str, kind: EndpointKind, name: &str) -> Result<Value, Refusal> {
    let id = world.profile_id(world.profile_in(group, profile)?);
    let segment = kind.segment();
    Ok(json!({
        "id": format!("{id}/{segment}/{name}"),
        "name": name,
        "type": format!("Microsoft.Network/trafficManagerProfiles/{segment}"),
        "properties": {},
    }))
}

/// Recording `traffic_manager_2023`, 7, with its explicit nulls.
pub(super) fn show(world: &World, profile: &Profile, endpoint: &Endpoint) -> Value {
    let segment = endpoint.kind.segment();
    json!({
        "id": format!("{}/{segment}/{}", world.profile_id(profile), endpoint.name),
        "name": endpoint.name.as_str(),
        "type": format!("Microsoft.Network/trafficManagerProfiles/{segment}"),
        "properties": {
            "endpointStatus": if endpoint.enabled { "Enabled" } else { "Disabled" },
            "endpointMonitorStatus": endpoint.status(),
            "targetResourceId": endpoint.target_resource,
            "target": endpoint.target,
            "weight": endpoint.weight,
            "priority": endpoint.priority,
            "endpointLocation": endpoint.location,
            "minChildEndpoints": null,
            "alwaysServe": if endpoint.always_serve { "Enabled" } else { "Disabled" },
        },
    })
}
