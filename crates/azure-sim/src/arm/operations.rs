//! Long operations: their polling addresses, and the list of a database.

use serde_json::{Value, json};

use super::{Answer, databases, links};
use crate::{
    clock,
    cloud::Cloud,
    world::{Effect, Fate, Operation, Refusal},
};

/// `Azure-AsyncOperation` (recording `sql_db_mgmt_2023`, 13 and 16).
pub(crate) fn status(cloud: &Cloud, id: &str) -> Result<Answer, Refusal> {
    let operation = find(cloud, id)?;
    let mut shown =
        json!({"name": operation.id, "status": state(&operation), "startTime": clock::iso(operation.started)});
    if state(&operation) == FAILED {
        shown["error"] = json!({"code": "InternalServerError", "message": FAILURE});
    }
    let answer = Answer::ok(shown);
    Ok(if operation.done { answer } else { answer.paced(cloud) })
}

/// `Location`: 202 until the end, then 200 with the resource where there is one (recording `sql_db_mgmt_2023`, 46).
pub(crate) fn result(cloud: &Cloud, id: &str) -> Result<Answer, Refusal> {
    let operation = find(cloud, id)?;
    if !operation.done {
        return Ok(Answer::accepted(cloud, &operation));
    }
    failed(&operation)?;
    let world = cloud.world();
    let gone = matches!(operation.effect, Effect::DropDatabase | Effect::StopLink(_) | Effect::Unlink(_));
    let database = world.databases.get(&operation.database).filter(|_| !gone);
    Ok(database.map_or_else(|| Answer::empty(200), |database| Answer::ok(databases::show(&world, database))))
}

/// `Location` of the version of 2014: 202 until the end, then 204.
pub(crate) fn link_result(cloud: &Cloud, link: &str, id: &str) -> Result<Answer, Refusal> {
    let operation = find(cloud, id)?;
    if operation.done {
        failed(&operation)?;
    }
    Ok(if operation.done { Answer::empty(204) } else { links::accepted_in_2014(cloud, &operation, link) })
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

pub(crate) fn list(cloud: &Cloud, group: &str, server: &str, database: &str) -> Result<Answer, Refusal> {
    let world = cloud.world();
    let key = world.database_in(group, server, database)?.key();
    let operations = world.operations.values().filter(|operation| operation.database == key);
    let value: Vec<Value> = operations.map(|operation| show(&world.database_id(&key), operation)).collect();
    Ok(Answer::ok(json!({"value": value})))
}

fn find(cloud: &Cloud, id: &str) -> Result<Operation, Refusal> {
    let found = cloud.world().operations.get(&id.to_ascii_lowercase()).cloned();
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
