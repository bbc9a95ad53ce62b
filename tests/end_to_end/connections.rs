//! SQL connections as Azure makes them: sent on to other hosts, refused for a while, dropped when they are idle.

use std::thread;

use crate::{
    harness::{TestUpgrade, scenario},
    sql::Client,
};
use azure_sim::{Cut, CutBatch, Redirect, Scenario};

const ROAD: [&str; 6] = ["plan", "prepare", "freeze", "terminate", "migrate", "switch"];
#[test]
fn redirects_are_followed_at_most_three_times() {
    for hops in [1, 3] {
        let shop = TestUpgrade::open(Scenario { redirect: Some(Redirect { hops }), ..scenario() });
        shop.upgrade_through(&ROAD);
        shop.assert_writes_arrive("contoso-2");
    }
    let shop = TestUpgrade::open(Scenario { redirect: Some(Redirect { hops: 4 }), ..scenario() });
    let ended = shop.run("plan");
    assert_eq!(ended.outcome(), "refused", "{ended:#?}");
    let why = ended.why();
    assert!(
        why.starts_with(
            "cannot log in to `shop` on `contoso-sql-1.database.windows.net`: the server redirected more than 3 times; the \
             server redirected to `"
        ),
        "{why}"
    );
    assert!(why.contains(".tr4.westeurope1-a.worker.database.windows.net`, port 11004"), "{why}");
    assert!(why.ends_with("or set the connection policy of the server to Proxy"), "{why}");
}

#[test]
fn a_redirect_in_a_circle_is_a_clear_error() {
    let shop = TestUpgrade::open(Scenario { redirect_loop: true, ..scenario() });
    let ended = shop.run("plan");
    assert_eq!(ended.outcome(), "refused", "{ended:#?}");
    assert!(ended.why().contains("the server redirected more than 3 times"), "{}", ended.why());
    assert!(ended.why().contains("then to `contoso-sql-1.database.windows.net`, port 1433"), "{}", ended.why());
}

#[test]
fn log_ins_that_are_refused_for_a_while_are_tried_again() {
    let shop = TestUpgrade::open(Scenario { refuse_log_ins: vec![40613, 40501, 4060], ..scenario() });
    let ended = shop.run_with("plan", &[("retry-first", "4ms")]);
    assert_eq!(ended.outcome(), "done", "{ended:#?}");
    let told = "cannot log in to `shop` on `contoso-sql-1.database.windows.net`: error 40613 (class 17, state 1): Database \
                'shop' on server 'contoso-sql-1' is not currently available. Please retry the connection later; attempt 2 \
                follows in 20ms";
    assert!(ended.stderr.contains(told), "{}", ended.stderr);
    assert!(ended.stderr.contains("error 40501") && ended.stderr.contains("; attempt 3 follows in 80ms"));
}

#[test]
fn log_ins_that_are_refused_for_too_long_tell_number_and_attempts() {
    let shop = TestUpgrade::open(Scenario { refuse_log_ins: vec![40613; 20], ..scenario() });
    let ended = shop.run_with("plan", &[("retry-first", "20ms"), ("retry-budget", "400ms")]);
    assert_eq!(ended.outcome(), "interrupted", "{ended:#?}");
    let expected = "cannot log in to `shop` on `contoso-sql-1.database.windows.net` in 3 attempts: error 40613 (class 17, \
                    state 1): Database 'shop' on server 'contoso-sql-1' is not currently available. Please retry the \
                    connection later";
    assert!(ended.why().starts_with(expected), "{}", ended.why());
}

fn cutting(containing: &str, when: Cut) -> Scenario {
    let application = "rolling-upgrade/migrate/".to_owned();
    Scenario { cut_batch: Some(CutBatch { containing: containing.to_owned(), application, when }), ..scenario() }
}

/// Waits for the lock until the session of the step is dropped, then keeps it for longer than the step lives.
const TAKE: &str = "DECLARE @r int; EXEC @r = sp_getapplock @Resource = N'rolling_upgrade', @LockMode = N'Exclusive', \
                    @LockOwner = N'Session', @LockTimeout = 10000; \
                    IF @r < 0 THROW 50001, N'not granted', 1; WAITFOR DELAY '00:00:08';";

/// A script that fails when it is run a second time, because the table is there already.
const ONCE: &str = "CREATE TABLE dbo.MadeOnce (Id int NOT NULL);";

#[test]
fn a_batch_whose_connection_is_cut_is_interrupted_and_not_sent_again() {
    for (containing, sent_in_all) in [("dbo.MadeOnce", 2), ("N'99.sql';\nCOMMIT TRANSACTION", 1)] {
        let shop = TestUpgrade::open(cutting(containing, Cut::After)).with_another_script(ONCE);
        shop.upgrade_through(&ROAD[..4]);
        let ended = shop.run("migrate");
        assert_eq!((ended.outcome(), shop.sent("migrate", ONCE)), ("interrupted", 1), "{ended:#?}");
        assert!(ended.why().contains("the connection broke"), "{}", ended.why());
        shop.upgrade_through(&ROAD[4..]);
        assert_eq!(shop.sent("migrate", ONCE), sent_in_all, "the journal knows what was committed: {containing}");
        shop.assert_writes_arrive("contoso-2");
    }
}

/// Idle sessions are dropped after this many milliseconds.
const SHORT: Option<u64> = Some(1_500);
const LOCK: &str = "@Resource = N'rolling_upgrade', @LockMode";

#[test]
fn a_long_seeding_keeps_the_session_that_holds_the_lock() {
    let shop = TestUpgrade::open(Scenario { idle_timeout_ms: SHORT, seeding_ms: 6_000, ..scenario() });
    let shop = shop.with_inputs(&[("keep-alive", "100ms")]);
    shop.upgrade_through(&["plan"]);
    let ended = shop.run("prepare");
    assert_eq!(ended.outcome(), "done", "{ended:#?}");
    assert_eq!(shop.sent("prepare", LOCK), 1, "the lock was never lost");
    assert!(shop.sent("prepare", "AS alive") > 10);
    shop.upgrade_through(&ROAD[2..]);
    shop.assert_writes_arrive("contoso-2");
}

#[test]
fn a_session_that_was_dropped_is_replaced_and_takes_its_lock_again() {
    let shop = TestUpgrade::open(Scenario { idle_timeout_ms: SHORT, seeding_ms: 6_000, ..scenario() });
    shop.upgrade_through(&["plan"]);
    let ended = shop.run_with("prepare", &[("keep-alive", "3s")]);
    assert_eq!((ended.outcome(), shop.sent("prepare", LOCK)), ("done", 2), "{ended:#?}");
}

#[test]
fn a_lock_that_another_run_took_meanwhile_leaves_the_step_stuck() {
    let shop = TestUpgrade::open(Scenario { idle_timeout_ms: SHORT, seeding_ms: 6_000, ..scenario() });
    shop.upgrade_through(&["plan"]);
    let mut watch = Client::log_in(&shop, "contoso-sql-1", "master", "a watcher");
    let mut other = Client::log_in(&shop, "contoso-sql-1", "shop", "rolling-upgrade/prepare/run-2");
    let other = thread::spawn(move || {
        while watch.number("SELECT COUNT(*) FROM sys.geo_replication_links;") == 0 {
            other.number("SELECT 1;");
        }
        other.run(TAKE);
    });
    let ended = shop.run_with("prepare", &[("keep-alive", "3s")]);
    assert_eq!(ended.outcome(), "stuck", "{ended:#?}");
    let why = ended.why();
    let expected = "this run lost the lock on `contoso-rg/contoso-sql-1/shop`, and step `prepare` of upgrade `run-2`";
    assert!(why.starts_with(expected), "{why}");
    other.join().unwrap();
}

#[test]
fn a_long_script_leaves_the_lock_where_it_is() {
    let shop = TestUpgrade::open(Scenario { idle_timeout_ms: SHORT, ..scenario() })
        .with_another_script("WAITFOR DELAY '00:00:05';");
    let shop = shop.with_inputs(&[("keep-alive", "100ms")]);
    shop.upgrade_through(&ROAD[..4]);
    let ended = shop.run("migrate");
    assert_eq!((ended.outcome(), shop.sent("migrate", LOCK)), ("done", 1), "{ended:#?}");
    shop.upgrade_through(&ROAD[5..]);
    shop.assert_writes_arrive("contoso-2");
}
