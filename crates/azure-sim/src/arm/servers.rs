//! Microsoft.Sql/servers

use serde_json::{Value, json};

use super::call::Call;
use crate::{
    http::Answer,
    world::{Refusal, Server, World},
};

pub(super) fn list(call: &Call) -> Result<Answer, Refusal> {
    let group = call.names.group;
    let world = call.world();
    if let Some(group) = group {
        world.group(group)?;
    }
    let inside = |server: &&Server| group.is_none_or(|group| server.group == *group);
    let value: Vec<Value> = world.servers.values().filter(inside).map(|server| show(&world, server)).collect();
    Ok(Answer::ok(json!({"value": value})))
}

pub(super) fn get(call: &Call) -> Result<Answer, Refusal> {
    let (group, server) = (call.group(), call.names.server);
    let world = call.world();
    Ok(Answer::ok(show(&world, world.server_in(group, server)?)))
}

/// Recording `sql_db_mgmt_2023`, 11; `externalGovernanceStatus` is younger than this api-version.
fn show(world: &World, server: &Server) -> Value {
    let mut shown = json!({
        "kind": "v12.0",
        "properties": {
            "administratorLogin": server.admin,
            "version": "12.0",
            "state": "Ready",
            "fullyQualifiedDomainName": server.host(),
            "privateEndpointConnections": [],
            "publicNetworkAccess": if server.settings.no_public_access { "Disabled" } else { "Enabled" },
            "restrictOutboundNetworkAccess": "Disabled",
        },
        "location": server.location,
        "id": world.server_id(server),
        "name": server.name.as_str(),
        "type": "Microsoft.Sql/servers",
    });
    let settings = &server.settings;
    if let Some(key) = &settings.customer_managed_key {
        shown["properties"]["keyId"] = json!(key);
    }
    if let Some(version) = &settings.minimal_tls {
        shown["properties"]["minimalTlsVersion"] = json!(version);
    }
    if let Some(login) = &settings.entra_administrator {
        shown["properties"]["administrators"] = json!({"administratorType": "ActiveDirectory", "login": login});
    }
    shown
}
