//! Each invariant is broken on purpose and caught, with the request that broke it; a correct upgrade breaks none.

use azure_sim::Scenario;
use serde_json::json;

use crate::bench::{Bench, PATIENCE, SQL, TRAFFIC, WEB, small};

const WAIT: &str = "DECLARE @r int; EXEC @r = sys.sp_wait_for_database_copy_sync @target_server = N'contoso-sql-2', @target_database = N'shop'; SELECT @r;";
const READ_ONLY: &str = "ALTER DATABASE [shop] SET READ_ONLY WITH ROLLBACK IMMEDIATE";
const READ_WRITE: &str = "ALTER DATABASE [shop] SET READ_WRITE WITH ROLLBACK IMMEDIATE";
const REMOVE: &str = "ALTER DATABASE [shop] REMOVE SECONDARY ON SERVER [contoso-sql-2]";

fn with_users(scenario: Scenario) -> Bench {
    Bench::new(Scenario { users: 4, ttl_seconds: Some(0.05), ..scenario })
}

/// Everything that is done before the freeze.
fn prepare(bench: &Bench) {
    bench.make_stage();
    bench.point_stage_site();
    assert_eq!(bench.add_stage_endpoint().status, 201);
}

/// From the freeze to an independent, writable stage copy.
fn cut_over(bench: &Bench, wait: bool) {
    let mut production = bench.sql("contoso-sql-1", "shop");
    production.ok(READ_ONLY);
    if wait {
        assert_eq!(production.value::<i32>(WAIT), 0);
    }
    bench.sql("contoso-sql-1", "master").ok(REMOVE);
    bench.sql("contoso-sql-2", "shop").ok(READ_WRITE);
}

fn switch(bench: &Bench) {
    bench.enable("ExternalEndpoints", "contoso-2", true);
    assert!(bench.simulator.wait("endpoint-online:contoso-2", PATIENCE));
    bench.enable("AzureEndpoints", "contoso-1", false);
}

fn only_broken(bench: &Bench, number: u8, cause: &str) {
    let broken = bench.broken();
    assert_eq!(broken.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [number], "{broken:?}");
    assert!(broken[0].1.contains(cause), "{broken:?}");
}

#[test]
fn a_correct_upgrade_breaks_none() {
    let bench = with_users(Scenario { lag_ms: 400, ..small() });
    prepare(&bench);
    cut_over(&bench, true);
    switch(&bench);
    bench.control("POST", "/tick", None);
    let report = bench.simulator.report();
    assert_eq!(report.invariants.broken, []);
    assert!(report.invariants.checked > 10);
    assert!(report.writes.acknowledged > 20 && report.writes.refused_read_only > 0, "{report:?}");
    assert_eq!((report.writes.lost, report.reads.failed), (0, 0));
    assert_eq!(report.serving.site.as_deref(), Some("contoso-2"));
    assert_eq!(report.serving.database.as_deref(), Some("contoso-sql-2/shop"));
    assert_eq!(report.serving.version.as_deref(), Some("2"));
    assert!(report.tail_seconds.is_some());
}

/// The same while users act all the time, and not only between the steps.
#[test]
fn a_correct_upgrade_under_constant_use_breaks_none() {
    let bench = Bench::new(Scenario { users: 8, user_interval_ms: 2, ttl_seconds: Some(0.05), ..small() });
    prepare(&bench);
    cut_over(&bench, true);
    switch(&bench);
    let seen = bench.simulator.report().writes.acknowledged;
    bench.until(|| bench.simulator.report().writes.acknowledged > seen + 50);
    let report = bench.simulator.report();
    assert_eq!((report.invariants.broken, report.writes.lost), (vec![], 0));
    assert_eq!(report.serving.site.as_deref(), Some("contoso-2"));
}

#[test]
fn going_back_before_the_switch_breaks_none() {
    let bench = with_users(small());
    prepare(&bench);
    cut_over(&bench, true);
    bench.sql("contoso-sql-2", "shop").ok("ALTER DATABASE [shop] SET READ_ONLY WITH ROLLBACK IMMEDIATE");
    bench.sql("contoso-sql-1", "shop").ok(READ_WRITE);
    let report = bench.simulator.report();
    assert_eq!((report.invariants.broken, report.writes.lost), (vec![], 0));
    assert_eq!(report.serving.site.as_deref(), Some("contoso-1"));
}

/// 1: the last writes were on their way when the link ended.
#[test]
fn a_lost_write_is_caught() {
    let bench = with_users(Scenario { lag_ms: 3_600_000, ..small() });
    bench.arm("PUT", &bench.database("contoso-sql-2"), SQL, Some(bench.secondary()));
    let links = format!("{}/replicationLinks", bench.database("contoso-sql-2"));
    bench.until(|| bench.get(&links, SQL)["value"][0]["properties"]["replicationState"] == "CATCH_UP");
    bench.point_stage_site();
    bench.add_stage_endpoint();
    bench.control("POST", "/tick", None);
    cut_over(&bench, false);
    switch(&bench);
    only_broken(&bench, 1, "PATCH");
    assert!(bench.simulator.report().writes.lost > 0);
}

/// 2: production goes on taking writes while users already reach a writable stage.
#[test]
fn two_writable_databases_are_caught() {
    let bench = with_users(Scenario { ttl_seconds: Some(3600.0), ..small() });
    prepare(&bench);
    bench.sql("contoso-sql-1", "master").ok(REMOVE);
    bench.sql("contoso-sql-2", "shop").ok("SELECT 1");
    bench.control("POST", "/tick", None);
    assert_eq!(bench.broken(), []);
    switch(&bench);
    let broken = bench.broken();
    assert!(broken.iter().any(|(number, what)| *number == 2 && what.contains("PATCH")), "{broken:?}");
}

/// 3: nobody answers users.
#[test]
fn an_outage_is_caught() {
    let bench = with_users(small());
    bench.arm("POST", &bench.id("Microsoft.Web/sites/contoso-1/stop"), WEB, None);
    only_broken(&bench, 3, "/sites/contoso-1/stop");
}

/// 4: somebody else writes to production's data; the schema `rolling_upgrade` is free.
#[test]
fn a_foreign_write_is_caught() {
    let bench = Bench::small();
    let mut sql = bench.sql("contoso-sql-1", "shop");
    sql.ok("CREATE SCHEMA rolling_upgrade");
    sql.ok("CREATE TABLE rolling_upgrade.fence (run nvarchar(64) NOT NULL PRIMARY KEY)");
    sql.ok("INSERT INTO rolling_upgrade.fence (run) VALUES (N'42')");
    assert_eq!(bench.broken(), []);
    sql.ok("UPDATE dbo.Customer SET Name = N'Barbara' WHERE CustomerId = 1");
    only_broken(&bench, 4, "by `a test`: UPDATE dbo.Customer");
}

/// 7: secrets where others can see them.
#[test]
fn a_leaked_secret_is_caught() {
    let leak = |leak: &dyn Fn(&Bench, &str)| {
        let bench = Bench::small();
        leak(&bench, &bench.simulator.credentials().sql_password.clone());
        let broken = bench.broken();
        assert_eq!(broken.first().map(|(number, _)| *number), Some(7), "{broken:?}");
        assert!(!broken[0].1.contains(&bench.simulator.credentials().sql_password));
    };
    leak(&|bench, secret| drop(bench.arm("GET", &bench.id(&format!("Microsoft.Sql/servers/{secret}")), SQL, None)));
    leak(&|bench, secret| {
        let profile = bench.id("Microsoft.Network/trafficManagerProfiles/contoso");
        drop(bench.arm("PATCH", &profile, TRAFFIC, Some(json!({"tags": {"a": secret}}))));
    });
    leak(&|bench, secret| {
        let known = bench.simulator.credentials();
        let who = tiberius::AuthMethod::sql_server(&known.sql_user, &known.sql_password);
        drop(bench.connect("contoso-sql-1", "shop", who, &format!("app {secret}")));
    });
    leak(&|bench, secret| {
        let answer =
            bench.control("POST", "/output", Some(json!({"step": "plan", "text": format!("password is {secret}")})));
        assert_eq!(answer.status, 200);
    });
    leak(&|bench, secret| drop(bench.send("GET", "https://management.azure.com/", &[("user-agent", secret)], None)));
}

#[test]
fn output_without_secrets_is_fine() {
    let bench = Bench::small();
    bench.control("POST", "/output", Some(json!({"step": "plan", "text": "all is well"})));
    assert_eq!(bench.broken(), []);
}
