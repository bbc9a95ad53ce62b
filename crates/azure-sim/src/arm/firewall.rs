//! Microsoft.Sql/servers/firewallRules

use serde_json::{Value, json};

use super::{body, call::Call};
use crate::{
    clock,
    http::Answer,
    world::{Name, Refusal, Server, World, show_rule},
};

const KIND: &str = "servers/firewallRules";

pub(super) fn list(call: &Call) -> Result<Answer, Refusal> {
    let (group, server) = (call.group(), call.names.server);
    let world = call.world();
    let server = world.parent_server(KIND, group, server)?;
    let id = world.server_id(server);
    let value: Vec<Value> = server.rules.iter().map(|(name, rule)| show_rule(&id, name, rule)).collect();
    Ok(Answer::ok(json!({"value": value})))
}

pub(super) fn get(call: &Call) -> Result<Answer, Refusal> {
    let (group, server, rule) = (call.group(), call.names.server, call.names.rule);
    let world = call.world();
    show(&world, world.parent_server(KIND, group, server)?, rule)
}

/// Answers 200 whether the rule is new or not (recording `sql_firewall_2023`, 11 and 15; the specification has 201 too).
pub(super) fn put(call: &Call) -> Result<Answer, Refusal> {
    let (group, server, rule, body) = (call.group(), call.names.server, call.names.rule, &call.body);
    body::only(body, &["/name", "/properties/startIpAddress", "/properties/endIpAddress"], &Value::Null)?;
    let delay = clock::seconds(call.scenario.firewall_delay_ms);
    let mut world = call.world();
    let key = world.parent_server(KIND, group, server)?.name.clone();
    if let Some(server) = world.servers.get_mut(&key) {
        server.put_rule(rule, body, clock::now() + delay)?;
    }
    show(&world, world.parent_server(KIND, group, server)?, rule)
}

pub(super) fn delete(call: &Call) -> Result<Answer, Refusal> {
    let (group, server, rule) = (call.group(), call.names.server, call.names.rule);
    let mut world = call.world();
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
