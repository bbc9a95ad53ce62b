//! Upgrades that the release before has begun, with version 2 of the schema and its labels: these steps finish them, or give V1 back.

use std::time::Duration;

use azure_sim::{Hand, Snapshot};

use crate::{
    harness::{Ended, TestUpgrade, scenario},
    sql::Client,
};

/// What version 3 has added.
const WITHOUT_VERSION_3: &str = "\
IF OBJECT_ID(N'rolling_upgrade.folder', N'U') IS NOT NULL DROP TABLE rolling_upgrade.folder;
IF OBJECT_ID(N'rolling_upgrade.upgrade', N'U') IS NOT NULL DROP TABLE rolling_upgrade.upgrade;
IF OBJECT_ID(N'rolling_upgrade.milestone', N'U') IS NOT NULL DROP TABLE rolling_upgrade.milestone;
IF OBJECT_ID(N'rolling_upgrade.canary', N'U') IS NOT NULL DROP TABLE rolling_upgrade.canary;
IF OBJECT_ID(N'rolling_upgrade.measure', N'U') IS NOT NULL DROP TABLE rolling_upgrade.measure;
IF OBJECT_ID(N'rolling_upgrade.log_end', N'U') IS NOT NULL DROP TABLE rolling_upgrade.log_end;
ALTER TABLE rolling_upgrade.journal ALTER COLUMN finished_at datetime2(3) NOT NULL;
UPDATE rolling_upgrade.version SET [schema] = 2;";

fn as_before(shop: &TestUpgrade, server: &str) {
    Client::log_in(shop, server, "shop", "portal").run(WITHOUT_VERSION_3);
    assert!(shop.sim.wait("idle", Duration::from_secs(10)));
}

/// Production is frozen; for a moment it takes writes, which its copy still gets.
fn frozen_as_before(shop: &TestUpgrade) {
    let mut production = Client::log_in(shop, "contoso-sql-1", "shop", "portal");
    production.run("ALTER DATABASE CURRENT SET READ_WRITE WITH ROLLBACK IMMEDIATE;");
    production.run(WITHOUT_VERSION_3);
    production.run("ALTER DATABASE CURRENT SET READ_ONLY WITH ROLLBACK IMMEDIATE;");
    assert!(shop.sim.wait("idle", Duration::from_secs(10)));
}

type Downgrade = fn(&TestUpgrade);

/// Each state between two steps, as the release before leaves it.
fn states(shop: &TestUpgrade) -> Vec<(&'static str, Snapshot)> {
    let road: [(&str, Downgrade); 5] = [
        ("prepare", |shop| as_before(shop, "contoso-sql-1")),
        ("freeze", frozen_as_before),
        ("terminate", |_| ()),
        ("migrate", |shop| as_before(shop, "contoso-sql-2")),
        ("switch", |shop| as_before(shop, "contoso-sql-2")),
    ];
    shop.upgrade_through(&["plan"]);
    let mut states = Vec::new();
    for (step, downgrade) in road {
        let ended = match step {
            // What this release asks for it brings up to date itself.
            "freeze" | "switch" => {
                let before = if step == "freeze" { "prepare" } else { "migrate" };
                shop.upgrade_through(&[before]);
                shop.run(step)
            }
            _ => shop.run(step),
        };
        assert_eq!(ended.outcome(), "done", "{step}: {ended:#?}");
        downgrade(shop);
        states.push((step, shop.sim.snapshot().unwrap()));
    }
    states
}

#[track_caller]
fn ends(shop: &TestUpgrade, step: &str, outcome: &str) -> Ended {
    let ended = shop.run(step);
    assert_eq!(ended.outcome(), outcome, "{step}: {ended:#?}");
    ended
}

#[test]
fn every_state_of_the_release_before_is_finished_or_given_back() {
    let shop = TestUpgrade::open(scenario());
    let words = [
        ("prepare", "prepared", ["prepare", "freeze", "terminate", "migrate", "switch"].as_slice()),
        ("freeze", "frozen", &["terminate", "migrate", "switch"]),
        ("terminate", "terminated", &["migrate", "switch"]),
        ("migrate", "migrated", &["migrate", "switch"]),
    ];
    let states = states(&shop);
    for ((step, snapshot), (_, word, rest)) in states.iter().zip(words) {
        shop.sim.restore(snapshot).unwrap();
        assert_eq!(shop.run("status").result()["state"], word, "after {step}");
        ends(&shop, "rollback", "done");
        shop.assert_writes_arrive("contoso-1");
        assert_eq!(shop.run("status").result()["state"], "rolled-back", "after {step}");
        assert_eq!(shop.clean_up("stage").outcome(), "done", "after {step}");

        shop.sim.restore(snapshot).unwrap();
        shop.upgrade_through(rest);
        shop.assert_writes_arrive("contoso-2");
    }
    let (_, switched) = states.last().unwrap();
    shop.sim.restore(switched).unwrap();
    assert_eq!(shop.run("status").result()["state"], "switched");
    let why = ends(&shop, "rollback", "refused").why();
    assert!(why.contains("users have been on `contoso-stage-rg/contoso-2` since the switch"), "{why}");
    ends(&shop, "switch", "already-done");
    assert_eq!(shop.clean_up("production").outcome(), "done");
    shop.assert_writes_arrive("contoso-2");
}

/// It wrote down no moment, so endpoints decide, and what was written cannot be told.
#[test]
fn a_stage_that_the_release_before_has_enabled_is_not_left_behind() {
    let shop = TestUpgrade::open(scenario());
    let states = states(&shop);
    let (_, migrated) = states.iter().find(|(step, _)| *step == "migrate").unwrap();
    shop.sim.restore(migrated).unwrap();
    shop.sim.act_by_hand(Hand::EnableStage).unwrap();
    let why = ends(&shop, "rollback", "refused").why();
    assert!(why.contains("may have taken writes: this run cannot tell"), "{why}");
}
