//! Others act on the profile, the sites and the databases between our steps: nothing that a user saw acknowledged is lost, and the
//! step that comes next says what it saw and what to do.

use azure_sim::{AlterOnGeoPrimary, Hand, Protocol, Scenario, What, WriteMeasure};
use serde_json::{Value, json};

use crate::{
    faults::{at, fired},
    harness::{Ended, TestUpgrade, binary, scenario, until},
    sql::{Client, arm},
    two_hands::users_lose_nothing_on,
};

pub const PROFILE: &str = "contoso-rg/providers/Microsoft.Network/trafficManagerProfiles/contoso";
pub const TRAFFIC: &str = "2022-04-01";
pub const WEB: &str = "2023-12-01";
pub const SQL: &str = "2021-11-01";
pub const UNTIL_SWITCH: [&str; 5] = ["plan", "prepare", "freeze", "terminate", "migrate"];

/// V1 and V2 only UPDATE, so no row count tells who wrote.
pub fn updating() -> TestUpgrade {
    updating_with(|scenario| scenario)
}

pub fn updating_with(change: impl FnOnce(Scenario) -> Scenario) -> TestUpgrade {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/sweep");
    let app = |version: &str| Some(root.join(format!("updates/{version}/app.json")));
    let scenario =
        Scenario { database_script: Some(root.join("shop.sql")), app_v1: app("v1"), app_v2: app("v2"), ..scenario() };
    let scripts = root.join("upgrade");
    TestUpgrade::open(change(scenario)).with_inputs(&[("scripts", scripts.to_str().unwrap())])
}

/// What somebody else breaks is nobody's fault here; what our steps make of it is judged.
pub fn by_hand(shop: &TestUpgrade, hand: Hand) {
    shop.sim.act_by_hand(hand).unwrap();
}

/// Users write on this site, and have lost nothing.
#[track_caller]
pub fn users_write_on(shop: &TestUpgrade, site: &str) {
    users_lose_nothing_on(shop, site);
    let broken = shop.sim.report().invariants.broken;
    assert!(broken.is_empty(), "{broken:#?}");
}

#[track_caller]
pub fn ends(shop: &TestUpgrade, step: &str, outcome: &str) -> Ended {
    let ended = shop.run(step);
    assert_eq!(ended.outcome(), outcome, "{step}: {ended:#?}");
    ended
}

/// The switch ends when it has enabled the stage endpoint: Azure Resource Manager does not answer any more.
pub fn died_after_it_had_enabled_stage(shop: &TestUpgrade) {
    shop.upgrade_through(&UNTIL_SWITCH);
    let request = format!("PATCH /subscriptions/*/resourceGroups/{PROFILE}/ExternalEndpoints/contoso-2");
    at(shop, Protocol::Arm, &request, 1, What::LostForGood);
    ends(shop, "switch", "interrupted");
    fired(shop);
    shop.sim.set_fault(None).unwrap();
}

/// Somebody takes V1 away from users for a moment, so they come to V2 and write.
pub fn users_come_to_v2(shop: &TestUpgrade) {
    by_hand(shop, Hand::DisableProduction);
    users_write_on(shop, "contoso-2");
    by_hand(shop, Hand::EnableProduction);
}

/// Whoever is on production meanwhile writes to it.
fn open_production_for_a_moment(shop: &TestUpgrade) {
    let mut production = Client::log_in(shop, "contoso-sql-1", "shop", "portal");
    production.run("ALTER DATABASE CURRENT SET READ_WRITE WITH ROLLBACK IMMEDIATE;");
    shop.sim.tick();
    production.run("ALTER DATABASE CURRENT SET READ_ONLY WITH ROLLBACK IMMEDIATE;");
}

#[test]
fn users_whom_somebody_sent_back_after_the_switch_come_again() {
    let shop = updating();
    shop.upgrade_through(&UNTIL_SWITCH);
    shop.upgrade_through(&["switch"]);
    users_write_on(&shop, "contoso-2");
    by_hand(&shop, Hand::EnableProduction);

    let status = shop.run("status");
    let result = status.result();
    assert_eq!((&result["state"], &result["next"]), (&json!("switched"), &json!("switch")), "{result:#}");
    assert_eq!(result["rollback"], "with-loss", "{result:#}");
    let why = ends(&shop, "rollback", "refused").why();
    assert!(why.contains("run switch: going forward loses nothing; or pass `accept-loss: "), "{why}");
    for step in ["freeze", "terminate", "migrate"] {
        ends(&shop, step, "already-done");
    }
    ends(&shop, "switch", "done");
    users_write_on(&shop, "contoso-2");
    ends(&shop, "switch", "already-done");
}

#[test]
fn without_its_labels_an_upgrade_goes_on_and_a_switched_one_stays_switched() {
    let shop = updating();
    for step in UNTIL_SWITCH.into_iter().chain(["switch"]) {
        ends(&shop, step, "done");
        by_hand(&shop, Hand::WipeTags);
    }
    let known = shop.take_known();
    let status = shop.run_with("status", &[("profile", "contoso-rg/contoso")]).result();
    assert_eq!((&status["upgrade-id"], &status["state"]), (&json!("run-1"), &json!("switched")), "{status:#}");
    shop.give_back_known(known);
    by_hand(&shop, Hand::EnableProduction);
    let why = ends(&shop, "rollback", "refused").why();
    assert!(why.contains("users have been on `contoso-stage-rg/contoso-2` since the switch"), "{why}");
    ends(&shop, "switch", "done");
    users_write_on(&shop, "contoso-2");
    by_hand(&shop, Hand::WipeTags);
    assert_eq!(shop.clean_up("production").outcome(), "done");
    users_write_on(&shop, "contoso-2");
}

#[test]
fn endpoints_that_somebody_flipped_make_no_switch() {
    let shop = updating();
    shop.upgrade_through(&["plan", "prepare"]);
    by_hand(&shop, Hand::EnableStage);
    by_hand(&shop, Hand::DisableProduction);
    let why = ends(&shop, "switch", "refused").why();
    let expected = "cannot switch users from `contoso-rg/contoso-1` to `contoso-stage-rg/contoso-2`: production database \
                    `contoso-rg/contoso-sql-1/shop` is not read-only\nhint: run freeze first";
    assert!(why.starts_with(expected), "{why}");
    let cleanup = shop.clean_up("production");
    assert_eq!(cleanup.outcome(), "refused", "{cleanup:#?}");
    assert!(cleanup.why().contains("cleanup removes only what serves no users: run switch first"), "{}", cleanup.why());
    by_hand(&shop, Hand::EnableProduction);
    by_hand(&shop, Hand::DisableStage);
    let production = format!("{PROFILE}/AzureEndpoints/contoso-1");
    until("production is Online", || {
        arm(&shop, "GET", &production, TRAFFIC, &Value::Null)["properties"]["endpointMonitorStatus"] == "Online"
    });
    shop.upgrade_through(&["freeze", "terminate", "migrate", "switch"]);
    users_write_on(&shop, "contoso-2");
}

#[test]
fn what_users_wrote_while_a_switch_was_dead_is_not_rolled_back() {
    let shop = updating();
    died_after_it_had_enabled_stage(&shop);
    users_come_to_v2(&shop);
    let why = ends(&shop, "rollback", "refused").why();
    let expected = "cannot roll back to `contoso-rg/contoso-1`: users may have been on `contoso-stage-rg/contoso-2` \
                    since switch enabled its endpoint, and `contoso-rg/contoso-sql-2/shop` has taken writes \
                    (`sys.dm_db_index_usage_stats` counts ";
    assert!(why.starts_with(expected), "{why}");
    assert!(why.contains("hint: run switch: going forward loses nothing; or pass `accept-loss: "), "{why}");

    // Out of reach of the runner it is no better known.
    at(&shop, Protocol::LogIn, "contoso-sql-2/shop: log in with a token", 1, What::RefusedForGood);
    let why = ends(&shop, "rollback", "refused").why();
    shop.sim.set_fault(None).unwrap();
    assert!(why.contains("this run cannot read what they wrote to `contoso-rg/contoso-sql-2/shop`"), "{why}");

    // A job that is run again comes to switch.
    for step in ["freeze", "terminate", "migrate"] {
        ends(&shop, step, "already-done");
    }
    ends(&shop, "switch", "done");
    users_write_on(&shop, "contoso-2");
}

/// Users were on V2, and somebody had opened production for a moment: each database has writes that the other lacks.
#[test]
fn where_both_databases_were_written_to_no_way_is_said_to_lose_nothing() {
    let shop = updating();
    died_after_it_had_enabled_stage(&shop);
    users_come_to_v2(&shop);
    open_production_for_a_moment(&shop);
    let why = ends(&shop, "rollback", "refused").why();
    let hint = "hint: `contoso-rg/contoso-sql-1/shop` was written to after replication to the copy ended: its log has \
                grown, so each way loses some: compare the two databases; with `accept-loss: \
                contoso-rg/contoso-sql-2/shop` rollback goes back, and what only `contoso-rg/contoso-sql-2/shop` has \
                is permanently lost";
    assert!(why.contains(hint), "{why}");
    let status = shop.run("status").result();
    assert_eq!((&status["state"], &status["next"]), (&json!("broken"), &json!("rollback")), "{status:#}");
    assert_eq!(status["why"], "production was written to after replication to the copy ended", "{status:#}");
}

#[test]
fn a_switch_that_died_before_anybody_wrote_is_rolled_back() {
    let shop = updating();
    died_after_it_had_enabled_stage(&shop);
    ends(&shop, "rollback", "done");
    users_write_on(&shop, "contoso-1");
    ends(&shop, "rollback", "already-done");
}

/// The counters of the server began anew, or cannot be seen: nobody can tell whether users wrote.
#[test]
fn what_cannot_be_told_counts_as_written() {
    let shop = updating();
    died_after_it_had_enabled_stage(&shop);
    let mut stage = Client::log_in(&shop, "contoso-sql-2", "shop", "portal");
    stage.run("DELETE FROM rolling_upgrade.measure;");
    let why = ends(&shop, "rollback", "refused").why();
    let unknown = "may have taken writes: this run cannot tell, because it has no first reading of its write counters";
    assert!(why.contains(unknown), "{why}");
    ends(&shop, "switch", "done");
    users_write_on(&shop, "contoso-2");
}

#[test]
fn a_stage_site_that_leads_elsewhere_gets_no_users() {
    let shop = updating();
    shop.upgrade_through(&UNTIL_SWITCH);
    let settings = "contoso-stage-rg/providers/Microsoft.Web/sites/contoso-2/config/connectionstrings";
    let mut all = arm(&shop, "POST", &format!("{settings}/list"), WEB, &Value::Null)["properties"].clone();
    let name = shop.known("connection-name");
    let value = all[&name]["value"].as_str().unwrap().replace("contoso-sql-2", "contoso-sql-1");
    all[&name]["value"] = json!(value);
    arm(&shop, "PUT", settings, WEB, &json!({ "properties": all }));
    for step in ["migrate", "switch"] {
        let why = ends(&shop, step, "refused").why();
        let expected = format!(
            "connection string `{name}` of stage site `contoso-stage-rg/contoso-2` does not point to \
             `contoso-rg/contoso-sql-2/shop`\n\
             hint: find out who changed it"
        );
        assert!(why.contains(&expected), "{step}: {why}");
    }
    ends(&shop, "rollback", "done");
    users_write_on(&shop, "contoso-1");
}

/// An UPDATE in a moment of write access changes no row count. The log of production has grown.
#[test]
fn an_update_of_production_after_its_copy_was_cut_off_is_seen_before_the_switch() {
    let shop = updating();
    shop.upgrade_through(&UNTIL_SWITCH);
    open_production_for_a_moment(&shop);
    let why = ends(&shop, "switch", "broken").why();
    let expected =
        "the log of `contoso-rg/contoso-sql-1/shop` has grown since replication to the copy ended: it was written to";
    assert!(why.starts_with(expected), "{why}");
    ends(&shop, "rollback", "done");
    users_write_on(&shop, "contoso-1");
}

/// Before migrate has kept the end of production's log, its counters tell.
#[test]
fn an_update_of_production_between_terminate_and_migrate_is_seen() {
    let shop = updating();
    shop.upgrade_through(&UNTIL_SWITCH[..4]);
    open_production_for_a_moment(&shop);
    let why = ends(&shop, "migrate", "broken").why();
    let expected = "`contoso-rg/contoso-sql-1/shop` has taken writes (`sys.dm_db_index_usage_stats` counts ";
    assert!(why.starts_with(expected), "{why}");
    assert!(
        why.contains(
            " since terminate read its log and counters: its copy may not have every write\nhint: run rollback"
        ),
        "{why}"
    );
    ends(&shop, "migrate", "broken");
    ends(&shop, "switch", "refused");
    ends(&shop, "rollback", "done");
    users_write_on(&shop, "contoso-1");
}

/// Whichever of the two measures a cause has moved that is no write, the other one tells.
#[test]
fn neither_the_end_of_the_link_nor_a_failover_counts_as_a_write() {
    let logged = updating_with(|scenario| Scenario { end_of_link_is_logged: true, ..scenario });
    let kept = updating();
    for (shop, failover) in [(&logged, false), (&kept, true), (&logged, true)] {
        let snapshot = shop.sim.snapshot().unwrap();
        shop.upgrade_through(&UNTIL_SWITCH[..4]);
        if failover {
            at(shop, Protocol::LogIn, "contoso-sql-1/shop: log in with a token", 1, What::Failover);
        }
        match failover && std::ptr::eq(shop, &logged) {
            false => shop.upgrade_through(&["migrate", "switch"]),
            // Both have moved, and nobody can tell: no write is lost.
            true => {
                let why = ends(shop, "migrate", "broken").why();
                assert!(why.contains("may have taken writes: this run cannot tell, because "), "{why}");
                ends(shop, "rollback", "done");
            }
        }
        shop.sim.set_fault(None).unwrap();
        users_write_on(shop, if failover && std::ptr::eq(shop, &logged) { "contoso-1" } else { "contoso-2" });
        shop.sim.restore(&snapshot).unwrap();
    }
}

#[test]
fn write_access_comes_back_though_azure_resource_manager_does_not_answer() {
    let shop = updating();
    for steps in [&UNTIL_SWITCH[..3], &["terminate"], &["migrate"]] {
        shop.upgrade_through(steps);
        let snapshot = shop.sim.snapshot().unwrap();
        let request = format!("GET /subscriptions/*/resourceGroups/{PROFILE}");
        at(&shop, Protocol::Arm, &request, 1, What::RefusedForGood);
        let ended = ends(&shop, "rollback", "interrupted");
        fired(&shop);
        let expected = "production `contoso-rg/contoso-sql-1/shop` takes writes, but could not ";
        assert!(ended.why().starts_with(expected), "{}", ended.why());
        shop.sim.set_fault(None).unwrap();
        users_write_on(&shop, "contoso-1");
        ends(&shop, "rollback", "done");
        shop.sim.restore(&snapshot).unwrap();
    }
}

/// Somebody has made a geo-secondary of production on this server.
fn with_geo_secondary_on(shop: &TestUpgrade, server: &str) {
    let subscription = &shop.sim.credentials().subscription_id;
    let group = format!("/subscriptions/{subscription}/resourceGroups/contoso-rg");
    let source = format!("{group}/providers/Microsoft.Sql/servers/contoso-sql-1/databases/shop");
    let properties = json!({"createMode": "Secondary", "secondaryType": "Geo", "sourceDatabaseId": source});
    let path = format!("contoso-rg/providers/Microsoft.Sql/servers/{server}/databases/shop");
    arm(shop, "PUT", &path, SQL, &json!({"location": "westeurope", "properties": properties}));
    assert!(shop.sim.wait("idle", std::time::Duration::from_secs(10)));
}

/// Nobody knows whether Azure gives write access back to a database that has a geo-secondary; it is somebody's here.
#[test]
fn another_geo_secondary_is_named_where_it_keeps_users_from_writing() {
    let third = "contoso-dr";
    let shop = TestUpgrade::open(Scenario {
        alter_on_geo_primary: AlterOnGeoPrimary::RefuseReadWrite,
        servers: vec![third.to_owned()],
        ..scenario()
    });
    shop.upgrade_through(&["plan", "prepare", "freeze"]);
    with_geo_secondary_on(&shop, third);
    let ended = ends(&shop, "rollback", "stuck");
    let why = ended.why();
    assert!(
        why.contains(
            "`contoso-rg/contoso-sql-1/shop` stays READ_ONLY while it has a geo-secondary on server `contoso-dr`"
        ),
        "{why}"
    );
    let command = "ALTER DATABASE [shop] REMOVE SECONDARY ON SERVER [contoso-dr];";
    assert!(why.contains(&format!("connect to `master` of server `contoso-sql-1` and run {command}")), "{why}");
    Client::log_in(&shop, "contoso-sql-1", "master", "portal").run(command);
    ends(&shop, "rollback", "done");
    users_write_on(&shop, "contoso-1");
}

/// The request of a step that has died is carried out once a rollback has given production back.
#[test]
fn a_request_that_comes_late_is_undone_by_the_rollback() {
    let shop = updating();
    died_after_it_had_enabled_stage(&shop);
    let running =
        shop.start("rollback", &[("late-request-wait", "30s")], std::process::Command::new(binary("rollback")));
    until("write access is back", || running.stderr().contains("for delayed requests of a dead step"));
    by_hand(&shop, Hand::DisableProduction);
    until("it is undone", || {
        running.stderr().contains("a delayed request of a dead step changed endpoint `contoso-rg/contoso/contoso-1`")
    });
    users_write_on(&shop, "contoso-1");
    let ended = running.end();
    assert_eq!(ended.outcome(), "done", "{ended:#?}");
}

#[test]
fn a_geo_secondary_that_nobody_named_keeps_productions_database() {
    let third = "contoso-dr";
    let shop = TestUpgrade::open(Scenario { servers: vec![third.to_owned()], ..scenario() });
    shop.upgrade_through(&UNTIL_SWITCH);
    shop.upgrade_through(&["switch"]);
    with_geo_secondary_on(&shop, third);
    let ended = shop.clean_up("production");
    assert_eq!(ended.outcome(), "refused", "{ended:#?}");
    let expected = "cannot remove V1 (`contoso-rg/contoso-sql-1/shop`): `contoso-rg/contoso-sql-1/shop` has a \
                    geo-secondary on server `contoso-dr`, which this upgrade did not create\n\
                    hint: remove that geo-secondary first, or omit `remove-database`";
    assert!(ended.why().starts_with(expected), "{}", ended.why());
}

#[test]
fn another_geo_secondary_blocks_before_anything_is_touched() {
    let third = "contoso-dr";
    let shop = TestUpgrade::open(Scenario { servers: vec![third.to_owned()], ..scenario() });
    with_geo_secondary_on(&shop, third);
    let why = ends(&shop, "plan", "refused").why();
    assert!(why.contains("`contoso-rg/contoso-sql-1/shop` has another geo-secondary, on server `contoso-dr`"), "{why}");
}

/// While terminate waits for the copy, its link is removed: that is no end that anybody has proved.
#[test]
fn a_link_that_vanishes_during_the_proofs_is_not_taken_for_ended_by_us() {
    let shop = TestUpgrade::open(Scenario { lag_ms: 3_000, ..scenario() });
    shop.upgrade_through(&["plan", "prepare", "freeze"]);
    let running = shop.start("terminate", &[], std::process::Command::new(binary("terminate")));
    until("it waits for the copy", || {
        running.stderr().contains("wait until `contoso-rg/contoso-sql-2/shop` has every write")
    });
    by_hand(&shop, Hand::RemoveLink);
    let ended = running.end();
    assert_ne!(ended.code, Some(0), "{ended:#?}");
    ends(&shop, "migrate", "refused");
    ends(&shop, "rollback", "done");
    users_write_on(&shop, "contoso-1");
}

/// Somebody sends users to V2 before switch does, and this log-in may not see who wrote.
#[test]
fn where_nobody_can_see_who_wrote_the_profile_is_asked_before_production_is_given_back() {
    let shop = updating_with(|scenario| Scenario { write_measure: WriteMeasure::Refused, ..scenario });
    shop.upgrade_through(&UNTIL_SWITCH[..4]);
    let migrated = ends(&shop, "migrate", "done");
    let unseen = "terminate recorded neither the log nor the counters of `contoso-rg/contoso-sql-1/shop`: this step \
                  cannot detect an UPDATE between terminate and migrate";
    assert!(migrated.stderr.contains(unseen), "{}", migrated.stderr);
    by_hand(&shop, Hand::EnableStage);
    users_come_to_v2(&shop);
    let why = ends(&shop, "rollback", "refused").why();
    assert!(why.contains("may have taken writes: this run cannot tell"), "{why}");
    ends(&shop, "switch", "done");
    users_write_on(&shop, "contoso-2");
}

#[test]
fn what_users_wrote_to_another_database_keeps_a_rollback_from_going_back_by_itself() {
    let shop = updating();
    died_after_it_had_enabled_stage(&shop);
    by_hand(&shop, Hand::StageElsewhere);
    let why = ends(&shop, "rollback", "refused").why();
    assert!(why.contains("this run cannot see what they wrote elsewhere"), "{why}");
}

/// A rollback died after it had closed the copy, which users had written to.
#[test]
fn a_copy_that_a_dead_rollback_has_closed_takes_writes_again() {
    let shop = updating();
    died_after_it_had_enabled_stage(&shop);
    users_come_to_v2(&shop);
    let mut copy = Client::log_in(&shop, "contoso-sql-2", "shop", "portal");
    copy.run("UPDATE rolling_upgrade.fence SET closed_at = NULL;");
    copy.run("ALTER DATABASE CURRENT SET READ_ONLY WITH ROLLBACK IMMEDIATE;");
    assert_eq!(shop.run("status").result()["next"], "rollback");
    let why = ends(&shop, "rollback", "stuck").why();
    assert!(why.contains("it takes writes again\nhint: run switch: going forward loses nothing"), "{why}");
    ends(&shop, "switch", "done");
    users_write_on(&shop, "contoso-2");
}
