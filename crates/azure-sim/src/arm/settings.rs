//! Microsoft.Web/sites/config: application settings, connection strings, `web`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{body, call::Call, site_json::etag};
use crate::{
    clock,
    http::Answer,
    world::{ConnectionString, Refusal, Site, World},
};

const WEB: &str = include_str!("data/config_web.json");

/// The two collections of settings that are replaced as a whole.
#[derive(Debug, Clone, Copy)]
enum Settings {
    App,
    Connections,
}

impl Settings {
    fn name(self) -> &'static str {
        match self {
            Self::App => "appsettings",
            Self::Connections => "connectionstrings",
        }
    }
}

/// `POST …/config/appsettings/list` (recording `webapp_config_2023`, 9 and 43).
pub(super) fn list_app(call: &Call) -> Result<Answer, Refusal> {
    list(call, Settings::App)
}

/// `POST …/config/connectionstrings/list`
pub(super) fn list_connections(call: &Call) -> Result<Answer, Refusal> {
    list(call, Settings::Connections)
}

fn list(call: &Call, which: Settings) -> Result<Answer, Refusal> {
    let world = call.world();
    Ok(Answer::ok(show(&world, world.site_in(call.group(), call.names.name)?, which)))
}

/// `PUT …/config/appsettings`
pub(super) fn put_app(call: &Call) -> Result<Answer, Refusal> {
    put(call, Settings::App)
}

/// `PUT …/config/connectionstrings`
pub(super) fn put_connections(call: &Call) -> Result<Answer, Refusal> {
    put(call, Settings::Connections)
}

/// Replaces the whole collection and restarts the application (facts 0.8).
fn put(call: &Call, which: Settings) -> Result<Answer, Refusal> {
    let (group, site, body) = (call.group(), call.names.name, &call.body);
    let mut world = call.world();
    let current = show(&world, world.site_in(group, site)?, which);
    body::only(body, &["/properties"], &current)?;
    let now = clock::now();
    let stored = world.site_mut(group, site)?;
    match which {
        Settings::App => stored.app_settings = body::texts(body.get("properties")).unwrap_or_default(),
        Settings::Connections => stored.connection_strings = connections(body)?,
    }
    stored.modified = now;
    world.restart_site(group, site, now + clock::seconds(call.scenario.site_start_ms))?;
    let stored = world.site_in(group, site)?;
    Ok(Answer::ok(show(&world, stored, which)).with("ETag", etag(stored)))
}

/// `GET …/config/web`: the recorded answer (`webapp_config_2023`, 8) with this site's names.
pub(super) fn web(call: &Call) -> Result<Answer, Refusal> {
    let (group, site) = (call.group(), call.names.name);
    let world = call.world();
    let site = world.site_in(group, site)?;
    let mut shown: Value = serde_json::from_str(WEB).unwrap_or_default();
    shown["id"] = json!(format!("{}/config/web", world.site_id(site)));
    shown["name"] = json!(site.name.as_str());
    shown["location"] = json!(site.location);
    shown["properties"]["publishingUsername"] = json!(format!("${}", site.name));
    for (property, value) in &site.web {
        shown["properties"][property] = value.clone();
    }
    Ok(Answer::ok(shown))
}

/// `PATCH …/config/web`: what is not named stays (recording `webapp_config_2023`, 11); the application restarts.
pub(super) fn patch_web(call: &Call) -> Result<Answer, Refusal> {
    let (group, site, body) = (call.group(), call.names.name, &call.body);
    let given = body.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
    let elsewhere = ["appSettings", "connectionStrings", "azureStorageAccounts", "metadata"];
    if let Some(name) = elsewhere.into_iter().find(|name| given.get(*name).is_some_and(|value| !value.is_null())) {
        return Err(Refusal::not_modelled(format!("the property 'properties.{name}' of config/web")));
    }
    let now = clock::now();
    let mut world = call.world();
    let stored = world.site_mut(group, site)?;
    stored.web.extend(given);
    stored.modified = now;
    world.restart_site(group, site, now + clock::seconds(call.scenario.site_start_ms))?;
    let stored = world.site_in(group, site)?;
    let (id, etag) = (world.site_id(stored), etag(stored));
    drop(world);
    let mut answer = web(call)?;
    if let Some(shown) = &mut answer.body {
        // The recorded answer has the site's id and type.
        shown["id"] = json!(id);
        shown["type"] = json!("Microsoft.Web/sites");
    }
    Ok(answer.with("ETag", etag))
}

/// `GET …/config/slotConfigNames`, where nothing stays with its slot (recording `webapp_config_2023`, 45).
pub(super) fn sticky(call: &Call) -> Result<Answer, Refusal> {
    let (group, site) = (call.group(), call.names.name);
    let world = call.world();
    let site = world.site_in(group, site)?;
    Ok(Answer::ok(json!({
        "id": null,
        "name": site.name.as_str(),
        "type": "Microsoft.Web/sites",
        "location": site.location,
        "properties": {"connectionStringNames": null, "appSettingNames": null, "azureStorageConfigNames": null},
    })))
}

/// `GET …/config/authsettingsV2`: whether the platform signs users in.
pub(super) fn authentication(call: &Call) -> Result<Answer, Refusal> {
    let (group, site) = (call.group(), call.names.name);
    let world = call.world();
    let site = world.site_in(group, site)?;
    let enabled = call.scenario.production_site.authentication && site.name == world.production_site;
    Ok(Answer::ok(json!({
        "id": format!("{}/config/authsettingsV2", world.site_id(site)),
        "name": "authsettingsV2",
        "type": "Microsoft.Web/sites/config",
        "properties": {"platform": {"enabled": enabled, "runtimeVersion": "~1"}},
    })))
}

fn connections(body: &Value) -> Result<BTreeMap<String, ConnectionString>, Refusal> {
    let read = |(name, entry): (&String, &Value)| {
        let (value, kind) = (body::text(entry, "/value")?, body::text(entry, "/type")?);
        Some((name.clone(), ConnectionString { value, kind }))
    };
    let object = body.get("properties").and_then(Value::as_object);
    let read: Option<BTreeMap<_, _>> =
        object.map_or_else(|| Some(BTreeMap::new()), |object| object.iter().map(read).collect());
    read.ok_or_else(|| Refusal::bad_request("BadRequest", "A connection string needs both 'value' and 'type'."))
}

fn show(world: &World, site: &Site, which: Settings) -> Value {
    let properties = match which {
        Settings::App => json!(site.app_settings),
        Settings::Connections => {
            let entry = |(name, setting): (&String, &ConnectionString)| {
                (name.clone(), json!({"value": setting.value, "type": setting.kind}))
            };
            Value::Object(site.connection_strings.iter().map(entry).collect())
        }
    };
    json!({
        "id": format!("{}/config/{}", world.site_id(site), which.name()),
        "name": which.name(),
        "type": "Microsoft.Web/sites/config",
        "location": site.location,
        "properties": properties,
    })
}
