//! An answer as Azure Resource Manager gives it.

use serde_json::{Value, json};

use super::{Request, route::LEGACY_SQL};
use crate::{
    clock,
    cloud::Cloud,
    world::{Operation, Refusal},
};

/// Status, headers, and a JSON body where there is one.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Option<Value>,
}

impl Answer {
    pub(crate) fn ok(body: Value) -> Self {
        Self::json(200, body)
    }

    pub(crate) fn json(status: u16, body: Value) -> Self {
        Self { status, headers: Vec::new(), body: Some(body) }
    }

    /// Without a body, and so without a content type.
    pub(crate) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: None }
    }

    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// 202 with both polling addresses, as Microsoft.Sql gives them (recording `sql_db_mgmt_2023`, 12 and 44).
    pub(crate) fn accepted(cloud: &Cloud, operation: &Operation) -> Self {
        let body = json!({"operation": operation.name, "startTime": clock::iso(operation.started)});
        Self::json(202, body)
            .with("Azure-AsyncOperation", address(cloud, operation, "AzureAsyncOperation"))
            .with("Location", address(cloud, operation, "OperationResults"))
            .paced(cloud)
    }

    /// How long to wait before the next look: to the millisecond for a client that reads it, in full seconds for others.
    pub(crate) fn paced(self, cloud: &Cloud) -> Self {
        let milliseconds = cloud.scenario.retry_after_ms;
        self.with("Retry-After", milliseconds.div_ceil(1000).to_string())
            .with("retry-after-ms", milliseconds.to_string())
    }

    /// What the front of each provider says of caching: Traffic Manager and the SQL of 2014 another thing than the others
    /// (recordings `traffic_manager_2023`, 2; `sql_db_replica_2017`, 28; `sql_db_mgmt_2023`, 11; `webapp_config_2023`, 2).
    fn caching(self, request: &Request) -> Self {
        if request.query.get("api-version").is_some_and(|version| version.starts_with(LEGACY_SQL)) {
            return self.with("Cache-Control", "no-store, no-cache");
        }
        if names(request, "Microsoft.Network") {
            return self.with("Cache-Control", "private");
        }
        self.with("Cache-Control", "no-cache").with("Pragma", "no-cache").with("Expires", "-1")
    }

    /// Adds what every answer has.
    pub(crate) fn complete(mut self, cloud: &Cloud, request: &Request) -> Self {
        let id = cloud.random.guid();
        let correlation = request.header("x-ms-correlation-request-id").map_or_else(|| id.clone(), str::to_owned);
        let routing = format!("WESTEUROPE:{}:{id}", clock::compact(clock::now()));
        if let Some(client) = request.header("x-ms-client-request-id") {
            self = self.with("x-ms-client-request-id", client);
        }
        if self.body.is_some() {
            self = self.with("Content-Type", content_type(request));
        }
        self.with("x-ms-request-id", id)
            .with("x-ms-correlation-request-id", correlation)
            .with("x-ms-routing-request-id", routing)
            .caching(request)
            .with("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
            .with("X-Content-Type-Options", "nosniff")
    }
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

fn address(cloud: &Cloud, operation: &Operation, kind: &str) -> String {
    let world = cloud.world();
    let server = world.servers.get(&operation.database.0);
    let (group, location) = server.map_or(("", ""), |server| (server.group.as_str(), server.location.as_str()));
    let path = format!("Microsoft.Sql/locations/{location}/{}{kind}/{}", operation.kind, operation.id);
    format!("https://management.azure.com{}?api-version=2021-11-01", world.provider_id(group, &path))
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        Self::json(refusal.status, json!({"error": {"code": refusal.code, "message": refusal.message}}))
    }
}
