//! The main road: V1 to V2 while users read and write.

use crate::harness::{TestUpgrade, scenario};

const ROAD: [&str; 6] = ["plan", "prepare", "freeze", "terminate", "migrate", "switch"];

#[test]
fn a_whole_upgrade_loses_nothing() {
    let shop = TestUpgrade::open(scenario());
    shop.assert_writes_arrive("contoso-1");
    shop.upgrade_through(&ROAD);
    shop.assert_writes_arrive("contoso-2");
    let ended = shop.clean_up("production");
    assert_eq!(ended.outcome(), "done", "{ended:#?}");
    shop.assert_writes_arrive("contoso-2");
    let report = shop.good_report();
    assert!(report.writes.refused_read_only > 0, "nobody noticed the read-only time: {report:#?}");
    assert_eq!(report.serving.version.as_deref(), Some("2"));
}

#[test]
fn every_step_run_twice_changes_nothing_the_second_time() {
    let shop = TestUpgrade::open(scenario());
    shop.upgrade_through(&ROAD[..1]);
    for step in &ROAD[1..] {
        assert_eq!(shop.run(step).outcome(), "done", "{step}");
        let before = shop.digest();
        let again = shop.run(step);
        assert_eq!(again.outcome(), "already-done", "{step}: {again:#?}");
        assert_eq!(shop.digest(), before, "{step} changed something when it was run again");
    }
    assert_eq!(shop.clean_up("production").outcome(), "done");
    let before = shop.digest();
    assert_eq!(shop.clean_up("production").outcome(), "already-done");
    assert_eq!(shop.digest(), before);
}

#[test]
fn plan_says_what_it_found_and_changes_nothing() {
    let shop = TestUpgrade::open(scenario());
    let before = shop.digest();
    let plan = shop.run("plan");
    assert_eq!(plan.outcome(), "done", "{plan:#?}");
    assert_eq!(shop.digest(), before);
    let output = |name: &str| plan.outputs[name].as_str();
    assert_eq!(output("upgrade-id"), "run-1");
    assert_eq!(output("connection-name"), "Shop");
    assert_eq!(output("production-database"), "contoso-rg/contoso-sql-1/shop");
    assert_eq!(output("production-site"), "contoso-rg/contoso-1");
    assert_eq!(output("production-endpoint"), "contoso-rg/contoso/contoso-1");
    assert_eq!(output("stage-database"), "contoso-rg/contoso-sql-2/shop");
    assert_eq!(output("stage-site"), "contoso-stage-rg/contoso-2");
    assert_eq!(output("stage-endpoint"), "contoso-rg/contoso/contoso-2");
    assert_eq!((output("plan-digest").len(), output("scripts-digest").len()), (64, 64));
    assert!(plan.summary.contains("is added as an external endpoint"), "{}", plan.summary);
    assert!(plan.summary.contains("create geo-secondary `contoso-rg/contoso-sql-2/shop`"), "{}", plan.summary);
    let again = shop.run("plan");
    assert_eq!(again.outputs["plan-digest"], output("plan-digest"), "a plan is the same when nothing has changed");
}

#[test]
fn switch_reports_the_four_durations() {
    let shop = TestUpgrade::open(scenario());
    shop.upgrade_through(&ROAD[..5]);
    let migrated = shop.known("script-seconds");
    let ended = shop.run("switch");
    assert_eq!(ended.outputs["script-seconds"], migrated);
    let seconds = |name: &str| ended.outputs[name].parse::<f64>().unwrap();
    let (read_only, script) = (seconds("read-only-seconds"), seconds("script-seconds"));
    assert!(read_only > script && script > 0.0, "{:#?}", ended.outputs);
    assert!((seconds("overhead-seconds") - (read_only - script)).abs() < 0.01);
    assert_eq!(seconds("tail-seconds"), 1.0, "the time to live of the profile's DNS answers");
    let again = shop.run("switch");
    assert_eq!(again.outcome(), "already-done");
    assert_eq!(again.outputs["read-only-seconds"], ended.outputs["read-only-seconds"]);
}
