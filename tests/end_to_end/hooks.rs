//! Hooks: what they are told, what becomes of a step when one fails, and that each runs again where it has to.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, process::Command};

use azure_sim::Scenario;

use crate::{
    background::{come_to, webjobs},
    harness::{Ended, TestUpgrade, binary, scenario, until},
    refused::refused,
    signals::signal,
    sql::Client,
};

const V1: &str = "contoso-rg/providers/Microsoft.Web/sites/contoso-1";

/// A hook that writes down that it was called, and then does this.
fn hook(shop: &TestUpgrade, name: &str, then: &str) -> String {
    let calls = shop.file("calls", "");
    fs::remove_file(&calls).unwrap();
    let text = format!("#!/bin/sh\necho \"$UPGRADE_HOOK\" >> '{}'\n{then}\n", calls.display());
    executable(&shop.file(name, &text))
}

fn executable(file: &Path) -> String {
    fs::set_permissions(file, fs::Permissions::from_mode(0o755)).unwrap();
    file.to_str().unwrap().to_owned()
}

fn calls(shop: &TestUpgrade) -> Vec<String> {
    let beside = shop.file("beside", "").with_file_name("calls");
    fs::read_to_string(beside).unwrap_or_default().lines().map(str::to_owned).collect()
}

/// All three hooks, where quiesce does this.
fn with_hooks(shop: TestUpgrade, quiesce: &str) -> TestUpgrade {
    let inputs = [
        ("hook-quiesce", hook(&shop, "quiesce.sh", quiesce)),
        ("hook-resume", hook(&shop, "resume.sh", "")),
        ("hook-activate", hook(&shop, "activate.sh", "")),
    ];
    let inputs = inputs.each_ref().map(|(name, file)| (*name, file.as_str()));
    shop.with_inputs(&inputs)
}

fn hook_rows(shop: &TestUpgrade, server: &str) -> i32 {
    Client::log_in(shop, server, "shop", "test").number("SELECT COUNT(*) FROM rolling_upgrade.hook;")
}

fn line_of(ended: &Ended, hook: &str, text: &str) -> bool {
    ended.stderr.lines().any(|line| line == format!("{hook}: {text}"))
}

#[test]
fn each_hook_runs_in_its_place() {
    let shop = with_hooks(TestUpgrade::open(scenario()), "");
    shop.upgrade_through(&["plan", "prepare"]);
    assert_eq!(calls(&shop), [""; 0]);
    let ended = shop.run("freeze");
    let done = ended.done();
    let place = |text: &str| done.iter().position(|what| what.starts_with(text)).unwrap_or_else(|| panic!("{done:#?}"));
    let hooked = place("run hook-quiesce");
    assert!(
        place("stop WebJobs `fulfil` of site `contoso-rg/contoso-1`") < hooked
            && hooked < place("record in `contoso-rg/contoso-sql-1/shop` that its read-only time begins")
    );
    shop.upgrade_through(&["terminate", "migrate"]);
    let migrated = shop.sim.snapshot().unwrap();
    shop.upgrade_through(&["switch"]);
    assert_eq!(calls(&shop), ["hook-quiesce", "hook-activate"]);
    assert_eq!(shop.run("switch").outcome(), "already-done");
    assert_eq!(calls(&shop), ["hook-quiesce", "hook-activate"], "it has succeeded, and is not run again");
    shop.sim.restore(&migrated).unwrap();
    shop.upgrade_through(&["rollback"]);
    assert_eq!(shop.run("rollback").outcome(), "already-done");
    assert_eq!(calls(&shop), ["hook-quiesce", "hook-activate", "hook-resume"]);
    assert_eq!(hook_rows(&shop, "contoso-sql-1"), 0);
}

/// What a hook finds in its environment is what is documented: what it is for, and nothing that opens a door.
#[test]
fn a_hook_is_told_what_it_is_for_and_no_secret() {
    let shop = TestUpgrade::open(scenario());
    let seen = shop.file("seen", "");
    let shop = with_hooks(shop, &format!("env > '{}'", seen.display())).with_environment(&[
        ("ACTIONS_ID_TOKEN_REQUEST_URL", "https://token.actions.example/"),
        ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "request-token"),
        ("ACTIONS_RUNTIME_TOKEN", "runtime-token"),
        ("OF_THE_USER", "stays"),
    ]);
    shop.upgrade_through(&["plan", "prepare", "freeze"]);
    let text = fs::read_to_string(&seen).unwrap();
    let own =
        |line: &&str| ["UPGRADE_", "ACTIONS_", "GITHUB_", "OF_THE_USER"].iter().any(|start| line.starts_with(start));
    let mut lines: Vec<_> = text.lines().filter(own).collect();
    lines.sort_unstable();
    let subscription = format!("UPGRADE_SUBSCRIPTION_ID={}", shop.sim.credentials().subscription_id);
    let summary = lines.iter().position(|line| line.starts_with("GITHUB_STEP_SUMMARY="));
    summary.map(|at| lines.remove(at));
    assert_eq!(
        lines,
        [
            "OF_THE_USER=stays",
            "UPGRADE_CONNECTION_NAME=Shop",
            "UPGRADE_HOOK=hook-quiesce",
            "UPGRADE_PRODUCTION_DATABASE=contoso-rg/contoso-sql-1/shop",
            "UPGRADE_PRODUCTION_ENDPOINT=contoso-rg/contoso/contoso-1",
            "UPGRADE_PRODUCTION_SITE=contoso-rg/contoso-1",
            "UPGRADE_STAGE_DATABASE=contoso-rg/contoso-sql-2/shop",
            "UPGRADE_STAGE_ENDPOINT=contoso-rg/contoso/contoso-2",
            "UPGRADE_STAGE_SITE=contoso-stage-rg/contoso-2",
            &subscription,
            "UPGRADE_UPGRADE_ID=run-1",
        ]
    );
    assert!(shop.sim.secrets().iter().all(|secret| !text.contains(secret.as_str())));
}

/// A runner obeys commands in what a step prints.
#[test]
fn the_output_of_a_hook_is_told_and_commands_nothing() {
    let says = "echo moved 3 containers\n\
                echo '::error::of a hook' >&2\n\
                printf 'progress\\r::stop-commands::x\\n'\n\
                echo '::set-output name=outcome::done'\n\
                printf 'no end'";
    let shop = with_hooks(TestUpgrade::open(scenario()), says).with_environment(&[("GITHUB_ACTIONS", "true")]);
    shop.upgrade_through(&["plan", "prepare"]);
    let ended = shop.run("freeze");
    assert_eq!(ended.outcome(), "done");
    let text = format!("{}\n{}", ended.stdout, ended.stderr);
    for line in ["moved 3 containers", "progress", "no end"] {
        assert!(text.contains(&format!("hook-quiesce: {line}")), "{text}");
    }
    let obeyed = |line: &str| {
        ["::error", "::stop-commands", "::set-output"].iter().any(|command| line.trim_start().starts_with(command))
    };
    assert!(!text.split(['\n', '\r']).any(obeyed), "{text}");
}

const FREEZE: &str = "repair the hook and run this step again; `contoso-rg/contoso-sql-1/shop` takes writes as before (upgrade \
                      `run-1` stands at `prepared`, `freeze` comes next)";

/// Nothing but what its own hooks did: WebJobs run as before, no row is left.
#[track_caller]
fn refused_as_if_nothing_were(shop: &TestUpgrade, inputs: &[(&str, &str)]) -> Ended {
    let before = webjobs(shop, V1);
    let ended = shop.run_with("freeze", inputs);
    assert_eq!(ended.outcome(), "refused", "{ended:#?}");
    come_to(shop, V1, &before.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(calls(shop), ["hook-quiesce", "hook-resume"]);
    ended
}

#[test]
fn a_quiesce_that_fails_is_undone_and_refuses_the_freeze() {
    let shop = with_hooks(TestUpgrade::open(Scenario { users: 0, ..scenario() }), "echo half of it; exit 3");
    shop.upgrade_through(&["plan", "prepare"]);
    let before = shop.digest();
    let ended = refused_as_if_nothing_were(&shop, &[]);
    let file = shop.file("quiesce.txt", "").with_file_name("quiesce.sh").canonicalize().unwrap();
    assert_eq!(ended.why(), format!("hook-quiesce (`{}`) ended with exit code 3\nhint: {FREEZE}", file.display()));
    assert!(line_of(&ended, "hook-quiesce", "half of it"), "{}", ended.stderr);
    assert_eq!(shop.digest(), before);
}

/// With what it has started: a child of its own that holds its output open.
#[test]
fn a_hook_that_does_not_end_is_ended_with_its_children() {
    let shop = TestUpgrade::open(Scenario { users: 0, ..scenario() });
    let child = shop.file("child", "");
    let waits = format!("sleep 600 & echo $! > '{}'; trap '' TERM; wait; sleep 600", child.display());
    let shop = with_hooks(shop, &waits);
    shop.upgrade_through(&["plan", "prepare"]);
    let before = shop.digest();
    let ended = refused_as_if_nothing_were(&shop, &[("hook-timeout", "1s")]);
    assert!(ended.why().contains("quiesce.sh`) did not end within 1s and was killed\nhint: "), "{}", ended.why());
    let child: u32 = fs::read_to_string(&child).unwrap().trim().parse().unwrap();
    until("its child has ended", || !lives(child));
    assert_eq!(shop.digest(), before);
}

/// A process that has ended may still be in the list.
fn lives(process: u32) -> bool {
    let state = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    state.rsplit(") ").next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with('Z'))
}

#[test]
fn a_resume_that_fails_leaves_production_writable_and_is_run_again() {
    let shop = with_hooks(TestUpgrade::open(scenario()), "");
    shop.upgrade_through(&["plan", "prepare", "freeze"]);
    let broken = hook(&shop, "broken.sh", "exit 9");
    let ended = shop.run_with("rollback", &[("hook-resume", &broken)]);
    assert_eq!(ended.outcome(), "interrupted", "{ended:#?}");
    let file = Path::new(&broken).canonicalize().unwrap();
    assert_eq!(
        ended.why(),
        format!(
            "production `contoso-rg/contoso-sql-1/shop` takes writes, but what hook-quiesce stopped was not started \
             again: hook-resume (`{}`) ended with exit code 9\n\
             hint: repair the hook and run rollback: it runs hook-resume again",
            file.display()
        )
    );
    shop.assert_writes_arrive("contoso-1");
    come_to(&shop, V1, &["fulfil Running"]);
    shop.upgrade_through(&["rollback"]);
    assert_eq!(calls(&shop), ["hook-resume", "hook-resume"]);
}

/// A rollback by somebody who does not know of the hooks gives production back all the same.
#[test]
fn a_rollback_without_the_hook_says_what_stays_stopped() {
    let shop = with_hooks(TestUpgrade::open(scenario()), "");
    shop.upgrade_through(&["plan", "prepare", "freeze"]);
    for outcome in ["done", "already-done"] {
        let ended = shop.run_with("rollback", &[("hook-resume", "")]);
        assert_eq!(ended.outcome(), outcome, "{ended:#?}");
        let says = "hook-quiesce has run, and no `hook-resume` was given to undo it: start again by hand what it \
                    stopped, or run rollback with `hook-resume`";
        assert!(ended.stderr.contains(says), "{}", ended.stderr);
    }
    shop.assert_writes_arrive("contoso-1");
    shop.upgrade_through(&["rollback"]);
    assert_eq!(calls(&shop), ["hook-quiesce", "hook-resume"]);
}

#[test]
fn an_activate_that_fails_is_run_again_by_another_switch() {
    let shop = with_hooks(TestUpgrade::open(scenario()), "");
    shop.upgrade_through(&["plan", "prepare", "freeze", "terminate", "migrate"]);
    let broken = hook(&shop, "broken.sh", "kill -KILL $$");
    let ended = shop.run_with("switch", &[("hook-activate", &broken)]);
    assert_eq!(ended.outcome(), "interrupted", "{ended:#?}");
    let file = Path::new(&broken).canonicalize().unwrap();
    assert_eq!(
        ended.why(),
        format!(
            "users are on V2, but not all of its background work runs: hook-activate (`{}`) was ended by signal 9\n\
             hint: repair the hook and run switch again: it runs hook-activate again",
            file.display()
        )
    );
    shop.assert_writes_arrive("contoso-2");
    shop.upgrade_through(&["switch"]);
    assert_eq!(shop.run("switch").outcome(), "already-done");
    assert_eq!(calls(&shop), ["hook-activate", "hook-activate"]);
}

#[test]
fn hooks_that_cannot_be_run_are_refused_before_the_freeze() {
    let shop = TestUpgrade::open(Scenario { users: 0, ..scenario() });
    let (plain, fine) = (shop.file("plain.sh", "#!/bin/sh\n"), hook(&shop, "fine.sh", "true"));
    let (plain, absent) = (plain.to_str().unwrap().to_owned(), plain.with_file_name("absent.sh"));
    let absent = absent.to_str().unwrap();
    let hint = "check the hooks out in this job, and make them executable (`git update-index --chmod=+x`)";
    let said = |input: &str, file: &str, why: &str, status: &str| {
        format!("the file of the input `{input}` cannot be run: cannot use `{file}`: {why}\nhint: {hint}{status}")
    };
    let check = |step: &str, status: &str| {
        let denied = said("hook-resume", &plain, "Permission denied (os error 13)", status);
        let missing = said("hook-activate", absent, "No such file or directory (os error 2)", status);
        assert_eq!(refused(&shop, step, &[("hook-resume", &plain)]).why(), denied);
        assert_eq!(refused(&shop, step, &[("hook-activate", absent)]).why(), missing);
        let alone = refused(&shop, step, &[("hook-quiesce", &fine)]).why();
        assert_eq!(
            alone,
            format!(
                "`hook-quiesce` was given without `hook-resume`, which starts again what it stops\n\
                 hint: pass both to this step, and `hook-resume` to every step up to switch and to rollback{status}"
            )
        );
        let folder = refused(&shop, step, &[("hook-quiesce", "/"), ("hook-resume", &fine)]).why();
        assert!(
            folder.starts_with("the file of the input `hook-quiesce` cannot be run: `/` is not a file"),
            "{folder}"
        );
    };
    check("plan", "");
    shop.upgrade_through(&["plan", "prepare"]);
    check("freeze", "; `upgrade-status` shows where the upgrade stands");
}

/// Neither a missing file nor a missing checkout keeps users from getting their write access back.
#[test]
fn a_rollback_whose_hook_is_not_there_gives_write_access_first() {
    let shop = with_hooks(TestUpgrade::open(scenario()), "");
    shop.upgrade_through(&["plan", "prepare", "freeze"]);
    let ended = shop.run_with("rollback", &[("hook-resume", "not/checked/out.sh")]);
    assert_eq!(ended.outcome(), "interrupted", "{ended:#?}");
    assert!(
        ended.why().starts_with(
            "production `contoso-rg/contoso-sql-1/shop` takes writes, but what hook-quiesce stopped was not started \
             again: cannot use `not/checked/out.sh`: No such file or directory"
        ),
        "{}",
        ended.why()
    );
    shop.assert_writes_arrive("contoso-1");
}

/// A hook that waits, and says so by its process id in a file.
fn that_waits(shop: TestUpgrade) -> (TestUpgrade, std::path::PathBuf) {
    let waits = shop.file("waits", "");
    fs::remove_file(&waits).unwrap();
    let text = format!("echo $$ > '{0}.new'; mv '{0}.new' '{0}'; exec sleep 600", waits.display());
    (with_hooks(shop, &text), waits)
}

#[test]
fn a_freeze_that_is_stopped_while_a_hook_runs_takes_its_work_back() {
    let (shop, waits) = that_waits(TestUpgrade::open(scenario()));
    shop.upgrade_through(&["plan", "prepare"]);
    let running = shop.start("freeze", &[("hook-timeout", "10m")], Command::new(binary("freeze")));
    until("the hook runs", || waits.exists());
    assert_eq!(webjobs(&shop, V1), ["fulfil Stopped"]);
    signal(running.process.id(), "INT");
    let ended = running.end();
    assert_eq!(ended.outcome(), "interrupted", "{ended:#?}");
    assert_eq!(
        ended.why(),
        "stopped by SIGINT while running hook-quiesce; production `contoso-rg/contoso-sql-1/shop` takes writes\n\
         hint: run this step again, or run rollback: it gives the stage site its old connection string back"
    );
    let hook: u32 = fs::read_to_string(&waits).unwrap().trim().parse().unwrap();
    until("the hook has ended", || !lives(hook));
    assert_eq!(calls(&shop), ["hook-quiesce", "hook-resume"]);
    come_to(&shop, V1, &["fulfil Running"]);
    shop.assert_writes_arrive("contoso-1");
}

/// What was stopped is known to whoever comes next.
#[test]
fn a_freeze_that_was_killed_while_a_hook_runs_is_undone_by_rollback() {
    let (shop, waits) = that_waits(TestUpgrade::open(scenario()));
    shop.upgrade_through(&["plan", "prepare"]);
    let mut running = shop.start("freeze", &[("hook-timeout", "10m")], Command::new(binary("freeze")));
    until("the hook runs", || waits.exists());
    running.process.kill().unwrap();
    running.process.wait().unwrap();
    signal(fs::read_to_string(&waits).unwrap().trim().parse().unwrap(), "KILL");
    until("its lock is free, and rollback is done", || shop.run("rollback").outcome() == "done");
    assert_eq!(calls(&shop), ["hook-quiesce", "hook-resume"]);
    come_to(&shop, V1, &["fulfil Running"]);
    shop.assert_writes_arrive("contoso-1");
}

/// A step that gives production back at the deadline starts its background work again too.
#[test]
fn a_step_that_is_out_of_time_starts_background_work_again() {
    let shop = TestUpgrade::open(scenario()).with_another_script("WAITFOR DELAY '00:10:00';");
    let shop = with_hooks(shop, "");
    shop.upgrade_through(&["plan", "prepare"]);
    assert_eq!(shop.run_with("freeze", &[("max-read-only", "15s")]).outcome(), "done");
    shop.upgrade_through(&["terminate"]);
    let broken = hook(&shop, "broken.sh", "exit 1");
    let ended = shop.run_with("migrate", &[("hook-resume", &broken)]);
    assert_eq!(ended.outcome(), "broken", "{ended:#?}");
    let why = ended.why();
    assert!(
        why.contains(
            "; production `contoso-rg/contoso-sql-1/shop` has its write access back, but what hook-quiesce stopped was \
             not started again: hook-resume"
        ) && why.ends_with("\nhint: run rollback: it finishes what is left"),
        "{why}"
    );
    come_to(&shop, V1, &["fulfil Running"]);
    shop.assert_writes_arrive("contoso-1");
    shop.upgrade_through(&["rollback"]);
    assert_eq!(calls(&shop), ["hook-resume", "hook-resume"]);
}
