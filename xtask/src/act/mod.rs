//! `cargo xtask act`: the workflows, linted and run for real on this machine against the simulated Azure.

mod lint;
mod tools;
mod workflow_run;

use crate::workspace::Workspace;
use tools::Tools;
use workflow_run::WorkflowRun;

/// Lints, then runs the workflow once to success and once with a script that fails. False if a run ended otherwise.
pub fn run(workspace: &Workspace) -> anyhow::Result<bool> {
    workspace.build()?;
    let tools = Tools::install(workspace)?;
    lint::run(workspace, &tools)?;
    let mut problems = Vec::new();
    for expected in [WorkflowRun::SUCCESS, WorkflowRun::FAILURE] {
        let found = expected.run(workspace, &tools)?;
        println!("act, {}: {}", expected.name, if found.is_empty() { "as expected" } else { "NOT as expected" });
        problems.extend(found);
    }
    problems.iter().for_each(|problem| println!("  problem: {problem}"));
    Ok(problems.is_empty())
}
