//! `POST …/replicationLinks/{linkId}/unlink` of 2014-04-01: the one end of a link that drains it.

use azure_sim::{Scenario, Unlink};
use serde_json::{Value, json};

use crate::bench::{Answer, Bench, PATIENCE, SQL, Sql, small};

const LEGACY: &str = "2014-04-01";
const LEGACY_POLLING: &str = "2014-04-01-Preview";

fn orders(sql: &mut Sql) -> i32 {
    sql.value("SELECT COUNT(*) FROM dbo.Orders")
}

/// A stage copy that lags by an hour, and a write that is on its way to it.
fn lagging(unlink: Unlink) -> Bench {
    let bench = Bench::new(Scenario { lag_ms: 3_600_000, unlink, ..small() });
    bench.finish(&bench.arm("PUT", &bench.database("contoso-sql-2"), SQL, Some(bench.secondary())));
    bench.until(|| bench.get(&links(&bench), SQL)["value"][0]["properties"]["replicationState"] == "CATCH_UP");
    bench.sql("contoso-sql-1", "shop").ok("INSERT INTO dbo.Orders (CustomerId, Reference) VALUES (1, N'x')");
    bench
}

fn links(bench: &Bench) -> String {
    format!("{}/replicationLinks", bench.database("contoso-sql-1"))
}

fn link(bench: &Bench) -> String {
    format!("{}/{}", links(bench), bench.get(&links(bench), SQL)["value"][0]["name"].as_str().unwrap())
}

fn unlink(bench: &Bench, version: &str, body: Value) -> Answer {
    bench.arm("POST", &format!("{}/unlink", link(bench)), version, Some(body))
}

/// Follows `Location` to its end, and answers the last status.
fn follow(bench: &Bench, accepted: &Answer) -> u16 {
    assert_eq!(accepted.status, 202, "{}", accepted.text);
    assert_eq!(accepted.header("azure-asyncoperation"), "", "that version has Location alone");
    let location = accepted.header("location").strip_prefix("https://management.azure.com").unwrap();
    let (path, version) = location.split_once("?api-version=").unwrap();
    assert!(path.contains("/operationResults/") && version == LEGACY_POLLING, "{location}");
    loop {
        let answer = bench.arm("GET", path, version, None);
        if answer.status != 202 {
            return answer.status;
        }
    }
}

#[test]
fn the_friendly_end_drains_and_the_forced_one_does_not() {
    for (forced, arrived) in [(false, 1), (true, 0)] {
        let bench = lagging(Unlink::Works);
        let accepted = unlink(&bench, LEGACY, json!({ "forcedTermination": forced }));
        assert!(accepted.json()["startTime"].as_str().unwrap().starts_with("/Date("));
        assert_eq!(accepted.header("retry-after"), "1");
        assert_eq!(follow(&bench, &accepted), 204);
        assert_eq!(bench.get(&links(&bench), SQL)["value"], json!([]));
        assert_eq!(orders(&mut bench.sql("contoso-sql-2", "shop")), arrived, "forced: {forced}");
    }
}

#[test]
fn a_version_that_has_retired_or_never_had_it() {
    let bench = lagging(Unlink::Retired);
    let answer = unlink(&bench, LEGACY, json!({ "forcedTermination": false }));
    assert_eq!((answer.status, answer.code()), (400, "NoRegisteredProviderFound".to_owned()));
    assert!(answer.message().contains("API version '2014-04-01'"), "{}", answer.message());
    let bench = lagging(Unlink::Works);
    assert_eq!(unlink(&bench, SQL, json!({ "forcedTermination": false })).status, 400);
}

#[test]
fn who_may_not_is_told_the_action_whatever_the_link() {
    let bench = lagging(Unlink::Forbidden);
    let answer = unlink(&bench, LEGACY, json!({ "forcedTermination": false }));
    assert_eq!((answer.status, answer.code()), (403, "AuthorizationFailed".to_owned()));
    assert!(answer.message().contains("'Microsoft.Sql/servers/databases/replicationLinks/unlink/action'"));
    let none = format!("{}/00000000-0000-0000-0000-000000000000/unlink", links(&bench));
    assert_eq!(bench.arm("POST", &none, LEGACY, Some(json!({}))).status, 403);
    assert_eq!(orders(&mut bench.sql("contoso-sql-2", "shop")), 0);
}

#[test]
fn a_link_that_is_not_there_and_a_body_of_another_shape_are_refused() {
    let bench = lagging(Unlink::Works);
    let none = format!("{}/00000000-0000-0000-0000-000000000000/unlink", links(&bench));
    let answer = bench.arm("POST", &none, LEGACY, Some(json!({ "forcedTermination": false })));
    assert_eq!((answer.status, answer.code()), (404, "ResourceNotFound".to_owned()));
    let answer = unlink(&bench, LEGACY, json!({ "forced": false }));
    assert_eq!((answer.status, answer.code()), (400, "InvalidRequestContent".to_owned()));
    assert!(!bench.simulator.wait("link-catch-up", PATIENCE / 100), "the link is still there, an hour behind");
}
