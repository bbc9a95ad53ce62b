//! The project's own tasks: `cargo rehearse`, `cargo verify` and `cargo xtask <task>`. It drives the built binaries as
//! processes and links none of the workspace's crates.
#![allow(clippy::print_stdout, reason = "a command-line tool: its results go to stdout, its progress to stderr")]
#![allow(clippy::print_stderr, reason = "see print_stdout")]

mod act;
mod control;
mod dist;
mod outputs;
mod process;
mod rehearse;
mod simulator;
mod verify;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Tasks of the rolling-upgrade workspace.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Upgrade a sample application from V1 to V2 on the simulated Azure, with the real step binaries.
    Rehearse(rehearse::Options),
    /// Run every check that a change has to pass.
    Verify(verify::Options),
    /// Lint the workflows and run them for real with `act` against the simulated Azure.
    Act(act::Options),
    /// Build the step binaries for distribution, with their SHA-256 sums.
    Dist,
}

fn main() -> ExitCode {
    let result = match Arguments::parse().task {
        Task::Rehearse(options) => rehearse::run(&options),
        Task::Verify(options) => verify::run(&options),
        Task::Act(options) => act::run(&options),
        Task::Dist => dist::run(),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
