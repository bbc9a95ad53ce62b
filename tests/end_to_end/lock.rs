//! Two at once: the lock in production's database.

use std::process::Command;

use azure_sim::Scenario;

use crate::{
    harness::{TestUpgrade, binary, scenario, until},
    refused::refused,
    sql::Client,
};

/// Takes the lock, and keeps it as long as the session lives.
pub const TAKE: &str = "DECLARE @r int; EXEC @r = sp_getapplock @Resource = N'rolling_upgrade', @LockMode = N'Exclusive', \
                    @LockOwner = N'Session', @LockTimeout = 0; IF @r < 0 THROW 50001, N'not granted', 1;";

#[test]
fn a_step_refuses_while_another_run_holds_the_lock_and_names_it() {
    let shop = TestUpgrade::open(scenario());
    shop.upgrade_through(&["plan", "prepare"]);
    let mut other = Client::log_in(&shop, "contoso-sql-1", "shop", "rolling-upgrade/freeze/run-2");
    other.run(TAKE);
    for step in ["prepare", "freeze", "terminate", "rollback"] {
        let why = refused(&shop, step, &[]).why();
        let expected = format!(
            "cannot run {step}: the lock on `contoso-rg/contoso-sql-1/shop` is held by step `freeze` of upgrade `run-2` \
             (log-in `"
        );
        assert!(why.starts_with(&expected), "{why}");
        let hint = "hint: wait until that run has ended: two runs at once would undo each other; if its runner is \
                    dead, the server frees the lock once it notices that the connection is gone, or you end the \
                    session: connect to that database as the server's administrator, find it with `SELECT session_id, \
                    host_name, login_time FROM sys.dm_exec_sessions WHERE program_name LIKE 'rolling-upgrade/%'`, and \
                    run `KILL <session_id>`; `upgrade-status` shows where the upgrade stands";
        assert!(why.ends_with(hint), "{why}");
    }
    drop(other);
    shop.upgrade_through(&["freeze"]);
}

/// A runner that has vanished leaves a session behind, until the server notices.
#[test]
fn rollback_waits_for_the_lock_of_a_vanished_runner() {
    let shop = TestUpgrade::open(scenario());
    shop.upgrade_through(&["plan", "prepare", "freeze"]);
    let mut vanished = Client::log_in(&shop, "contoso-sql-1", "shop", "rolling-upgrade/terminate/run-1");
    vanished.run(TAKE);
    let rollback = shop.start("rollback", &[("lock-wait", "60s")], Command::new(binary("rollback")));
    until("rollback has met the lock and tried again", || shop.sent("rollback", "sp_getapplock") > 2);
    drop(vanished);
    let ended = rollback.end();
    assert_eq!(ended.outcome(), "done", "{ended:#?}");
    let told = "the lock on `contoso-rg/contoso-sql-1/shop` is held by step `terminate` of upgrade `run-1` (log-in `";
    assert!(ended.stderr.contains(told) && ended.stderr.contains(" s: rollback waits up to 60s for it"), "{ended:#?}");
    shop.assert_writes_arrive("contoso-1");
}

#[test]
fn rollback_names_holder_and_age_when_it_has_waited_in_vain() {
    let shop = TestUpgrade::open(scenario());
    shop.upgrade_through(&["plan", "prepare", "freeze"]);
    let mut other = Client::log_in(&shop, "contoso-sql-1", "shop", "rolling-upgrade/terminate/run-1");
    other.run(TAKE);
    let why = refused(&shop, "rollback", &[("lock-wait", "100ms")]).why();
    let (who, rest) = why.split_once(" (log-in `").unwrap();
    assert_eq!(
        who,
        "cannot run rollback: the lock on `contoso-rg/contoso-sql-1/shop` is held by step `terminate` of upgrade `run-1`"
    );
    assert!(
        rest.contains(", since 20") && rest.contains(" s; this run waited 100ms for it\nhint: wait until"),
        "{why}"
    );
    assert!(rest.contains("Z), for "), "{why}");
}

/// A step that is at its work for a while, and the steps before it.
struct Slow {
    step: &'static str,
    before: &'static [&'static str],
    scenario: Scenario,
}

fn slow_steps() -> Vec<Slow> {
    let copying = || Scenario { lag_ms: 4_000, ..scenario() };
    let seeding = Scenario { seeding_ms: 4_000, ..scenario() };
    let probing = Scenario { probe_interval_ms: 4_000, ..scenario() };
    vec![
        Slow { step: "prepare", before: &["plan"], scenario: seeding },
        Slow { step: "freeze", before: &["plan", "prepare"], scenario: copying() },
        Slow { step: "terminate", before: &["plan", "prepare", "freeze"], scenario: copying() },
        Slow { step: "switch", before: &["plan", "prepare", "freeze", "terminate", "migrate"], scenario: probing },
    ]
}

/// Whoever comes second is refused with the name of the first, its run and since when; the first does its work as if nobody
/// had come.
#[test]
fn of_two_at_once_the_second_is_refused_whichever_they_are() {
    for Slow { step, before, scenario } in slow_steps() {
        let shop = TestUpgrade::open(scenario).with_inputs(&[("health-timeout", "20s")]);
        shop.upgrade_through(before);
        let first = shop.start(step, &[], Command::new(binary(step)));
        until("the first has the lock", || shop.sent(step, "sp_getapplock") > 0);
        for second in ["prepare", "freeze", "terminate", "migrate", "switch", "rollback", "cleanup"] {
            let ended = shop.run_with(second, &[("remove", &shop.known("stage-database"))]);
            assert_eq!(ended.outcome(), "refused", "{second} beside {step}: {ended:#?}");
            let why = ended.why();
            let holder = format!("is held by step `{step}` of upgrade `run-1` (");
            assert!(why.contains(&holder) && why.contains(", since 20"), "{second} beside {step}: {why}");
        }
        assert_eq!(first.end().outcome(), "done", "{step}");
        shop.good_report();
    }
}
