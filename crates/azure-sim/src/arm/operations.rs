//! Long operations: their polling addresses, and the list of a database.

use serde_json::{Value, json};

use super::{
    call::Call,
    databases,
    operation::{accepted, accepted_in_2014},
};
use crate::{
    clock,
    http::Answer,
    world::{Effect, Fate, Operation, Refusal},
};

/// `Azure-AsyncOperation` (recording `sql_db_mgmt_2023`, 13 and 16).
pub(super) fn status(call: &Call) -> Result<Answer, Refusal> {
    let operation = find(call)?;
    let mut shown =
        json!({"name": operation.id, "status": state(&operation), "startTime": clock::iso(operation.started)});
    if state(&operation) == FAILED {
        shown["error"] = json!({"code": "InternalServerError", "message": FAILURE});
    }
    let answer = Answer::ok(shown);
    Ok(if operation.done { answer } else { answer.paced(call.scenario.retry_after_ms) })
}

/// `Location`: 202 until the end, then 200 with the resource where there is one (recording `sql_db_mgmt_2023`, 46).
pub(super) fn result(call: &Call) -> Result<Answer, Refusal> {
    let operation = find(call)?;
    if !operation.done {
        return Ok(accepted(call, &operation));
    }
    failed(&operation)?;
    let world = call.world();
    let gone = matches!(operation.effect, Effect::DropDatabase | Effect::StopLink(_) | Effect::Unlink(_));
    let database = world.databases.get(&operation.database).filter(|_| !gone);
    Ok(database.map_or_else(|| Answer::empty(200), |database| Answer::ok(databases::show(&world, database))))
}

/// `Location` of the version of 2014: 202 until the end, then 204.
pub(super) fn link_result(call: &Call) -> Result<Answer, Refusal> {
    let operation = find(call)?;
    if operation.done {
        failed(&operation)?;
    }
    Ok(if operation.done { Answer::empty(204) } else { accepted_in_2014(call, &operation) })
}

const FAILED: &str = "Failed";
const FAILURE: &str = "An unexpected error occurred while processing the request.";

fn state(operation: &Operation) -> &'static str {
    match (operation.done, operation.fate) {
        (false, _) => "InProgress",
        (true, Fate::Fails) => FAILED,
        (true, _) => "Succeeded",
    }
}

/// At `Location` an operation that failed shows its error as if that were the answer to the request itself.
fn failed(operation: &Operation) -> Result<(), Refusal> {
    if state(operation) == FAILED { Err(Refusal::new(500, "InternalServerError", FAILURE)) } else { Ok(()) }
}

pub(super) fn list(call: &Call) -> Result<Answer, Refusal> {
    let (group, server, database) = (call.group(), call.names.server, call.names.database);
    let world = call.world();
    let key = world.database_in(group, server, database)?.key();
    let operations = world.operations.values().filter(|operation| operation.database == key);
    let value: Vec<Value> = operations.map(|operation| show(&world.database_id(&key), operation)).collect();
    Ok(Answer::ok(json!({"value": value})))
}

fn find(call: &Call) -> Result<Operation, Refusal> {
    let id = call.names.operation;
    let found = call.world().operations.get(&id.to_ascii_lowercase()).cloned();
    found.ok_or_else(|| {
        Refusal::new(404, "OperationIdNotFound", format!("The operation with Id '{id}' does not exist."))
    })
}

fn show(database: &str, operation: &Operation) -> Value {
    json!({
        "properties": {
            "databaseName": operation.database.1.as_str(),
            "operation": operation.name,
            "operationFriendlyName": operation.name,
            "percentComplete": if operation.done { 100 } else { 0 },
            "serverName": operation.database.0.as_str(),
            "startTime": clock::iso(operation.started),
            "state": state(operation),
            "isCancellable": false,
        },
        "id": format!("{database}/operations/{}", operation.id),
        "name": operation.id,
        "type": "Microsoft.Sql/servers/databases/operations",
    })
}
