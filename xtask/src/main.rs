//! The project's own tasks: `cargo rehearse`, `cargo verify` and `cargo xtask <task>`. It drives the built binaries as
//! processes and links none of the product's crates; of the simulator it knows the types of its control interface.
#![allow(clippy::print_stdout, reason = "a command-line tool: its results go to stdout, its progress to stderr")]
#![allow(clippy::print_stderr, reason = "see print_stdout")]

mod act;
mod bench;
mod contract;
mod control;
mod dist;
mod generated;
mod interface;
mod outputs;
mod process;
mod rehearse;
mod simulator;
mod sweep;
mod verify;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use workspace::{Profile, Workspace};

/// Tasks of the rolling-upgrade workspace.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

fn run(task: Task) -> anyhow::Result<bool> {
    match task {
        Task::Rehearse(options) => rehearse::run(&Workspace::find(Profile::Dev)?, &options),
        Task::Verify(options) => verify::run(&Workspace::find(Profile::Dev)?, &options),
        Task::Sweep(options) => {
            let profile = if options.uses_debug() { Profile::Dev } else { Profile::Release };
            sweep::run(&Workspace::find(profile)?, &options)
        }
        Task::Act => act::run(&Workspace::find(Profile::Dev)?),
        Task::Contract(options) => contract::run(&Workspace::find(Profile::Dev)?, &options),
        Task::Interface(options) => interface::run(&Workspace::find(Profile::Dev)?, &options),
        Task::Bench(options) => bench::run(&Workspace::find(Profile::Dev)?, &options),
        Task::Dist => dist::run(&Workspace::find(Profile::Release)?),
    }
}

#[derive(Subcommand)]
enum Task {
    /// Upgrade a sample application from V1 to V2 on the simulated Azure, with the real step binaries.
    Rehearse(rehearse::Options),
    /// Let every fault happen at every request of every step, with users writing, and see that nothing is lost.
    Sweep(sweep::Options),
    /// Run every check that a change has to pass.
    Verify(verify::Options),
    /// Lint the workflows and run them for real with `act` against the simulated Azure.
    Act,
    /// Hold what the steps send, and what the simulated Azure answers, against Azure's official descriptions, and derive the
    /// least privilege from it.
    Contract(contract::Options),
    /// Compare `action.yml` and the tables of inputs and outputs with what the steps know, or write them.
    Interface(interface::Options),
    /// Measure what the documentation states.
    Bench(bench::Options),
    /// Build the step binaries for distribution, with their SHA-256 sums.
    Dist,
}

fn main() -> ExitCode {
    match run(Arguments::parse().task) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
