//! Microsoft.Web/sites and serverfarms

use serde_json::{Value, json};

use super::{Answer, body, dispatch::Call, route::Action};
use crate::{
    clock,
    cloud::Cloud,
    world::{Plan, Refusal, Site, World},
};

const SITE: &str = include_str!("data/site.json");
const PLAN: &str = include_str!("data/plan.json");

pub(crate) fn list(cloud: &Cloud, group: Option<&str>) -> Result<Answer, Refusal> {
    let world = cloud.world();
    if let Some(group) = group {
        world.group(group)?;
    }
    let inside = |site: &&Site| group.is_none_or(|group| site.group == *group);
    let value: Vec<Value> = world.sites.values().filter(inside).map(|site| show(&world, site)).collect();
    Ok(Answer::ok(json!({"value": value, "nextLink": null, "id": null})))
}

pub(crate) fn get(cloud: &Cloud, group: &str, site: &str) -> Result<Answer, Refusal> {
    let world = cloud.world();
    let site = world.site_in(group, site)?;
    Ok(Answer::ok(show(&world, site)).with("ETag", etag(site)))
}

/// The specification's `SitePatchResource` has no tags; what it has is not modelled.
pub(crate) fn patch(cloud: &Cloud, group: &str, site: &str, body: &Value) -> Result<Answer, Refusal> {
    let world = cloud.world();
    let site = world.site_in(group, site)?;
    body::only(body, &[], &show(&world, site))?;
    Ok(Answer::ok(show(&world, site)).with("ETag", etag(site)))
}

/// An empty plan goes too unless `deleteEmptyServerFarm=false` (facts 3.4).
pub(crate) fn delete(call: &Call, group: &str, site: &str) -> Result<Answer, Refusal> {
    let keep = call.request.query.get("deleteemptyserverfarm").is_some_and(|value| value.eq_ignore_ascii_case("false"));
    let deleted = call.cloud.world().delete_site(group, site, !keep)?;
    Ok(Answer::empty(if deleted { 200 } else { 204 }))
}

pub(crate) fn act(cloud: &Cloud, group: &str, site: &str, action: Action) -> Result<Answer, Refusal> {
    let ready_at = clock::now() + clock::seconds(cloud.scenario.site_start_ms);
    let mut world = cloud.world();
    match action {
        Action::Start => world.start_site(group, site, ready_at)?,
        Action::Stop => world.stop_site(group, site)?,
        Action::Restart => world.restart_site(group, site, ready_at)?,
    }
    Ok(Answer::empty(200))
}

/// The slots of a site: their number is all that is modelled of them.
pub(crate) fn slots(cloud: &Cloud, group: &str, site: &str) -> Result<Answer, Refusal> {
    let world = cloud.world();
    let found = world.site_in(group, site)?;
    let has = cloud.scenario.production_site.slot && found.name == world.production_site;
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

pub(crate) fn plans(cloud: &Cloud, group: Option<&str>) -> Result<Answer, Refusal> {
    let world = cloud.world();
    if let Some(group) = group {
        world.group(group)?;
    }
    let inside = |plan: &&Plan| group.is_none_or(|group| plan.group == *group);
    let value: Vec<Value> = world.plans.values().filter(inside).map(|plan| show_plan(&world, plan)).collect();
    Ok(Answer::ok(json!({"value": value, "nextLink": null, "id": null})))
}

pub(crate) fn plan(cloud: &Cloud, group: &str, plan: &str) -> Result<Answer, Refusal> {
    let world = cloud.world();
    Ok(Answer::ok(show_plan(&world, world.plan_in(group, plan)?)))
}

/// The recorded form: another text whenever the site was changed.
pub(crate) fn etag(site: &Site) -> String {
    format!("\"{:X}\"", (site.modified * 1e6) as u64)
}

/// The recorded answer (`webapp_config_2023`, 10) with this site's values.
pub(crate) fn show(world: &World, site: &Site) -> Value {
    let mut shown: Value = serde_json::from_str(SITE).unwrap_or_default();
    let (name, group) = (site.name.as_str(), site.group.as_str());
    shown["id"] = json!(world.site_id(site));
    shown["name"] = json!(name);
    shown["location"] = json!(site.location);
    shown["kind"] = json!(site.kind);
    if let Some(identity) = &site.identity {
        shown["identity"] = identity.clone();
    }
    if !site.tags.is_empty() {
        shown["tags"] = json!(site.tags);
    }
    let space = format!("{group}-WestEuropewebspace");
    let stamp = format!("https://{}.api.azurewebsites.windows.net:454", site.unit);
    // The name of the publish API, which serves no users, is enabled but not among the host names.
    let publish = site.publish_host();
    let states = site.host_names.iter().map(|host| host_state(site, host, "Standard"));
    let states: Vec<Value> = states.chain([host_state(site, &publish, "Repository")]).collect();
    let enabled: Vec<&String> = site.host_names.iter().chain([&publish]).collect();
    let set = [
        ("name", json!(name)),
        ("state", json!(if site.running { "Running" } else { "Stopped" })),
        ("hostNames", json!(site.host_names)),
        ("enabledHostNames", json!(enabled)),
        ("hostNameSslStates", json!(states)),
        ("webSpace", json!(space)),
        ("selfLink", json!(format!("{stamp}/subscriptions/{}/webspaces/{space}/sites/{name}", world.subscription))),
        ("repositorySiteName", json!(name)),
        ("serverFarmId", json!(world.plan_id(&site.plan))),
        ("lastModifiedTimeUtc", json!(clock::iso(site.modified).trim_end_matches('Z'))),
        ("deploymentId", json!(name)),
        ("ftpUsername", json!(format!("{name}\\${name}"))),
        ("ftpsHostName", json!(format!("ftps://{}.ftp.azurewebsites.windows.net/site/wwwroot", site.unit))),
        ("homeStamp", json!(site.unit)),
        ("resourceGroup", json!(group)),
        ("defaultHostName", json!(site.default_host())),
    ];
    for (property, value) in set {
        shown["properties"][property] = value;
    }
    shown["properties"]["kind"] = json!(site.kind);
    for (property, value) in &site.properties {
        shown["properties"][property] = value.clone();
    }
    shown
}

/// The profile's own name has the platform's certificate.
fn host_state(site: &Site, host: &str, kind: &str) -> Value {
    let thumbprint = site.certificates.get(host);
    let bound = thumbprint.is_some() || host.ends_with(".trafficmanager.net");
    json!({
        "name": host,
        "sslState": if bound { "SniEnabled" } else { "Disabled" },
        "ipBasedSslResult": null,
        "virtualIP": null,
        "thumbprint": thumbprint,
        "toUpdate": null,
        "toUpdateIpBasedSsl": null,
        "ipBasedSslState": "NotConfigured",
        "hostType": kind,
    })
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
