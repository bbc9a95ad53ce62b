//! Wrong upgrades, built only here: the ledger of the simulated users must catch each of them.

use std::{
    thread,
    time::{Duration, Instant},
};

use azure_sim::Scenario;
use serde_json::json;

use crate::{
    background,
    harness::{TestUpgrade, scenario, until},
    sql::{Client, arm},
};

/// Replication that is slow enough for a write to be on its way when the link goes.
fn slow() -> Scenario {
    Scenario { lag_ms: 1_500, ..scenario() }
}

const REMOVE: &str = "ALTER DATABASE [shop] REMOVE SECONDARY ON SERVER [contoso-sql-2];";

/// Says of the copy what only terminate may say.
fn label_synchronised(shop: &TestUpgrade) {
    let profile = "contoso-rg/providers/Microsoft.Network/trafficManagerProfiles/contoso";
    let tags = arm(shop, "GET", profile, "2022-04-01", &json!(null))["tags"].clone();
    let mut tags = tags.as_object().unwrap().clone();
    tags.insert("rolling-upgrade-synchronised".to_owned(), json!("run-1"));
    arm(shop, "PATCH", profile, "2022-04-01", &json!({ "tags": tags }));
}

/// Takes the upgrade to its end and answers how many acknowledged writes are gone.
fn lost_at_the_end(shop: &TestUpgrade) -> u64 {
    shop.upgrade_through(&["migrate", "switch"]);
    shop.sim.tick();
    let report = shop.sim.report();
    assert!(report.invariants.broken.iter().any(|broken| broken.number == 1), "{report:#?}");
    report.writes.lost
}

/// Ends replication while writes are on their way, and says of the copy that it has them, with the fence row that it has not got either.
fn skip_the_wait(shop: &TestUpgrade) {
    let log_in = |server, database| Client::log_in(shop, server, database, "a terminate that does not wait");
    shop.upgrade_through(&["plan", "prepare", "freeze"]);
    log_in("contoso-sql-1", "master").run(REMOVE);
    let time = |column: &str| {
        let query = format!("SELECT CONVERT(nvarchar(30), {column}, 126) FROM rolling_upgrade.fence;");
        log_in("contoso-sql-1", "shop").text(&query)
    };
    log_in("contoso-sql-2", "shop").run(&format!(
        "DELETE FROM rolling_upgrade.fence; \
         INSERT INTO rolling_upgrade.fence (run, opened_at, deadline) VALUES (N'run-1', '{}', '{}');",
        time("opened_at"),
        time("deadline")
    ));
    label_synchronised(shop);
}

#[test]
fn a_terminate_that_skips_the_wait_for_the_copy_loses_writes() {
    let updates = tempfile::tempdir().unwrap();
    let shop = TestUpgrade::open(only_updates(slow(), updates.path()));
    skip_the_wait(&shop);
    assert!(lost_at_the_end(&shop) > 0);
}

/// Rows that are missing show in their number: migrate does not go on, and the way back loses nothing.
#[test]
fn rows_that_the_copy_misses_are_seen_by_migrate() {
    let shop = TestUpgrade::open(slow());
    skip_the_wait(&shop);
    let ended = shop.run("migrate");
    assert_eq!(ended.outcome(), "broken", "{ended:#?}");
    let why = ended.why();
    let beginning = "`contoso-rg/contoso-sql-1/shop` and `contoso-rg/contoso-sql-2/shop` differ in their rows: ";
    assert!(why.starts_with(beginning) && why.contains(" rows, not "), "{why}");
    shop.upgrade_through(&["rollback"]);
    shop.assert_writes_arrive("contoso-1");
}

/// The friendly end of a link sends what is on its way first, so the same omission costs nothing.
#[test]
fn a_terminate_by_unlink_that_skips_the_wait_loses_nothing() {
    let shop = TestUpgrade::open(slow());
    shop.upgrade_through(&["plan", "prepare", "freeze"]);
    let links = "contoso-rg/providers/Microsoft.Sql/servers/contoso-sql-1/databases/shop/replicationLinks";
    let list = || arm(&shop, "GET", links, "2021-11-01", &json!(null))["value"].clone();
    let link = list()[0]["name"].as_str().unwrap().to_owned();
    arm(&shop, "POST", &format!("{links}/{link}/unlink"), "2014-04-01", &json!({ "forcedTermination": false }));
    assert!(shop.sim.wait("idle", Duration::from_secs(10)) && list() == json!([]), "the link is gone");
    label_synchronised(&shop);
    shop.upgrade_through(&["migrate", "switch"]);
    shop.assert_writes_arrive("contoso-2");
}

/// The fence row has arrived, no count of rows differs: only the ledger knows that an UPDATE is missing.
#[test]
fn a_lost_update_after_the_fence_is_caught_though_no_count_differs() {
    let updates = tempfile::tempdir().unwrap();
    let shop = TestUpgrade::open(only_updates(slow(), updates.path()));
    shop.upgrade_through(&["plan", "prepare"]);
    let mut production = Client::log_in(&shop, "contoso-sql-1", "shop", "a freeze that looks at nothing");
    production.run(
        "INSERT INTO rolling_upgrade.fence (run, opened_at, deadline) \
         VALUES (N'run-1', SYSUTCDATETIME(), DATEADD(minute, 30, SYSUTCDATETIME()));",
    );
    await_fence_in_copy(&shop);
    shop.sim.tick();
    production.run("ALTER DATABASE [shop] SET READ_ONLY WITH ROLLBACK IMMEDIATE;");
    Client::log_in(&shop, "contoso-sql-1", "master", "a terminate that does not wait").run(REMOVE);
    drop(production);
    label_synchronised(&shop);
    assert_eq!(shop.run("terminate").outcome(), "already-done", "fence row and row counts prove nothing here");
    assert!(lost_at_the_end(&shop) > 0);
}

fn await_fence_in_copy(shop: &TestUpgrade) {
    let mut copy = Client::log_in(shop, "contoso-sql-2", "shop", "a hand of ours");
    let deadline = Instant::now() + Duration::from_secs(20);
    while copy.number("SELECT COUNT(*) FROM rolling_upgrade.fence;") == 0 {
        assert!(Instant::now() < deadline, "the fence row never arrived");
        thread::sleep(Duration::from_millis(20));
    }
}

/// Both versions of the application, with writes that change rows and add none.
fn only_updates(scenario: Scenario, folder: &std::path::Path) -> Scenario {
    let rewrite = |file: &std::path::Path, name: &str| {
        let mut app: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        let chinook = file.to_str().unwrap().contains("chinook");
        app["write"] = json!([if chinook {
            "UPDATE dbo.Customer SET Fax = LEFT(@token, 24) WHERE CustomerId = 1 + @user;"
        } else {
            "UPDATE dbo.Customer SET City = LEFT(@token, 20) WHERE CustomerId = 1 + @user;"
        }]);
        let copy = folder.join(name);
        std::fs::write(&copy, app.to_string()).unwrap();
        Some(copy)
    };
    let v1 = rewrite(scenario.app_v1.as_ref().unwrap(), "v1.json");
    let v2 = rewrite(scenario.app_v2.as_ref().unwrap(), "v2.json");
    Scenario { app_v1: v1, app_v2: v2, ..scenario }
}

/// What was found broken so far, by number.
fn broken(shop: &TestUpgrade) -> Vec<(u8, String)> {
    let broken = shop.sim.report().invariants.broken;
    broken.into_iter().map(|broken| (broken.number, broken.what)).collect()
}

/// Nothing was broken before; now only this is.
#[track_caller]
fn only_broken(shop: &TestUpgrade, number: u8, what: &str) {
    let found = broken(shop);
    assert!(!found.is_empty() && found.iter().all(|(found, _)| *found == number), "{found:#?}");
    assert_eq!(found[0].1, what);
}

const V1: &str = "contoso-rg/providers/Microsoft.Web/sites/contoso-1";
const READ_ONLY: &str = "ALTER DATABASE [shop] SET READ_ONLY WITH ROLLBACK IMMEDIATE;";

fn fence_for(seconds: u32) -> String {
    format!(
        "INSERT INTO rolling_upgrade.fence (run, opened_at, deadline) \
         VALUES (N'run-1', SYSUTCDATETIME(), DATEADD(second, {seconds}, SYSUTCDATETIME()));"
    )
}

/// A freeze that forgets background work: its work fails from then on.
#[test]
fn a_freeze_that_leaves_webjobs_running_is_caught() {
    let shop = TestUpgrade::open(scenario());
    shop.upgrade_through(&["plan", "prepare"]);
    let mut production = Client::log_in(&shop, "contoso-sql-1", "shop", "a freeze that stops no WebJob");
    production.run(&fence_for(1_800));
    assert_eq!(broken(&shop), []);
    production.run(READ_ONLY);
    only_broken(&shop, 8, "WebJob `fulfil` of site `contoso-1` runs against `contoso-sql-1/shop`, which is read-only");
}

/// A prepare that points the stage site at the copy while its WebJobs run.
#[test]
fn a_prepare_that_lets_webjobs_run_on_the_copy_is_caught() {
    let shop = TestUpgrade::open(scenario());
    shop.upgrade_through(&["plan", "prepare"]);
    assert_eq!(broken(&shop), []);
    let settings = "contoso-stage-rg/providers/Microsoft.Web/sites/contoso-2/config/appsettings";
    arm(&shop, "PUT", settings, "2023-12-01", &json!({ "properties": {} }));
    only_broken(&shop, 8, "WebJob `fulfil` of site `contoso-2` runs against `contoso-sql-2/shop`, which is read-only");
}

/// A way back that starts V1's before it stops V2's.
#[test]
fn webjobs_of_both_versions_at_the_same_time_are_caught() {
    let shop = TestUpgrade::open(scenario());
    shop.upgrade_through(&["plan", "prepare", "freeze", "terminate", "migrate", "switch"]);
    Client::log_in(&shop, "contoso-sql-1", "shop", "a rollback in the wrong order")
        .run("ALTER DATABASE [shop] SET READ_WRITE WITH ROLLBACK IMMEDIATE;");
    background::tell(&shop, V1, "fulfil", "start");
    let what = "WebJob `fulfil` of site `contoso-1` and WebJob `fulfil` of site `contoso-2` run at the same time";
    assert!(broken(&shop).contains(&(8, what.to_owned())), "{:#?}", broken(&shop));
}

/// A freeze after which nobody knows when users get their write access back.
#[test]
fn a_freeze_without_a_deadline_is_caught() {
    let shop = TestUpgrade::open(scenario());
    shop.upgrade_through(&["plan", "prepare"]);
    background::tell(&shop, V1, "fulfil", "stop");
    assert_eq!(broken(&shop), []);
    Client::log_in(&shop, "contoso-sql-1", "shop", "a freeze without a fence").run(READ_ONLY);
    only_broken(&shop, 6, "`contoso-sql-1/shop` serves users, is read-only, and has no open fence row with a deadline");
}

const LOCK: &str = "DECLARE @r int; EXEC @r = sp_getapplock @Resource = N'rolling_upgrade', @LockMode = N'Exclusive', \
                    @LockOwner = N'Session', @LockTimeout = 0; IF @r < 0 THROW 50001, N'not granted', 1;";

/// A step that goes on past the deadline, and holds the lock that keeps everybody else from ending it.
#[test]
fn a_step_that_heeds_no_deadline_is_caught() {
    let shop = TestUpgrade::open(Scenario { deadline_margin_ms: 500, ..scenario() });
    shop.upgrade_through(&["plan", "prepare"]);
    background::tell(&shop, V1, "fulfil", "stop");
    let mut production = Client::log_in(&shop, "contoso-sql-1", "shop", "a step without a clock");
    production.run(&fence_for(1));
    production.run(READ_ONLY);
    thread::sleep(Duration::from_secs(3));
    assert_eq!(broken(&shop), [], "nobody holds the lock: somebody else can end it");
    production.run(LOCK);
    until("it is caught", || !broken(&shop).is_empty());
    let found = broken(&shop);
    let what = "`contoso-sql-1/shop` serves users and is read-only past the deadline, though session ";
    assert!(found[0].0 == 6 && found[0].1.starts_with(what), "{found:#?}");
}
