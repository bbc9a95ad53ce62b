//! What others do to what users are on: endpoints that lead elsewhere, copies that are not what they were, settings and rows
//! that were changed. Nothing that a user saw acknowledged is lost, and no step says that it has done what it has not.

use std::{process::Command, time::Duration};

use azure_sim::{ForeignEndpoint, Hand, Protocol, Scenario, What};
use serde_json::{Value, json};

use crate::{
    deadline::{SOON, frozen_for, is_overdue},
    faults::at,
    harness::{Ended, TestUpgrade, binary, until},
    interference::{PROFILE, SQL, TRAFFIC, UNTIL_SWITCH, WEB, by_hand, ends, updating, updating_with, users_write_on},
    refused::refused,
    sql::{Client, arm, exists},
};

const STAGE_ENDPOINT: &str = "ExternalEndpoints/contoso-2";
const SORRY: &str = "sorry.contoso.example";
const V1_HOST: &str = "contoso-1.azurewebsites.net";
const V2_HOST: &str = "contoso-2.azurewebsites.net";

pub fn site(group: &str, name: &str) -> String {
    format!("{group}/providers/Microsoft.Web/sites/{name}")
}

pub fn database(server: &str) -> String {
    format!("contoso-rg/providers/Microsoft.Sql/servers/{server}/databases/shop")
}

/// Somebody changes an endpoint of the profile.
pub fn endpoint(shop: &TestUpgrade, method: &str, name: &str, properties: &Value) {
    let body = if properties.is_null() { json!(null) } else { json!({ "properties": properties }) };
    arm(shop, method, &format!("{PROFILE}/{name}"), TRAFFIC, &body);
}

/// Waits until an operation of somebody else has ended.
#[track_caller]
fn rest(shop: &TestUpgrade) {
    assert!(shop.sim.wait("idle", Duration::from_secs(20)), "the world does not come to rest");
}

/// Somebody deletes the database of this server.
#[track_caller]
pub fn delete_database(shop: &TestUpgrade, server: &str) {
    arm(shop, "DELETE", &database(server), SQL, &Value::Null);
    until("the database is gone", || !exists(shop, &database(server), SQL));
}

/// Somebody copies the database of one server to another one, as a restore does: there is no link between them.
#[track_caller]
fn restored(shop: &TestUpgrade, from: &str, to: &str) {
    secondary(shop, from, to);
    Client::log_in(shop, from, "master", "portal")
        .run(&format!("ALTER DATABASE [shop] REMOVE SECONDARY ON SERVER [{to}];"));
    rest(shop);
}

#[track_caller]
fn secondary(shop: &TestUpgrade, from: &str, to: &str) {
    let subscription = &shop.sim.credentials().subscription_id;
    let source = format!("/subscriptions/{subscription}/resourceGroups/{}", database(from));
    let properties = json!({"createMode": "Secondary", "secondaryType": "Geo", "sourceDatabaseId": source});
    let tags = json!({"rolling-upgrade": "run-1"});
    let body = json!({"location": "westeurope", "properties": properties, "tags": tags});
    arm(shop, "PUT", &database(to), SQL, &body);
    rest(shop);
}

/// The users who write next write here, and everything that any user saw acknowledged is there.
#[track_caller]
pub fn users_lose_nothing_on(shop: &TestUpgrade, site: &str) {
    let before = shop.sim.report().writes.acknowledged;
    until("users can write", || {
        shop.sim.tick();
        let report = shop.sim.report();
        report.writes.acknowledged > before && report.serving.site.as_deref() == Some(site)
    });
    assert_eq!(shop.sim.report().writes.lost, 0);
}

/// It is no success.
#[track_caller]
pub fn not_done(ended: &Ended) {
    assert!(!matches!(ended.outcome(), "done" | "already-done"), "{ended:#?}");
}

/// It ended in one of these ways.
#[track_caller]
fn one_of(ended: &Ended, outcomes: &[&str]) {
    assert!(outcomes.contains(&ended.outcome()), "{outcomes:?}: {ended:#?}");
}

#[track_caller]
fn production_takes_writes(shop: &TestUpgrade) {
    let mut production = Client::log_in(shop, "contoso-sql-1", "shop", "test");
    let word = "SELECT CAST(DATABASEPROPERTYEX(DB_NAME(), N'Updateability') AS nvarchar(60));";
    assert_eq!(production.text(word), "READ_WRITE");
}

/// A profile that knows a page of somebody else, which answers.
fn with_sorry_page() -> TestUpgrade {
    let sorry = ForeignEndpoint {
        name: "sorry".to_owned(),
        host: SORRY.to_owned(),
        priority: 900,
        enabled: false,
        always_serve: false,
    };
    updating_with(|scenario| Scenario { endpoints: vec![sorry], ..scenario })
}

/// Somebody edits the target of stage's endpoint.
fn stage_endpoint_leads_to(shop: &TestUpgrade, target: &str) {
    endpoint(shop, "PATCH", STAGE_ENDPOINT, &json!({ "target": target }));
}

#[track_caller]
fn names_stage_endpoint_and(ended: &Ended, target: &str) {
    let why = ended.why();
    assert!(why.contains("`contoso-rg/contoso/contoso-2`") && why.contains(target), "{why}");
}

#[test]
fn a_stage_endpoint_that_leads_elsewhere_gets_no_freeze() {
    let shop = updating();
    shop.upgrade_through(&UNTIL_SWITCH[..2]);
    let prepared = shop.sim.snapshot().unwrap();
    for target in ["elsewhere.contoso.com", V1_HOST] {
        shop.sim.restore(&prepared).unwrap();
        stage_endpoint_leads_to(&shop, target);
        names_stage_endpoint_and(&refused(&shop, "freeze", &[]), target);
        users_write_on(&shop, "contoso-1");
    }
}

#[test]
fn a_stage_endpoint_that_leads_elsewhere_gets_no_users() {
    let shop = with_sorry_page();
    shop.upgrade_through(&UNTIL_SWITCH);
    let migrated = shop.sim.snapshot().unwrap();
    for target in [SORRY, V1_HOST] {
        shop.sim.restore(&migrated).unwrap();
        endpoint(&shop, "DELETE", "ExternalEndpoints/sorry", &Value::Null);
        stage_endpoint_leads_to(&shop, target);
        names_stage_endpoint_and(&refused(&shop, "switch", &[]), target);
        ends(&shop, "rollback", "done");
        users_write_on(&shop, "contoso-1");
    }
}

#[test]
fn v1_stays_while_stages_endpoint_leads_to_it() {
    let shop = updating();
    shop.upgrade_through(&UNTIL_SWITCH);
    shop.upgrade_through(&["switch"]);
    stage_endpoint_leads_to(&shop, V1_HOST);
    let ended = shop.clean_up("production");
    assert_eq!(ended.outcome(), "refused", "{ended:#?}");
    names_stage_endpoint_and(&ended, V1_HOST);
    assert!(exists(&shop, &site("contoso-rg", "contoso-1"), WEB) && exists(&shop, &database("contoso-sql-1"), SQL));
    endpoint(&shop, "PATCH", STAGE_ENDPOINT, &json!({ "target": V2_HOST }));
    users_lose_nothing_on(&shop, "contoso-2");
}

#[test]
fn write_access_comes_back_and_nothing_is_done_while_productions_endpoint_leads_elsewhere() {
    let shop = with_sorry_page();
    shop.upgrade_through(&UNTIL_SWITCH[..4]);
    endpoint(&shop, "DELETE", "AzureEndpoints/contoso-1", &Value::Null);
    endpoint(&shop, "DELETE", "ExternalEndpoints/sorry", &Value::Null);
    let foreign = json!({"target": SORRY, "endpointStatus": "Enabled", "priority": 1});
    endpoint(&shop, "PUT", "ExternalEndpoints/contoso-1", &foreign);
    let ended = ends(&shop, "rollback", "interrupted");
    assert!(ended.why().contains("`contoso-1`") || ended.why().contains(SORRY), "{}", ended.why());
    production_takes_writes(&shop);
    not_done(&shop.run("rollback"));
}

/// Terraform knows V2's endpoint by a name of its own; V1 is down for a moment, so users come to V2 and write.
fn users_come_to_v2_by_another_endpoint(shop: &TestUpgrade) {
    let properties =
        json!({"target": V2_HOST, "endpointStatus": "Enabled", "priority": 7, "endpointLocation": "West Europe"});
    endpoint(shop, "PUT", "ExternalEndpoints/v2", &properties);
    assert!(shop.sim.wait("endpoint-online:v2", Duration::from_secs(10)));
    let v1 = site("contoso-rg", "contoso-1");
    arm(shop, "POST", &format!("{v1}/stop"), WEB, &Value::Null);
    users_lose_nothing_on(shop, "contoso-2");
    arm(shop, "POST", &format!("{v1}/start"), WEB, &Value::Null);
    until("users are back on V1", || {
        shop.sim.tick();
        shop.sim.report().serving.site.as_deref() == Some("contoso-1")
    });
}

#[test]
fn what_users_wrote_on_v2_by_another_endpoint_is_not_rolled_back() {
    let shop = updating();
    shop.upgrade_through(&UNTIL_SWITCH);
    users_come_to_v2_by_another_endpoint(&shop);
    let ended = shop.run("rollback");
    one_of(&ended, &["refused", "stuck"]);
    assert!(ended.why().contains("contoso-2"), "{}", ended.why());
    endpoint(&shop, "DELETE", "ExternalEndpoints/v2", &Value::Null);
    ends(&shop, "switch", "done");
    users_lose_nothing_on(&shop, "contoso-2");
}

/// A rename: delete and create.
#[test]
fn what_users_wrote_on_v2_by_its_renamed_endpoint_is_not_rolled_back() {
    let shop = updating();
    shop.upgrade_through(&UNTIL_SWITCH);
    by_hand(&shop, Hand::DeleteStage);
    users_come_to_v2_by_another_endpoint(&shop);
    one_of(&shop.run("rollback"), &["refused", "stuck"]);
    endpoint(&shop, "DELETE", "ExternalEndpoints/v2", &Value::Null);
    let again =
        json!({"target": V2_HOST, "endpointStatus": "Disabled", "priority": 2, "endpointLocation": "West Europe"});
    endpoint(&shop, "PUT", STAGE_ENDPOINT, &again);
    ends(&shop, "switch", "done");
    users_lose_nothing_on(&shop, "contoso-2");
}

#[test]
fn the_deadline_does_not_take_back_what_users_wrote_on_v2_by_another_endpoint() {
    let shop = updating();
    frozen_for(&shop, SOON, &["terminate", "migrate"]);
    users_come_to_v2_by_another_endpoint(&shop);
    until("the deadline has passed", || is_overdue(&shop));
    if shop.run("switch").code != Some(0) {
        endpoint(&shop, "DELETE", "ExternalEndpoints/v2", &Value::Null);
        ends(&shop, "switch", "done");
    }
    users_lose_nothing_on(&shop, "contoso-2");
}

/// V1 only UPDATEs, so no row count tells the older one.
#[test]
fn a_copy_that_is_replaced_by_an_older_one_is_not_migrated() {
    let shop = updating_with(|scenario| Scenario { servers: vec!["contoso-dr".to_owned()], ..scenario });
    shop.upgrade_through(&UNTIL_SWITCH[..2]);
    restored(&shop, "contoso-sql-1", "contoso-dr");
    users_write_on(&shop, "contoso-1");
    shop.upgrade_through(&UNTIL_SWITCH[2..4]);
    delete_database(&shop, "contoso-sql-2");
    restored(&shop, "contoso-dr", "contoso-sql-2");
    let ended = shop.run("migrate");
    one_of(&ended, &["refused", "broken"]);
    assert!(ended.why().contains("`contoso-rg/contoso-sql-2/shop`"), "{}", ended.why());
    ends(&shop, "rollback", "done");
    users_lose_nothing_on(&shop, "contoso-1");
}

/// The link is removed when the fence row has arrived and the last writes have not.
#[test]
fn a_copy_that_somebody_cut_off_and_closed_is_no_copy_of_everything() {
    let shop = updating_with(|scenario| Scenario { lag_ms: 3_000, user_interval_ms: 100, ..scenario });
    shop.upgrade_through(&UNTIL_SWITCH[..2]);
    let frozen = shop.run_with("freeze", &[("rollback-after", "6s"), ("max-lag", "10s")]);
    assert_eq!(frozen.outcome(), "done", "{frozen:#?}");
    let mut copy = Client::log_in(&shop, "contoso-sql-2", "shop", "portal");
    until("the fence row has arrived", || copy.number("SELECT COUNT(*) FROM rolling_upgrade.fence;") == 1);
    by_hand(&shop, Hand::RemoveLink);
    by_hand(&shop, Hand::StageReadOnly);
    let why = ends(&shop, "terminate", "refused").why();
    assert!(why.contains("`contoso-rg/contoso-sql-2/shop`"), "{why}");
    ends(&shop, "rollback", "done");
    users_lose_nothing_on(&shop, "contoso-1");
}

#[test]
fn a_switched_upgrade_stays_switched_without_its_milestones() {
    let shop = updating();
    shop.upgrade_through(&UNTIL_SWITCH);
    shop.upgrade_through(&["switch"]);
    users_write_on(&shop, "contoso-2");
    Client::log_in(&shop, "contoso-sql-2", "shop", "portal").run("DELETE FROM rolling_upgrade.milestone;");
    by_hand(&shop, Hand::EnableProduction);
    by_hand(&shop, Hand::DisableStage);
    let why = ends(&shop, "rollback", "refused").why();
    assert!(why.contains("`contoso-stage-rg/contoso-2`"), "{why}");
    ends(&shop, "switch", "done");
    users_lose_nothing_on(&shop, "contoso-2");
}

const TABLES: [&str; 12] = [
    "hook",
    "folder",
    "worker",
    "counted",
    "fence",
    "log_end",
    "measure",
    "canary",
    "upgrade",
    "milestone",
    "journal",
    "version",
];

/// A deployment by comparison of schemas removes what it does not know.
fn drop_tables(shop: &TestUpgrade) {
    let mut copy = Client::log_in(shop, "contoso-sql-2", "shop", "portal");
    for table in TABLES {
        copy.run(&format!(
            "IF OBJECT_ID(N'rolling_upgrade.{table}', N'U') IS NOT NULL DROP TABLE rolling_upgrade.{table};"
        ));
    }
    copy.run("DROP SCHEMA rolling_upgrade;");
}

#[test]
fn no_script_runs_twice_in_a_copy_that_has_lost_its_tables() {
    let shop = updating_with(|scenario| Scenario { app_v2: scenario.app_v1.clone(), ..scenario })
        .with_script("UPDATE dbo.Stock SET OnHand = OnHand * 2;");
    let scripts = shop.scripts().to_str().unwrap().to_owned();
    let shop = shop.with_inputs(&[("scripts", &scripts)]);
    shop.upgrade_through(&UNTIL_SWITCH);
    drop_tables(&shop);
    let stock =
        || Client::log_in(&shop, "contoso-sql-2", "shop", "test").number("SELECT SUM(OnHand) AS stock FROM dbo.Stock;");
    let before = stock();
    for step in ["switch", "migrate", "switch"] {
        let ended = shop.run(step);
        one_of(&ended, &["refused", "broken"]);
        assert!(ended.why().contains("`contoso-rg/contoso-sql-2/shop`"), "{}", ended.why());
    }
    assert_eq!(stock(), before);
    assert_eq!(shop.sim.report().writes.lost, 0);
}

/// Somebody does something while cleanup is about to delete V1's site, and then V1's database.
fn v1s_database_stays(meanwhile: fn(&TestUpgrade)) {
    let shop = updating();
    shop.upgrade_through(&UNTIL_SWITCH);
    shop.upgrade_through(&["switch"]);
    let request = "DELETE /subscriptions/*/resourceGroups/contoso-rg/providers/Microsoft.Web/sites/contoso-1";
    at(&shop, Protocol::Arm, request, 1, What::Hand(Hand::Pause));
    let named = shop.known("production-database");
    let remove = [("remove", named.as_str()), ("remove-database", "true"), ("revert-window", "0s")];
    let running = shop.start("cleanup", &remove, Command::new(binary("cleanup")));
    assert!(shop.sim.wait("fault", Duration::from_secs(20)));
    meanwhile(&shop);
    shop.sim.release();
    not_done(&running.end());
    assert!(exists(&shop, &database("contoso-sql-1"), SQL));
}

#[test]
fn v1s_database_stays_when_v2s_is_deleted_during_the_cleanup() {
    v1s_database_stays(|shop| delete_database(shop, "contoso-sql-2"));
}

#[test]
fn v1s_database_stays_when_v2_is_led_elsewhere_during_the_cleanup() {
    v1s_database_stays(|shop| by_hand(shop, Hand::StageNowhere));
}

/// Somebody changes the connection string of V1's site.
fn production_site_leads_to(shop: &TestUpgrade, server: &str) {
    let settings = format!("{}/config/connectionstrings", site("contoso-rg", "contoso-1"));
    let mut all = arm(shop, "POST", &format!("{settings}/list"), WEB, &Value::Null)["properties"].clone();
    let name = shop.known("connection-name");
    let value = all[&name]["value"].as_str().unwrap().replace("contoso-sql-1", server);
    all[&name]["value"] = json!(value);
    arm(shop, "PUT", &settings, WEB, &json!({ "properties": all }));
    users_lose_nothing_on(shop, "contoso-1");
}

#[track_caller]
fn names_production_setting(shop: &TestUpgrade, ended: &Ended) {
    let (why, name) = (ended.why(), format!("`{}`", shop.known("connection-name")));
    assert!(why.contains(&name) && why.contains("`contoso-rg/contoso-1`"), "{why}");
}

/// What users write to it meanwhile is in no database of the upgrade.
#[test]
fn a_production_site_that_leads_elsewhere_stops_each_step() {
    let shop = updating_with(|scenario| Scenario { servers: vec!["contoso-dr".to_owned()], ..scenario });
    shop.upgrade_through(&UNTIL_SWITCH[..3]);
    restored(&shop, "contoso-sql-1", "contoso-dr");
    Client::log_in(&shop, "contoso-dr", "shop", "portal")
        .run("ALTER DATABASE CURRENT SET READ_WRITE WITH ROLLBACK IMMEDIATE;");
    for step in ["terminate", "migrate", "switch"] {
        let before = shop.sim.snapshot().unwrap();
        production_site_leads_to(&shop, "contoso-dr");
        names_production_setting(&shop, &refused(&shop, step, &[]));
        let ended = shop.run("rollback");
        one_of(&ended, &["interrupted", "stuck"]);
        names_production_setting(&shop, &ended);
        production_takes_writes(&shop);
        shop.sim.restore(&before).unwrap();
        shop.upgrade_through(&[step]);
    }
}

/// Somebody wants to end the read-only time.
#[test]
fn a_copy_that_productions_site_leads_to_stays() {
    let shop = updating_with(|scenario| Scenario { app_v2: scenario.app_v1.clone(), ..scenario });
    shop.upgrade_through(&UNTIL_SWITCH);
    production_site_leads_to(&shop, "contoso-sql-2");
    let ended = shop.run("rollback");
    not_done(&ended);
    names_production_setting(&shop, &ended);
    let cleanup = shop.clean_up("stage");
    assert_eq!(cleanup.outcome(), "refused", "{cleanup:#?}");
    assert!(exists(&shop, &database("contoso-sql-2"), SQL));
    assert_eq!(shop.sim.report().writes.lost, 0);
}

/// What a step sends when it counts the rows of the copy; the world is put back.
fn count_of_rows(shop: &TestUpgrade, step: &str) -> String {
    let before = shop.sim.snapshot().unwrap();
    shop.sim.set_fault(None).unwrap();
    shop.upgrade_through(&[step]);
    let requests = shop.sim.faulted().requests;
    shop.sim.restore(&before).unwrap();
    let counts = |request: &str| request.starts_with("contoso-sql-2/shop: ") && request.contains("partition_stats");
    requests.into_iter().map(|meeting| meeting.spot.request).find(|request| counts(request)).unwrap()
}

/// Somebody takes a row from the copy just before they are counted there, which ends the session that was to count.
#[test]
fn rows_that_differ_are_found_when_terminate_runs_again() {
    let shop = updating();
    shop.upgrade_through(&UNTIL_SWITCH[..3]);
    let count = count_of_rows(&shop, "terminate");
    at(&shop, Protocol::Batch, &count, 1, What::Hand(Hand::Pause));
    let running = shop.start("terminate", &[], Command::new(binary("terminate")));
    assert!(shop.sim.wait("fault", Duration::from_secs(20)));
    by_hand(&shop, Hand::StageReadWrite);
    Client::log_in(&shop, "contoso-sql-2", "shop", "portal").run("DELETE FROM dbo.Stock WHERE Item = 3;");
    shop.sim.set_fault(None).unwrap();
    shop.sim.release();
    not_done(&running.end());
    for step in ["terminate", "terminate", "migrate"] {
        one_of(&shop.run(step), &["broken", "refused"]);
    }
    assert_eq!(shop.sim.report().writes.lost, 0);
}

/// Stage is the primary now, and production its secondary.
#[test]
fn a_link_that_was_failed_over_is_not_ended_from_the_wrong_side() {
    let shop = updating();
    shop.upgrade_through(&UNTIL_SWITCH[..3]);
    rest(&shop);
    by_hand(&shop, Hand::RemoveLink);
    delete_database(&shop, "contoso-sql-1");
    secondary(&shop, "contoso-sql-2", "contoso-sql-1");
    let why = refused(&shop, "rollback", &[]).why();
    assert!(why.contains("hint: ") && why.contains("FAILOVER"), "{why}");
    assert_eq!(shop.sent("rollback", "REMOVE SECONDARY"), 0);
}
