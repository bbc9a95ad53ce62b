//! actionlint and zizmor over the action and the workflows.

use std::path::PathBuf;

use anyhow::Context;

use super::tools::Tools;
use crate::workspace::{self, Workspace};

/// Fails on any finding.
pub fn run(workspace: &Workspace, tools: &Tools) -> anyhow::Result<()> {
    let workflows = workflows(workspace)?;
    workspace::run(tools.command("actionlint").args(&workflows).current_dir(&workspace.root))?;
    let mut zizmor = tools.command("zizmor");
    zizmor.args(["--offline", "--no-progress", "--quiet", "--persona", "pedantic", "--strict-collection"]);
    zizmor.args(&workflows).arg("action.yml");
    workspace::run(zizmor.current_dir(&workspace.root))
}

fn workflows(workspace: &Workspace) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for folder in ["workflows", ".github/workflows"].map(|folder| workspace.root.join(folder)) {
        if !folder.exists() {
            continue;
        }
        for entry in folder.read_dir().with_context(|| format!("list `{}`", folder.display()))? {
            files.push(entry?.path());
        }
    }
    files.retain(|file| file.extension().is_some_and(|extension| extension == "yml"));
    files.sort();
    Ok(files)
}
