//! Other upgrades and other applications: a run that died, one that waits for its approval, one whose id differs in case.

use std::{process::Command, time::Duration};

use azure_sim::{Hand, Protocol, Scenario, What};
use serde_json::{Value, json};

use crate::{
    faults::at,
    harness::{Outputs, TestUpgrade, binary, scenario},
    interference::{UNTIL_SWITCH, WEB, by_hand, updating},
    refused::refused,
    sql::{Client, arm, exists},
    two_hands::{delete_database, endpoint, site, users_lose_nothing_on},
};

/// Upgrade `run-1` has died in its freeze: its fence row is open, and production takes writes. Its copy and its endpoint
/// were removed in the portal. What its steps said is known to whoever runs its failed jobs again.
fn died_in_its_freeze(shop: &TestUpgrade) -> Outputs {
    shop.upgrade_through(&UNTIL_SWITCH[..2]);
    let request = "contoso-sql-1/shop: ALTER DATABASE [shop] SET READ_ONLY WITH ROLLBACK IMMEDIATE;";
    at(shop, Protocol::Batch, request, 1, What::HeldBefore);
    let mut running = shop.start("freeze", &[("max-read-only", "2s")], Command::new(binary("freeze")));
    assert!(shop.sim.wait("fault", Duration::from_secs(20)));
    running.process.kill().unwrap();
    running.process.wait().unwrap();
    shop.sim.set_fault(None).unwrap();
    shop.sim.release();
    assert!(shop.sim.wait("quiet", Duration::from_secs(10)));
    by_hand(shop, Hand::RemoveLink);
    delete_database(shop, "contoso-sql-2");
    by_hand(shop, Hand::DeleteStage);
    shop.take_known()
}

/// Another upgrade of the same application is planned.
#[track_caller]
fn plans_again(shop: &TestUpgrade, id: &str, more: &[(&str, &str)]) {
    let inputs: Vec<_> = [("upgrade-id", id)].into_iter().chain(more.iter().copied()).collect();
    let planned = shop.run_with("plan", &inputs);
    assert_eq!(planned.outcome(), "done", "{planned:#?}");
}

fn open_rows(shop: &TestUpgrade, run: &str) -> i32 {
    let count = format!("SELECT COUNT(*) FROM rolling_upgrade.fence WHERE run = N'{run}' AND closed_at IS NULL;");
    Client::log_in(shop, "contoso-sql-1", "shop", "test").number(&count)
}

#[test]
fn a_freeze_closes_the_fence_row_of_a_run_that_died() {
    let shop = updating();
    died_in_its_freeze(&shop);
    assert_eq!(open_rows(&shop, "run-1"), 1);
    plans_again(&shop, "run-2", &[]);
    shop.upgrade_through(&["prepare", "freeze"]);
    assert_eq!((open_rows(&shop, "run-1"), open_rows(&shop, "run-2")), (0, 1));
    shop.upgrade_through(&["rollback"]);
    users_lose_nothing_on(&shop, "contoso-1");
}

#[test]
fn a_run_that_died_does_not_take_back_the_switch_of_another() {
    let shop = updating();
    let known = died_in_its_freeze(&shop);
    plans_again(&shop, "run-2", &[]);
    shop.upgrade_through(&["prepare", "freeze", "terminate", "migrate", "switch"]);
    users_lose_nothing_on(&shop, "contoso-2");
    shop.give_back_known(known);
    for step in ["freeze", "rollback", "terminate", "migrate", "switch"] {
        let why = refused(&shop, step, &[]).why();
        assert!(why.contains("`run-2`"), "{step}: {why}");
        users_lose_nothing_on(&shop, "contoso-2");
    }
}

/// A typo, or an output of another workflow.
#[test]
fn the_site_of_another_application_is_not_cleaned_up() {
    let shop = TestUpgrade::open(scenario());
    shop.upgrade_through(&UNTIL_SWITCH);
    shop.upgrade_through(&["switch"]);
    let (v1, payroll) = (site("contoso-rg", "contoso-1"), site("contoso-rg", "payroll"));
    let plan = arm(&shop, "GET", &v1, WEB, &Value::Null)["properties"]["serverFarmId"].clone();
    arm(&shop, "PUT", &payroll, WEB, &json!({"location": "West Europe", "properties": {"serverFarmId": plan}}));
    let named = shop.known("production-database");
    let remove = [
        ("remove", named.as_str()),
        ("remove-database", "true"),
        ("revert-window", "0s"),
        ("production-site", "contoso-rg/payroll"),
    ];
    for v1_runs in [true, false] {
        if !v1_runs {
            arm(&shop, "POST", &format!("{v1}/stop"), WEB, &Value::Null);
        }
        let why = refused(&shop, "cleanup", &remove).why();
        assert!(why.contains("`contoso-rg/payroll`"), "{why}");
        assert_eq!(arm(&shop, "GET", &payroll, WEB, &Value::Null)["properties"]["state"], "Running");
    }
    users_lose_nothing_on(&shop, "contoso-2");
}

/// Upgrades from server 2 to another one: what is stage elsewhere is production here, so the roles are not derived from these.
mod reversed {
    use super::*;

    /// V2's endpoint as the next upgrade wants that of its production.
    fn v2_is_production_now(shop: &TestUpgrade) {
        let subscription = &shop.sim.credentials().subscription_id;
        let v2 = format!("/subscriptions/{subscription}/resourceGroups/{}", site("contoso-stage-rg", "contoso-2"));
        endpoint(shop, "DELETE", "ExternalEndpoints/contoso-2", &Value::Null);
        let properties = json!({"targetResourceId": v2, "endpointStatus": "Enabled", "priority": 1});
        endpoint(shop, "PUT", "AzureEndpoints/contoso-2", &properties);
        assert!(shop.sim.wait("endpoint-online:contoso-2", Duration::from_secs(10)));
    }

    #[test]
    fn a_late_cleanup_leaves_alone_what_the_next_upgrade_has_prepared() {
        let shop = TestUpgrade::open(Scenario { servers: vec!["contoso-dr".to_owned()], ..scenario() });
        shop.upgrade_through(&UNTIL_SWITCH);
        shop.upgrade_through(&["switch"]);
        let first = shop.take_known();
        endpoint(&shop, "DELETE", "AzureEndpoints/contoso-1", &Value::Null);
        v2_is_production_now(&shop);
        let shop = shop.with_another_script("CREATE TABLE dbo.Later (Id int NOT NULL PRIMARY KEY);");
        plans_again(
            &shop,
            "run-2",
            &[("stage-server", "contoso-rg/contoso-dr"), ("stage-site", "contoso-rg/contoso-1")],
        );
        shop.upgrade_through(&["prepare"]);
        let second = shop.take_known();
        shop.give_back_known(first);
        let named = shop.known("production-database");
        let remove = [("remove", named.as_str()), ("remove-database", "true"), ("revert-window", "0s")];
        let why = refused(&shop, "cleanup", &remove).why();
        assert!(why.contains("`run-2`"), "{why}");
        assert!(exists(&shop, &site("contoso-rg", "contoso-1"), WEB));
        shop.give_back_known(second);
        shop.upgrade_through(&["freeze", "rollback"]);
        users_lose_nothing_on(&shop, "contoso-2");
    }

    /// SQL compares without case. The second upgrade comes to its end, or is refused before users have noticed anything.
    #[test]
    fn ids_that_differ_in_case_only_leave_no_upgrade_without_a_way_out() {
        let shop = TestUpgrade::open(scenario());
        plans_again(&shop, "Release-7", &[]);
        shop.upgrade_through(&["prepare", "freeze", "terminate", "migrate", "switch"]);
        assert_eq!(shop.clean_up("production").outcome(), "done");
        shop.forget();
        v2_is_production_now(&shop);
        let package = shop.sim.addresses().package_file.to_str().unwrap().to_owned();
        let shop = shop.with_another_script("CREATE TABLE dbo.Later (Id int NOT NULL PRIMARY KEY);").with_inputs(&[
            ("upgrade-id", "release-7"),
            ("stage-server", "contoso-rg/contoso-sql-1"),
            ("stage-site", "contoso-rg/contoso-1"),
            ("stage-plan", "contoso-rg/contoso-plan-1"),
            ("package", &package),
        ]);
        for step in ["plan", "prepare", "freeze", "terminate", "migrate", "switch"] {
            let ended = shop.run(step);
            if matches!(step, "plan" | "prepare") && ended.outcome() == "refused" {
                return users_lose_nothing_on(&shop, "contoso-2");
            }
            assert_eq!(ended.outcome(), "done", "{step}: {ended:#?}");
        }
        users_lose_nothing_on(&shop, "contoso-1");
    }
}
