//! `cargo rehearse`: the whole upgrade of a sample application on the simulated Azure, by the real step binaries.

pub mod fixtures;
pub mod inputs;
mod prerequisites;
mod report;
pub mod sign_in;
pub mod stage;
pub mod step;
mod verdict;
mod world;

use std::{fs, path::PathBuf};

use anyhow::Context;
use clap::{Args, ValueEnum};

use crate::{simulator::Simulator, workspace::Workspace};
use fixtures::Fixtures;
use report::{Outcome, Report};
use sign_in::SignIn;
use stage::StageSite;

/// What to rehearse.
#[derive(Args)]
pub struct Options {
    /// Folder with the upgrade scripts; without it the sample's.
    #[arg(long, value_name = "DIR")]
    scripts: Option<PathBuf>,
    /// What goes wrong: nothing, a script that fails, or a V2 that does not answer.
    #[arg(long = "break", value_name = "WHAT", default_value = "none")]
    broken: Break,
    /// How the steps sign in.
    #[arg(long, value_name = "HOW", default_value = "tokens")]
    sign_in: SignIn,
    /// Begin without a stage site: prepare creates it and deploys V2's package.
    #[arg(long)]
    create_site: bool,
    /// File for the report; without it `rehearsal/report.json` in the target folder.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

impl Options {
    /// A rehearsal of the sample with one thing going wrong, or nothing.
    pub fn of_sample(broken: Break) -> Self {
        Self { scripts: None, broken, sign_in: SignIn::default(), create_site: false, report: None }
    }

    /// The same without a stage site, signed in with GitHub's identity token.
    pub fn begun_from_nothing(self) -> Self {
        Self { create_site: true, sign_in: SignIn::Oidc, ..self }
    }

    fn stage_site(&self) -> StageSite {
        if self.create_site { StageSite::Created } else { StageSite::Adopted }
    }
}

/// What goes wrong in a rehearsal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Break {
    /// Nothing: the upgrade succeeds.
    None,
    /// The last upgrade script fails.
    Script,
    /// V2 does not answer on its health path.
    Health,
}

impl Break {
    fn expected(self) -> Outcome {
        match self {
            Self::None => Outcome::Upgraded,
            Self::Script | Self::Health => Outcome::RolledBack,
        }
    }
}

/// Runs a rehearsal. False if it did not end as it should have.
pub fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<bool> {
    workspace.build()?;
    let material = Fixtures::lay_out(workspace, options.scripts.as_deref(), options.broken)?;
    let stage_site = options.stage_site();
    let scenario = stage_site.scenario(material.scenario());
    let simulator = Simulator::start(workspace, &material.folder, &scenario)?;
    let report = prerequisites::travel(workspace, &material, &simulator, options.sign_in, stage_site)?;
    let file = options.report.clone().unwrap_or_else(|| material.folder.join("report.json"));
    write(&report, &file)?;
    let problems = verdict::problems(&report, options.broken.expected());
    verdict::show(&report, &problems, &file);
    Ok(problems.is_empty())
}

fn write(report: &Report, file: &PathBuf) -> anyhow::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).with_context(|| format!("make the folder `{}`", folder.display()))?;
    }
    let json = serde_json::to_string_pretty(report)? + "\n";
    fs::write(file, json).with_context(|| format!("write the report `{}`", file.display()))
}
