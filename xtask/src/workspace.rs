//! Where the workspace and its build are, and how cargo is called.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, ensure};
use serde::Deserialize;

/// How the binaries that a task runs are built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// As the tests are, which is built soonest. A rehearsal waits far more than it computes.
    Dev,
    /// Optimised: the sweep runs thousands of steps.
    Release,
}

impl Profile {
    fn name(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Release => "release",
        }
    }

    /// Its folder in the target folder.
    fn folder(self) -> &'static str {
        match self {
            Self::Dev => "debug",
            Self::Release => "release",
        }
    }
}

#[derive(Deserialize)]
struct Metadata {
    workspace_root: PathBuf,
    target_directory: PathBuf,
}

/// The folders of the workspace, and how its binaries are built.
#[derive(Debug, Clone)]
pub struct Workspace {
    /// The root of the checkout.
    pub root: PathBuf,
    /// Cargo's target folder.
    pub target: PathBuf,
    profile: Profile,
}

impl Workspace {
    /// Asks cargo where it is.
    pub fn find(profile: Profile) -> anyhow::Result<Self> {
        let mut cargo = Command::new("cargo");
        cargo.args(["metadata", "--no-deps", "--format-version", "1"]);
        let output = cargo.output().context("run `cargo metadata`")?;
        ensure!(output.status.success(), "`cargo metadata` failed: {}", String::from_utf8_lossy(&output.stderr));
        let found: Metadata = serde_json::from_slice(&output.stdout).context("read what `cargo metadata` printed")?;
        Ok(Self { root: found.workspace_root, target: found.target_directory, profile })
    }

    /// A folder under the target folder, made if it is not there.
    pub fn scratch(&self, name: &str) -> anyhow::Result<PathBuf> {
        let folder = self.target.join(name);
        std::fs::create_dir_all(&folder).with_context(|| format!("make the folder `{}`", folder.display()))?;
        Ok(folder)
    }

    /// Folder of the built binaries.
    pub fn binaries(&self) -> PathBuf {
        self.binaries_in(&self.target)
    }

    /// The same in another target folder.
    pub fn binaries_in(&self, target: &Path) -> PathBuf {
        target.join(self.profile.folder())
    }

    /// Path of a built binary.
    pub fn binary(&self, name: &str) -> PathBuf {
        self.binaries().join(name)
    }

    /// A cargo call in the root.
    pub fn cargo(&self, arguments: &[&str]) -> Command {
        let mut cargo = Command::new("cargo");
        cargo.args(arguments).current_dir(&self.root);
        cargo
    }

    /// Builds the step binaries and the simulator.
    pub fn build(&self) -> anyhow::Result<()> {
        eprintln!("building the steps and the simulator ({})", self.profile.name());
        run(&mut self.build_call())
    }

    /// The call of cargo that [`Self::build`] makes.
    pub fn build_call(&self) -> Command {
        let profile = self.profile.name();
        self.cargo(&[
            "build",
            "--quiet",
            "--locked",
            "--profile",
            profile,
            "--package",
            "steps",
            "--package",
            "azure-sim",
        ])
    }
}

/// Runs a command with our own channels and fails unless it succeeds.
pub fn run(command: &mut Command) -> anyhow::Result<()> {
    let line = shown(command);
    let status = command.status().with_context(|| format!("start `{line}`"))?;
    ensure!(status.success(), "`{line}` ended with {status}");
    Ok(())
}

/// Whether tests can be run by cargo-nextest, which is faster.
pub fn has_nextest() -> bool {
    let version = Command::new("cargo").args(["nextest", "--version"]).output();
    version.is_ok_and(|output| output.status.success())
}

/// The command as a person would type it.
pub fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
