//! Continuous WebJobs over an upgrade: never on a read-only database, never V1's and V2's at once, and afterwards as they were.

use std::path::{Path, PathBuf};

use azure_sim::{Protocol, Scenario, What};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    faults::{at, fired},
    harness::{TestUpgrade, scenario, until},
    refused::refused,
    sql::{Client, arm},
    stage_site,
};

const WEB: &str = "2023-12-01";
const V1: &str = "contoso-rg/providers/Microsoft.Web/sites/contoso-1";
const V2: &str = "contoso-stage-rg/providers/Microsoft.Web/sites/contoso-2";
const TO_SWITCH: [&str; 5] = ["prepare", "freeze", "terminate", "migrate", "switch"];

/// The WebJobs of a site with their status, as Azure tells them.
pub fn webjobs(shop: &TestUpgrade, site: &str) -> Vec<String> {
    let listed = arm(shop, "GET", &format!("{site}/continuouswebjobs"), WEB, &Value::Null)["value"].clone();
    let job = |job: &Value| {
        let name = job["name"].as_str().unwrap().rsplit('/').next().unwrap();
        format!("{name} {}", job["properties"]["status"].as_str().unwrap())
    };
    listed.as_array().unwrap().iter().map(job).collect()
}

/// Waits until the WebJobs of a site are what they should be.
#[track_caller]
pub fn come_to(shop: &TestUpgrade, site: &str, expected: &[&str]) {
    until(&format!("{site} has {expected:?}"), || webjobs(shop, site) == expected);
}

/// Starts or stops a WebJob by hand, and waits until it is so.
#[track_caller]
pub fn tell(shop: &TestUpgrade, site: &str, job: &str, verb: &str) {
    arm(shop, "POST", &format!("{site}/continuouswebjobs/{job}/{verb}"), WEB, &Value::Null);
    let status = if verb == "stop" { "Stopped" } else { "Running" };
    until(&format!("{job} is {status}"), || webjobs(shop, site).contains(&format!("{job} {status}")));
}

/// Lets something go wrong when a step first tells a WebJob to do this.
fn fault_at(shop: &TestUpgrade, site: &str, job: &str, verb: &str, what: What) {
    let request = format!("POST /subscriptions/*/resourceGroups/{site}/continuouswebjobs/{job}/{verb}");
    at(shop, Protocol::Arm, &request, 1, what);
}

fn app_settings(shop: &TestUpgrade) -> Value {
    arm(shop, "POST", &format!("{V2}/config/appsettings/list"), WEB, &Value::Null)["properties"].clone()
}

fn set(shop: &TestUpgrade, name: &str, value: &str) {
    let mut settings = app_settings(shop);
    settings[name] = json!(value);
    arm(shop, "PUT", &format!("{V2}/config/appsettings"), WEB, &json!({ "properties": settings }));
}

/// An application with more WebJobs of these names that do the same.
fn with_more(app: &Path, folder: &Path, more: &[&str], triggered: &[&str]) -> PathBuf {
    let mut text: Value = serde_json::from_str(&std::fs::read_to_string(app).unwrap()).unwrap();
    let jobs = text["webjobs"]["continuous"].as_object_mut().unwrap();
    let work = jobs["fulfil"].clone();
    jobs.extend(more.iter().map(|name| ((*name).to_owned(), work.clone())));
    text["webjobs"]["triggered"] = json!(triggered);
    let file = folder.join(format!("v{}.json", text["version"].as_str().unwrap()));
    std::fs::write(&file, text.to_string()).unwrap();
    file
}

/// V1 has `fulfil` and `retired`, of which the second is stopped; V2 has `archive` and `notify` besides, of which the first is
/// stopped on the stage site.
fn open(scenario: Scenario) -> (TestUpgrade, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let (v1, v2) = (scenario.app_v1.clone().unwrap(), scenario.app_v2.clone().unwrap());
    let shop = TestUpgrade::open(Scenario {
        app_v1: Some(with_more(&v1, folder.path(), &["retired"], &["nightly"])),
        app_v2: Some(with_more(&v2, folder.path(), &["archive", "notify", "retired"], &[])),
        ..scenario
    });
    tell(&shop, V1, "retired", "stop");
    tell(&shop, V2, "archive", "stop");
    (shop, folder)
}

const V1_AT_FIRST: [&str; 2] = ["fulfil Running", "retired Stopped"];
const V2_AT_FIRST: [&str; 4] = ["archive Stopped", "fulfil Running", "notify Running", "retired Running"];

/// Every message that users' writes have left is worked off, each once.
#[track_caller]
fn assert_worked_off(shop: &TestUpgrade) {
    until("all messages are worked off", || {
        let messages = shop.good_report().messages;
        (messages.waiting, messages.lost, messages.failed) == (0, 0, 0) && messages.queued > 0
    });
}

#[test]
fn plan_tells_what_works_in_the_background() {
    let (shop, _folder) = open(Scenario { users: 0, ..scenario() });
    let before = shop.digest();
    let ended = shop.run("plan");
    let findings = ended.result()["findings"].as_array().unwrap().clone();
    let found = findings.iter().find(|finding| finding["rule"] == "background-work").unwrap();
    assert_eq!(
        found["what"],
        "background work: freeze stops WebJobs `fulfil` of site `contoso-rg/contoso-1`, and rollback starts them \
         again; triggered WebJobs `nightly` of site `contoso-rg/contoso-1` cannot be stopped by this software; prepare \
         keeps WebJobs `archive`, `fulfil`, `notify`, `retired` of stage site `contoso-stage-rg/contoso-2` from running"
    );
    assert_eq!(ended.outcome(), "done", "it blocks nothing");
    assert_eq!(shop.digest(), before);
}

#[test]
fn prepare_keeps_the_webjobs_of_an_adopted_site_off_the_copy() {
    let (shop, _folder) = open(scenario());
    let settings = app_settings(&shop);
    shop.upgrade_through(&["plan", "prepare"]);
    let rests = ["archive Stopped", "fulfil Stopped", "notify Stopped", "retired Stopped"];
    assert_eq!(
        (webjobs(&shop, V1), webjobs(&shop, V2)),
        (V1_AT_FIRST.map(str::to_owned).into(), rests.map(str::to_owned).into())
    );
    let mut held = settings.clone();
    held["WEBJOBS_STOPPED"] = json!("1");
    held["WEBJOBS_STOPPED_before_upgrade_run_1"] = json!("unset");
    assert_eq!(app_settings(&shop), held);
    let before = shop.digest();
    assert_eq!(shop.run("prepare").outcome(), "already-done");
    assert_eq!(shop.digest(), before);
    assert_worked_off(&shop);
}

/// From the beginning to the end of a way back nothing is left of it, in no database, site or profile.
#[test]
fn a_way_back_leaves_every_webjob_as_it_was() {
    let (shop, _folder) = open(Scenario { users: 0, ..scenario() });
    let before = shop.digest();
    shop.upgrade_through(&["plan", "prepare"]);
    for last in ["prepare", "freeze", "terminate", "migrate"] {
        if last != "prepare" {
            shop.upgrade_through(&[last]);
        }
        let state = shop.sim.snapshot().unwrap();
        shop.upgrade_through(&["rollback"]);
        assert_eq!(shop.run("rollback").outcome(), "already-done", "after {last}");
        come_to(&shop, V1, &V1_AT_FIRST);
        come_to(&shop, V2, &V2_AT_FIRST);
        assert_eq!(shop.clean_up("stage").outcome(), "done", "after {last}");
        assert_running_again(&shop);
        assert_eq!(shop.digest(), before, "after {last}");
        shop.sim.restore(&state).unwrap();
    }
}

/// A rollback leaves the stage site stopped; the test's own world has it running.
fn assert_running_again(shop: &TestUpgrade) {
    arm(shop, "POST", &format!("{V2}/start"), WEB, &Value::Null);
    until("stage runs", || arm(shop, "GET", V2, WEB, &Value::Null)["properties"]["state"] == "Running");
}

#[test]
fn freeze_stops_what_runs_and_rollback_starts_it_again() {
    let (shop, _folder) = open(scenario());
    shop.upgrade_through(&["plan", "prepare"]);
    let ended = shop.run("freeze");
    assert_eq!(ended.outcome(), "done", "{ended:#?}");
    assert_eq!(
        ended.done()[..5],
        [
            "record WebJobs `fulfil`, `retired` of production in `contoso-rg/contoso-sql-1/shop`",
            "stop WebJobs `archive`, `fulfil`, `notify`, `retired` of site `contoso-stage-rg/contoso-2`",
            "stop WebJobs `fulfil` of site `contoso-rg/contoso-1`",
            "record in `contoso-rg/contoso-sql-1/shop` that its read-only time begins, deadline in 30m",
            "set `contoso-rg/contoso-sql-1/shop` READ_ONLY at once",
        ]
    );
    assert_eq!(webjobs(&shop, V1), ["fulfil Stopped", "retired Stopped"]);
    assert_eq!(shop.run("freeze").outcome(), "already-done");
    shop.upgrade_through(&["rollback"]);
    come_to(&shop, V1, &V1_AT_FIRST);
    come_to(&shop, V2, &V2_AT_FIRST);
    shop.assert_writes_arrive("contoso-1");
    assert_worked_off(&shop);
}

/// What ran in V1, and what is new in V2 unless somebody had stopped it there.
#[test]
fn switch_starts_the_webjobs_of_v2() {
    let (shop, _folder) = open(scenario());
    tell(&shop, V2, "fulfil", "stop");
    shop.upgrade_through(&["plan"]);
    shop.upgrade_through(&TO_SWITCH[..4]);
    assert_eq!(webjobs(&shop, V2), ["archive Stopped", "fulfil Stopped", "notify Stopped", "retired Stopped"]);
    assert!(app_settings(&shop).get("WEBJOBS_STOPPED").is_none(), "it went while nobody was on the site");
    shop.upgrade_through(&TO_SWITCH[4..]);
    come_to(&shop, V2, &["archive Stopped", "fulfil Running", "notify Running", "retired Stopped"]);
    assert_eq!(webjobs(&shop, V1), ["fulfil Stopped", "retired Stopped"]);
    assert_eq!(shop.run("switch").outcome(), "already-done");
    shop.assert_writes_arrive("contoso-2");
    assert_worked_off(&shop);
    assert_eq!(shop.clean_up("production").outcome(), "done");
    assert_worked_off(&shop);
}

#[test]
fn a_rollback_after_the_switch_stops_v2s_first() {
    let (shop, _folder) = open(scenario());
    shop.upgrade_through(&["plan"]);
    shop.upgrade_through(&TO_SWITCH);
    let ended = shop.run_with("rollback", &[("accept-loss", "contoso-rg/contoso-sql-2/shop")]);
    assert_eq!(ended.outcome(), "done", "{ended:#?}");
    let stopped = ended.place("stop WebJobs `fulfil`, `notify` of site `contoso-stage-rg/contoso-2`");
    let (given_back, started) = (
        ended.place("set `contoso-rg/contoso-sql-1/shop` READ_WRITE"),
        ended.place("start WebJobs `fulfil` of site `contoso-rg/contoso-1`"),
    );
    assert!(stopped < given_back && given_back < started, "{ended:#?}");
    come_to(&shop, V1, &V1_AT_FIRST);
    let broken = shop.sim.report().invariants.broken;
    assert!(broken.iter().all(|broken| broken.number < 3), "only what was given up is lost: {broken:#?}");
}

/// Somebody keeps all WebJobs of the stage site from running by the same setting.
#[test]
fn a_setting_of_the_users_own_is_given_back() {
    let (shop, _folder) = open(scenario());
    set(&shop, "WEBJOBS_STOPPED", "1");
    let settings = app_settings(&shop);
    shop.upgrade_through(&["plan", "prepare", "freeze", "rollback"]);
    assert_eq!(app_settings(&shop), settings);
    assert_eq!(shop.clean_up("stage").outcome(), "done");
    shop.forget();
    shop.upgrade_through(&["plan"]);
    shop.upgrade_through(&TO_SWITCH);
    come_to(&shop, V2, &["archive Running", "fulfil Running", "notify Running", "retired Stopped"]);
    assert_worked_off(&shop);
}

/// One of two cannot be stopped now: nobody may wait for the other until somebody looks.
#[test]
fn where_a_webjob_cannot_be_stopped_the_others_run_again() {
    let (shop, _folder) = open(scenario());
    tell(&shop, V1, "retired", "start");
    let run = ["fulfil Running", "retired Running"];
    come_to(&shop, V1, &run);
    shop.upgrade_through(&["plan", "prepare"]);
    fault_at(&shop, V1, "retired", "stop", What::Conflict);
    let ended = shop.run("freeze");
    fired(&shop);
    assert_eq!(ended.outcome(), "interrupted");
    assert_eq!(
        ended.why(),
        "could not stop the WebJob `retired` of the site `contoso-rg/contoso-1`: Azure answered 409 `Conflict`: \
         Another operation is in progress.\n\
         hint: run this step again: it finds out how far it came and finishes; or run rollback"
    );
    come_to(&shop, V1, &run);
    shop.upgrade_through(&["freeze", "rollback"]);
    come_to(&shop, V1, &run);
    shop.assert_writes_arrive("contoso-1");
    assert_worked_off(&shop);
}

/// What Azure does not find and lists all the same is there.
#[test]
fn a_webjob_that_is_missing_for_a_moment_is_started_all_the_same() {
    let (shop, _folder) = open(scenario());
    let before = webjobs(&shop, V2);
    shop.upgrade_through(&["plan", "prepare"]);
    let (prepared, stage) = (shop.sim.snapshot().unwrap(), shop.known("stage-database"));
    for step in ["rollback", "cleanup"] {
        shop.sim.restore(&prepared).unwrap();
        fault_at(&shop, V2, "notify", "start", What::Missing);
        assert_eq!(shop.run_with(step, &[("remove", stage.as_str())]).outcome(), "done", "{step}");
        fired(&shop);
        come_to(&shop, V2, &before.iter().map(String::as_str).collect::<Vec<_>>());
    }
}

/// V1's WebJobs are stopped, and what knows that is the row that cleanup would take away.
#[test]
fn cleanup_does_not_forget_what_is_stopped() {
    let (shop, _folder) = open(scenario());
    shop.upgrade_through(&["plan", "prepare"]);
    fault_at(&shop, V1, "fulfil", "stop", What::LostForGood);
    assert_eq!(shop.run_with("freeze", &[("retry-budget", "1s")]).outcome(), "interrupted");
    fired(&shop);
    shop.sim.set_fault(None).unwrap();
    come_to(&shop, V1, &["fulfil Stopped", "retired Stopped"]);
    let ended = refused(&shop, "cleanup", &[("remove", &shop.known("stage-database"))]);
    assert_eq!(
        ended.why(),
        "cannot remove stage (`contoso-rg/contoso-sql-2/shop`): WebJobs of `contoso-rg/contoso-1` may still be \
         stopped\n\
         hint: run rollback first: it starts those that ran (upgrade `run-1` stands at `freezing`, `freeze` comes next)"
    );
    shop.upgrade_through(&["rollback"]);
    come_to(&shop, V1, &V1_AT_FIRST);
    assert_eq!(shop.run_with("cleanup", &[("remove", &shop.known("stage-database"))]).outcome(), "done");
}

/// V2 is broken, and so is what stops its WebJobs: V1 takes writes again all the same.
#[test]
fn a_rollback_after_the_switch_does_not_wait_for_webjobs_that_cannot_be_stopped() {
    let (shop, _folder) = open(scenario());
    shop.upgrade_through(&["plan"]);
    shop.upgrade_through(&TO_SWITCH);
    fault_at(&shop, V2, "fulfil", "stop", What::Conflict);
    let given_up = [("accept-loss", "contoso-rg/contoso-sql-2/shop"), ("request-timeout", "2s")];
    let ended = shop.run_with("rollback", &given_up);
    fired(&shop);
    assert_eq!(ended.outcome(), "done", "{ended:#?}");
    let told = "WebJobs of site `contoso-stage-rg/contoso-2` may still run, stop them by hand: could not stop the \
                WebJob `fulfil`";
    assert!(ended.stderr.contains(told), "{}", ended.stderr);
    assert!(
        ended.done().iter().any(|what| what.starts_with("set `contoso-rg/contoso-sql-1/shop` READ_WRITE")),
        "{ended:#?}"
    );
    assert_eq!(shop.sim.report().serving.site.as_deref(), Some("contoso-1"));
    come_to(&shop, V1, &V1_AT_FIRST);
}

/// The setting came by hand, after prepare had looked.
#[test]
fn freeze_wants_the_webjobs_of_stage_held() {
    let (shop, _folder) = open(scenario());
    shop.upgrade_through(&["plan", "prepare"]);
    let before = app_settings(&shop);
    set(&shop, "WEBJOBS_STOPPED", "0");
    let ended = refused(&shop, "freeze", &[]);
    assert_eq!(
        ended.why(),
        "cannot freeze `contoso-rg/contoso-sql-1/shop`: the WebJobs of stage site `contoso-stage-rg/contoso-2` may run against \
         the read-only copy\nhint: run prepare again: it sets `WEBJOBS_STOPPED` there (upgrade `run-1` stands at \
         `preparing`, `prepare` comes next)"
    );
    shop.upgrade_through(&["prepare"]);
    assert_eq!(app_settings(&shop), before);
}

/// A package replaces the files beside stopped WebJobs, and what it brings may not run on the copy either.
#[test]
fn a_package_of_prepare_starts_no_webjob() {
    let (shop, _folder) = open(scenario());
    let package = shop.sim.credentials().package_address.clone();
    let shop = shop.with_inputs(&[("package", &package)]);
    shop.upgrade_through(&["plan", "prepare"]);
    assert!(webjobs(&shop, V2).iter().all(|job| job.ends_with(" Stopped")), "{:?}", webjobs(&shop, V2));
    shop.upgrade_through(&TO_SWITCH[1..]);
    come_to(&shop, V2, &["archive Stopped", "fulfil Running", "notify Running", "retired Stopped"]);
    assert_worked_off(&shop);
}

#[test]
fn a_site_that_prepare_creates_runs_webjobs_once_users_are_on_it() {
    let shop = stage_site::open(Scenario { no_stage_site: true, ..scenario() });
    shop.upgrade_through(&["plan", "prepare"]);
    come_to(&shop, V2, &["fulfil Stopped"]);
    shop.upgrade_through(&TO_SWITCH[1..4]);
    assert_eq!(webjobs(&shop, V2), ["fulfil Stopped"]);
    assert!(app_settings(&shop).get("WEBJOBS_STOPPED").is_none());
    let migrated = shop.sim.snapshot().unwrap();
    shop.upgrade_through(&["rollback"]);
    assert_eq!(app_settings(&shop)["WEBJOBS_STOPPED"], "1", "what is left of it runs nothing");
    shop.assert_writes_arrive("contoso-1");
    assert_worked_off(&shop);
    shop.sim.restore(&migrated).unwrap();
    shop.upgrade_through(&["switch"]);
    come_to(&shop, V2, &["fulfil Running"]);
    shop.assert_writes_arrive("contoso-2");
    assert_worked_off(&shop);
}

#[test]
fn a_schema_of_a_later_release_is_left_alone_by_every_step() {
    let shop = TestUpgrade::open(scenario());
    shop.upgrade_through(&["plan", "prepare"]);
    Client::log_in(&shop, "contoso-sql-1", "shop", "a later release")
        .run("UPDATE rolling_upgrade.version SET [schema] = 4;");
    for step in ["prepare", "freeze", "rollback"] {
        let ended = refused(&shop, step, &[]);
        let why = format!(
            "cannot run {step}: schema `rolling_upgrade` in `contoso-rg/contoso-sql-1/shop` has version 4, and this \
             release knows only 3\n\
             hint: use the newer release that wrote it (upgrade `run-1` stands at `prepared`, `freeze` comes next)"
        );
        assert_eq!(ended.why(), why);
    }
}
