//! Where the workspace and its build are, and how cargo is called.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, ensure};
use serde::Deserialize;

/// The folders of the workspace.
#[derive(Debug, Clone, Deserialize)]
pub struct Workspace {
    /// The root of the checkout.
    #[serde(rename = "workspace_root")]
    pub root: PathBuf,
    /// Cargo's target folder.
    #[serde(rename = "target_directory")]
    pub target: PathBuf,
}

impl Workspace {
    /// Asks cargo.
    pub fn find() -> anyhow::Result<Self> {
        let mut cargo = Command::new("cargo");
        cargo.args(["metadata", "--no-deps", "--format-version", "1"]);
        let output = cargo.output().context("run `cargo metadata`")?;
        ensure!(output.status.success(), "`cargo metadata` failed: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).context("read what `cargo metadata` printed")
    }

    /// A folder under the target folder, made if it is not there.
    pub fn scratch(&self, name: &str) -> anyhow::Result<PathBuf> {
        let folder = self.target.join(name);
        std::fs::create_dir_all(&folder).with_context(|| format!("make the folder `{}`", folder.display()))?;
        Ok(folder)
    }

    /// Path of a release binary.
    pub fn binary(&self, name: &str) -> PathBuf {
        self.target.join("release").join(name)
    }

    /// A cargo call in the root.
    pub fn cargo(&self, arguments: &[&str]) -> Command {
        let mut cargo = Command::new("cargo");
        cargo.args(arguments).current_dir(&self.root);
        cargo
    }

    /// Builds the step binaries and the simulator, optimised.
    pub fn build(&self) -> anyhow::Result<()> {
        eprintln!("building the steps and the simulator (release)");
        run(&mut self.cargo(&["build", "--release", "--quiet", "--package", "steps", "--package", "azure-sim"]))
    }
}

/// Runs a command with our own channels and fails unless it succeeds.
pub fn run(command: &mut Command) -> anyhow::Result<()> {
    let line = shown(command);
    let status = command.status().with_context(|| format!("start `{line}`"))?;
    ensure!(status.success(), "`{line}` ended with {status}");
    Ok(())
}

/// The command as a person would type it.
pub fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
