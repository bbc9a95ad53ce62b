//! Microsoft.Sql/servers/databases

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sim_sql::Role;

use super::{
    body,
    call::Call,
    operation::{Kind, accept},
    roles,
};
use crate::{
    Scenario, clock,
    http::Answer,
    world::{Database, DatabaseKey, Effect, Name, NewSecondary, Refusal, Sku, World},
};

pub(super) fn list(call: &Call) -> Result<Answer, Refusal> {
    let (group, server) = (call.group(), call.names.server);
    let world = call.world();
    let server = world.parent_server("servers/databases", group, server)?;
    let here = world.databases.values().filter(|database| database.server == server.name);
    let mut value: Vec<Value> = vec![master(&world, server)];
    value.extend(here.map(|database| show(&world, database)));
    Ok(Answer::ok(json!({"value": value})))
}

pub(super) fn get(call: &Call) -> Result<Answer, Refusal> {
    let (group, server, database) = (call.group(), call.names.server, call.names.database);
    let world = call.world();
    if database.eq_ignore_ascii_case("master") {
        return Ok(Answer::ok(master(&world, world.parent_server("servers/databases", group, server)?)));
    }
    let found = world.database_in(group, server, database)?;
    Ok(Answer::ok(show(&world, found)))
}

/// Only `createMode: Secondary` is modelled.
pub(super) fn put(call: &Call) -> Result<Answer, Refusal> {
    let (group, server, database, body) = (call.group(), call.names.server, call.names.database, &call.body);
    let allowed = [
        "/location",
        "/tags",
        "/sku",
        "/properties/createMode",
        "/properties/secondaryType",
        "/properties/sourceDatabaseId",
    ];
    body::only(body, &allowed, &Value::Null)?;
    if body::text(body, "/properties/createMode").as_deref() != Some("Secondary") {
        return Err(Refusal::not_modelled("creating a database in another way than with createMode 'Secondary'"));
    }
    if body::text(body, "/properties/secondaryType").is_some_and(|kind| kind != "Geo") {
        return Err(Refusal::not_modelled("a secondary of another type than 'Geo'"));
    }
    let mut world = call.world();
    let target = world.parent_server("servers/databases", group, server)?;
    check_location(body, &target.location)?;
    let new = NewSecondary {
        server: target.name.clone(),
        name: Name::from(database),
        source: source(&world, body)?,
        sku: sku(body)?,
        tags: body::texts(body.get("tags")).unwrap_or_default(),
        database_guid: call.random.guid(),
        link_guid: call.random.guid(),
        null_readings: call.scenario.lag_null_polls,
        seeding: clock::seconds(call.scenario.seeding_ms),
    };
    check_rights_on_source(call.scenario, body)?;
    let key = (new.server.clone(), new.name.clone());
    world.create_secondary(new, clock::now())?;
    drop(world);
    Ok(accept(call, of_database("CreateDatabaseAsCopy"), key, Effect::CreateDatabase))
}

pub(super) fn patch(call: &Call) -> Result<Answer, Refusal> {
    let (group, server, database, body) = (call.group(), call.names.server, call.names.database, &call.body);
    let (key, current) = {
        let world = call.world();
        let found = world.database_in(group, server, database)?;
        (found.key(), show(&world, found))
    };
    body::only(body, &["/tags", "/sku"], &current)?;
    let wanted = sku(body)?;
    check_resize(&call.world(), &key, wanted.as_ref())?;
    let effect = Effect::Update { tags: body::texts(body.get("tags")), sku: wanted };
    Ok(accept(call, of_database("UpdateLogicalDatabase"), key, effect))
}

pub(super) fn delete(call: &Call) -> Result<Answer, Refusal> {
    let (group, server, database) = (call.group(), call.names.server, call.names.database);
    let world = call.world();
    let server = world.parent_server("servers/databases", group, server)?;
    let key = (server.name.clone(), Name::from(database));
    if database.eq_ignore_ascii_case("master") {
        return Err(Refusal::bad_request("CannotDropSystemDatabase", "The database 'master' cannot be dropped."));
    }
    if !world.databases.contains_key(&key) {
        return Ok(Answer::empty(204));
    }
    drop(world);
    Ok(accept(call, of_database("DropLogicalDatabase"), key, Effect::DropDatabase))
}

fn of_database(name: &'static str) -> Kind {
    Kind { name, prefix: "database" }
}

fn check_location(body: &Value, location: &str) -> Result<(), Refusal> {
    let plain = |text: &str| text.replace(' ', "").to_ascii_lowercase();
    let asked = body::text(body, "/location").unwrap_or_default();
    if plain(&asked) == plain(location) {
        return Ok(());
    }
    let text = format!("The location '{asked}' of the database is not the location '{location}' of its server.");
    Err(Refusal::bad_request("InvalidLocation", text))
}

fn source(world: &World, body: &Value) -> Result<DatabaseKey, Refusal> {
    let Some(id) = body::text(body, "/properties/sourceDatabaseId") else {
        return Err(Refusal::bad_request("MissingSourceDatabaseId", "Missing source database identifier."));
    };
    let parts: Vec<&str> = id.trim_start_matches('/').split('/').collect();
    let [_, subscription, _, group, _, provider, _, server, _, database] = parts[..] else {
        return Err(invalid_source());
    };
    let ours = subscription.eq_ignore_ascii_case(&world.subscription) && provider.eq_ignore_ascii_case("Microsoft.Sql");
    if !ours || !id.starts_with('/') {
        return Err(invalid_source());
    }
    let server = world.server_in(group, server).map_err(|_| {
        let text = "The server part of a source database id provided in a CreateDatabaseAsCopy API call doesn't map to an existing server.";
        Refusal::bad_request("SourceServerNotFound", text)
    })?;
    Ok((server.name.clone(), Name::from(database)))
}

/// Who may write the new database may not yet copy the other one.
fn check_rights_on_source(scenario: &Scenario, body: &Value) -> Result<(), Refusal> {
    let id = body::text(body, "/properties/sourceDatabaseId").unwrap_or_default();
    let segments: Vec<String> = id.trim_start_matches('/').split('/').map(str::to_owned).collect();
    if roles::may(scenario, "Microsoft.Sql/servers/databases/write", &segments) {
        return Ok(());
    }
    let text = "User does not have sufficient permission to add secondary on the specified server.";
    Err(Refusal::bad_request("InvalidAddSecondaryPermission", text))
}

fn invalid_source() -> Refusal {
    Refusal::bad_request("InvalidSourceDatabaseId", "Invalid source database identifier.")
}

fn sku(body: &Value) -> Result<Option<Sku>, Refusal> {
    let Some(sku) = body.get("sku") else { return Ok(None) };
    let name = body::text(sku, "/name").unwrap_or_default();
    Sku::read(&name, body::text(sku, "/tier").as_deref(), sku.get("capacity").and_then(Value::as_i64)).map(Some)
}

/// The tier of a database in replication stays (`UnableToAlterDatabaseInReplication`).
fn check_resize(world: &World, key: &DatabaseKey, wanted: Option<&Sku>) -> Result<(), Refusal> {
    let tier = world.databases.get(key).map(|database| database.sku.tier.clone());
    let changes = wanted.is_some_and(|wanted| Some(&wanted.tier) != tier.as_ref());
    if changes && !world.links_of(key).is_empty() {
        let text = "User altered edition on a database in a replication relationship.";
        return Err(Refusal::conflict("UnableToAlterDatabaseInReplication", text));
    }
    Ok(())
}

/// Recording `sql_db_mgmt_2023`, 17; `availabilityZone` is younger than this api-version.
pub(super) fn show(world: &World, database: &Database) -> Value {
    let sku = json!({"name": database.sku.name, "tier": database.sku.tier, "family": database.sku.family, "capacity": database.sku.capacity});
    let mut shown = json!({
        "sku": sku,
        "kind": "v12.0,user,vcore",
        "properties": {
            "collation": "SQL_Latin1_General_CP1_CI_AS",
            "maxSizeBytes": 34_359_738_368_i64,
            "status": if database.online { "Online" } else { "Creating" },
            "databaseId": database.guid,
            "creationDate": clock::iso(database.created),
            "currentServiceObjectiveName": database.sku.objective(),
            "requestedServiceObjectiveName": database.sku.objective(),
            "defaultSecondaryLocation": "northeurope",
            "catalogCollation": "SQL_Latin1_General_CP1_CI_AS",
            "zoneRedundant": false,
            "licenseType": "LicenseIncluded",
            "maxLogSizeBytes": 193_273_528_320_i64,
            "readScale": "Disabled",
            "currentSku": sku,
            "currentBackupStorageRedundancy": "Geo",
            "requestedBackupStorageRedundancy": "Geo",
            "maintenanceConfigurationId": maintenance(world),
            "isLedgerOn": database.digest_uploads,
            "isInfraEncryptionEnabled": false,
        },
        "location": world.servers.get(&database.server).map_or("", |server| server.location.as_str()),
        "id": world.database_id(&database.key()),
        "name": database.name.as_str(),
        "type": "Microsoft.Sql/servers/databases",
    });
    if world.role(&database.key()) == Role::Secondary {
        shown["properties"]["secondaryType"] = json!("Geo");
    }
    let server = world.servers.get(&database.server).map(|server| world.server_id(server)).unwrap_or_default();
    if let Some(pool) = &database.elastic_pool {
        shown["properties"]["elasticPoolId"] = json!(format!("{server}/elasticPools/{pool}"));
    }
    if let Some(group) = &database.failover_group {
        shown["properties"]["failoverGroupId"] = json!(format!("{server}/failoverGroups/{group}"));
    }
    if !database.tags.is_empty() {
        shown["tags"] = json!(database.tags);
    }
    shown
}

/// Recording `sql_db_mgmt_2023`, 18.
fn master(world: &World, server: &crate::world::Server) -> Value {
    let stand_in = Database {
        server: server.name.clone(),
        name: Name::from("master"),
        guid: "00000000-0000-0000-0000-000000000001".to_owned(),
        origin: String::new(),
        number: 1,
        sku: Sku { name: "System".into(), tier: "System".into(), family: String::new(), capacity: 0 },
        tags: BTreeMap::new(),
        created: 0.0,
        online: true,
        store: None,
        users: Vec::new(),
        elastic_pool: None,
        failover_group: None,
        digest_uploads: false,
        commit_floor: 0.0,
    };
    let mut shown = show(world, &stand_in);
    let sku = json!({"name": "System", "tier": "System", "capacity": 0});
    (shown["sku"], shown["properties"]["currentSku"]) = (sku.clone(), sku);
    shown["kind"] = json!("v12.0,system");
    shown["managedBy"] = json!(world.server_id(server));
    for name in ["currentServiceObjectiveName", "requestedServiceObjectiveName"] {
        shown["properties"][name] = json!("System0");
    }
    if let Some(properties) = shown["properties"].as_object_mut() {
        properties.shift_remove("licenseType");
        properties.shift_remove("maxLogSizeBytes");
    }
    shown
}

fn maintenance(world: &World) -> String {
    format!(
        "/subscriptions/{}/providers/Microsoft.Maintenance/publicMaintenanceConfigurations/SQL_Default",
        world.subscription
    )
}
