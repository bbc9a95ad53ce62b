//! `cargo xtask bench`: figures that the documentation states, measured anew.

mod build;
mod cpu;
mod timings;

use clap::{Args, Subcommand};

use crate::workspace::Workspace;

/// What to measure.
#[derive(Args)]
pub struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// The first build of a rehearsal, from nothing and into a folder of its own. Takes minutes.
    Build,
}

/// Measures, and prints a table and one line of JSON last.
pub fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<bool> {
    match options.what {
        What::Build => build::run(workspace),
    }
}
