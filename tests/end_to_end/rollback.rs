//! The way back, from every state.

use serde_json::Value;

use crate::{
    harness::{TestUpgrade, scenario, until},
    sql::{Client, arm},
};

const ROAD: [&str; 5] = ["plan", "prepare", "freeze", "terminate", "migrate"];

/// V1 has full access, stage is kept, and nothing but the fence table was ever touched in production.
#[track_caller]
fn rolls_back(shop: &TestUpgrade) {
    let ended = shop.run("rollback");
    assert_eq!(ended.outcome(), "done", "{ended:#?}");
    shop.assert_writes_arrive("contoso-1");
    let before = shop.digest();
    let again = shop.run("rollback");
    assert_eq!(again.outcome(), "already-done", "{again:#?}");
    assert_eq!(shop.digest(), before);
}

#[test]
fn rollback_from_every_state_before_the_point_of_no_return() {
    for steps in 2..=ROAD.len() {
        let shop = TestUpgrade::open(scenario());
        shop.upgrade_through(&ROAD[..steps]);
        rolls_back(&shop);
        let removed = shop.clean_up("stage");
        assert_eq!(removed.outcome(), "done", "after {}: {removed:#?}", ROAD[steps - 1]);
        assert_eq!(shop.clean_up("stage").outcome(), "already-done");
        shop.assert_writes_arrive("contoso-1");
    }
}

#[test]
fn an_upgrade_can_be_tried_again_after_a_rollback() {
    let shop = TestUpgrade::open(scenario());
    shop.upgrade_through(&ROAD);
    rolls_back(&shop);
    assert_eq!(shop.clean_up("stage").outcome(), "done");
    shop.forget();
    shop.upgrade_through(&["plan", "prepare", "freeze", "terminate", "migrate", "switch"]);
    shop.assert_writes_arrive("contoso-2");
}

#[test]
fn a_script_that_fails_leaves_stage_broken_and_v1_gets_its_writes_back() {
    let script = "CREATE TABLE dbo.Fine (Id int NOT NULL);\nGO\nSELECT 1;\nINSERT INTO dbo.NoSuchTable VALUES (1);\n";
    let shop = TestUpgrade::open(scenario()).with_script(script);
    shop.upgrade_through(&ROAD[..4]);
    let ended = shop.run("migrate");
    assert_eq!(ended.outcome(), "broken", "{ended:#?}");
    let why = ended.why();
    assert!(why.contains("run `1.sql`") && why.contains("error 208") && why.contains("in line 4"), "{why}");
    assert!(
        why.ends_with(
            "hint: run rollback: it gives production its write access back, and keeps stage for the analysis"
        ),
        "{why}"
    );
    rolls_back(&shop);
    let report = shop.good_report();
    assert_eq!(report.serving.version.as_deref(), Some("1"));
}

#[test]
fn a_v2_that_is_not_healthy_is_never_switched_to() {
    let broken = tempfile::tempdir().unwrap();
    let mut scenario = scenario();
    let original = std::fs::read_to_string(scenario.app_v2.as_ref().unwrap()).unwrap();
    let mut app: serde_json::Value = serde_json::from_str(&original).unwrap();
    app["fail"] = "health".into();
    let file = broken.path().join("app.json");
    std::fs::write(&file, app.to_string()).unwrap();
    scenario.app_v2 = Some(file);
    let shop = TestUpgrade::open(scenario);
    shop.upgrade_through(&ROAD[..4]);
    let ended = shop.run_with("migrate", &[("health-timeout", "1s")]);
    assert_eq!(ended.outcome(), "broken", "{ended:#?}");
    assert!(
        ended.why().contains("`https://www.contoso.example/health` at `contoso-2.azurewebsites.net` was not healthy")
    );
    rolls_back(&shop);
}

#[test]
fn after_the_switch_rollback_refuses_unless_the_loss_is_accepted_by_name() {
    let shop = TestUpgrade::open(scenario());
    shop.upgrade_through(&ROAD);
    shop.upgrade_through(&["switch"]);
    shop.assert_writes_arrive("contoso-2");
    let before = shop.digest();
    let refused = shop.run("rollback");
    assert_eq!(refused.outcome(), "refused");
    let why = refused.why();
    let beginning = "cannot roll back to `contoso-rg/contoso-1`: users have been on `contoso-stage-rg/contoso-2` since \
                     the switch, and V2 may have writes that V1 lacks: in `contoso-rg/contoso-sql-2/shop` since \
                     migrate `dbo.";
    assert!(why.starts_with(beginning) && why.contains(" rows, not "), "{why}");
    let end = "(row counts do not show changed rows)\n\
               hint: pass `accept-loss: contoso-rg/contoso-sql-2/shop`: rollback then goes back, and those writes are \
               permanently lost (upgrade `run-1` stands at `switched`: users are on V2; `cleanup` removes V1 when you \
               no longer need it)";
    assert!(why.ends_with(end), "{why}");
    assert_eq!(shop.digest(), before);
    let accepted = shop.run_with("rollback", &[("accept-loss", "contoso-rg/contoso-sql-2/shop")]);
    assert_eq!(accepted.outcome(), "done", "{accepted:#?}");
    let order = [
        "enable endpoint `contoso-rg/contoso/contoso-1`",
        "set `contoso-rg/contoso-sql-2/shop` READ_ONLY",
        "disable endpoint `contoso-rg/contoso/contoso-2`",
        "stop site `contoso-stage-rg/contoso-2`",
        "set `contoso-rg/contoso-sql-1/shop` READ_WRITE",
    ];
    assert!(order.map(|text| accepted.place(text)).is_sorted(), "{accepted:#?}");
    let given_up = accepted.outputs["given-up"].as_str();
    assert!(why.contains(given_up), "{given_up}");
    assert!(accepted.stderr.contains("given up, as `accept-loss` allows: users have been on"), "{accepted:#?}");
    let report = shop.sim.report();
    assert_eq!(report.serving.site.as_deref(), Some("contoso-1"));
    // What was accepted: V2's writes are given up, so users have written to two databases one after the other.
    let others: Vec<_> = report.invariants.broken.iter().filter(|broken| broken.number > 2).collect();
    assert!(others.is_empty(), "{others:#?}");
}

/// What a rollback after the switch would go back to.
#[test]
fn v1_stays_read_only_and_intact_until_cleanup() {
    let shop = TestUpgrade::open(scenario());
    shop.upgrade_through(&ROAD);
    let v1 = || {
        let mut v1 = Client::log_in(&shop, "contoso-sql-1", "shop", "somebody who looks");
        let read_only = "SELECT CONVERT(int, is_read_only) FROM sys.databases WHERE name = N'shop'";
        (v1.number("SELECT COUNT(*) FROM dbo.Invoice;"), v1.number(read_only))
    };
    let (invoices, _) = v1();
    shop.upgrade_through(&["switch"]);
    shop.assert_writes_arrive("contoso-2");
    assert_eq!(v1(), (invoices, 1));
}

/// A cleanup that died right at its beginning has stopped V1's site.
#[test]
fn a_v1_that_cleanup_has_stopped_is_started_again() {
    let shop = TestUpgrade::open(scenario());
    shop.upgrade_through(&ROAD);
    shop.upgrade_through(&["switch"]);
    arm(&shop, "POST", "contoso-rg/providers/Microsoft.Web/sites/contoso-1/stop", "2023-12-01", &Value::Null);
    let ended = shop.run_with("rollback", &[("accept-loss", "contoso-rg/contoso-sql-2/shop")]);
    assert_eq!(ended.outcome(), "done", "{ended:#?}");
    let order = ["start site `contoso-rg/contoso-1`", "enable endpoint `contoso-rg/contoso/contoso-1`"];
    assert!(order.map(|text| ended.place(text)).is_sorted(), "{ended:#?}");
    until("users can write on V1", || {
        shop.sim.tick();
        shop.sim.report().serving.site.as_deref() == Some("contoso-1")
    });
}
