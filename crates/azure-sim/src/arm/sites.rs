//! Microsoft.Web/sites and serverfarms

use serde_json::{Value, json};

use super::{
    body,
    call::Call,
    site_json::{etag, show},
};
use crate::{
    clock,
    http::Answer,
    world::{Plan, Refusal, Site, World},
};

const PLAN: &str = include_str!("data/plan.json");

pub(super) fn list(call: &Call) -> Result<Answer, Refusal> {
    let group = call.names.group;
    let world = call.world();
    if let Some(group) = group {
        world.group(group)?;
    }
    let inside = |site: &&Site| group.is_none_or(|group| site.group == *group);
    let value: Vec<Value> = world.sites.values().filter(inside).map(|site| show(&world, site)).collect();
    Ok(Answer::ok(json!({"value": value, "nextLink": null, "id": null})))
}

pub(super) fn get(call: &Call) -> Result<Answer, Refusal> {
    let (group, site) = (call.group(), call.names.name);
    let world = call.world();
    let site = world.site_in(group, site)?;
    Ok(Answer::ok(show(&world, site)).with("ETag", etag(site)))
}

/// The specification's `SitePatchResource` has no tags; what it has is not modelled.
pub(super) fn patch(call: &Call) -> Result<Answer, Refusal> {
    let (group, site, body) = (call.group(), call.names.name, &call.body);
    let world = call.world();
    let site = world.site_in(group, site)?;
    body::only(body, &[], &show(&world, site))?;
    Ok(Answer::ok(show(&world, site)).with("ETag", etag(site)))
}

/// An empty plan goes too unless `deleteEmptyServerFarm=false` (facts 3.4).
pub(super) fn delete(call: &Call) -> Result<Answer, Refusal> {
    let (group, site) = (call.group(), call.names.name);
    let keep = call.request.query.get("deleteemptyserverfarm").is_some_and(|value| value.eq_ignore_ascii_case("false"));
    let deleted = call.world().delete_site(group, site, !keep)?;
    Ok(Answer::empty(if deleted { 200 } else { 204 }))
}

pub(super) fn start(call: &Call) -> Result<Answer, Refusal> {
    call.world().start_site(call.group(), call.names.name, ready_at(call))?;
    Ok(Answer::empty(200))
}

pub(super) fn stop(call: &Call) -> Result<Answer, Refusal> {
    call.world().stop_site(call.group(), call.names.name)?;
    Ok(Answer::empty(200))
}

pub(super) fn restart(call: &Call) -> Result<Answer, Refusal> {
    call.world().restart_site(call.group(), call.names.name, ready_at(call))?;
    Ok(Answer::empty(200))
}

fn ready_at(call: &Call) -> f64 {
    clock::now() + clock::seconds(call.scenario.site_start_ms)
}

/// The slots of a site: their number is all that is modelled of them.
pub(super) fn slots(call: &Call) -> Result<Answer, Refusal> {
    let (group, site) = (call.group(), call.names.name);
    let world = call.world();
    let found = world.site_in(group, site)?;
    let has = call.scenario.production_site.slot && found.name == world.production_site;
    // No answer was recorded: what is shown is in the specification.
    let slot = || {
        json!({
            "id": format!("{}/slots/next", world.site_id(found)),
            "name": format!("{}/next", found.name),
            "type": "Microsoft.Web/sites/slots",
            "kind": found.kind,
            "location": found.location,
            "properties": {"state": "Running", "enabled": true, "serverFarmId": world.plan_id(&found.plan)},
        })
    };
    let value: Vec<Value> = has.then(slot).into_iter().collect();
    Ok(Answer::ok(json!({"value": value, "nextLink": null})))
}

pub(super) fn plans(call: &Call) -> Result<Answer, Refusal> {
    let group = call.names.group;
    let world = call.world();
    if let Some(group) = group {
        world.group(group)?;
    }
    let inside = |plan: &&Plan| group.is_none_or(|group| plan.group == *group);
    let value: Vec<Value> = world.plans.values().filter(inside).map(|plan| show_plan(&world, plan)).collect();
    Ok(Answer::ok(json!({"value": value, "nextLink": null, "id": null})))
}

pub(super) fn plan(call: &Call) -> Result<Answer, Refusal> {
    let (group, plan) = (call.group(), call.names.name);
    let world = call.world();
    Ok(Answer::ok(show_plan(&world, world.plan_in(group, plan)?)))
}

/// The recorded answer (`webapp_config_2023`, 2) with this plan's values.
fn show_plan(world: &World, plan: &Plan) -> Value {
    let mut shown: Value = serde_json::from_str(PLAN).unwrap_or_default();
    let key = (plan.group.clone(), plan.name.clone());
    shown["id"] = json!(world.plan_id(&key));
    shown["name"] = json!(plan.name.as_str());
    shown["location"] = json!(plan.location);
    let family: String = plan.sku.chars().take(1).collect();
    shown["sku"] = json!({"name": plan.sku, "tier": plan.tier, "size": plan.sku, "family": family, "capacity": 1});
    let set = [
        ("name", json!(plan.name.as_str())),
        ("webSpace", json!(format!("{}-WestEuropewebspace", plan.group))),
        ("subscription", json!(world.subscription)),
        ("resourceGroup", json!(plan.group.as_str())),
        ("mdmId", json!(plan.unit)),
        ("numberOfSites", json!(world.sites.values().filter(|site| site.plan == key).count())),
    ];
    for (property, value) in set {
        shown["properties"][property] = value;
    }
    shown
}
