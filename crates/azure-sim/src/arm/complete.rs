//! What every answer of Azure Resource Manager has.

use super::path::LEGACY_SQL;
use crate::{
    clock,
    http::{Answer, Request},
};

/// Adds the headers that every answer has; `id` is the one that the service gives to the request.
pub(crate) fn complete(mut answer: Answer, request: &Request, id: String) -> Answer {
    let correlation = request.header("x-ms-correlation-request-id").map_or_else(|| id.clone(), str::to_owned);
    let routing = format!("WESTEUROPE:{}:{id}", clock::compact(clock::now()));
    if let Some(client) = request.header("x-ms-client-request-id") {
        answer = answer.with("x-ms-client-request-id", client);
    }
    if answer.body.is_some() {
        answer = answer.with("Content-Type", content_type(request));
    }
    answer = answer
        .with("x-ms-request-id", id)
        .with("x-ms-correlation-request-id", correlation)
        .with("x-ms-routing-request-id", routing);
    caching(answer, request)
        .with("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
        .with("X-Content-Type-Options", "nosniff")
}

/// What the front of each provider says of caching: Traffic Manager and the SQL of 2014 another thing than the others
/// (recordings `traffic_manager_2023`, 2; `sql_db_replica_2017`, 28; `sql_db_mgmt_2023`, 11; `webapp_config_2023`, 2).
fn caching(answer: Answer, request: &Request) -> Answer {
    if request.query.get("api-version").is_some_and(|version| version.starts_with(LEGACY_SQL)) {
        return answer.with("Cache-Control", "no-store, no-cache");
    }
    if names(request, "Microsoft.Network") {
        return answer.with("Cache-Control", "private");
    }
    answer.with("Cache-Control", "no-cache").with("Pragma", "no-cache").with("Expires", "-1")
}

/// Microsoft.Web says it without a character set (recording `webapp_config_2023`), unless it hands on what the Kudu of a site
/// has answered (recording `webapp_one_deploy_2023`).
fn content_type(request: &Request) -> &'static str {
    let kudu = ["onedeploy", "continuouswebjobs", "triggeredwebjobs"].into_iter().any(|word| names(request, word));
    if names(request, "Microsoft.Web") && !kudu { "application/json" } else { "application/json; charset=utf-8" }
}

fn names(request: &Request, provider: &str) -> bool {
    request.segments.iter().any(|segment| segment.eq_ignore_ascii_case(provider))
}
