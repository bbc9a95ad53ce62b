//! The command line: flags, variables, help, and what cannot be understood.

use std::process::Command;

use crate::harness::{binary, variable};

fn run(step: &str, arguments: &[&str], variables: &[(&str, &str)]) -> (Option<i32>, String, String) {
    let mut command = Command::new(binary(step));
    command.env_clear().args(arguments).envs(variables.iter().map(|(name, value)| (variable(name), value)));
    let done = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (done.status.code(), text(&done.stdout), text(&done.stderr))
}

#[test]
fn a_wrong_flag_is_a_refusal_and_never_claps_2() {
    let (code, stdout, stderr) = run("freeze", &["--no-such-flag"], &[]);
    assert_eq!((code, stdout.as_str()), (Some(10), ""));
    assert!(stderr.contains("refused: cannot read the inputs: unexpected argument '--no-such-flag' found"), "{stderr}");
    assert!(stderr.contains("hint: `upgrade-freeze --help` lists the inputs"), "{stderr}");
}

#[test]
fn a_value_that_cannot_be_read_says_how_to_write_it() {
    let (code, _, stderr) = run("freeze", &[], &[("max-read-only", "soon")]);
    assert_eq!(code, Some(10));
    assert!(stderr.contains("invalid value 'soon' for '--max-read-only <MAX_READ_ONLY>'"), "{stderr}");
    assert!(stderr.contains("such as 250ms, 30s, 10m or 12h"), "{stderr}");
}

#[test]
fn a_read_only_time_of_zero_is_refused() {
    let (code, _, stderr) = run("freeze", &["--max-read-only", "0s"], &[]);
    assert_eq!(code, Some(10));
    let why = "refused: cannot read the inputs: invalid value '0s' for '--max-read-only <MAX_READ_ONLY>': it must be \
               longer than zero; write a number with its unit, such as 250ms, 30s, 10m or 12h";
    assert!(stderr.contains(why), "{stderr}");
}

#[test]
fn plan_names_all_inputs_that_are_missing_with_an_example_of_each() {
    let (code, _, stderr) = run("plan", &["--stage-site", "rg-2/web-2"], &[]);
    assert_eq!(code, Some(10));
    let why =
        "refused: cannot plan the upgrade: inputs are missing: `subscription-id`, `profile`, `stage-server`, `scripts`";
    let hint = "hint: pass `--subscription-id <id>` (the subscription of all resources), `--profile rg/profile` (the \
                Traffic Manager profile that users come through), `--stage-server rg/sql-2` (the SQL server for the \
                copy of the database), `--scripts db/upgrade` (the folder of the upgrade scripts)";
    assert!(stderr.contains(why) && stderr.contains(hint), "{stderr}");
}

#[test]
fn a_flag_comes_before_its_variable() {
    let (_, _, stderr) = run("freeze", &["--max-lag=never"], &[("max-lag", "soon")]);
    assert!(stderr.contains("invalid value 'never'"), "{stderr}");
}

/// Every binary: taken for absent, the value would switch off what it names.
#[cfg(unix)]
#[test]
fn a_variable_that_is_not_unicode_is_refused_and_not_taken_for_absent() {
    use std::os::unix::ffi::OsStrExt;
    let odd = std::ffi::OsStr::from_bytes(b"pr\xfcfung");
    let steps =
        ["plan", "prepare", "freeze", "terminate", "migrate", "switch", "rollback", "cleanup", "firewall", "status"];
    for step in steps {
        let names = ["UPGRADE_CHECKS", "UPGRADE_HOOK_QUIESCE", "UPGRADE_PLAN_DIGEST", "GITHUB_RUN_ID"];
        for name in names.into_iter().filter(|name| step != "firewall" || name.starts_with("GITHUB")) {
            let mut command = Command::new(binary(step));
            let ended = command.env_clear().env(name, odd).output().unwrap();
            let stderr = String::from_utf8(ended.stderr).unwrap();
            assert_eq!(ended.status.code(), Some(10), "{step}: {stderr}");
            let why = format!("upgrade-{step}: refused: cannot read the environment: not Unicode: `{name}`");
            assert!(stderr.contains(&why), "{step}: {stderr}");
            assert!(stderr.contains("hint: encode these variables in UTF-8, or unset them"), "{step}: {stderr}");
        }
    }
}

#[test]
fn help_and_version_are_what_was_asked_for() {
    let steps =
        ["plan", "prepare", "freeze", "terminate", "migrate", "switch", "rollback", "cleanup", "firewall", "status"];
    for step in steps {
        let (code, stdout, stderr) = run(step, &["--help"], &[]);
        assert_eq!((code, stderr.as_str()), (Some(0), ""));
        assert!(stdout.contains(&format!("Usage: upgrade-{step}")) && stdout.contains("--upgrade-id"), "{stdout}");
        let (code, stdout, _) = run(step, &["--version"], &[]);
        assert_eq!(
            (code, stdout.trim()),
            (Some(0), concat!("upgrade-", "STEP ", env!("CARGO_PKG_VERSION")).replace("STEP", step).as_str())
        );
    }
}

#[test]
fn json_is_printed_when_asked_for() {
    let (code, stdout, _) = run("freeze", &["--json"], &[]);
    assert_eq!(code, Some(10));
    let json: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(
        (json["schema"].as_i64(), json["step"].as_str(), json["outcome"].as_str()),
        (Some(1), Some("freeze"), Some("refused"))
    );
    assert!(
        json["message"]
            .as_str()
            .unwrap()
            .starts_with("cannot read the input `upgrade-id`: it is empty, expected `1 to 64 letters, digits, - or _`")
    );
}

#[test]
fn a_workflow_run_names_the_upgrade() {
    let mut command = Command::new(binary("freeze"));
    let done = command.env_clear().env("GITHUB_RUN_ID", "4711").output().unwrap();
    let stderr = String::from_utf8(done.stderr).unwrap();
    assert!(
        stderr.contains(
            "cannot read the input `production-database`: it is empty, expected `<resource-group>/<server>/<database>`"
        ),
        "{stderr}"
    );
}

#[test]
fn under_github_actions_secrets_are_masked_before_anything_else() {
    let output = tempfile::NamedTempFile::new().unwrap();
    let mut command = Command::new(binary("freeze"));
    command.env_clear().env("GITHUB_ACTIONS", "true").env("GITHUB_OUTPUT", output.path());
    let done = command.env("UPGRADE_ARM_TOKEN", "sesame-sesame").output().unwrap();
    let stdout = String::from_utf8(done.stdout).unwrap();
    assert!(stdout.starts_with("::add-mask::sesame-sesame\n"), "{stdout}");
    assert!(stdout.contains("::error title=upgrade-freeze::refused: cannot read the input"), "{stdout}");
    assert!(std::fs::read_to_string(output.path()).unwrap().contains("refused"));
}
