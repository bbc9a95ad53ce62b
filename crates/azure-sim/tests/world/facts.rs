//! The rules of Azure that an upgrade can run into.

use azure_sim::Scenario;
use serde_json::{Value, json};

use crate::bench::{Bench, SQL, TRAFFIC, small};

fn refusal(bench: &Bench, path: &str, version: &str, body: Value) -> (u16, String, String) {
    let answer = bench.arm("PUT", path, version, Some(body));
    (answer.status, answer.code(), answer.message())
}

#[test]
fn a_secondary_has_the_name_of_its_source_and_another_server() {
    let bench = Bench::small();
    let (status, code, _) = refusal(&bench, &bench.database("contoso-sql-1"), SQL, bench.secondary());
    assert_eq!((status, code.as_str()), (400, "ReplicationSourceAndTargetMustBeInDifferentServers"));
    let renamed = bench.id("Microsoft.Sql/servers/contoso-sql-2/databases/other");
    let (status, code, _) = refusal(&bench, &renamed, SQL, bench.secondary());
    assert_eq!((status, code.as_str()), (400, "ReplicationSourceAndTargetMustHaveSameName"));
}

#[test]
fn the_source_must_be_there() {
    let bench = Bench::small();
    let with_source = |id: &str| {
        let mut body = bench.secondary();
        body["properties"]["sourceDatabaseId"] = json!(id);
        refusal(&bench, &bench.database("contoso-sql-2"), SQL, body).1
    };
    assert_eq!(with_source("shop"), "InvalidSourceDatabaseId");
    assert_eq!(with_source(&bench.database("contoso-sql-7")), "SourceServerNotFound");
    assert_eq!(with_source(&bench.id("Microsoft.Sql/servers/contoso-sql-1/databases/none")), "SourceDatabaseNotFound");
}

#[test]
fn a_name_that_is_taken_is_refused() {
    let bench = Bench::small();
    bench.make_stage();
    let (status, code, _) = refusal(&bench, &bench.database("contoso-sql-2"), SQL, bench.secondary());
    assert_eq!((status, code.as_str()), (409, "DuplicateGeoDrRelation"));
    bench.sql("contoso-sql-1", "master").ok("ALTER DATABASE [shop] REMOVE SECONDARY ON SERVER [contoso-sql-2]");
    let (status, _, message) = refusal(&bench, &bench.database("contoso-sql-2"), SQL, bench.secondary());
    assert_eq!(status, 409);
    assert_eq!(message, "The destination database name 'shop' already exists on the server 'contoso-sql-2'.");
}

#[test]
fn the_tier_must_match() {
    let bench = Bench::small();
    let mut body = bench.secondary();
    body["sku"] = json!({"name": "BC_Gen5", "tier": "BusinessCritical", "family": "Gen5", "capacity": 2});
    let (status, code, _) = refusal(&bench, &bench.database("contoso-sql-2"), SQL, body.clone());
    assert_eq!((status, code.as_str()), (400, "TargetDatabaseEditionCouldNotBeDowngraded"));
    body["sku"] = json!({"name": "GP_Gen5", "tier": "GeneralPurpose", "family": "Gen5", "capacity": 4});
    let accepted = bench.arm("PUT", &bench.database("contoso-sql-2"), SQL, Some(body));
    bench.finish(&accepted);
    assert_eq!(
        bench.get(&bench.database("contoso-sql-2"), SQL)["properties"]["currentServiceObjectiveName"],
        "GP_Gen5_4"
    );
}

#[test]
fn four_secondaries_at_most() {
    let servers: Vec<String> = (3..=6).map(|number| format!("contoso-sql-{number}")).collect();
    let bench = Bench::new(Scenario { servers, ..small() });
    for number in 2..=5 {
        let accepted =
            bench.arm("PUT", &bench.database(&format!("contoso-sql-{number}")), SQL, Some(bench.secondary()));
        assert_eq!(accepted.status, 202, "{}", accepted.text);
    }
    let (status, code, _) = refusal(&bench, &bench.database("contoso-sql-6"), SQL, bench.secondary());
    assert_eq!((status, code.as_str()), (400, "GeoReplicaLimitReached"));
}

#[test]
fn priorities_are_unique() {
    let bench = Bench::small();
    let body = json!({"properties": {"target": "contoso-2.azurewebsites.net", "priority": 1}});
    let (status, code, message) = refusal(&bench, &bench.endpoint("externalEndpoints", "contoso-2"), TRAFFIC, body);
    assert_eq!((status, code.as_str()), (400, "BadRequest"));
    assert!(message.contains("'contoso-1' and 'contoso-2' have the same priority 1"));
}

#[test]
fn one_web_app_of_a_region_as_azure_endpoint() {
    let bench = Bench::small();
    let body = json!({"properties": {
        "targetResourceId": bench.stage_id("Microsoft.Web/sites/contoso-2"),
        "endpointStatus": "Disabled",
        "priority": 2,
    }});
    let (status, _, message) = refusal(&bench, &bench.endpoint("azureEndpoints", "contoso-2"), TRAFFIC, body);
    assert_eq!(status, 400);
    assert_eq!(
        message,
        "Some of the provided Azure Website endpoints are not valid: One or more conflicts detected in traffic manager \
         configuration. Multiple domains point to region \"West Europe\": contoso-1.azurewebsites.net, \
         contoso-2.azurewebsites.net"
    );
}

#[test]
fn a_secondary_can_be_dropped_directly_and_takes_its_link_along() {
    let bench = Bench::small();
    bench.make_stage();
    let dropped = bench.arm("DELETE", &bench.database("contoso-sql-2"), SQL, None);
    assert_eq!(dropped.json()["operation"], "DropLogicalDatabase");
    assert_eq!(bench.finish(&dropped)["status"], "Succeeded");
    let links = bench.get(&format!("{}/replicationLinks", bench.database("contoso-sql-1")), SQL);
    assert_eq!(links["value"], json!([]));
    assert_eq!(bench.arm("DELETE", &bench.database("contoso-sql-2"), SQL, None).status, 204);
}

#[test]
fn both_polling_addresses_lead_to_the_end() {
    let bench = Bench::new(Scenario { operation_ms: 300, retry_after_ms: 25, ..small() });
    let accepted = bench.arm("PUT", &bench.database("contoso-sql-2"), SQL, Some(bench.secondary()));
    assert_eq!(accepted.json()["operation"], "CreateDatabaseAsCopy");
    assert_eq!((accepted.header("retry-after"), accepted.header("retry-after-ms")), ("1", "25"));
    let bearer = format!("Bearer {}", bench.simulator.credentials().arm_token);
    let location = accepted.header("location").to_owned();
    assert_eq!(bench.send("GET", &location, &[("authorization", &bearer)], None).status, 202);
    assert_eq!(bench.get(&bench.database("contoso-sql-2"), SQL)["properties"]["status"], "Creating");
    assert_eq!(bench.finish(&accepted)["status"], "Succeeded");
    let done = bench.send("GET", &location, &[("authorization", &bearer)], None);
    assert_eq!((done.status, done.json()["name"].as_str()), (200, Some("shop")));
    let operations = bench.get(&format!("{}/operations", bench.database("contoso-sql-2")), SQL);
    assert_eq!(operations["value"][0]["properties"]["state"], "Succeeded");
}

#[test]
fn labels_and_size_are_changed_by_an_operation() {
    let bench = Bench::small();
    let body = json!({"tags": {"owner": "shop"}, "sku": {"name": "GP_Gen5", "capacity": 4}});
    let accepted = bench.arm("PATCH", &bench.database("contoso-sql-1"), SQL, Some(body));
    assert_eq!(accepted.json()["operation"], "UpdateLogicalDatabase");
    bench.finish(&accepted);
    let database = bench.get(&bench.database("contoso-sql-1"), SQL);
    assert_eq!((&database["tags"]["owner"], &database["sku"]["capacity"]), (&json!("shop"), &json!(4)));
}
