//! What the steps say of themselves: the example `interface` of crate `steps` prints it. `xtask` links none of the product's
//! crates, so it asks a process.

use std::process::Stdio;

use anyhow::{Context, ensure};
use serde::Deserialize;

use crate::workspace::Workspace;

/// All steps and all outputs.
#[derive(Debug, Deserialize)]
pub struct Dump {
    /// The steps in the order of an upgrade.
    pub steps: Vec<Step>,
    /// The outputs, those of every step first.
    pub outputs: Vec<Output>,
}

/// A step and its flags, in the order of `--help`.
#[derive(Debug, Deserialize)]
pub struct Step {
    /// Its name without `upgrade-`.
    pub name: String,
    /// Its flags.
    pub flags: Vec<Flag>,
}

/// A flag of one step.
#[derive(Debug, Deserialize)]
pub struct Flag {
    /// Its name without `--`.
    pub name: String,
    /// The group of `--help` that it is in.
    pub heading: Option<String>,
    /// What it means.
    pub help: String,
    /// Its value if it is not given, or how that is found.
    pub default: Option<String>,
    /// How its value is written; `switch` if it has none.
    pub form: String,
    /// Its value is masked.
    pub secret: bool,
}

/// An output.
#[derive(Debug, Deserialize)]
pub struct Output {
    /// Its name.
    pub name: String,
    /// What it means.
    pub meaning: String,
    /// The steps that set it.
    pub steps: Vec<String>,
}

impl Dump {
    /// Builds the example, and runs it.
    pub fn ask(workspace: &Workspace) -> anyhow::Result<Self> {
        let mut example =
            workspace.cargo(&["run", "--quiet", "--locked", "--package", "steps", "--example", "interface"]);
        let output =
            example.stderr(Stdio::inherit()).output().context("run the example `interface` of crate `steps`")?;
        ensure!(output.status.success(), "the example `interface` of crate `steps` failed");
        serde_json::from_slice(&output.stdout).context("read what the example `interface` printed")
    }

    /// The names of all steps.
    pub fn names(&self) -> Vec<&str> {
        self.steps.iter().map(|step| step.name.as_str()).collect()
    }

    /// Which steps these are, in words.
    pub fn in_words(&self, steps: &[&str]) -> String {
        if self.steps.len() == steps.len() { "every step".to_owned() } else { ranges(&self.names(), steps).join(", ") }
    }
}

/// Steps that may run at any time, so that no range of an upgrade's steps includes them.
const AT_ANY_TIME: [&str; 2] = ["status", "firewall"];

/// Three neighbours or more are `first to last`.
fn ranges(all: &[&str], steps: &[&str]) -> Vec<String> {
    let separate = |step: &&str| !steps.contains(step) || AT_ANY_TIME.contains(step);
    let runs = all.split(separate).filter(|run| !run.is_empty());
    let in_order = runs.flat_map(|run| match run {
        [first, _, .., last] => vec![format!("{first} to {last}")],
        few => few.iter().map(|step| (*step).to_owned()).collect(),
    });
    let at_any_time = AT_ANY_TIME.iter().filter(|step| steps.contains(step)).map(|step| (*step).to_owned());
    in_order.chain(at_any_time).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_a_range() {
        let all = ["plan", "prepare", "freeze", "switch", "rollback", "status", "firewall"];
        let words = |steps: &[&str]| ranges(&all, steps).join(", ");
        assert_eq!(words(&["plan", "freeze", "switch", "rollback"]), "plan, freeze to rollback");
        assert_eq!(words(&["plan", "prepare", "status"]), "plan, prepare, status");
        assert_eq!(words(&["switch", "rollback", "status", "firewall"]), "switch, rollback, status, firewall");
    }
}
