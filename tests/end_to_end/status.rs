//! Where an upgrade stands: told in every state, by the identifiers or by the profile alone, and without touching anything.

use std::fmt::Write;

use azure_sim::Scenario;
use serde_json::{Value, json};

use crate::{
    harness::{Ended, TestUpgrade, scenario, until},
    sql::{Client, arm},
    table::states,
};

/// What a new workflow run knows that has lost all outputs.
const BY_PROFILE: [(&str, &str); 1] = [("profile", "contoso-rg/contoso")];

/// Runs status, which must succeed and leave everything as it is.
#[track_caller]
fn status(shop: &TestUpgrade, more: &[(&str, &str)]) -> Ended {
    let before = shop.digest();
    let ended = shop.run_with("status", more);
    assert_eq!(ended.outcome(), "done", "{ended:#?}");
    assert_eq!(shop.digest(), before, "status changed something: {ended:#?}");
    ended
}

#[test]
fn status_in_every_state() {
    let shop = TestUpgrade::open(scenario());
    let mut table = String::new();
    for (state, snapshot) in states(&shop) {
        shop.sim.restore(&snapshot).unwrap();
        let ended = status(&shop, &[]);
        let output = |name: &str| ended.outputs.get(name).map_or("-", String::as_str);
        let (word, next, rollback) = (output("state"), output("next"), output("rollback"));
        writeln!(table, "{state}: {word} -> {next} (rollback: {rollback}, overdue: {})", output("overdue")).unwrap();
        let digest = ended.outputs.get("scripts-digest").map_or("<digest>", String::as_str);
        writeln!(table, "  {}", output("command").replace(digest, "<digest>")).unwrap();
    }
    shop.reads_only("status");
    insta::assert_snapshot!(table);
}

/// The profile leads to everything that the outputs of plan would have told.
#[test]
fn the_profile_alone_tells_the_same() {
    let shop = TestUpgrade::open(scenario());
    for (state, snapshot) in states(&shop) {
        shop.sim.restore(&snapshot).unwrap();
        let known = status(&shop, &[]).outputs;
        let all = shop.take_known();
        let found = status(&shop, &BY_PROFILE).outputs;
        shop.give_back_known(all);
        match state {
            "planned" | "stage removed" | "V1 removed" => {
                let (state, next) = (found["state"].as_str(), found["next"].as_str());
                assert_eq!((state, next), ("not-begun", "plan"), "no label is left");
            }
            _ => {
                let same =
                    ["state", "next", "command", "rollback", "stage-site", "production-database", "connection-name"];
                same.iter().for_each(|name| assert_eq!(found.get(*name), known.get(*name), "{name} in state {state}"));
            }
        }
    }
    shop.reads_only("status");
}

#[test]
fn a_runner_that_died_while_seeding_has_left_enough() {
    let shop = TestUpgrade::open(Scenario { seeding_ms: 60_000, ..scenario() });
    shop.upgrade_through(&["plan"]);
    let mut running = shop.start("prepare", &[], std::process::Command::new(crate::harness::binary("prepare")));
    until("it waits for seeding", || running.stderr().contains("is seeded and in CATCH_UP"));
    running.process.kill().unwrap();
    running.process.wait().unwrap();
    let command = shop.run_with("status", &[]).outputs["command"].clone();
    shop.forget();
    let ended = shop.run_with("status", &BY_PROFILE);
    let output = |name: &str| ended.outputs[name].as_str();
    assert_eq!((output("state"), output("next"), output("command")), ("seeding", "prepare", command.as_str()));
}

/// The command of status, word by word, finishes the upgrade of a run that has lost everything.
#[test]
fn an_upgrade_can_be_finished_by_what_status_says() {
    let shop = TestUpgrade::open(scenario());
    shop.upgrade_through(&["plan", "prepare", "freeze"]);
    let digest = shop.known("scripts-digest");
    shop.forget();
    for step in ["terminate", "migrate", "switch"] {
        let ended = status(&shop, &BY_PROFILE);
        assert_eq!(ended.outputs["next"], step);
        shop.forget();
        let line =
            ended.outputs["command"].replace("'<folder of the upgrade scripts>'", shop.scripts().to_str().unwrap());
        let line = line.replace("'<output scripts-digest of plan>'", &digest);
        let arguments: Vec<_> = line.split(' ').skip(1).collect();
        let mut command = std::process::Command::new(crate::harness::binary(step));
        command.args(arguments);
        let done = shop.start(step, &[], command).end();
        assert_eq!(done.outcome(), "done", "{line}: {done:#?}");
        shop.forget();
    }
    shop.assert_writes_arrive("contoso-2");
}

#[test]
fn who_is_at_work_is_told() {
    let shop = TestUpgrade::open(scenario());
    shop.upgrade_through(&["plan", "prepare", "freeze"]);
    assert_eq!(status(&shop, &[]).result()["lock"], Value::Null);
    let mut other = Client::log_in(&shop, "contoso-sql-1", "shop", "rolling-upgrade/terminate/run-1");
    other.run(crate::lock::TAKE);
    let ended = status(&shop, &[]);
    let lock = &ended.result()["lock"];
    assert_eq!((&lock["step"], &lock["upgrade-id"]), (&json!("terminate"), &json!("run-1")), "{lock}");
    assert!(ended.summary.contains("step `terminate` of upgrade `run-1` (log-in "), "{}", ended.summary);
    assert!(ended.summary.contains(" is at work: wait until it has ended"), "{}", ended.summary);
}

#[test]
fn the_summary_says_it_in_words() {
    let shop = TestUpgrade::open(scenario());
    shop.upgrade_through(&["plan", "prepare", "freeze", "terminate"]);
    let ended = status(&shop, &[]);
    let lines: Vec<_> = ended.summary.lines().filter(|line| !line.is_empty()).collect();
    let first = "Upgrade `run-1`: **terminated**. Next comes `migrate`: the stage copy has every write of production.";
    assert_eq!(lines[..2], ["## upgrade-status: done", first]);
    assert!(
        lines[2].starts_with("- users can only read since 2") && lines[2].contains("; the deadline passes at 2"),
        "{lines:?}"
    );
    assert_eq!(lines[3], "- a rollback is possible");
    assert_eq!(lines[6], "| database | `contoso-rg/contoso-sql-1/shop` | `contoso-rg/contoso-sql-2/shop` |");
    assert!(lines.contains(&"```sh") && ended.summary.contains("upgrade-migrate --upgrade-id run-1"), "{lines:?}");
}

#[test]
fn what_is_in_the_way_of_the_next_step_is_told() {
    let shop = TestUpgrade::open(scenario());
    shop.upgrade_through(&["plan", "prepare", "freeze"]);
    let endpoint = "contoso-rg/providers/Microsoft.Network/trafficManagerProfiles/contoso/ExternalEndpoints/contoso-2";
    arm(&shop, "PATCH", endpoint, "2022-04-01", &json!({"properties": {"endpointStatus": "Enabled"}}));
    let ended = status(&shop, &[]);
    let why = "stage endpoint `contoso-rg/contoso/contoso-2` is enabled before its database is upgraded; disable it: \
               switch enables it once V2 is ready";
    assert_eq!((ended.outputs["next"].as_str(), ended.outputs["obstacle"].as_str()), ("terminate", why));
    assert!(ended.summary.contains(&format!("- the next step would refuse now: {why}\n")), "{}", ended.summary);
}

/// Azure Resource Manager alone says less, and that is said.
#[test]
fn a_production_that_takes_no_log_in_is_unknown() {
    let shop = TestUpgrade::open(scenario());
    shop.upgrade_through(&["plan", "prepare", "freeze"]);
    let nobody = [("sql-token", ""), ("sql-user", "nobody"), ("sql-password", "Pw-of-nobody-1")];
    let ended = status(&shop, &nobody);
    assert_eq!((ended.outputs["state"].as_str(), ended.outputs["next"].as_str()), ("unknown", "nothing"));
    assert_eq!(ended.outputs["why"], "this run could not log in to production `contoso-rg/contoso-sql-1/shop`");
    assert!(ended.stderr.contains("this run cannot read `contoso-rg/contoso-sql-1/shop`: cannot log in"), "{ended:#?}");
}

#[test]
fn an_upgrade_that_is_overdue_is_told() {
    let shop = TestUpgrade::open(scenario());
    shop.upgrade_through(&["plan", "prepare"]);
    assert_eq!(shop.run_with("freeze", &[("max-read-only", "2s")]).outcome(), "done");
    until("the deadline has passed", || shop.run("status").outputs["overdue"] == "true");
    let ended = status(&shop, &BY_PROFILE);
    assert_eq!((ended.outputs["state"].as_str(), ended.outputs["next"].as_str()), ("frozen", "rollback"));
    assert!(ended.summary.contains("; the deadline passed at 2"), "{}", ended.summary);
}

#[test]
fn a_stage_that_is_gone_is_told() {
    let shop = TestUpgrade::open(scenario());
    shop.upgrade_through(&["plan", "prepare", "freeze", "terminate"]);
    let database = "contoso-rg/providers/Microsoft.Sql/servers/contoso-sql-2/databases/shop";
    arm(&shop, "DELETE", database, "2021-11-01", &Value::Null);
    let next = || shop.run("status").outputs.get("next").cloned();
    until("the copy is gone", || next().as_deref() == Some("rollback"));
    assert_eq!(status(&shop, &BY_PROFILE).outputs["next"], "rollback");
    shop.upgrade_through(&["rollback"]);
    shop.assert_writes_arrive("contoso-1");
}

/// What status refuses, it refuses without having looked at anything.
#[test]
fn status_wants_to_know_what_to_look_at() {
    let shop = TestUpgrade::open(scenario());
    let refused = |more: &[(&str, &str)]| {
        let ended = shop.run_with("status", more);
        assert_eq!(ended.outcome(), "refused", "{ended:#?}");
        ended.why()
    };
    let why = refused(&[("upgrade-id", "run-1")]);
    assert!(
        why.starts_with(
            "cannot read the input `production-database`: it is empty, expected `<resource-group>/<server>/<database>`"
        ),
        "{why}"
    );
    assert!(why.ends_with("hint: pass the identifiers from the outputs of plan, or pass `profile` alone"), "{why}");
    assert_eq!(
        refused(&[("profile", "contoso-rg/nothing")]),
        "cannot read profile `contoso-rg/nothing`: there is no such profile, or this identity may not read it\n\
         hint: check its resource group and name: the input `profile`, or the identifiers of the endpoints"
    );
    shop.upgrade_through(&["plan", "prepare"]);
    shop.forget();
    assert_eq!(
        refused(&[("profile", "contoso-rg/contoso"), ("upgrade-id", "run-2")]),
        "cannot find upgrade `run-2` in Traffic Manager profile `contoso-rg/contoso`: the tags of the profile name \
         upgrade `run-1`\n\
         hint: omit `upgrade-id` to see where that upgrade stands"
    );
}

/// After V1's endpoint and site there is nothing that leads to its database.
#[test]
fn v1_that_is_removed_but_for_its_database_is_told() {
    let shop = TestUpgrade::open(scenario());
    shop.upgrade_through(&["plan", "prepare", "freeze", "terminate", "migrate", "switch"]);
    let named = shop.known("production-database");
    assert_eq!(shop.run_with("cleanup", &[("remove", &named), ("revert-window", "0s")]).outcome(), "done");
    let known = status(&shop, &[]);
    assert_eq!((known.outputs["state"].as_str(), known.outputs["next"].as_str()), ("cleaned-up", "nothing"));
    shop.forget();
    let found = status(&shop, &BY_PROFILE);
    assert_eq!((found.outputs["state"].as_str(), found.outputs["next"].as_str()), ("cleaned-up", "nothing"));
    assert_eq!(found.outputs["upgrade-id"], "run-1");
}
