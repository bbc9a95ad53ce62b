//! Microsoft.Sql/servers/databases/replicationLinks

use serde_json::{Value, json};

use super::{Answer, databases::accept, dispatch::Call};
use crate::{
    clock,
    cloud::Cloud,
    world::{DatabaseKey, Effect, Link, LinkState, Refusal, World},
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
    let guid = world.link(&key, link)?.guid.clone();
    drop(world);
    Ok(accept(call, "ForceStopDatabaseCopy", "replicationLinks", key, Effect::StopLink(guid)))
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
