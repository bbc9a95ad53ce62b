//! The run of the end-to-end suite that is recorded.

use std::{fs, path::PathBuf};

use anyhow::Context;

use super::capture;
use crate::workspace::{Workspace, has_nextest, run};

/// Where the simulators of the suite write.
pub fn folder(workspace: &Workspace) -> PathBuf {
    workspace.target.join("capture")
}

/// Takes away what earlier runs have left: tests that are gone since would still count.
pub fn empty(workspace: &Workspace) -> anyhow::Result<()> {
    for file in capture::files(&folder(workspace))? {
        fs::remove_file(&file).with_context(|| format!("remove `{}`", file.display()))?;
    }
    Ok(())
}

/// Runs the suite.
pub fn record(workspace: &Workspace) -> anyhow::Result<()> {
    empty(workspace)?;
    let runner: &[&str] = if has_nextest() { &["nextest", "run"] } else { &["test"] };
    run(workspace.cargo(runner).args(["--package", "steps", "--test", "end_to_end", "--locked"]))
}
