//! The parts that are calls of other tools.

use std::{fs, path::PathBuf, time::Duration};

use anyhow::{Context, ensure};

use crate::{
    act, contract, interface, process,
    rehearse::{self, Break},
    sweep,
    workspace::{Workspace, has_nextest, run},
};

/// `cargo fmt --check`.
pub fn format(workspace: &Workspace) -> anyhow::Result<()> {
    run(&mut workspace.cargo(&["fmt", "--all", "--check"]))
}

/// Clippy over everything, warnings denied.
pub fn clippy(workspace: &Workspace) -> anyhow::Result<()> {
    run(&mut workspace.cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]))
}

/// `action.yml` and the tables of its inputs and outputs.
pub fn interface(workspace: &Workspace) -> anyhow::Result<()> {
    ensure!(interface::run(workspace, &interface::Options::compare())?, "a file is not what the steps know");
    Ok(())
}

/// All tests but those in documentation. What they printed is kept for [`missing_evidence`].
pub fn tests(workspace: &Workspace) -> anyhow::Result<()> {
    contract::empty(workspace)?;
    let printed = if has_nextest() { with_nextest(workspace)? } else { without_nextest(workspace)? };
    let file = printed_by_tests(workspace)?;
    fs::write(&file, printed).with_context(|| format!("write `{}`", file.display()))
}

const ALL: [&str; 3] = ["--workspace", "--all-targets", "--locked"];

/// nextest keeps the output of all tests in the report that `.config/nextest.toml` asks for.
fn with_nextest(workspace: &Workspace) -> anyhow::Result<String> {
    run(workspace.cargo(&["nextest", "run", "--no-fail-fast"]).args(ALL))?;
    let report = workspace.root.join("target/nextest/default/junit.xml");
    fs::read_to_string(&report).with_context(|| format!("read `{}`", report.display()))
}

fn without_nextest(workspace: &Workspace) -> anyhow::Result<String> {
    let mut command = workspace.cargo(&["test", "--no-fail-fast"]);
    command.args(ALL).args(["--", "--show-output"]);
    let finished = process::run(&mut command, Duration::from_secs(3600), &mut |line| eprintln!("{line}"))?;
    ensure!(finished.code == Some(0), "`cargo test` found failures");
    Ok(finished.text)
}

fn printed_by_tests(workspace: &Workspace) -> anyhow::Result<PathBuf> {
    Ok(workspace.scratch("verify")?.join("tests.txt"))
}

/// What the tests have just recorded; where they did not run, their end-to-end suite does.
pub fn contract(workspace: &Workspace, recorded: bool) -> anyhow::Result<()> {
    let options = if recorded { contract::Options::after_tests() } else { contract::Options::default() };
    ensure!(contract::run(workspace, &options)?, "the traffic or the roles deviate");
    Ok(())
}

/// The tests in documentation, which nextest does not run.
pub fn doc_tests(workspace: &Workspace) -> anyhow::Result<()> {
    run(&mut workspace.cargo(&["test", "--workspace", "--doc", "--locked", "--quiet"]))
}

/// Success and both ways back, with a stage site that is adopted and with one that is created.
pub fn rehearse(workspace: &Workspace) -> anyhow::Result<()> {
    let of_sample = rehearse::Options::of_sample;
    for options in [
        of_sample(Break::None),
        of_sample(Break::Script),
        of_sample(Break::None).begun_from_nothing(),
        of_sample(Break::Health).begun_from_nothing(),
    ] {
        ensure!(rehearse::run(workspace, &options)?, "the rehearsal did not end as expected");
    }
    Ok(())
}

/// The fixed part of the fault sweep.
pub fn sweep(workspace: &Workspace) -> anyhow::Result<()> {
    ensure!(sweep::run(workspace, &sweep::Options::quick())?, "the sweep has found something");
    Ok(())
}

/// Lints and runs of the workflows.
pub fn act(workspace: &Workspace) -> anyhow::Result<()> {
    ensure!(act::run(workspace)?, "the workflows did not end as expected");
    Ok(())
}

/// How many tests passed without the material that they compare with, which lies outside the checkout. On a build server
/// they fail instead.
pub fn missing_evidence(workspace: &Workspace) -> anyhow::Result<usize> {
    let file = printed_by_tests(workspace)?;
    let printed = fs::read_to_string(&file).with_context(|| format!("read `{}`", file.display()))?;
    Ok(printed.matches("evidence: not run").count())
}
