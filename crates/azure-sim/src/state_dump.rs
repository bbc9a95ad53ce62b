//! The whole state as JSON, and its digest.

use std::collections::BTreeMap;

use anyhow::Context;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sim_sql::{Access, Content};

use crate::{
    azure::Azure,
    secrets,
    world::{Database, Endpoint, Link, Name, Server, Site, World},
};

/// The state, without secrets.
pub(crate) fn shown(azure: &Azure) -> Value {
    let world = azure.world();
    let mut dump = stable(&world);
    dump["schema"] = json!(1);
    let monitors = world.profiles.values().flat_map(|profile| &profile.endpoints);
    dump["monitors"] = monitors
        .map(|endpoint| (endpoint.name.to_string(), json!(endpoint.status())))
        .collect::<serde_json::Map<_, _>>()
        .into();
    dump["operations"] = json!(
        world
            .operations
            .values()
            .map(|operation| json!({"name": operation.name, "done": operation.done}))
            .collect::<Vec<_>>()
    );
    dump["link_states"] = json!(
        world.links.iter().map(|link| json!({"guid": link.guid, "state": link.state.text()})).collect::<Vec<_>>()
    );
    drop(world);
    serde_json::from_str(&secrets::hide(azure, &dump.to_string())).unwrap_or_default()
}

/// A hash over everything that is not volatile, with the content of every database.
pub(crate) fn digest(world: &World) -> String {
    let contents: Vec<String> = world
        .databases
        .values()
        .map(|database| database.store.as_ref().map_or_else(String::new, |store| store.digest(&|_| false)))
        .collect();
    let dump = json!({"world": stable(world), "settings": settings(world), "contents": contents});
    Sha256::digest(dump.to_string()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Everything that is not volatile, piece by piece, so that two of them can be compared: the digest's parts. Of a column that
/// is named in `volatile` (`schema.table.column`, in lower case) only counts how often it is NULL.
///
/// # Errors
/// A database cannot be read.
pub(crate) fn dump(azure: &Azure, volatile: &[String]) -> anyhow::Result<Value> {
    let world = azure.world().clone();
    let hidden = |table: &str, column: &str| volatile.iter().any(|name| *name == format!("{table}.{column}"));
    let mut dump = stable(&world);
    for (shown, database) in dump["databases"].as_array_mut().into_iter().flatten().zip(world.databases.values()) {
        let contents = database.store.as_ref().map(|store| store.contents(&hidden)).transpose();
        let contents = contents.with_context(|| format!("reading `{}`", database.name))?.unwrap_or_default();
        let object = |(name, Content { definition, rows, nulls })| {
            (name, json!({"definition": definition, "rows": rows, "nulls": nulls}))
        };
        shown["contents"] = Value::Object(contents.into_iter().map(object).collect());
    }
    for (shown, site) in dump["sites"].as_array_mut().into_iter().flatten().zip(world.sites.values()) {
        shown["settings"] = json!(fingerprints(site));
    }
    let shown = secrets::hide(azure, &dump.to_string());
    serde_json::from_str(&shown).context("reading the dump without its secrets")
}

/// The settings of a site and those that its process runs with; not the values, but what tells one from another.
fn fingerprints(site: &Site) -> BTreeMap<String, String> {
    let of = |kind: &str, name: &str, value: &str| {
        let hash = Sha256::digest(value);
        (format!("{kind} {name}"), hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect())
    };
    let settings = site.app_settings.iter().map(|(name, value)| of("setting", name, value));
    let process = site.running.then_some(("running with", &site.effective));
    let connections = [("connection", &site.connection_strings)].into_iter().chain(process).flat_map(|(kind, all)| {
        all.iter().map(move |(name, setting)| of(kind, name, &format!("{} {}", setting.kind, setting.value)))
    });
    settings.chain(connections).collect()
}

/// What stays the same between two runs that did the same: no times, no identifiers drawn at random, no monitor.
fn stable(world: &World) -> Value {
    json!({
        "servers": world.servers.values().map(server).collect::<Vec<_>>(),
        "databases": world.databases.values().map(|found| database(world, found)).collect::<Vec<_>>(),
        "links": world.links.iter().map(link).collect::<Vec<_>>(),
        "profiles": world.profiles.values().map(|profile| json!({
            "name": profile.name.as_str(),
            "enabled": profile.enabled,
            "tags": profile.tags,
            "ttl": profile.ttl,
            "endpoints": profile.endpoints.iter().map(endpoint).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "sites": world.sites.values().map(site).collect::<Vec<_>>(),
        "plans": world.plans.keys().map(|(group, name)| format!("{group}/{name}")).collect::<Vec<_>>(),
    })
}

fn server(server: &Server) -> Value {
    let rules = server.rules.iter();
    json!({
        "name": server.name.as_str(),
        "firewall_rules": rules.map(|(name, rule)| json!([name.as_str(), rule.start, rule.end])).collect::<Vec<_>>(),
    })
}

fn database(world: &World, database: &Database) -> Value {
    let read_only = database.store.as_ref().is_some_and(|store| store.access() == Access::ReadOnly);
    json!({
        "server": database.server.as_str(),
        "name": database.name.as_str(),
        "sku": database.sku.objective(),
        "tags": database.tags,
        "online": database.online,
        "seeded": database.store.is_some(),
        "read_only": read_only,
        "role": format!("{:?}", world.role(&database.key())),
        "users": database.users.iter().map(|user| json!({"name": user.name, "roles": user.roles})).collect::<Vec<_>>(),
    })
}

fn link(link: &Link) -> Value {
    json!({
        "source": format!("{}/{}", link.source.0, link.source.1),
        "target": format!("{}/{}", link.target.0, link.target.1),
    })
}

fn endpoint(endpoint: &Endpoint) -> Value {
    json!({
        "name": endpoint.name.as_str(),
        "type": endpoint.kind.segment(),
        "enabled": endpoint.enabled,
        "target": endpoint.target,
        "weight": endpoint.weight,
        "priority": endpoint.priority,
        "always_serve": endpoint.always_serve,
    })
}

fn site(site: &Site) -> Value {
    json!({
        "name": site.name.as_str(),
        "group": site.group.as_str(),
        "tags": site.tags,
        "host_names": site.host_names,
        "running": site.running,
        "app_settings": site.app_settings.keys().collect::<Vec<_>>(),
        "connection_strings": site.connection_strings.keys().collect::<Vec<_>>(),
        "webjobs": site.continuous().iter().map(Name::as_str).collect::<Vec<_>>(),
        "webjobs_disabled": site.kudu.disabled().map(Name::as_str).collect::<Vec<_>>(),
        "app": site.app.as_ref().map(|app| json!([app.version, app.digest])),
        "plan": format!("{}/{}", site.plan.0, site.plan.1),
        "kind": site.kind,
        "certificates": site.certificates,
        "properties": site.properties,
        "web": site.web,
    })
}

/// The settings with their values, for the digest alone.
fn settings(world: &World) -> Value {
    let of = |site: &Site| {
        let connections = |settings: &std::collections::BTreeMap<String, crate::world::ConnectionString>| {
            settings.iter().map(|(name, setting)| json!([name, setting.value, setting.kind])).collect::<Vec<_>>()
        };
        json!([site.app_settings, connections(&site.connection_strings), connections(&site.effective)])
    };
    json!(world.sites.values().map(of).collect::<Vec<_>>())
}
