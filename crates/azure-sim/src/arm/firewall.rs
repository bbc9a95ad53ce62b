//! Microsoft.Sql/servers/firewallRules

use serde_json::{Value, json};

use super::{Answer, body, dispatch::Call};
use crate::{
    clock,
    cloud::Cloud,
    world::{Name, Refusal, Server, World, show_rule},
};

const KIND: &str = "servers/firewallRules";

pub(crate) fn list(cloud: &Cloud, group: &str, server: &str) -> Result<Answer, Refusal> {
    let world = cloud.world();
    let server = world.parent_server(KIND, group, server)?;
    let id = world.server_id(server);
    let value: Vec<Value> = server.rules.iter().map(|(name, rule)| show_rule(&id, name, rule)).collect();
    Ok(Answer::ok(json!({"value": value})))
}

pub(crate) fn get(cloud: &Cloud, group: &str, server: &str, rule: &str) -> Result<Answer, Refusal> {
    let world = cloud.world();
    show(&world, world.parent_server(KIND, group, server)?, rule)
}

/// Answers 200 whether the rule is new or not (recording `sql_firewall_2023`, 11 and 15; the specification has 201 too).
pub(crate) fn put(call: &Call, group: &str, server: &str, rule: &str, body: &Value) -> Result<Answer, Refusal> {
    body::only(body, &["/name", "/properties/startIpAddress", "/properties/endIpAddress"], &Value::Null)?;
    let delay = clock::seconds(call.cloud.scenario.firewall_delay_ms);
    let mut world = call.cloud.world();
    let key = world.parent_server(KIND, group, server)?.name.clone();
    if let Some(server) = world.servers.get_mut(&key) {
        server.put_rule(rule, body, clock::now() + delay)?;
    }
    show(&world, world.parent_server(KIND, group, server)?, rule)
}

pub(crate) fn delete(call: &Call, group: &str, server: &str, rule: &str) -> Result<Answer, Refusal> {
    let mut world = call.cloud.world();
    let key = world.parent_server(KIND, group, server)?.name.clone();
    let there = world.servers.get_mut(&key).map(|server| server.remove_rule(rule)).transpose()?;
    Ok(Answer::empty(if there == Some(true) { 200 } else { 204 }))
}

fn show(world: &World, server: &Server, rule: &str) -> Result<Answer, Refusal> {
    let found = server.rules.get_key_value(&Name::from(rule));
    let (name, found) = found.ok_or_else(|| not_found(rule))?;
    Ok(Answer::ok(show_rule(&world.server_id(server), name, found)))
}

fn not_found(name: &str) -> Refusal {
    let text = format!(
        "The requested resource of type 'Microsoft.Sql/servers/firewallRules' with name '{name}' was not found."
    );
    Refusal::new(404, "ResourceNotFound", text)
}
