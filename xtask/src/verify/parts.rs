//! The parts that are calls of other tools.

use std::{process::Command, time::Duration};

use anyhow::ensure;

use crate::{
    act, process,
    rehearse::{self, Break},
    workspace::{Workspace, run},
};

/// `cargo fmt --check`.
pub fn format(workspace: &Workspace) -> anyhow::Result<()> {
    run(&mut workspace.cargo(&["fmt", "--all", "--check"]))
}

/// Clippy over everything, warnings denied.
pub fn clippy(workspace: &Workspace) -> anyhow::Result<()> {
    run(&mut workspace.cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]))
}

/// All tests but those in documentation.
pub fn tests(workspace: &Workspace) -> anyhow::Result<()> {
    let tests = ["--workspace", "--all-targets", "--locked"];
    let mut command = if nextest() { workspace.cargo(&["nextest", "run"]) } else { workspace.cargo(&["test"]) };
    run(command.args(tests))
}

/// The tests in documentation, which nextest does not run.
pub fn doc_tests(workspace: &Workspace) -> anyhow::Result<()> {
    run(&mut workspace.cargo(&["test", "--workspace", "--doc", "--locked", "--quiet"]))
}

/// Success, and both ways back.
pub fn rehearse() -> anyhow::Result<()> {
    for broken in [Break::None, Break::Script, Break::Health] {
        ensure!(rehearse::run(&rehearse::Options::of_sample(broken))?, "the rehearsal did not end as expected");
    }
    Ok(())
}

/// Lints and runs of the workflows.
pub fn act() -> anyhow::Result<()> {
    ensure!(act::run(&act::Options::default())?, "the workflows did not end as expected");
    Ok(())
}

/// Tests that compare with material from outside the checkout have `evidence` in their name or their file's. They pass
/// without that material, except on a build server, and say so; here it is said once, at the end.
pub fn say_what_evidence_is_missing(workspace: &Workspace, ci: &str) -> anyhow::Result<()> {
    let there = workspace.root.parent().is_some_and(|folder| folder.join("shared").is_dir());
    if there || ci == "true" {
        return Ok(());
    }
    let mut missing = 0;
    let mut count = |line: &str| missing += usize::from(line.contains("evidence: not run"));
    process::run(&mut evidence_tests(workspace), Duration::from_secs(600), &mut count)?;
    println!("evidence: not run (../shared absent), {missing} tests");
    Ok(())
}

fn evidence_tests(workspace: &Workspace) -> Command {
    if nextest() {
        let filter = "test(evidence) + binary(evidence)";
        return workspace.cargo(&["nextest", "run", "--workspace", "--no-capture", "--filterset", filter]);
    }
    workspace.cargo(&["test", "--workspace", "--no-fail-fast", "evidence", "--", "--nocapture"])
}

fn nextest() -> bool {
    let version = Command::new("cargo").args(["nextest", "--version"]).output();
    version.is_ok_and(|output| output.status.success())
}
