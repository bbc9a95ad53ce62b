//! Each invariant is broken on purpose and caught, with the request that broke it; a correct upgrade breaks none.

use azure_sim::{ForeignEndpoint, Scenario};
use serde_json::json;

use crate::bench::{Bench, SQL, TRAFFIC, WEB, small, with_worker};

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
    bench.add_stage();
}

/// The same while users write so often that the copy never has everything.
fn prepare_under_use(bench: &Bench) {
    bench.arm("PUT", &bench.database("contoso-sql-2"), SQL, Some(bench.secondary()));
    let links = format!("{}/replicationLinks", bench.database("contoso-sql-2"));
    bench.until(|| bench.get(&links, SQL)["value"][0]["properties"]["replicationState"] == "CATCH_UP");
    bench.add_stage();
}

/// From the freeze to an independent, writable stage copy.
fn cut_over(bench: &Bench, wait: bool) {
    bench.open_fence(60);
    let mut production = bench.sql("contoso-sql-1", "shop");
    production.ok(READ_ONLY);
    if wait {
        assert_eq!(production.value::<i32>(WAIT), 0);
    }
    bench.sql("contoso-sql-1", "master").ok(REMOVE);
    bench.sql("contoso-sql-2", "shop").ok(READ_WRITE);
}

fn switch(bench: &Bench) {
    bench.put_stage_online();
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
    prepare_under_use(&bench);
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
    prepare_under_use(&bench);
    bench.control("POST", "/tick", None);
    cut_over(&bench, false);
    switch(&bench);
    only_broken(&bench, 1, "PATCH");
    assert!(bench.simulator.report().writes.lost > 0);
}

/// 2: users are on V1, but Traffic Manager would send them to V2 as soon as V1 is degraded.
#[test]
fn a_rollback_that_gives_back_before_stage_is_fenced_is_caught() {
    let bench = with_users(small());
    prepare(&bench);
    cut_over(&bench, true);
    bench.enable("ExternalEndpoints", "contoso-2", true);
    assert_eq!(bench.broken(), []);
    bench.sql("contoso-sql-1", "shop").ok(READ_WRITE);
    only_broken(&bench, 2, "READ_WRITE");
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

/// A page that says sorry, between production and stage.
fn sorry(always_serve: bool) -> ForeignEndpoint {
    ForeignEndpoint {
        name: "sorry".to_owned(),
        host: "sorry.contoso.example".to_owned(),
        priority: 2,
        enabled: true,
        always_serve,
    }
}

fn sorry_between(always_serve: bool) -> Bench {
    let bench = with_users(Scenario { endpoints: vec![sorry(always_serve)], ..small() });
    bench.make_stage();
    bench.point_stage_site();
    let body =
        json!({"properties": {"target": "contoso-2.azurewebsites.net", "endpointStatus": "Disabled", "priority": 3}});
    assert_eq!(bench.arm("PUT", &bench.endpoint("ExternalEndpoints", "contoso-2"), TRAFFIC, Some(body)).status, 201);
    bench
}

/// 3: stage is enabled and answers, but users get the page that comes before it.
#[test]
fn users_on_a_page_that_is_not_the_applications_are_caught() {
    for always_serve in [false, true] {
        let bench = sorry_between(always_serve);
        cut_over(&bench, true);
        bench.put_stage_online();
        assert_eq!(bench.broken(), []);
        bench.enable("AzureEndpoints", "contoso-1", false);
        only_broken(&bench, 3, "AzureEndpoints/contoso-1");
        let what = bench.simulator.report().invariants.broken[0].what.clone();
        assert_eq!(what, "users get `sorry.contoso.example`, which is neither V1 nor V2 of the application");
    }
}

/// 3: a page that says sorry is no concern as long as nobody gets it.
#[test]
fn an_endpoint_that_nobody_gets_breaks_none() {
    let bench = sorry_between(true);
    cut_over(&bench, true);
    bench.put_stage_online();
    bench.enable("ExternalEndpoints", "sorry", false);
    bench.enable("AzureEndpoints", "contoso-1", false);
    assert_eq!(bench.broken(), []);
    assert_eq!(bench.simulator.report().serving.site.as_deref(), Some("contoso-2"));
}

/// 3: the stage site belongs to another system until it is pointed at the copy.
#[test]
fn a_site_on_another_database_is_not_the_application() {
    let bench = with_users(small());
    bench.make_stage();
    bench.add_stage_endpoint();
    bench.enable("ExternalEndpoints", "contoso-2", true);
    bench.enable("AzureEndpoints", "contoso-1", false);
    only_broken(&bench, 3, "AzureEndpoints/contoso-1");
    let what = bench.simulator.report().invariants.broken[0].what.clone();
    assert_eq!(what, "users get `contoso-2.azurewebsites.net`, which is neither V1 nor V2 of the application");
}

/// 3: a disabled profile answers nobody.
#[test]
fn a_disabled_profile_is_caught() {
    let bench = with_users(small());
    let profile = bench.id("Microsoft.Network/trafficManagerProfiles/contoso");
    let body = json!({"properties": {"profileStatus": "Disabled"}});
    let answer = bench.arm("PATCH", &profile, TRAFFIC, Some(body));
    assert_eq!((answer.status, answer.json()["properties"]["profileStatus"].as_str()), (200, Some("Disabled")));
    assert_eq!(answer.json()["properties"]["monitorConfig"]["profileMonitorStatus"], "Disabled");
    only_broken(&bench, 3, "PATCH");
}

/// 3: users are on V2 for good, and it cannot write.
#[test]
fn a_site_on_a_secondary_is_caught_at_rest() {
    let bench = Bench::small();
    prepare(&bench);
    bench.put_stage_online();
    bench.enable("AzureEndpoints", "contoso-1", false);
    only_broken(&bench, 3, "the end of the run");
    let what = bench.simulator.report().invariants.broken[0].what.clone();
    assert_eq!(what, "at rest users get `contoso-2.azurewebsites.net`, and `contoso-sql-2/shop` takes no writes");
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

/// 6: nobody has said that he will end it.
#[test]
fn a_read_only_production_that_nobody_ends_is_caught() {
    let bench = with_users(small());
    bench.sql("contoso-sql-1", "shop").ok(READ_ONLY);
    only_broken(&bench, 6, "by `a test`: ALTER DATABASE [shop] SET READ_ONLY");
}

/// 6: whoever closes the fence while production is read-only leaves it to nobody.
#[test]
fn a_fence_row_that_is_closed_is_nobodys_promise() {
    let bench = with_users(small());
    bench.open_fence(60);
    bench.sql("contoso-sql-1", "shop").ok("UPDATE rolling_upgrade.fence SET closed_at = SYSUTCDATETIME()");
    assert_eq!(bench.broken(), []);
    bench.sql("contoso-sql-1", "shop").ok(READ_ONLY);
    only_broken(&bench, 6, "has no open fence row with a deadline");
}

/// 6: the deadline has passed, and whoever holds the lock does nothing about it.
#[test]
fn a_deadline_that_the_holder_of_the_lock_ignores_is_caught() {
    const TAKE: &str = "DECLARE @r int; EXEC @r = sp_getapplock @Resource = N'rolling_upgrade', @LockMode = N'Exclusive', @LockOwner = N'Session', @LockTimeout = 0; SELECT @r;";
    let bench = with_users(Scenario { deadline_margin_ms: 400, ..small() });
    bench.open_fence(0);
    let mut production = bench.sql("contoso-sql-1", "shop");
    production.ok(READ_ONLY);
    production.ok("WAITFOR DELAY '00:00:01'");
    assert_eq!(bench.broken(), [], "nobody acts, so nobody is late");
    assert_eq!(production.value::<i32>(TAKE), 0);
    bench.until(|| !bench.broken().is_empty());
    only_broken(&bench, 6, "past the deadline, though session");
}

/// 6 says nothing about a database that serves nobody who asks anew.
#[test]
fn a_read_only_v1_after_the_switch_is_right() {
    let bench = with_users(small());
    prepare(&bench);
    cut_over(&bench, true);
    switch(&bench);
    bench.sql("contoso-sql-1", "shop").ok("SELECT 1");
    bench.control("POST", "/tick", None);
    assert_eq!(bench.broken(), []);
}

fn webjob(bench: &Bench, site: &str, verb: &str) {
    let site = if site == "contoso-1" {
        bench.id("Microsoft.Web/sites/contoso-1")
    } else {
        bench.stage_id("Microsoft.Web/sites/contoso-2")
    };
    let path = format!("{site}/continuouswebjobs/fulfil");
    assert_eq!(bench.arm("POST", &format!("{path}/{verb}"), WEB, None).status, 200);
    let status = || bench.get(&path, WEB)["properties"]["status"].as_str().unwrap().to_owned();
    let wanted = if verb == "stop" { "Stopped" } else { "Running" };
    bench.until(|| status() == wanted);
}

/// 8: production is frozen under a WebJob that runs.
#[test]
fn a_worker_on_a_read_only_database_is_caught() {
    let bench = with_users(with_worker());
    webjob(&bench, "contoso-2", "stop");
    bench.open_fence(60);
    assert_eq!(bench.broken(), []);
    bench.sql("contoso-sql-1", "shop").ok(READ_ONLY);
    only_broken(&bench, 8, "SET READ_ONLY");
    assert!(
        bench.broken()[0]
            .1
            .starts_with("WebJob `fulfil` of site `contoso-1` runs against `contoso-sql-1/shop`, which is read-only")
    );
}

/// 8: a stage site is pointed at the copy while its WebJob runs.
#[test]
fn a_worker_on_the_copy_is_caught() {
    let bench = with_users(with_worker());
    bench.make_stage();
    assert_eq!(bench.broken(), []);
    bench.point_stage_site();
    // Not before the copy is seeded: until then there is nothing to write to.
    bench.until(|| !bench.broken().is_empty());
    let (number, what) = &bench.broken()[0];
    let runs = "WebJob `fulfil` of site `contoso-2` runs against `contoso-sql-2/shop`, which is read-only";
    assert!(*number == 8 && what.starts_with(runs), "{what}");
}

/// 8: V2's WebJob runs while V1's still does.
#[test]
fn two_workers_at_the_same_time_are_caught() {
    let bench = with_users(with_worker());
    webjob(&bench, "contoso-2", "stop");
    bench.make_stage();
    bench.point_stage_site();
    bench.sql("contoso-sql-1", "master").ok(REMOVE);
    assert_eq!(bench.broken(), []);
    webjob(&bench, "contoso-2", "start");
    only_broken(&bench, 8, "run at the same time");
}

/// The whole road with workers that are stopped and started at the right moments.
#[test]
fn workers_that_change_over_break_none_and_do_all_of_the_work() {
    let bench = with_users(with_worker());
    webjob(&bench, "contoso-2", "stop");
    prepare(&bench);
    webjob(&bench, "contoso-1", "stop");
    cut_over(&bench, true);
    switch(&bench);
    webjob(&bench, "contoso-2", "start");
    bench.control("POST", "/tick", None);
    let report = bench.simulator.report();
    assert_eq!((report.invariants.broken, report.writes.lost), (vec![], 0));
    let messages = report.messages;
    assert!(messages.queued > 20, "{messages:?}");
    assert_eq!((messages.processed, messages.lost, messages.waiting), (messages.queued, 0, 0), "{messages:?}");
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
