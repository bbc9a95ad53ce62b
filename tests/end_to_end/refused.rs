//! Guards: what is refused changes nothing, and says what was tried, why it may not be, and what to do.

use crate::harness::{Ended, TestUpgrade, scenario};

/// Runs a step that must refuse: exit code 10, nothing changed.
#[track_caller]
pub fn refused(shop: &TestUpgrade, step: &str, more: &[(&str, &str)]) -> Ended {
    let before = shop.digest();
    let ended = shop.run_with(step, more);
    assert_eq!(ended.outcome(), "refused", "{step}: {ended:#?}");
    assert_eq!(shop.digest(), before, "{step} refused and changed something: {ended:#?}");
    ended
}

#[test]
fn an_empty_identifier_names_the_trap() {
    let shop = TestUpgrade::open(scenario());
    shop.upgrade_through(&["plan"]);
    let why = refused(&shop, "prepare", &[("stage-database", "")]).why();
    assert_eq!(
        why,
        "cannot read the input `stage-database`: it is empty, expected `<resource-group>/<server>/<database>`; if a \
         job output should have filled it: GitHub drops a job output that contains a masked value, so look for a \
         warning \"Skip output … since it may contain secret\" in the job before this one\n\
         hint: pass the identifiers from the outputs of plan; `upgrade-status` shows where the upgrade stands"
    );
}

#[test]
fn changed_scripts_are_refused_before_the_freeze() {
    let shop = TestUpgrade::open(scenario()).with_script("CREATE TABLE dbo.One (Id int);");
    shop.upgrade_through(&["plan", "prepare"]);
    std::fs::write(shop.scripts().join("1.sql"), "CREATE TABLE dbo.Two (Id int);").unwrap();
    let why = refused(&shop, "freeze", &[]).why();
    assert!(
        why.starts_with("cannot freeze `contoso-rg/contoso-sql-1/shop`: the scripts in this job have the digest `"),
        "{why}"
    );
    let hint = "hint: run plan and prepare again, and review what has changed (upgrade `run-1` stands at `prepared`, \
                `freeze` comes next)";
    assert!(why.ends_with(hint), "{why}");
}

#[test]
fn scripts_that_the_server_does_not_understand_are_refused_before_the_freeze() {
    let shop = TestUpgrade::open(scenario()).with_script("SELECT 1;\nGO\nSELECT FROM WHERE;\n");
    shop.upgrade_through(&["plan", "prepare"]);
    let why = refused(&shop, "freeze", &[]).why();
    assert!(why.contains("the server does not understand the scripts: `1.sql`") && why.contains("in line 3"), "{why}");
}

#[test]
fn a_folder_without_scripts_is_refused() {
    let shop = TestUpgrade::open(scenario());
    let empty = tempfile::tempdir().unwrap();
    let why = refused(&shop, "plan", &[("scripts", empty.path().to_str().unwrap())]).why();
    assert!(why.ends_with("hint: correct the scripts: nothing was sent yet"), "{why}");
    let why = refused(&shop, "plan", &[("scripts", "")]).why();
    assert_eq!(
        why,
        "cannot plan the upgrade: inputs are missing: `scripts`\n\
         hint: pass `--scripts db/upgrade` (the folder of the upgrade scripts)"
    );
}

#[test]
fn a_profile_that_is_not_there_is_refused() {
    let shop = TestUpgrade::open(scenario());
    assert_eq!(
        refused(&shop, "plan", &[("profile", "contoso-rg/nothing")]).why(),
        "cannot read profile `contoso-rg/nothing`: there is no such profile, or this identity may not read it\n\
         hint: check its resource group and name: the input `profile`, or the identifiers of the endpoints"
    );
}

#[test]
fn a_token_that_is_not_accepted_is_refused() {
    let shop = TestUpgrade::open(scenario());
    let why = refused(&shop, "plan", &[("arm-token", "not-a-token")]).why();
    assert!(why.contains("Azure answered 401"), "{why}");
    assert!(why.contains("hint: the token has expired or is for another audience"), "{why}");
    let why = refused(&shop, "plan", &[("sql-token", "not-a-token")]).why();
    assert!(why.contains("18456"), "{why}");
}

#[test]
fn an_upgrade_that_somebody_else_began_is_refused_and_both_are_named() {
    let shop = TestUpgrade::open(scenario());
    shop.upgrade_through(&["plan", "prepare"]);
    let why = refused(&shop, "plan", &[("upgrade-id", "run-2")]).why();
    assert!(why.contains("stage database `contoso-rg/contoso-sql-2/shop` exists and belongs to upgrade `run-1`; this is upgrade `run-2`"), "{why}");
    assert!(
        why.contains("profile `contoso-rg/contoso` is in use by upgrade `run-1`; this is upgrade `run-2`"),
        "{why}"
    );
}

#[test]
fn switch_wants_to_know_what_was_planned() {
    let shop = TestUpgrade::open(scenario());
    shop.upgrade_through(&["plan", "prepare", "freeze", "terminate", "migrate"]);
    assert_eq!(
        refused(&shop, "switch", &[("scripts-digest", "")]).why(),
        "cannot switch users from `contoso-rg/contoso-1` to `contoso-stage-rg/contoso-2`: `scripts-digest` was not given\n\
         hint: pass the output `scripts-digest` of plan or migrate (upgrade `run-1` stands at `migrated`, `switch` comes next)"
    );
    let why = refused(&shop, "switch", &[("scripts-digest", "0")]).why();
    assert!(why.contains("the journal of `contoso-rg/contoso-sql-2/shop` has the scripts of digest"), "{why}");
}

const TRAP: &str = "was not given: GitHub drops a job output that contains a masked value, so look for a warning \"Skip output … \
                    since it may contain secret\" in the job before this one";

#[test]
fn freeze_wants_to_know_what_was_planned_whatever_github_has_dropped() {
    let shop = TestUpgrade::open(scenario());
    shop.upgrade_through(&["plan", "prepare"]);
    let stands = "(upgrade `run-1` stands at `prepared`, `freeze` comes next)";
    let tried = "cannot freeze `contoso-rg/contoso-sql-1/shop`";
    assert_eq!(
        refused(&shop, "freeze", &[("plan-digest", "")]).why(),
        format!("{tried}: `plan-digest` {TRAP}\nhint: pass the output `plan-digest` of plan {stands}")
    );
    let here = shop.known("scripts-digest");
    assert_eq!(
        refused(&shop, "freeze", &[("scripts-digest", "")]).why(),
        format!(
            "{tried}: `scripts-digest` {TRAP}\n\
             hint: pass the output `scripts-digest` of plan; the scripts in this job have the digest `{here}` {stands}"
        )
    );
}

/// Without the digest a script that nobody has planned would run.
#[test]
fn migrate_wants_to_know_what_was_planned_whatever_github_has_dropped() {
    let shop = TestUpgrade::open(scenario());
    shop.upgrade_through(&["plan", "prepare", "freeze", "terminate"]);
    let here = shop.known("scripts-digest");
    assert_eq!(
        refused(&shop, "migrate", &[("scripts-digest", "")]).why(),
        format!(
            "cannot upgrade `contoso-rg/contoso-sql-2/shop`: `scripts-digest` {TRAP}\n\
             hint: pass the output `scripts-digest` of plan; the scripts in this job have the digest `{here}` (upgrade \
             `run-1` stands at `terminated`, `migrate` comes next)"
        )
    );
    shop.upgrade_through(&["migrate"]);
}

#[test]
fn a_stage_server_that_does_not_exist_is_refused() {
    let shop = TestUpgrade::open(scenario());
    let why = refused(&shop, "plan", &[("stage-server", "contoso-rg/nowhere")]).why();
    assert!(why.contains("stage server `contoso-rg/nowhere` does not exist"), "{why}");
}
