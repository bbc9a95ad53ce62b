//! What somebody waits for who has just cloned the repository and types `cargo rehearse`.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
    thread,
};

use anyhow::Context;
use serde::Serialize;

use super::{
    cpu::{Cost, measured},
    timings,
};
use crate::workspace::{self, Workspace};

/// The figures, as the last line has them.
#[derive(Serialize)]
struct Figures {
    schema: u32,
    cores: usize,
    seconds: f64,
    cpu_seconds: f64,
    crates: Vec<Compiled>,
    binaries: Vec<Binary>,
}

/// A crate and the seconds on the clock that its compilation took, once or for several sets of features.
#[derive(Serialize)]
struct Compiled {
    name: String,
    seconds: f64,
}

#[derive(Serialize)]
struct Binary {
    name: String,
    bytes: u64,
}

/// So many crates are shown, the most expensive first.
const SHOWN: usize = 10;

/// Builds what a rehearsal builds, into an empty folder.
pub fn run(workspace: &Workspace) -> anyhow::Result<bool> {
    let folder = workspace.target.join("bench-build");
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("remove `{}`", folder.display()))?;
    }
    let mut crates = BTreeMap::new();
    let cost = measured(|| {
        let calls = [workspace.cargo(&["build", "--quiet", "--locked", "--package", "xtask"]), workspace.build_call()];
        calls.into_iter().try_for_each(|call| build(call, &folder, &mut crates))
    })?;
    let figures = Figures::new(cost, crates, binaries(&workspace.binaries_in(&folder))?)?;
    figures.show(&folder);
    println!("{}", serde_json::to_string(&figures)?);
    Ok(true)
}

fn build(mut call: Command, folder: &Path, crates: &mut BTreeMap<String, f64>) -> anyhow::Result<()> {
    workspace::run(call.arg("--timings").arg("--target-dir").arg(folder))?;
    let page = folder.join("cargo-timings/cargo-timing.html");
    let page = fs::read_to_string(&page).with_context(|| format!("read `{}`", page.display()))?;
    for (name, seconds) in timings::by_crate(&page)? {
        *crates.entry(name).or_default() += seconds;
    }
    Ok(())
}

/// What was linked: the files without an extension.
fn binaries(folder: &Path) -> anyhow::Result<Vec<Binary>> {
    let mut binaries = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("list `{}`", folder.display()))? {
        let (path, data): (PathBuf, _) = entry.and_then(|entry| Ok((entry.path(), entry.metadata()?)))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if data.is_file() && path.extension().is_none() && !name.starts_with('.') {
            binaries.push(Binary { name, bytes: data.len() });
        }
    }
    binaries.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(binaries)
}

impl Figures {
    fn new(cost: Cost, crates: BTreeMap<String, f64>, binaries: Vec<Binary>) -> anyhow::Result<Self> {
        let cores = thread::available_parallelism().context("count the cores")?.get();
        let (seconds, cpu_seconds) = (tenths(cost.seconds), tenths(cost.cpu_seconds));
        Ok(Self { schema: 1, cores, seconds, cpu_seconds, crates: most_expensive(crates), binaries })
    }

    fn show(&self, folder: &Path) {
        let Self { cores, seconds, cpu_seconds, .. } = self;
        println!("first build of a rehearsal, into `{}`", folder.display());
        println!("  {seconds:8.1} s on the clock, with {cores} cores");
        println!("  {cpu_seconds:8.1} s of processor time");
        println!("the most expensive crates, on the clock");
        self.crates.iter().for_each(|Compiled { name, seconds }| println!("  {seconds:8.1} s  {name}"));
        println!("binaries");
        self.binaries.iter().for_each(|Binary { name, bytes }| println!("  {:8.1} MB {name}", megabytes(*bytes)));
    }
}

fn most_expensive(crates: BTreeMap<String, f64>) -> Vec<Compiled> {
    let mut crates: Vec<Compiled> =
        crates.into_iter().map(|(name, seconds)| Compiled { name, seconds: tenths(seconds) }).collect();
    crates.sort_by(|one, other| other.seconds.total_cmp(&one.seconds));
    crates.truncate(SHOWN);
    crates
}

fn tenths(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_expensive_crates_come_first() {
        let crates = (0..12).map(|n| (format!("crate-{n}"), f64::from(n) + 0.04)).collect();
        let shown = most_expensive(crates);
        assert_eq!((shown.len(), shown[0].name.as_str(), shown[0].seconds), (10, "crate-11", 11.0));
    }

    #[test]
    fn binaries_are_told_from_what_lies_beside_them() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["upgrade-plan", "upgrade-plan.d", ".cargo-lock"] {
            fs::write(folder.path().join(name), "abc").unwrap();
        }
        fs::create_dir(folder.path().join("deps")).unwrap();
        let found = binaries(folder.path()).unwrap();
        assert_eq!(
            found.iter().map(|binary| (binary.name.as_str(), binary.bytes)).collect::<Vec<_>>(),
            [("upgrade-plan", 3)]
        );
    }
}
