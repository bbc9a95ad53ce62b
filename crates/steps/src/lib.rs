//! The steps of a rolling upgrade, each a small binary around one decision.
//!
//! Data flows one way: inputs -> observe -> decide -> effects -> apply -> look again -> report.

mod apply;
mod cloud;
mod failure;
mod inputs;
mod observe;
mod plan;
mod report;
mod sessions;
mod shell;
mod sign_in;
mod step;
mod surroundings;
mod ways;

pub use rollout::Step;

use std::process::ExitCode;

/// Runs one of the steps that change something.
pub fn step(step: Step) -> ExitCode {
    shell::run(step.name(), step::binary(step), async |guest, inputs| step::run(step, guest, inputs).await)
}

/// Runs plan, which only reads.
pub fn plan() -> ExitCode {
    shell::run("plan", "upgrade-plan", async |guest, inputs| plan::run(guest, inputs).await)
}
