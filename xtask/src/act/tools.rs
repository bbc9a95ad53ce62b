//! Tools from PyPI, pinned by version and hash, in a virtual environment under the target folder.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Context;

use crate::workspace::{self, Workspace};

/// The installed tools.
pub struct Tools {
    bin: PathBuf,
}

impl Tools {
    /// Installs what `tests/act/requirements.txt` names, unless that is done already.
    pub fn install(workspace: &Workspace) -> anyhow::Result<Self> {
        let requirements = workspace.root.join("tests/act/requirements.txt");
        let wanted = fs::read_to_string(&requirements).context("read the list of tools")?;
        let folder = workspace.target.join("tools");
        let stamp = folder.join("installed.txt");
        if !fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
            eprintln!("installing the tools for workflows");
            install(&folder, &requirements)?;
            fs::write(&stamp, &wanted).context("note what is installed")?;
        }
        Ok(Self { bin: folder.join("bin") })
    }

    /// A call of a tool.
    pub fn command(&self, tool: &str) -> Command {
        Command::new(self.path(tool))
    }

    /// Where a tool is.
    pub fn path(&self, tool: &str) -> PathBuf {
        self.bin.join(tool)
    }
}

fn install(folder: &Path, requirements: &Path) -> anyhow::Result<()> {
    workspace::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(folder))
        .context("make a virtual environment; on Debian it needs the package python3-venv")?;
    let mut pip = Command::new(folder.join("bin/python"));
    pip.args(["-m", "pip", "--disable-pip-version-check", "--quiet", "install", "--require-hashes", "--no-deps"]);
    workspace::run(pip.arg("--requirement").arg(requirements))
}
