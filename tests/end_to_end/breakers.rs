//! Wrong upgrades, built only here: the ledger of the simulated users must catch each of them.

use std::{
    thread,
    time::{Duration, Instant},
};

use azure_sim::Scenario;
use serde_json::json;

use crate::{
    harness::{Shop, scenario},
    sql::{Client, arm},
};

/// Replication that is slow enough for a write to be on its way when the link goes.
fn slow() -> Scenario {
    Scenario { lag_ms: 1_500, ..scenario() }
}

const REMOVE: &str = "ALTER DATABASE [shop] REMOVE SECONDARY ON SERVER [contoso-sql-2];";

/// Says of the copy what only terminate may say.
fn label_synchronised(shop: &Shop) {
    let profile = "contoso-rg/providers/Microsoft.Network/trafficManagerProfiles/contoso";
    let tags = arm(shop, "GET", profile, "2022-04-01", &json!(null))["tags"].clone();
    let mut tags = tags.as_object().unwrap().clone();
    tags.insert("rolling-upgrade-synchronised".to_owned(), json!("run-1"));
    arm(shop, "PATCH", profile, "2022-04-01", &json!({ "tags": tags }));
}

/// Takes the upgrade to its end and answers how many acknowledged writes are gone.
fn lost_at_the_end(shop: &Shop) -> u64 {
    shop.upgrade_through(&["migrate", "switch"]);
    shop.sim.tick();
    let report = shop.sim.report();
    assert!(report.invariants.broken.iter().any(|broken| broken.number == 1), "{report:#?}");
    report.writes.lost
}

/// Ends replication while writes are on their way, and says of the copy that it has them.
fn skip_the_wait(shop: &Shop) {
    shop.upgrade_through(&["plan", "prepare", "freeze"]);
    Client::log_in(shop, "contoso-sql-1", "master", "a terminate that does not wait").run(REMOVE);
    label_synchronised(shop);
}

#[test]
fn a_terminate_that_skips_the_wait_for_the_copy_loses_writes() {
    let updates = tempfile::tempdir().unwrap();
    let shop = Shop::open(only_updates(slow(), updates.path()));
    skip_the_wait(&shop);
    assert!(lost_at_the_end(&shop) > 0);
}

/// Rows that are missing show in their number: migrate does not go on, and the way back loses nothing.
#[test]
fn rows_that_the_copy_misses_are_seen_by_migrate() {
    let shop = Shop::open(slow());
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
    let shop = Shop::open(slow());
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
    let shop = Shop::open(only_updates(slow(), updates.path()));
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

fn await_fence_in_copy(shop: &Shop) {
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
