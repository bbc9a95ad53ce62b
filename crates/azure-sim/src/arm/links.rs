//! Microsoft.Sql/servers/databases/replicationLinks

use serde_json::{Value, json};

use super::{
    Answer, Request,
    databases::{accept, begin},
    dispatch::{Call, no_such_version},
    route::{LEGACY_SQL, LEGACY_SQL_POLLING, Route},
};
use crate::{
    Unlink, clock,
    cloud::Cloud,
    world::{DatabaseKey, Effect, Link, LinkState, Operation, Refusal, World},
};

pub(crate) fn list(cloud: &Cloud, group: &str, server: &str, database: &str) -> Result<Answer, Refusal> {
    let world = cloud.world();
    let key = world.database_in(group, server, database)?.key();
    let value: Vec<Value> = world.links_of(&key).into_iter().map(|link| show(&world, link, &key)).collect();
    Ok(Answer::ok(json!({"value": value})))
}

pub(crate) fn list_of_server(cloud: &Cloud, group: &str, server: &str) -> Result<Answer, Refusal> {
    let world = cloud.world();
    let server = &world.parent_server("servers/replicationLinks", group, server)?.name;
    let sides = world.links.iter().flat_map(|link| [&link.source, &link.target].map(|side| (link, side)));
    let value: Vec<Value> =
        sides.filter(|(_, side)| side.0 == *server).map(|(link, side)| show(&world, link, side)).collect();
    Ok(Answer::ok(json!({"value": value})))
}

pub(crate) fn get(cloud: &Cloud, group: &str, server: &str, database: &str, link: &str) -> Result<Answer, Refusal> {
    let world = cloud.world();
    let key = world.database_in(group, server, database)?.key();
    Ok(Answer::ok(show(&world, world.link(&key, link)?, &key)))
}

/// Ends the link by force: nothing is drained (facts 0.1).
pub(crate) fn delete(call: &Call, group: &str, server: &str, database: &str, link: &str) -> Result<Answer, Refusal> {
    let world = call.cloud.world();
    let key = world.database_in(group, server, database)?.key();
    let found = world.link(&key, link)?;
    let guid = found.guid.clone();
    world.check_end_of_link(&found.source)?;
    drop(world);
    Ok(accept(call, "ForceStopDatabaseCopy", "replicationLinks", key, Effect::StopLink(guid)))
}

/// Ends the link in a friendly way: what was committed before its end arrives (specification 2014-04-01). The forced way is
/// there too, and drains nothing.
pub(crate) fn unlink(
    call: &Call,
    group: &str,
    server: &str,
    database: &str,
    link: &str,
    body: &Value,
) -> Result<Answer, Refusal> {
    let cloud = call.cloud;
    let world = cloud.world();
    let key = world.database_in(group, server, database)?.key();
    let found = world.link(&key, link)?;
    let guid = found.guid.clone();
    world.check_end_of_link(&found.source)?;
    drop(world);
    let forced = body.get("forcedTermination").and_then(Value::as_bool).unwrap_or_default();
    let effect = if forced { Effect::StopLink(guid) } else { Effect::Unlink(guid) };
    let operation = begin(call, UNLINK, "replicationLinks", key, effect);
    Ok(accepted_in_2014(cloud, &operation, link))
}

/// The name of the operation is not established: `unlink` was never recorded.
const UNLINK: &str = "StopDatabaseCopy";

/// 202 in the shape of that version: `Location` alone, which the answers to polls repeat (recordings
/// `sql_db_replica_2017`, 28 and 29, and `sql_db_replica_2021`, 77 and 78).
pub(super) fn accepted_in_2014(cloud: &Cloud, operation: &Operation, link: &str) -> Answer {
    let place = format!("{}/replicationLinks/{link}/operationResults", cloud.world().database_id(&operation.database));
    let location = format!("https://management.azure.com{place}/{}?api-version={LEGACY_SQL_POLLING}", operation.id);
    let started = format!("/Date({})/", (operation.started * 1000.0) as i64);
    let body = json!({"operation": operation.name, "startTime": started});
    Answer::json(202, body).with("Location", location).paced(cloud)
}

/// The version of 2014 for its two routes, and no other; none at all once it has retired. Who may not use it is told so
/// after that and before anything else is looked at.
pub(crate) fn check_version(cloud: &Cloud, request: &Request, route: &Route) -> Result<(), Refusal> {
    let unlink = matches!(route, Route::Unlink { .. });
    let known = if unlink { LEGACY_SQL } else { LEGACY_SQL_POLLING };
    let asked = request.query.get("api-version").map(String::as_str).unwrap_or_default();
    let retired = cloud.scenario.unlink == Unlink::Retired;
    if retired || !asked.eq_ignore_ascii_case(known) {
        let supported = if retired { "2021-11-01" } else { known };
        return Err(no_such_version(asked, "servers/databases/replicationLinks", supported));
    }
    if unlink && cloud.scenario.unlink == Unlink::Forbidden {
        return Err(forbidden(&request.path()));
    }
    Ok(())
}

fn forbidden(path: &str) -> Refusal {
    let scope = path.trim_end_matches("/unlink");
    let text = format!(
        "The client 'rolling-upgrade' with object id 'rolling-upgrade' does not have authorization to perform action \
         'Microsoft.Sql/servers/databases/replicationLinks/unlink/action' over scope '{scope}' or the scope is invalid. If \
         access was recently granted, please refresh your credentials."
    );
    Refusal::new(403, "AuthorizationFailed", text)
}

/// Facts 3.2: no `type` and no `location`; the same identifier on both sides.
fn show(world: &World, link: &Link, here: &DatabaseKey) -> Value {
    let primary = link.source == *here;
    let partner = if primary { &link.target } else { &link.source };
    let (role, other) = if primary { ("Primary", "Secondary") } else { ("Secondary", "Primary") };
    let location = world.servers.get(&partner.0).map_or("", |server| server.location.as_str());
    json!({
        "properties": {
            "partnerServer": partner.0.as_str(),
            "partnerDatabase": partner.1.as_str(),
            "partnerLocation": display(location),
            "role": role,
            "partnerRole": other,
            "replicationMode": "ASYNC",
            "startTime": clock::iso(link.started),
            "percentComplete": if link.state == LinkState::CatchUp { 100 } else { 0 },
            "replicationState": link.state.text(),
            "isTerminationAllowed": true,
            "linkType": "GEO",
        },
        "id": format!("{}/replicationLinks/{}", world.database_id(here), link.guid),
        "name": link.guid,
    })
}

/// The display name of a region, as links show it.
fn display(location: &str) -> &str {
    match location {
        "westeurope" => "West Europe",
        other => other,
    }
}
