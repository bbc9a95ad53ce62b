//! The inputs of `action.yml` are the flags of the binaries.

use std::{collections::BTreeSet, fs, process::Command};

use anyhow::{Context, ensure};

use crate::workspace::Workspace;

const STEPS: [&str; 10] =
    ["plan", "prepare", "freeze", "terminate", "migrate", "switch", "rollback", "cleanup", "firewall", "status"];

/// Inputs that are the action's own.
const OWN: [&str; 2] = ["step", "binaries"];

/// Flags that make no sense in an action: its result is an output.
const NO_INPUT: [&str; 3] = ["help", "version", "json"];

/// Compares the two sets, and each input with the variable that carries it.
pub fn check(workspace: &Workspace) -> anyhow::Result<()> {
    let action = fs::read_to_string(workspace.root.join("action.yml")).context("read action.yml")?;
    let mut flags = BTreeSet::new();
    for step in STEPS {
        flags.extend(flags_of(workspace, step)?);
    }
    let findings = findings(&action, &flags);
    ensure!(findings.is_empty(), "action.yml and the binaries differ: {}", findings.join("; "));
    Ok(())
}

fn flags_of(workspace: &Workspace, step: &str) -> anyhow::Result<BTreeSet<String>> {
    let binary = workspace.binary(&format!("upgrade-{step}"));
    let output = Command::new(&binary).env_clear().arg("--help").output();
    let output = output.with_context(|| format!("ask `{}` for its flags", binary.display()))?;
    Ok(flags_in(&String::from_utf8_lossy(&output.stdout)))
}

fn flags_in(help: &str) -> BTreeSet<String> {
    let options = help.lines().map(str::trim_start).filter(|line| line.starts_with('-'));
    let long = options.filter_map(|line| line.split_once("--")).map(|(_, rest)| rest);
    long.map(|rest| rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect()).collect()
}

fn findings(action: &str, flags: &BTreeSet<String>) -> Vec<String> {
    let inputs = keys_of(action, "inputs:");
    let wanted = flags.iter().map(String::as_str).filter(|flag| !NO_INPUT.contains(flag));
    let missing = wanted.filter(|flag| !inputs.contains(flag)).map(|flag| format!("no input `{flag}`"));
    let own = |input: &&&str| !OWN.contains(*input);
    let unknown = inputs.iter().filter(own).filter(|input| !flags.contains(**input));
    let unknown = unknown.map(|input| format!("no step has the flag `--{input}`"));
    let dropped = inputs.iter().filter(own).filter(|input| !action.contains(&carrier(input)));
    let dropped = dropped.map(|input| format!("the input `{input}` is not passed on as `{}`", carrier(input)));
    missing.chain(unknown).chain(dropped).collect()
}

/// The line that hands an input to the binary.
fn carrier(input: &str) -> String {
    format!("UPGRADE_{}: ${{{{ inputs.{input} }}}}", input.to_uppercase().replace('-', "_"))
}

/// Keys two blanks deep below a top-level key.
fn keys_of<'a>(yaml: &'a str, section: &str) -> Vec<&'a str> {
    let body = yaml.lines().skip_while(|line| *line != section).skip(1);
    let body = body.take_while(|line| line.is_empty() || line.starts_with(' '));
    body.filter_map(|line| line.strip_prefix("  "))
        .filter(|line| !line.starts_with([' ', '#']))
        .filter_map(|line| line.strip_suffix(':'))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_found_in_help() {
        let help =
            "Usage: upgrade-plan [OPTIONS]\n\n  -h, --help\n      --arm-token <T>  Not --this\n  text --nor this\n";
        assert_eq!(flags_in(help).into_iter().collect::<Vec<_>>(), ["arm-token", "help"]);
    }

    #[test]
    fn differences_are_named() {
        let action = "name: x\ninputs:\n  step:\n    required: true\n  a-b:\n    required: false\n  old:\n    required: false\n\n\
            runs:\n  using: composite\n        UPGRADE_A_B: ${{ inputs.a-b }}\n";
        let flags = ["a-b", "new", "help"].map(str::to_owned).into();
        assert_eq!(
            findings(action, &flags),
            [
                "no input `new`",
                "no step has the flag `--old`",
                "the input `old` is not passed on as `UPGRADE_OLD: ${{ inputs.old }}`"
            ]
        );
    }
}
