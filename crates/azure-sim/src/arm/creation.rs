//! A site that is made: `PUT Microsoft.Web/sites/{name}` (200, or 202 with `Location`).

use std::{collections::BTreeMap, sync::MutexGuard};

use serde_json::{Value, json};

use super::{
    body,
    call::Call,
    site_json::{etag, show},
};
use crate::{
    clock,
    http::Answer,
    world::{Name, Plan, Refusal, Site, World},
};

/// Properties of a site that a creation sets and that are kept as they are given.
const KEPT: [&str; 8] = [
    "/properties/httpsOnly",
    "/properties/clientAffinityEnabled",
    "/properties/clientCertEnabled",
    "/properties/clientCertMode",
    "/properties/clientCertExclusionPaths",
    "/properties/publicNetworkAccess",
    "/properties/scmSiteAlsoStopped",
    "/properties/keyVaultReferenceIdentity",
];

/// Makes a site, or sets the tags of one that is there: nothing else of it can be changed this way. The request that made it
/// may come again, and changes nothing.
pub(super) fn put(call: &Call) -> Result<Answer, Refusal> {
    let (group, site) = (call.group(), call.names.name);
    let world = call.world();
    match world.site_in(group, site).map(|found| found.made_by.as_ref() == Some(&call.body)) {
        Ok(true) => answer(&world, group, site),
        Ok(false) => set_tags(world, call),
        Err(_) => make(world, call),
    }
}

fn set_tags(mut world: MutexGuard<World>, call: &Call) -> Result<Answer, Refusal> {
    let (group, site, body) = (call.group(), call.names.name, &call.body);
    body::only(body, &["/tags"], &show(&world, world.site_in(group, site)?))?;
    let stored = world.site_mut(group, site)?;
    stored.tags = body::texts(body.get("tags")).unwrap_or_default();
    stored.modified = clock::now();
    answer(&world, group, site)
}

fn make(mut world: MutexGuard<World>, call: &Call) -> Result<Answer, Refusal> {
    let (group, name, body) = (call.group(), call.names.name, &call.body);
    body::only(body, &allowed(), &Value::Null)?;
    world.group(group)?;
    check_name(&world, name)?;
    let plan = plan(&world, body)?.clone();
    check_plan(&plan, body)?;
    let made_by = Some(body.clone());
    let mut site = Site { group: group.into(), running: true, made_by, ..Site::new(name, &plan, clock::now()) };
    fill(&mut site, body);
    site.restart(clock::now() + clock::seconds(call.scenario.site_start_ms));
    world.sites.insert(site.name.clone(), site);
    match call.scenario.site_creation_ms {
        0 => answer(&world, group, name),
        takes => accepted(call, &mut world, takes),
    }
}

fn answer(world: &World, group: &str, site: &str) -> Result<Answer, Refusal> {
    let stored = world.site_in(group, site)?;
    Ok(Answer::ok(show(world, stored)).with("ETag", etag(stored)))
}

fn allowed() -> Vec<&'static str> {
    let own = ["/location", "/kind", "/tags", "/properties/serverFarmId", "/properties/siteConfig"];
    let platform = ["/properties/reserved", "/properties/isXenon", "/properties/hyperV"];
    own.into_iter().chain(platform).chain(KEPT).collect()
}

/// Names of sites are unique in the whole of Azure.
fn check_name(world: &World, name: &str) -> Result<(), Refusal> {
    if !world.sites.contains_key(&Name::from(name)) {
        return Ok(());
    }
    let text = format!("Website with given name {name} already exists.");
    Err(Refusal::conflict("Conflict", text))
}

fn plan<'w>(world: &'w World, body: &Value) -> Result<&'w Plan, Refusal> {
    let id = body::text(body, "/properties/serverFarmId").unwrap_or_default();
    let found = world.plans.values().find(|plan| {
        let own = world.plan_id(&(plan.group.clone(), plan.name.clone()));
        own.eq_ignore_ascii_case(&id)
    });
    let name = id.rsplit('/').next().unwrap_or_default();
    found.ok_or_else(|| Refusal::new(404, "NotFound", format!("Cannot find serverFarm with name {name}.")))
}

/// The plans of this world are for Windows, and a site is where its plan is.
fn check_plan(plan: &Plan, body: &Value) -> Result<(), Refusal> {
    let region = |name: &str| name.replace(' ', "").to_ascii_lowercase();
    let location = body::text(body, "/location").unwrap_or_default();
    if region(&location) != region(&plan.location) {
        let text = format!("The site cannot be in '{location}': its plan '{}' is in '{}'.", plan.name, plan.location);
        return Err(Refusal::bad_request("BadRequest", text));
    }
    let other = ["reserved", "isXenon", "hyperV"].into_iter().find(|name| body["properties"][*name] == json!(true));
    other.map_or(Ok(()), |name| Err(Refusal::not_modelled(format!("the property 'properties.{name}'"))))
}

fn fill(site: &mut Site, body: &Value) {
    site.tags = body::texts(body.get("tags")).unwrap_or_default();
    site.kind = body::text(body, "/kind").unwrap_or_else(|| "app".to_owned());
    let properties = &body["properties"];
    let kept = KEPT.into_iter().filter_map(|place| {
        let name = place.rsplit('/').next()?;
        Some((name.to_owned(), body.pointer(place)?.clone()))
    });
    site.properties = kept.collect();
    let mut web: BTreeMap<String, Value> =
        properties["siteConfig"].as_object().cloned().unwrap_or_default().into_iter().collect();
    let pair = |pair: &Value| Some((body::text(pair, "/name")?, body::text(pair, "/value")?));
    let settings = web.remove("appSettings").unwrap_or_default();
    site.app_settings = settings.as_array().into_iter().flatten().filter_map(pair).collect();
    site.web = web;
}

/// Only the form of a slot swap was recorded: `Location` alone, below the site. The specification gives it the site as its body.
fn accepted(call: &Call, world: &mut World, takes: u64) -> Result<Answer, Refusal> {
    let (group, name, id) = (call.group(), call.names.name, call.random.guid());
    world.creations.insert(id.clone(), (name.into(), clock::now() + clock::seconds(takes)));
    let path = world.provider_id(group, &format!("Microsoft.Web/sites/{name}/operationresults/{id}"));
    let location = format!("https://management.azure.com{path}?api-version=2023-12-01");
    Ok(Answer::json(202, show(world, world.site_in(group, name)?))
        .with("Location", location)
        .paced(call.scenario.retry_after_ms))
}

/// 202 until the site is made, then 200 with the site.
pub(super) fn result(call: &Call) -> Result<Answer, Refusal> {
    let (world, id) = (call.world(), call.names.operation);
    let missing = || Refusal::new(404, "NotFound", format!("There is no operation '{id}'."));
    let (site, due) = world.creations.get(&id.to_ascii_lowercase()).ok_or_else(missing)?;
    if clock::now() < *due {
        return Ok(Answer::empty(202).paced(call.scenario.retry_after_ms));
    }
    let site = world.sites.get(site).ok_or_else(missing)?;
    Ok(Answer::ok(show(&world, site)))
}
