//! The whole state as JSON, and its digest.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sim_sql::Access;

use crate::{
    cloud::Cloud,
    world::{Database, Endpoint, Link, Name, Site, World},
};

impl Cloud {
    /// The state, without secrets.
    pub(crate) fn shown(&self) -> Value {
        let world = self.world();
        let mut picture = stable(&world);
        picture["schema"] = json!(1);
        let monitors = world.profiles.values().flat_map(|profile| &profile.endpoints);
        picture["monitors"] = monitors
            .map(|endpoint| (endpoint.name.to_string(), json!(endpoint.status())))
            .collect::<serde_json::Map<_, _>>()
            .into();
        picture["operations"] = json!(
            world
                .operations
                .values()
                .map(|operation| json!({"name": operation.name, "done": operation.done}))
                .collect::<Vec<_>>()
        );
        picture["link_states"] = json!(
            world.links.iter().map(|link| json!({"guid": link.guid, "state": link.state.text()})).collect::<Vec<_>>()
        );
        drop(world);
        serde_json::from_str(&self.without_secrets(&picture.to_string())).unwrap_or_default()
    }

    /// A hash over everything that is not volatile, with the content of every database.
    pub(crate) fn digest(&self) -> String {
        let world = self.world().clone();
        let contents: Vec<String> = world
            .databases
            .values()
            .map(|database| database.store.as_ref().map_or_else(String::new, |store| store.digest(&|_| false)))
            .collect();
        let picture = json!({"world": stable(&world), "settings": settings(&world), "contents": contents});
        Sha256::digest(picture.to_string()).iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// What stays the same between two runs that did the same: no times, no identifiers drawn at random, no monitor.
fn stable(world: &World) -> Value {
    json!({
        "databases": world.databases.values().map(|found| database(world, found)).collect::<Vec<_>>(),
        "links": world.links.iter().map(link).collect::<Vec<_>>(),
        "profiles": world.profiles.values().map(|profile| json!({
            "name": profile.name.as_str(),
            "tags": profile.tags,
            "ttl": profile.ttl,
            "endpoints": profile.endpoints.iter().map(endpoint).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "sites": world.sites.values().map(site).collect::<Vec<_>>(),
        "plans": world.plans.keys().map(|(group, name)| format!("{group}/{name}")).collect::<Vec<_>>(),
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
