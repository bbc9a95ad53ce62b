//! The start of a long operation, and the answer that accepts it.

use serde_json::json;

use super::{call::Call, path::LEGACY_SQL_POLLING};
use crate::{
    clock,
    http::Answer,
    world::{DatabaseKey, Effect, Fate, Operation, World},
};

/// What a long operation is called.
pub(super) struct Kind {
    /// As the 202 names it.
    pub(super) name: &'static str,
    /// The prefix of its polling addresses.
    pub(super) prefix: &'static str,
}

/// Accepts a long operation and answers 202.
pub(super) fn accept(call: &Call, kind: Kind, database: DatabaseKey, effect: Effect) -> Answer {
    accepted(call, &begin(call, kind, database, effect))
}

/// Accepts a long operation.
pub(super) fn begin(call: &Call, kind: Kind, database: DatabaseKey, effect: Effect) -> Operation {
    let started = clock::now();
    let operation = Operation {
        id: call.random.guid(),
        name: kind.name,
        kind: kind.prefix,
        database,
        started,
        due: started + clock::seconds(call.scenario.operation_ms),
        done: false,
        fate: Fate::Succeeds,
        effect,
        cause: call.request.name(),
    };
    call.world().accept(operation.clone());
    operation
}

/// 202 with both polling addresses, as Microsoft.Sql gives them (recording `sql_db_mgmt_2023`, 12 and 44).
pub(super) fn accepted(call: &Call, operation: &Operation) -> Answer {
    let world = call.world();
    let body = json!({"operation": operation.name, "startTime": clock::iso(operation.started)});
    Answer::json(202, body)
        .with("Azure-AsyncOperation", address(&world, operation, "AzureAsyncOperation"))
        .with("Location", address(&world, operation, "OperationResults"))
        .paced(call.scenario.retry_after_ms)
}

fn address(world: &World, operation: &Operation, kind: &str) -> String {
    let server = world.servers.get(&operation.database.0);
    let (group, location) = server.map_or(("", ""), |server| (server.group.as_str(), server.location.as_str()));
    let path = format!("Microsoft.Sql/locations/{location}/{}{kind}/{}", operation.kind, operation.id);
    format!("https://management.azure.com{}?api-version=2021-11-01", world.provider_id(group, &path))
}

/// 202 in the shape of the version of 2014: `Location` alone, which the answers to polls repeat (recordings
/// `sql_db_replica_2017`, 28 and 29, and `sql_db_replica_2021`, 77 and 78).
pub(super) fn accepted_in_2014(call: &Call, operation: &Operation) -> Answer {
    let link = call.names.link;
    let place = format!("{}/replicationLinks/{link}/operationResults", call.world().database_id(&operation.database));
    let location = format!("https://management.azure.com{place}/{}?api-version={LEGACY_SQL_POLLING}", operation.id);
    let started = format!("/Date({})/", (operation.started * 1000.0) as i64);
    let body = json!({"operation": operation.name, "startTime": started});
    Answer::json(202, body).with("Location", location).paced(call.scenario.retry_after_ms)
}
