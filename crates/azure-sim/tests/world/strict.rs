//! What Azure Resource Manager refuses before it looks at a resource, and how its answers look.

use serde_json::json;

use crate::bench::{Bench, SQL, TRAFFIC, WEB};

#[test]
fn a_token_is_needed() {
    let bench = Bench::small();
    let url = format!("https://management.azure.com{}?api-version={SQL}", bench.id("Microsoft.Sql/servers"));
    let without = bench.send("GET", &url, &[], None);
    assert_eq!((without.status, without.code().as_str()), (401, "AuthenticationFailed"));
    assert!(without.header("www-authenticate").starts_with("Bearer authorization_uri="));
    let wrong = bench.send("GET", &url, &[("authorization", "Bearer wrong")], None);
    assert_eq!((wrong.status, wrong.code().as_str()), (401, "InvalidAuthenticationToken"));
}

#[test]
fn the_version_must_be_the_one_that_is_simulated() {
    let bench = Bench::small();
    let path = bench.id("Microsoft.Sql/servers");
    let refused = |version: &str| {
        let answer = bench.arm("GET", &path, version, None);
        (answer.status, answer.code())
    };
    assert_eq!(refused("2023-08-01"), (400, "NoRegisteredProviderFound".into()));
    assert_eq!(refused("2014-04-01-Preview"), (400, "NoRegisteredProviderFound".into()));
    assert_eq!(refused("latest"), (400, "InvalidApiVersionParameter".into()));
    let bearer = format!("Bearer {}", bench.simulator.credentials().arm_token);
    let none = bench.send("GET", &format!("https://management.azure.com{path}"), &[("authorization", &bearer)], None);
    assert_eq!((none.status, none.code().as_str()), (400, "MissingApiVersionParameter"));
}

#[test]
fn unknown_paths_methods_and_parameters_are_refused() {
    let bench = Bench::small();
    let refused = |method: &str, path: &str, version: &str| {
        let answer = bench.arm(method, path, version, None);
        (answer.status, answer.code())
    };
    assert_eq!(
        refused("GET", &bench.id("Microsoft.Sql/servers/contoso-sql-1/keys"), SQL),
        (404, "InvalidResourceType".into())
    );
    assert_eq!(
        refused("GET", &bench.id("Microsoft.Compute/virtualMachines"), SQL),
        (404, "InvalidResourceNamespace".into())
    );
    assert_eq!(
        refused("GET", "/subscriptions/x/providers/Microsoft.Sql/servers", SQL),
        (404, "SubscriptionNotFound".into())
    );
    assert_eq!(refused("GET", &bench.subscription(), SQL), (404, "NotFound".into()));
    assert_eq!(
        refused("DELETE", &bench.id("Microsoft.Sql/servers/contoso-sql-1"), SQL),
        (405, "HttpMethodNotAllowed".into())
    );
    let path = bench.id("Microsoft.Sql/servers/contoso-sql-1?expand=all");
    assert_eq!(refused("GET", &path, SQL), (400, "InvalidQueryParameter".into()));
    assert_eq!(refused("GET", &bench.database("contoso-sql-9"), SQL), (404, "ParentResourceNotFound".into()));
    assert_eq!(refused("GET", &bench.database("contoso-sql-2"), SQL), (404, "ResourceNotFound".into()));
    let elsewhere = format!("{}/resourceGroups/nowhere/providers/Microsoft.Web/sites/contoso-1", bench.subscription());
    assert_eq!(refused("GET", &elsewhere, WEB), (404, "ResourceGroupNotFound".into()));
    assert_eq!(refused("GET", &bench.id("Microsoft.Web/sites/contoso-2"), WEB), (404, "ResourceNotFound".into()));
}

#[test]
fn paths_are_read_without_regard_to_case() {
    let bench = Bench::small();
    let path = bench
        .endpoint("AzureEndpoints", "CONTOSO-1")
        .replace("resourceGroups", "resourcegroups")
        .replace("contoso-rg", "Contoso-RG");
    assert_eq!(
        bench.get(&path.replace("trafficManagerProfiles", "TRAFFICMANAGERPROFILES"), TRAFFIC)["name"],
        "contoso-1"
    );
}

#[test]
fn bodies_are_held_against_the_specification() {
    let bench = Bench::small();
    let refused = |method: &str, path: &str, version: &str, body: serde_json::Value| {
        let answer = bench.arm(method, path, version, Some(body));
        assert_eq!((answer.status, answer.code().as_str()), (400, "InvalidRequestContent"), "{}", answer.text);
        answer.message()
    };
    let database = bench.database("contoso-sql-2");
    let mut misspelled = bench.secondary();
    misspelled["properties"]["sourceDatabaseID"] = json!("x");
    assert!(refused("PUT", &database, SQL, misspelled).contains("properties.sourceDatabaseID"));
    let endpoint = bench.endpoint("AzureEndpoints", "contoso-1");
    assert!(refused("PATCH", &endpoint, TRAFFIC, json!({"endpointStatus": "Disabled"})).contains("endpointStatus"));
    assert!(
        refused("PATCH", &endpoint, TRAFFIC, json!({"properties": {"endpointStatus": "Off"}})).contains("not one of")
    );
    let site = bench.id("Microsoft.Web/sites/contoso-1");
    assert!(refused("PATCH", &site, WEB, json!({"tags": {"a": "b"}})).contains("tags"));
    let settings = bench.id("Microsoft.Web/sites/contoso-1/config/connectionstrings");
    assert!(refused("PUT", &settings, WEB, json!({"properties": {"Shop": "Server=x"}})).contains("properties.Shop"));
    assert!(refused("POST", &format!("{site}/start"), WEB, json!({})).contains("takes no body"));
}

#[test]
fn what_is_not_modelled_is_refused_and_not_ignored() {
    let bench = Bench::small();
    let refused = |method: &str, path: &str, version: &str, body: serde_json::Value| {
        let answer = bench.arm(method, path, version, Some(body));
        assert_eq!((answer.status, answer.code().as_str()), (400, "NotModelledBySimulator"), "{}", answer.text);
        answer.message()
    };
    let mut pooled = bench.secondary();
    pooled["properties"]["elasticPoolId"] = json!("x");
    assert!(refused("PUT", &bench.database("contoso-sql-2"), SQL, pooled).contains("properties.elasticPoolId"));
    let endpoint = bench.endpoint("AzureEndpoints", "contoso-1");
    assert!(
        refused("PATCH", &endpoint, TRAFFIC, json!({"properties": {"geoMapping": ["WORLD"]}})).contains("geoMapping")
    );
    let profile = bench.id("Microsoft.Network/trafficManagerProfiles/contoso");
    assert!(refused("PATCH", &profile, TRAFFIC, json!({"properties": {"dnsConfig": {"ttl": 5}}})).contains("ttl"));
    let site = bench.get(&bench.id("Microsoft.Web/sites/contoso-1"), WEB);
    let body = json!({"location": site["location"], "tags": {"a": "b"}, "properties": {"httpsOnly": true}});
    assert!(refused("PUT", &bench.id("Microsoft.Web/sites/contoso-1"), WEB, body).contains("httpsOnly"));
}

#[test]
fn every_answer_names_its_request() {
    let bench = Bench::small();
    let answer = bench.arm("GET", &bench.database("contoso-sql-1"), SQL, None);
    assert_eq!(answer.header("content-type"), "application/json; charset=utf-8");
    assert_eq!(answer.header("x-ms-request-id").len(), 36);
    assert_eq!(answer.header("x-ms-correlation-request-id").len(), 36);
    let missing = bench.arm("GET", &bench.database("contoso-sql-2"), SQL, None);
    assert_eq!(missing.header("x-ms-request-id").len(), 36);
}
