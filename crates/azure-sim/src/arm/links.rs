//! Microsoft.Sql/servers/databases/replicationLinks

use serde_json::{Value, json};

use super::{
    call::Call,
    operation::{Kind, accept, accepted_in_2014, begin},
    path::LEGACY_SQL,
    version::no_such_version,
};
use crate::{
    Scenario, Unlink, clock,
    http::{Answer, Request},
    world::{DatabaseKey, Effect, Link, LinkState, Refusal, World},
};

pub(super) fn list(call: &Call) -> Result<Answer, Refusal> {
    let (group, server, database) = (call.group(), call.names.server, call.names.database);
    let world = call.world();
    let key = world.database_in(group, server, database)?.key();
    let value: Vec<Value> = world.links_of(&key).into_iter().map(|link| show(&world, link, &key)).collect();
    Ok(Answer::ok(json!({"value": value})))
}

pub(super) fn list_of_server(call: &Call) -> Result<Answer, Refusal> {
    let (group, server) = (call.group(), call.names.server);
    let world = call.world();
    let server = &world.parent_server("servers/replicationLinks", group, server)?.name;
    let sides = world.links.iter().flat_map(|link| [&link.source, &link.target].map(|side| (link, side)));
    let value: Vec<Value> =
        sides.filter(|(_, side)| side.0 == *server).map(|(link, side)| show(&world, link, side)).collect();
    Ok(Answer::ok(json!({"value": value})))
}

pub(super) fn get(call: &Call) -> Result<Answer, Refusal> {
    let (group, server, database, link) = (call.group(), call.names.server, call.names.database, call.names.link);
    let world = call.world();
    let key = world.database_in(group, server, database)?.key();
    Ok(Answer::ok(show(&world, world.link(&key, link)?, &key)))
}

/// Ends the link by force: nothing is drained (facts 0.1).
pub(super) fn delete(call: &Call) -> Result<Answer, Refusal> {
    let (group, server, database, link) = (call.group(), call.names.server, call.names.database, call.names.link);
    let world = call.world();
    let key = world.database_in(group, server, database)?.key();
    let found = world.link(&key, link)?;
    let guid = found.guid.clone();
    world.check_end_of_link(&found.source)?;
    drop(world);
    Ok(accept(call, of_link("ForceStopDatabaseCopy"), key, Effect::StopLink(guid)))
}

/// Ends the link in a friendly way: what was committed before its end arrives (specification 2014-04-01). The forced way is
/// there too, and drains nothing.
pub(super) fn unlink(call: &Call) -> Result<Answer, Refusal> {
    let (group, server, database, link, body) =
        (call.group(), call.names.server, call.names.database, call.names.link, &call.body);
    let world = call.world();
    let key = world.database_in(group, server, database)?.key();
    let found = world.link(&key, link)?;
    let guid = found.guid.clone();
    world.check_end_of_link(&found.source)?;
    drop(world);
    let forced = body.get("forcedTermination").and_then(Value::as_bool).unwrap_or_default();
    let effect = if forced { Effect::StopLink(guid) } else { Effect::Unlink(guid) };
    Ok(accepted_in_2014(call, &begin(call, of_link(UNLINK), key, effect)))
}

/// The name of the operation is not established: `unlink` was never recorded.
const UNLINK: &str = "StopDatabaseCopy";

fn of_link(name: &'static str) -> Kind {
    Kind { name, prefix: "replicationLinks" }
}

/// The version of 2014 that an operation has, and no other; none at all once it has retired. Who may not use it is told so
/// after that and before anything else is looked at.
pub(super) fn check_version(scenario: &Scenario, request: &Request, known: &str) -> Result<(), Refusal> {
    let asked = request.query.get("api-version").map(String::as_str).unwrap_or_default();
    let retired = scenario.unlink == Unlink::Retired;
    if retired || !asked.eq_ignore_ascii_case(known) {
        let supported = if retired { "2021-11-01" } else { known };
        return Err(no_such_version(asked, "servers/databases/replicationLinks", supported));
    }
    if known == LEGACY_SQL && scenario.unlink == Unlink::Forbidden {
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
