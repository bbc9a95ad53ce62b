//! The steps of a rolling upgrade, each a small binary around one decision.
//!
//! Data flows one way: inputs -> observe -> decide -> effects -> apply -> look again -> report.

mod apply;
mod cloud;
mod execution;
mod failure;
mod firewall;
mod hooks;
mod identity;
mod inputs;
mod interface;
mod lock;
mod observe;
mod outputs;
mod package;
mod plan;
mod report;
mod scripts;
mod sessions;
mod shell;
mod status;
mod step;
mod stop;
mod wait;

pub use interface::{Interface, interface};
pub use rollout::Step;

use std::process::ExitCode;

use runner::RunnerIo;

use inputs::{
    CleanupArguments, FreezeArguments, MigrateArguments, PrepareArguments, RollbackArguments, SwitchArguments,
    TerminateArguments,
};
use stop::Stop;

/// Runs one of the steps that change something.
pub fn step(step: Step) -> ExitCode {
    match step {
        Step::Prepare => with::<PrepareArguments>(step),
        Step::Freeze => with::<FreezeArguments>(step),
        Step::Terminate => with::<TerminateArguments>(step),
        Step::Migrate => with::<MigrateArguments>(step),
        Step::Switch => with::<SwitchArguments>(step),
        Step::Rollback => with::<RollbackArguments>(step),
        Step::Cleanup => with::<CleanupArguments>(step),
    }
}

fn with<A: shell::Inputs + Into<inputs::StepInputs>>(step: Step) -> ExitCode {
    let work = async |runner_io: &RunnerIo, arguments: A, stop: &Stop| {
        step::run(step, runner_io, arguments.into(), stop).await
    };
    shell::run(step.name(), step::binary(step), work)
}

/// Lets this runner into the SQL servers, or takes that back.
pub fn firewall() -> ExitCode {
    shell::run("firewall", "upgrade-firewall", async |runner_io, inputs, stop| {
        firewall::run(runner_io, inputs, stop).await
    })
}

/// Runs status, which only reads.
pub fn status() -> ExitCode {
    shell::run("status", "upgrade-status", async |runner_io, inputs, stop| status::run(runner_io, inputs, stop).await)
}

/// Runs plan, which only reads.
pub fn plan() -> ExitCode {
    shell::run("plan", "upgrade-plan", async |runner_io, inputs, stop| plan::run(runner_io, inputs, stop).await)
}
