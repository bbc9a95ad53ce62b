//! `cargo xtask dist`: small step binaries, with their SHA-256 sums.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, ensure};
use sha2::{Digest, Sha256};

use crate::workspace::{self, Workspace};

/// Builds into `dist` of the target folder. Takes minutes: link-time optimisation over everything.
fn build(workspace: &Workspace) -> anyhow::Result<PathBuf> {
    workspace::run(&mut workspace.cargo(&["build", "--profile", "dist", "--locked", "--package", "steps", "--bins"]))?;
    let folder = workspace.target.join("dist");
    let binaries = binaries(&folder)?;
    ensure!(!binaries.is_empty(), "no `upgrade-*` binary is in `{}`", folder.display());
    let mut sums = String::new();
    for binary in &binaries {
        let name = binary.file_name().unwrap_or_default().to_string_lossy().into_owned();
        sums += &format!("{}  {name}\n", digest(binary)?);
    }
    let file = folder.join("SHA256SUMS");
    fs::write(&file, &sums).with_context(|| format!("write `{}`", file.display()))?;
    print!("{sums}");
    Ok(file)
}

/// The task.
pub fn run(workspace: &Workspace) -> anyhow::Result<bool> {
    let file = build(workspace)?;
    println!("sums: {}", file.display());
    Ok(true)
}

fn binaries(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("list `{}`", folder.display()))?;
    let mut binaries = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with("upgrade-") && path.extension().is_none_or(|extension| extension == "exe") {
            binaries.push(path);
        }
    }
    binaries.sort();
    Ok(binaries)
}

fn digest(file: &Path) -> anyhow::Result<String> {
    let bytes = fs::read(file).with_context(|| format!("read `{}`", file.display()))?;
    Ok(Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_steps_are_listed() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["upgrade-plan", "upgrade-plan.d", "upgrade-freeze", "azure-sim"] {
            fs::write(folder.path().join(name), "abc").unwrap();
        }
        let names: Vec<_> = binaries(folder.path()).unwrap();
        assert_eq!(names, ["upgrade-freeze", "upgrade-plan"].map(|name| folder.path().join(name)));
        let sum = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(digest(&names[0]).unwrap(), sum);
    }
}
