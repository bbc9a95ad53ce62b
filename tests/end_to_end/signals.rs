//! Signals end a step within five seconds at a safe point, as GitHub's runner and scripts send them: to the one process that
//! was started, by its id.

use std::{
    net::{Ipv4Addr, TcpListener},
    process::Command,
    time::{Duration, Instant},
};

use azure_sim::Scenario;

use crate::{
    harness::{Ended, Running, TestUpgrade, binary, scenario, until},
    sql::Client,
};

/// What a step has for its end.
const LIMIT: Duration = Duration::from_secs(5);

/// Sends a signal to a process by its id.
pub fn signal(process: u32, name: &str) {
    let sent = Command::new("bash").args(["-c", &format!("kill -{name} {process}")]).status().unwrap();
    assert!(sent.success(), "SIG{name} could not be sent to {process}");
}

/// The script of a composite action: its last act is to become the step.
fn as_in_the_action(shop: &TestUpgrade, step: &str) -> Command {
    script(shop, &format!("true\nexec \"{}\"\n", binary(step)))
}

/// A script that has something to do after the step.
fn in_a_script(shop: &TestUpgrade, step: &str) -> Command {
    script(shop, &format!("\"{}\"\necho done\n", binary(step)))
}

fn script(shop: &TestUpgrade, text: &str) -> Command {
    let file = shop.file("script.sh", text);
    let mut bash = Command::new("bash");
    bash.args(["--noprofile", "--norc", "-e", "-o", "pipefail"]).arg(file);
    bash
}

/// Signals what was started, and waits for the end of the step, which must come in time.
#[track_caller]
fn ends(running: Running<'_>, signals: &[&str]) -> Ended {
    let (start, process) = (Instant::now(), running.process.id());
    signals.iter().for_each(|name| signal(process, name));
    let ended = running.end();
    assert!(start.elapsed() < LIMIT, "it took {:?}: {ended:#?}", start.elapsed());
    assert_eq!(ended.outcome(), "interrupted", "{ended:#?}");
    ended
}

/// The same where bash dies of the signal and leaves the step behind.
#[track_caller]
fn ends_as_an_orphan(mut running: Running<'_>, name: &str) -> Ended {
    let start = Instant::now();
    signal(running.process.id(), name);
    assert_eq!(running.process.wait().unwrap().code(), None, "bash dies of SIG{name}");
    until("the orphan has ended", || running.has_told());
    assert!(start.elapsed() < LIMIT, "it took {:?}", start.elapsed());
    let ended = running.told(Some(20));
    assert_eq!(ended.outcome(), "interrupted", "{ended:#?}");
    ended
}

/// Message, hint, annotation and summary of a step that was stopped.
#[track_caller]
fn says(ended: &Ended, message: &str, hint: &str) {
    assert_eq!(ended.why(), format!("{message}\nhint: {hint}"));
    assert!(ended.stderr.contains(&format!("interrupted: {message}")), "{}", ended.stderr);
    assert!(ended.summary.contains(&format!("**Why:** {message}")), "{}", ended.summary);
}

const AGAIN: &str = "run this step again: it finds out how far it came and finishes; or run rollback";
const SEEDING: &str = "until `contoso-rg/contoso-sql-2/shop` is seeded and in CATCH_UP";

fn slow_to_seed() -> Scenario {
    Scenario { seeding_ms: 20_000, ..scenario() }
}

fn is_seeding(running: &Running<'_>) -> bool {
    running.stderr().contains(&format!("wait {SEEDING}"))
}

#[test]
fn a_seeding_is_left_and_gone_on_with() {
    let shop = TestUpgrade::open(Scenario { seeding_ms: 8_000, ..scenario() });
    shop.upgrade_through(&["plan"]);
    let running = shop.start("prepare", &[], as_in_the_action(&shop, "prepare"));
    until("it waits for seeding", || is_seeding(&running));
    let ended = ends(running, &["INT"]);
    says(&ended, &format!("stopped by SIGINT while waiting {SEEDING}"), AGAIN);
    shop.upgrade_through(&["prepare", "freeze", "terminate", "migrate", "switch"]);
    shop.assert_writes_arrive("contoso-2");
}

#[test]
fn further_signals_change_nothing() {
    let shop = TestUpgrade::open(slow_to_seed());
    shop.upgrade_through(&["plan"]);
    let running = shop.start("prepare", &[], as_in_the_action(&shop, "prepare"));
    until("it waits for seeding", || is_seeding(&running));
    let ended = ends(running, &["TERM", "TERM", "INT", "HUP"]);
    assert!(ended.why().starts_with("stopped by SIG"), "{}", ended.why());
}

#[test]
fn a_step_notices_that_its_parent_has_died() {
    let shop = TestUpgrade::open(slow_to_seed());
    shop.upgrade_through(&["plan"]);
    let running = shop.start("prepare", &[], in_a_script(&shop, "prepare"));
    until("it waits for seeding", || is_seeding(&running));
    let ended = ends_as_an_orphan(running, "TERM");
    let message = format!("stopped by the end of the process that had started it while waiting {SEEDING}");
    says(&ended, &message, AGAIN);
}

/// Bash waits for its child when it gets SIGINT, and goes on after it: only SIGTERM ends the script.
#[test]
fn a_script_that_gets_both_signals_of_the_runner_takes_its_step_with_it() {
    let shop = TestUpgrade::open(slow_to_seed());
    shop.upgrade_through(&["plan"]);
    let running = shop.start("prepare", &[], in_a_script(&shop, "prepare"));
    until("it waits for seeding", || is_seeding(&running));
    signal(running.process.id(), "INT");
    ends_as_an_orphan(running, "TERM");
}

#[test]
fn plan_can_be_stopped() {
    let shop = TestUpgrade::open(Scenario { refuse_log_ins: vec![40613; 1_000], ..scenario() });
    let before = shop.digest();
    let patient = [("retry-first", "1s"), ("retry-budget", "60s")];
    let running = shop.start("plan", &patient, as_in_the_action(&shop, "plan"));
    until("a log-in was refused", || running.stderr().contains("error 40613"));
    says(&ends(running, &["TERM"]), "stopped by SIGTERM", "run this step again: it changes nothing");
    assert_eq!(shop.digest(), before);
}

/// What lets freeze pass by [`busy_client`].
pub const ACCEPTED: [(&str, &str); 1] = [("accept-client", "a client")];

/// Somebody is in the middle of a transaction, which the freeze waits for.
pub fn busy_client(shop: &TestUpgrade) -> Client {
    let mut client = Client::log_in(shop, "contoso-sql-1", "shop", "a client");
    client.run("CREATE TABLE dbo.Busy (Id int NOT NULL);");
    client.run("BEGIN TRANSACTION; SELECT Id FROM dbo.Busy;");
    client
}

const HAS_IT_BACK: &str = "production `contoso-rg/contoso-sql-1/shop` has its write access back";
const FREEZE_AGAIN: &str =
    "run this step again, or run rollback: it gives the stage site its old connection string back";

/// How many fences are open in production.
pub fn open_fences(shop: &TestUpgrade) -> i32 {
    let mut production = Client::log_in(shop, "contoso-sql-1", "shop", "test");
    production.number("SELECT COUNT(*) FROM rolling_upgrade.fence WHERE closed_at IS NULL;")
}

/// A freeze is stopped while READ_ONLY waits for the end of a transaction: that one goes on, and freeze can be run again.
#[track_caller]
fn freeze_is_stopped(start: fn(&TestUpgrade, &str) -> Command, stop: impl Fn(Running<'_>) -> Ended, by: &str) {
    let shop = TestUpgrade::open(Scenario { users: 0, ..scenario() }).with_inputs(&ACCEPTED);
    shop.upgrade_through(&["plan", "prepare"]);
    let mut client = busy_client(&shop);
    let running = shop.start("freeze", &[("rollback-after", "30s")], start(&shop, "freeze"));
    until("READ_ONLY was sent", || shop.sent("freeze", "SET READ_ONLY WITH ROLLBACK AFTER 30 SECONDS") == 1);
    let ended = stop(running);
    let doing = "setting `contoso-rg/contoso-sql-1/shop` READ_ONLY, open transactions get 30s";
    says(&ended, &format!("stopped by {by} while {doing}; {HAS_IT_BACK}"), FREEZE_AGAIN);
    client.run("INSERT INTO dbo.Busy VALUES (1); COMMIT TRANSACTION;");
    drop(client);
    assert_eq!(open_fences(&shop), 0);
    shop.upgrade_through(&["freeze", "terminate", "migrate", "switch"]);
}

#[test]
fn a_freeze_that_waits_for_transactions_gives_production_back() {
    freeze_is_stopped(as_in_the_action, |running| ends(running, &["INT"]), "SIGINT");
}

#[test]
fn a_freeze_whose_parent_dies_gives_production_back() {
    let by = "the end of the process that had started it";
    freeze_is_stopped(in_a_script, |running| ends_as_an_orphan(running, "TERM"), by);
}

/// A server that takes connections and never says a word.
struct Silence(TcpListener);

impl Silence {
    fn new() -> Self {
        Self(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap())
    }

    /// Rules that lead the stage server there, and everything else to the simulated Azure.
    fn instead_of_stage(&self, shop: &TestUpgrade) -> String {
        let port = self.0.local_addr().unwrap().port();
        let others = shop.sim.addresses().connect_to.join(",");
        format!("contoso-sql-2.database.windows.net:1433:127.0.0.1:{port},{others}")
    }
}

/// Starts a step that has taken the lock and waits for the stage server, for as long as it is let, and stops it there.
#[track_caller]
fn stopped_at_its_look(shop: &TestUpgrade, step: &str) -> Ended {
    let silence = Silence::new();
    let more = [("connect-to", silence.instead_of_stage(shop)), ("connect-timeout", "60s".to_owned())];
    let more = more.each_ref().map(|(name, value)| (*name, value.as_str()));
    let running = shop.start(step, &more, as_in_the_action(shop, step));
    silence.0.accept().unwrap();
    ends(running, &["TERM"])
}

const LOOK: &str = "stopped by SIGTERM while looking at the live state";

#[test]
fn a_freeze_that_is_run_again_and_stopped_gives_production_back() {
    let shop = TestUpgrade::open(scenario());
    shop.upgrade_through(&["plan", "prepare", "freeze"]);
    says(&stopped_at_its_look(&shop, "freeze"), &format!("{LOOK}; {HAS_IT_BACK}"), FREEZE_AGAIN);
    assert_eq!(open_fences(&shop), 0);
    shop.assert_writes_arrive("contoso-1");
}

#[test]
fn a_freeze_leaves_production_alone_where_it_takes_writes() {
    let shop = TestUpgrade::open(scenario());
    shop.upgrade_through(&["plan", "prepare"]);
    let before = shop.digest();
    let writable = "production `contoso-rg/contoso-sql-1/shop` takes writes";
    says(&stopped_at_its_look(&shop, "freeze"), &format!("{LOOK}; {writable}"), FREEZE_AGAIN);
    assert_eq!(shop.digest(), before);
}

#[test]
fn a_freeze_does_not_give_production_back_once_terminate_has_begun() {
    let shop = TestUpgrade::open(scenario());
    shop.upgrade_through(&["plan", "prepare", "freeze", "terminate"]);
    let before = shop.digest();
    let frozen = "production `contoso-rg/contoso-sql-1/shop` stays read-only, because terminate has begun";
    let hint = "run terminate again, or run rollback";
    says(&stopped_at_its_look(&shop, "freeze"), &format!("{LOOK}; {frozen}"), hint);
    assert_eq!(shop.digest(), before);
    shop.upgrade_through(&["migrate", "switch"]);
    shop.assert_writes_arrive("contoso-2");
}

#[test]
fn every_other_step_is_left_where_it_is() {
    let shop = TestUpgrade::open(scenario());
    shop.upgrade_through(&["plan", "prepare", "freeze"]);
    let before = shop.digest();
    for step in ["prepare", "terminate", "migrate", "switch", "cleanup"] {
        says(&stopped_at_its_look(&shop, step), LOOK, AGAIN);
        assert_eq!(shop.digest(), before, "{step}");
    }
    // A rollback gives production back before it looks at anything but the databases.
    says(&stopped_at_its_look(&shop, "rollback"), LOOK, AGAIN);
    shop.assert_writes_arrive("contoso-1");
}

#[test]
fn a_long_script_is_left_and_run_again() {
    let shop = TestUpgrade::open(scenario()).with_another_script("WAITFOR DELAY '00:00:08';");
    shop.upgrade_through(&["plan", "prepare", "freeze", "terminate"]);
    let running = shop.start("migrate", &[], as_in_the_action(&shop, "migrate"));
    until("the script runs", || shop.sent("migrate", "WAITFOR DELAY '00:00:08'") == 1);
    let doing = "running the upgrade scripts on `contoso-rg/contoso-sql-2/shop`";
    says(&ends(running, &["TERM"]), &format!("stopped by SIGTERM while {doing}"), AGAIN);
    shop.upgrade_through(&["migrate", "switch"]);
    shop.assert_writes_arrive("contoso-2");
}

#[test]
fn a_long_script_whose_step_is_an_orphan_is_left_and_rolled_back() {
    let shop = TestUpgrade::open(scenario()).with_another_script("WAITFOR DELAY '00:01:00';");
    shop.upgrade_through(&["plan", "prepare", "freeze", "terminate"]);
    let running = shop.start("migrate", &[], in_a_script(&shop, "migrate"));
    until("the script runs", || shop.sent("migrate", "WAITFOR DELAY '00:01:00'") == 1);
    ends_as_an_orphan(running, "TERM");
    shop.upgrade_through(&["rollback"]);
    shop.assert_writes_arrive("contoso-1");
}

#[test]
fn a_switch_that_waits_for_traffic_manager_is_left_and_rolled_back() {
    let shop = TestUpgrade::open(Scenario { probe_interval_ms: 60_000, ..scenario() });
    shop.upgrade_through(&["plan", "prepare", "freeze", "terminate", "migrate"]);
    let online = "until endpoint `contoso-rg/contoso/contoso-2` is Online";
    let running = shop.start("switch", &[("health-timeout", "60s")], as_in_the_action(&shop, "switch"));
    until("it waits for Traffic Manager", || running.stderr().contains(&format!("wait {online}")));
    says(&ends(running, &["INT"]), &format!("stopped by SIGINT while waiting {online}"), AGAIN);
    shop.upgrade_through(&["rollback"]);
    shop.assert_writes_arrive("contoso-1");
}

/// The request that sends users away from production is through: from here on running it again is the only way.
#[test]
fn a_switch_that_has_sent_users_away_is_finished_by_another() {
    let shop = TestUpgrade::open(scenario());
    shop.upgrade_through(&["plan", "prepare", "freeze", "terminate", "migrate"]);
    let healthy = "until site `contoso-stage-rg/contoso-2` is healthy 100 times in a row";
    let slow = [("health-repeats", "100"), ("poll-interval", "500ms"), ("health-timeout", "120s")];
    let running = shop.start("switch", &slow, as_in_the_action(&shop, "switch"));
    until("users are on V2", || running.stderr().contains(&format!("wait {healthy}")));
    says(&ends(running, &["INT"]), &format!("stopped by SIGINT while waiting {healthy}"), AGAIN);
    assert_eq!(shop.run("rollback").outcome(), "refused");
    let again = shop.run("switch");
    let jobs = "start WebJobs `fulfil` of site `contoso-stage-rg/contoso-2`".to_owned();
    assert!(again.outcome() == "done" && again.done().contains(&jobs), "{again:#?}");
    shop.assert_writes_arrive("contoso-2");
}
