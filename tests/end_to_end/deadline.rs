//! The deadline of the read-only time: a step that it passes in, or that begins after it, gives production back by itself.

use azure_sim::{AlterOnGeoPrimary, CopySync, Scenario, SqlLogin};

use crate::{
    harness::{Ended, TestUpgrade, scenario, until},
    signals::{ACCEPTED, busy_client, open_fences},
    sql::Client,
};

const HINT: &str = "find out what took so long; then run cleanup with `remove: <stage database>`, prepare again, and \
                    give freeze a longer `max-read-only` if the scripts need it";

/// Long enough for what has to be done before the deadline, also on a busy machine.
pub const SOON: &str = "15s";

/// Takes an upgrade up to this step, with a deadline that comes soon.
pub fn frozen_for(shop: &TestUpgrade, time: &str, steps: &[&str]) {
    shop.upgrade_through(&["plan", "prepare"]);
    let frozen = shop.run_with("freeze", &[("max-read-only", time)]);
    assert_eq!(frozen.outcome(), "done", "{frozen:#?}");
    shop.upgrade_through(steps);
}

/// The deadline in the fence row, in whole seconds, as messages have it.
fn deadline(shop: &TestUpgrade) -> String {
    let mut production = Client::log_in(shop, "contoso-sql-1", "shop", "test");
    production.text("SELECT CONVERT(nvarchar(19), deadline, 126) + N'Z' AS deadline FROM rolling_upgrade.fence;")
}

pub fn is_overdue(shop: &TestUpgrade) -> bool {
    let mut production = Client::log_in(shop, "contoso-sql-1", "shop", "test");
    production.number("SELECT COUNT(*) FROM rolling_upgrade.fence WHERE deadline < SYSUTCDATETIME();") == 1
}

/// Production has its write access back, by the step that ended so; nothing is left for rollback to do.
#[track_caller]
fn gave_back(shop: &TestUpgrade, ended: &Ended, message: &str) {
    assert_eq!(ended.outcome(), "broken", "{ended:#?}");
    let why = format!("{message}; production `contoso-rg/contoso-sql-1/shop` has its write access back\nhint: {HINT}");
    assert_eq!(ended.why(), why);
    shop.assert_writes_arrive("contoso-1");
    assert_eq!(open_fences(shop), 0);
    let seconds: f64 = ended.outputs["read-only-seconds"].parse().unwrap();
    assert!(seconds > 1.0, "{seconds}");
    let before = shop.digest();
    assert_eq!(shop.run("rollback").outcome(), "already-done");
    assert_eq!(shop.digest(), before);
}

fn passed(at: &str, step: &str, doing: &str) -> String {
    format!("the deadline of the read-only time, {at}, passed while {step} was {doing}")
}

#[test]
fn a_script_that_runs_over_the_deadline_is_left() {
    let shop = TestUpgrade::open(scenario()).with_another_script("WAITFOR DELAY '00:10:00';");
    frozen_for(&shop, SOON, &["terminate"]);
    let at = deadline(&shop);
    let ended = shop.run("migrate");
    gave_back(&shop, &ended, &passed(&at, "migrate", "running the upgrade scripts on `contoso-rg/contoso-sql-2/shop`"));
    assert_eq!(shop.clean_up("stage").outcome(), "done");
    shop.forget();
    std::fs::remove_file(shop.scripts().join("99.sql")).unwrap();
    shop.upgrade_through(&["plan", "prepare", "freeze", "terminate", "migrate"]);
}

#[test]
fn a_wait_for_the_copy_ends_at_the_deadline() {
    let shop = TestUpgrade::open(Scenario { copy_sync_on_read_only: CopySync::TimesOut, ..scenario() });
    frozen_for(&shop, "5s", &[]);
    let at = deadline(&shop);
    let ended = shop.run_with("terminate", &[("request-timeout", "60s")]);
    let doing = "ending replication from `contoso-rg/contoso-sql-1/shop` to `contoso-rg/contoso-sql-2/shop`";
    gave_back(&shop, &ended, &passed(&at, "terminate", doing));
}

#[test]
fn a_switch_that_waits_for_traffic_manager_ends_at_the_deadline() {
    let shop = TestUpgrade::open(Scenario { probe_interval_ms: 600_000, ..scenario() });
    frozen_for(&shop, SOON, &["terminate", "migrate"]);
    let at = deadline(&shop);
    let ended = shop.run_with("switch", &[("health-timeout", "10m")]);
    gave_back(&shop, &ended, &passed(&at, "switch", "waiting until endpoint `contoso-rg/contoso/contoso-2` is Online"));
}

#[test]
fn a_step_that_begins_after_the_deadline_gives_production_back() {
    let shop = TestUpgrade::open(scenario());
    frozen_for(&shop, SOON, &[]);
    let at = deadline(&shop);
    let mut states = vec![("terminate", shop.sim.snapshot().unwrap())];
    for (step, next) in [("terminate", "migrate"), ("migrate", "switch")] {
        shop.upgrade_through(&[step]);
        states.push((next, shop.sim.snapshot().unwrap()));
    }
    until("the deadline has passed", || is_overdue(&shop));
    for (step, state) in &states {
        shop.sim.restore(state).unwrap();
        let ended = shop.run(step);
        gave_back(&shop, &ended, &format!("the deadline of the read-only time, {at}, had passed before {step} began"));
    }
    // What is done already is no reason to leave users without write access.
    shop.sim.restore(&states[1].1).unwrap();
    let message = format!("the deadline of the read-only time, {at}, had passed before terminate began");
    gave_back(&shop, &shop.run("terminate"), &message);
}

#[test]
fn a_freeze_that_is_overdue_is_taken_back_and_can_be_run_again() {
    let shop = TestUpgrade::open(scenario());
    frozen_for(&shop, "2s", &[]);
    let at = deadline(&shop);
    until("the deadline has passed", || is_overdue(&shop));
    let ended = shop.run("freeze");
    assert_eq!(ended.outcome(), "interrupted", "{ended:#?}");
    assert_eq!(
        ended.why(),
        format!(
            "the deadline of the read-only time, {at}, had passed before freeze began; production \
             `contoso-rg/contoso-sql-1/shop` has its write access back\n\
             hint: run this step again with a longer `max-read-only`, or run rollback"
        )
    );
    shop.assert_writes_arrive("contoso-1");
    shop.upgrade_through(&["freeze", "terminate", "migrate", "switch"]);
    shop.assert_writes_arrive("contoso-2");
}

/// Open transactions get more time than users' read-only time may take as a whole.
#[test]
fn a_freeze_that_waits_too_long_is_taken_back() {
    let shop = TestUpgrade::open(Scenario { users: 0, ..scenario() }).with_inputs(&ACCEPTED);
    shop.upgrade_through(&["plan", "prepare"]);
    let client = busy_client(&shop);
    let ended = shop.run_with("freeze", &[("rollback-after", "30s"), ("max-read-only", "2s")]);
    assert_eq!(ended.outcome(), "interrupted", "{ended:#?}");
    let why = ended.why();
    let doing = "passed while freeze was setting `contoso-rg/contoso-sql-1/shop` READ_ONLY, open transactions get 30s; \
                 production";
    assert!(why.starts_with("the deadline of the read-only time, ") && why.contains(doing), "{why}");
    drop(client);
    assert_eq!(open_fences(&shop), 0);
    shop.upgrade_through(&["freeze"]);
}

/// Users are on V2 from the moment on in which production is switched off: nobody takes them back because of a deadline.
#[test]
fn the_deadline_ends_with_the_request_that_sends_users_away() {
    let shop = TestUpgrade::open(scenario());
    frozen_for(&shop, SOON, &["terminate", "migrate"]);
    let slow = [("health-repeats", "50"), ("poll-interval", "500ms"), ("health-timeout", "10m")];
    let ended = shop.run_with("switch", &slow);
    assert_eq!(ended.outcome(), "done", "{ended:#?}");
    assert!(is_overdue(&shop));
    shop.assert_writes_arrive("contoso-2");
}

/// The server wants the link to go first, and this identity cannot end it.
#[test]
fn a_production_that_cannot_be_given_back_is_stuck() {
    let upgrader = SqlLogin {
        name: "upgrader".to_owned(),
        password: "Pw-of-the-upgrader-1".to_owned(),
        servers: Vec::new(),
        master_roles: Vec::new(),
        database_roles: vec!["db_owner".to_owned()],
    };
    let alter_on_geo_primary = AlterOnGeoPrimary::RefuseReadWrite;
    let shop = TestUpgrade::open(Scenario { alter_on_geo_primary, logins: vec![upgrader], ..scenario() });
    frozen_for(&shop, "2s", &[]);
    let at = deadline(&shop);
    until("the deadline has passed", || is_overdue(&shop));
    let by_upgrader = [
        ("sql-token", ""),
        ("sql-user", "upgrader"),
        ("sql-password", "Pw-of-the-upgrader-1"),
        ("termination", "t-sql"),
    ];
    let ended = shop.run_with("terminate", &by_upgrader);
    assert_eq!(ended.outcome(), "stuck", "{ended:#?}");
    assert_eq!(
        ended.why(),
        format!(
            "the deadline of the read-only time, {at}, had passed before terminate began; production \
             `contoso-rg/contoso-sql-1/shop` could not be given back: could not end replication from \
             `contoso-rg/contoso-sql-1/shop` to `contoso-rg/contoso-sql-2/shop`: T-SQL: cannot remove the secondary of \
             `shop` on server `contoso-sql-2` in `master` on `contoso-sql-1.database.windows.net`: error 15247 (class 16, \
             state 1): User does not have permission to perform this action\n\
             hint: make the log-in a member of `dbmanager` in `master` of server `contoso-sql-1`, or give the identity \
             `Microsoft.Sql/servers/databases/replicationLinks/delete` there; then run this step again"
        )
    );
    let given_back = shop.run_with("terminate", &[("termination", "t-sql")]);
    gave_back(
        &shop,
        &given_back,
        &format!("the deadline of the read-only time, {at}, had passed before terminate began"),
    );
}
