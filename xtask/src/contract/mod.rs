//! `cargo xtask contract`: what the steps really send, held against the official description of Azure Resource Manager, and
//! the least privilege that follows from it.

mod action;
mod capture;
mod judge;
mod roles;
mod slot;
mod statement;
mod suite;
mod validator;

use std::{fs, path::Path};

use anyhow::Context;
use clap::Args;

use crate::workspace::Workspace;
use capture::Traffic;
use judge::{Accepted, Summary};
use validator::Validator;

pub use suite::empty;

/// What to do with what was found.
#[derive(Args, Default)]
pub struct Options {
    /// Write `docs/roles` and `docs/permissions.md` instead of comparing them.
    #[arg(long)]
    write: bool,
    /// Take what an earlier run of the end-to-end suite has recorded, instead of running it.
    #[arg(long)]
    reuse: bool,
}

impl Options {
    /// For a check right after the tests.
    pub fn after_tests() -> Self {
        Self { write: false, reuse: true }
    }
}

/// Records, validates, derives. False if something deviates.
pub fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<bool> {
    if !options.reuse {
        suite::record(workspace)?;
    }
    let traffic = capture::read(&suite::folder(workspace))?;
    anyhow::ensure!(
        !traffic.requests.is_empty(),
        "the end-to-end suite has left no requests: run it, or leave out `--reuse`"
    );
    let mut problems = validate(workspace, &traffic)?;
    problems.extend(roles::hold(&workspace.root, &traffic, options.write)?);
    problems.iter().for_each(|problem| println!("  problem: {problem}"));
    Ok(problems.is_empty())
}

fn validate(workspace: &Workspace, traffic: &Traffic) -> anyhow::Result<Vec<String>> {
    let azure = workspace.root.join("../shared/azure");
    if !azure.exists() {
        return absent();
    }
    let validator = Validator::install(workspace, &azure)?;
    let summary = judge::judge(&validator, &traffic.requests, &accepted(&workspace.root)?)?;
    tell(&summary);
    Ok(summary.problems)
}

/// The official descriptions are no part of this repository; a build server that has to have them says so by `CI=true`.
#[expect(clippy::disallowed_methods, reason = "whether evidence may be missing is a matter of the environment")]
fn absent() -> anyhow::Result<Vec<String>> {
    anyhow::ensure!(std::env::var("CI").as_deref() != Ok("true"), "evidence: ../shared is absent in CI");
    println!("evidence: not run (../shared absent)");
    Ok(Vec::new())
}

fn accepted(root: &Path) -> anyhow::Result<Vec<Accepted>> {
    let file = root.join("tests/contract/accepted.json");
    let text = fs::read_to_string(&file).with_context(|| format!("read `{}`", file.display()))?;
    serde_json::from_str(&text).with_context(|| format!("read `{}`", file.display()))
}

fn tell(summary: &Summary) {
    let Summary { operations, own, exchanges, accepted, wrong_caught, problems } = summary;
    let wrong = if *wrong_caught { "was" } else { "was NOT" };
    println!(
        "contract: {} operations used ({} by descriptions of our own), {exchanges} requests and answers validated, {} findings \
         ({accepted} accepted by a recording), the wrong pair {wrong} caught",
        operations.len() + own.len(),
        own.len(),
        problems.len(),
    );
}
