//! Whose upgrade it is: a rescue run has another id, and identifiers that people type can be wrong or swapped.

use serde_json::json;

use crate::{
    harness::{TestUpgrade, scenario},
    refused::refused,
    sql::{Client, arm},
};

const OTHER_RUN: (&str, &str) = ("GITHUB_RUN_ID", "4712");
const NO_ID: (&str, &str) = ("upgrade-id", "");

/// A workflow run that comes to the rescue, with an id of its own.
fn rescue() -> TestUpgrade {
    TestUpgrade::open(scenario()).with_environment(&[OTHER_RUN])
}

fn told(run: &str, how: &str) -> String {
    format!("no `upgrade-id` was given: this run acts for upgrade `{run}`, because {how}")
}

const BY_FENCE: &str = "its row in `rolling_upgrade.fence` of `contoso-rg/contoso-sql-1/shop` is open";
const BY_LABEL: &str = "the tags of Traffic Manager profile `contoso-rg/contoso` name it";

#[test]
fn a_rescue_run_gives_back_what_another_has_frozen() {
    for last in [3, 4, 5] {
        let shop = rescue();
        shop.upgrade_through(&["plan", "prepare", "freeze", "terminate", "migrate"][..last]);
        let status = shop.run_with("status", &[NO_ID]);
        assert_eq!(status.outputs["upgrade-id"], "run-1", "{status:#?}");
        assert!(status.stderr.contains(&told("run-1", BY_FENCE)), "{status:#?}");
        let ended = shop.run_with("rollback", &[NO_ID]);
        assert_eq!(ended.outcome(), "done", "{ended:#?}");
        assert!(ended.stderr.contains(&told("run-1", BY_FENCE)), "{ended:#?}");
        shop.assert_writes_arrive("contoso-1");
        // The row is closed by now, so the label tells.
        let stage = shop.known("stage-database");
        let ended = shop.run_with("cleanup", &[NO_ID, ("remove", &stage)]);
        assert_eq!(ended.outcome(), "done", "{ended:#?}");
        assert!(ended.stderr.contains(&told("run-1", BY_LABEL)), "{ended:#?}");
        shop.assert_writes_arrive("contoso-1");
    }
}

#[test]
fn a_wrong_id_is_refused_with_the_right_one() {
    let shop = TestUpgrade::open(scenario());
    shop.upgrade_through(&["plan", "prepare", "freeze"]);
    let stage = shop.known("stage-database");
    for (step, tried) in [
        ("rollback", "roll back to `contoso-rg/contoso-1`"),
        ("cleanup", "clean up"),
        ("status", "tell where the upgrade stands"),
    ] {
        let why = refused(&shop, step, &[("upgrade-id", "run-2"), ("remove", &stage)]).why();
        let expected = format!(
            "cannot {tried}: upgrade `run-1` made production `contoso-rg/contoso-sql-1/shop` read-only, and this is \
             upgrade `run-2`\n\
             hint: users cannot write: `upgrade-rollback --upgrade-id run-1` with the same identifiers gives \
             production its write access back"
        );
        assert!(why.starts_with(&expected), "{step}: {why}");
    }
    shop.upgrade_through(&["rollback"]);
    shop.assert_writes_arrive("contoso-1");
}

#[test]
fn a_freeze_closes_the_open_fence_row_of_a_run_that_died() {
    let shop = rescue();
    shop.upgrade_through(&["plan", "prepare"]);
    Client::log_in(&shop, "contoso-sql-1", "shop", "portal").run(
        "INSERT INTO rolling_upgrade.fence (run, opened_at, deadline) VALUES (N'run-0', '2026-01-01', '2026-01-02');",
    );
    shop.upgrade_through(&["freeze"]);
    let ended = shop.run_with("rollback", &[NO_ID]);
    assert_eq!(ended.outcome(), "done", "{ended:#?}");
    shop.assert_writes_arrive("contoso-1");
}

/// It enabled the endpoint that somebody had disabled.
#[test]
fn a_foreign_id_does_not_touch_productions_endpoint() {
    let shop = TestUpgrade::open(scenario());
    shop.upgrade_through(&["plan", "prepare"]);
    let endpoint = "contoso-rg/providers/Microsoft.Network/trafficManagerProfiles/contoso/AzureEndpoints/contoso-1";
    arm(&shop, "PATCH", endpoint, "2022-04-01", &json!({"properties": {"endpointStatus": "Disabled"}}));
    let why = refused(&shop, "rollback", &[("upgrade-id", "run-2")]).why();
    let expected = "cannot roll back to `contoso-rg/contoso-1`: nothing here belongs to upgrade `run-2`: it has no row \
                    in `rolling_upgrade.fence`, and no tag on the Traffic Manager profile or the stage database; the \
                    tags of Traffic Manager profile `contoso-rg/contoso` name upgrade `run-1`\n\
                    hint: pass the `upgrade-id` of the upgrade to roll back; `upgrade-status --subscription-id <id> \
                    --profile contoso-rg/contoso` shows it";
    assert!(why.starts_with(expected), "{why}");
}

#[test]
fn swapped_databases_are_refused_before_and_after_a_rollback() {
    let shop = TestUpgrade::open(scenario());
    shop.upgrade_through(&["plan", "prepare", "freeze"]);
    let (production, stage) = (shop.known("production-database"), shop.known("stage-database"));
    let swapped = [("production-database", stage.as_str()), ("stage-database", production.as_str())];
    let hint = "hint: swap the identifiers of production and stage: the outputs of plan have them the right way round";
    let why = refused(&shop, "rollback", &swapped).why();
    assert!(
        why.starts_with(&format!(
            "cannot run rollback: `{stage}` was passed as production's database, but it is the geo-secondary of \
             `{production}`\n{hint}"
        )),
        "{why}"
    );
    shop.upgrade_through(&["terminate", "migrate", "rollback"]);
    let why = refused(&shop, "rollback", &swapped).why();
    let row = format!("the record of upgrade `run-1` in the database names `{production}` as production");
    assert!(why.starts_with(&format!("cannot run rollback: {row}\n{hint}")), "{why}");
    shop.assert_writes_arrive("contoso-1");
}

#[test]
fn write_access_comes_back_and_nothing_is_done_while_no_endpoint_leads_there() {
    let shop = TestUpgrade::open(scenario());
    shop.upgrade_through(&["plan", "prepare", "freeze"]);
    let endpoints = "contoso-rg/providers/Microsoft.Network/trafficManagerProfiles/contoso";
    for endpoint in ["AzureEndpoints/contoso-1", "ExternalEndpoints/contoso-2"] {
        arm(&shop, "DELETE", &format!("{endpoints}/{endpoint}"), "2022-04-01", &json!(null));
    }
    let ended = shop.run("rollback");
    assert_eq!(ended.outcome(), "interrupted", "{ended:#?}");
    let nobody = "cannot roll back to `contoso-rg/contoso-1`: Traffic Manager sends users to no endpoint (none is \
                  enabled), not to `contoso-1`; its endpoint does not exist";
    assert!(ended.why().contains(nobody), "{ended:#?}");
    let mut production = Client::log_in(&shop, "contoso-sql-1", "shop", "test");
    let word = "SELECT CAST(DATABASEPROPERTYEX(DB_NAME(), N'Updateability') AS nvarchar(60));";
    assert_eq!(production.text(word), "READ_WRITE");
    let why = refused(&shop, "rollback", &[]).why();
    let hint = "hint: add endpoint `contoso-1` for site `contoso-rg/contoso-1` again, with the smallest \
                priority number of the enabled endpoints";
    assert!(why.starts_with(&format!("{nobody}\n{hint}")), "{why}");
    let site = format!(
        "/subscriptions/{}/resourceGroups/contoso-rg/providers/Microsoft.Web/sites/contoso-1",
        shop.sim.credentials().subscription_id
    );
    let again = json!({"properties": {"targetResourceId": site, "endpointStatus": "Enabled", "priority": 1}});
    arm(&shop, "PUT", &format!("{endpoints}/AzureEndpoints/contoso-1"), "2022-04-01", &again);
    assert_eq!(shop.run("rollback").outcome(), "already-done");
}
