//! `docs/roles/*.json` and the generated parts of `docs/permissions.md`: the least privilege, derived from the traffic.

mod beyond;
mod page;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context;
use serde_json::json;

use super::{
    action::{self, Action},
    capture::Traffic,
    slot::Slot,
    statement::{self, Need},
};

/// A role to assign, and the steps that it is for.
struct Role {
    file: &'static str,
    name: &'static str,
    description: &'static str,
    steps: &'static [&'static str],
    /// What the steps ask for and go on without.
    without: &'static [&'static str],
}

/// A planner that could read its permissions would be told that they are not enough for an upgrade, and refused. Without this
/// plan remarks that it could not look; freeze looks again, as the operator.
const ASK: &str = "Microsoft.Authorization/permissions/read";

const ROLES: [Role; 6] = [
    Role {
        file: "plan",
        name: "Rolling Upgrade Planner",
        description: "Steps plan and status of a rolling upgrade: they read, and change nothing.",
        steps: &["plan", "status"],
        without: &[ASK],
    },
    Role {
        file: "upgrade",
        name: "Rolling Upgrade Operator",
        description: "A rolling upgrade from plan to switch, and its rollback. It cannot delete anything.",
        steps: &["plan", "prepare", "freeze", "terminate", "migrate", "switch", "rollback", "status"],
        without: &[],
    },
    Role {
        file: "site",
        name: "Rolling Upgrade Stage Site",
        description: "Beside Rolling Upgrade Operator: step prepare creates the stage site and deploys V2's package.",
        steps: &["prepare"],
        without: &[],
    },
    Role {
        file: "rollback",
        name: "Rolling Upgrade Rollback",
        description: "Step rollback of a rolling upgrade alone.",
        steps: &["rollback"],
        without: &[],
    },
    Role {
        file: "cleanup",
        name: "Rolling Upgrade Cleanup",
        description: "Step cleanup of a rolling upgrade: deletes what an upgrade has left.",
        steps: &["cleanup"],
        without: &[],
    },
    Role {
        file: "firewall",
        name: "Rolling Upgrade Runner's Firewall",
        description: "Step firewall of a rolling upgrade: lets a runner into the SQL servers for the time of a job.",
        steps: &["firewall"],
        without: &[],
    },
];

/// A database, or `master` of the server that it is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    slot: Slot,
    master: bool,
}

/// What each step took.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Actions of Azure Resource Manager by step.
    pub arm: BTreeMap<&'static str, BTreeSet<Action>>,
    /// The most that a batch needs, and what the batches do, by step and place.
    pub sql: BTreeMap<(&'static str, Place), (Need, BTreeSet<&'static str>)>,
}

/// Compares the files with what the traffic shows, or writes them. What differs comes back in words.
///
/// # Errors
/// A request or a batch cannot be classified, or a file cannot be read or written.
pub fn hold(root: &Path, traffic: &Traffic, write: bool) -> anyhow::Result<Vec<String>> {
    let needs = derive(traffic)?;
    let mut problems = Vec::new();
    for (file, wanted) in files(root, &needs)? {
        if write {
            fs::write(&file, wanted).with_context(|| format!("write `{}`", file.display()))?;
        } else {
            let there = fs::read_to_string(&file).with_context(|| format!("read `{}`", file.display()))?;
            problems.extend(difference(file.strip_prefix(root).unwrap_or(&file), &there, &wanted));
        }
    }
    println!("roles: {} files {}", ROLES.len() + 1, if write { "written" } else { "compared with the traffic" });
    Ok(problems)
}

/// Tests of a module of this name take an upgrade the other way: what is stage elsewhere is production there.
const REVERSED: &str = ".reversed.";

fn derive(traffic: &Traffic) -> anyhow::Result<Needs> {
    let mut needs = Needs::default();
    for request in traffic.requests.iter().filter(|request| !request.origin.contains(REVERSED)) {
        needs.arm.entry(request.step).or_default().insert(action::of(&request.exchange)?);
    }
    for (batch, kind) in statement::classify(&traffic.batches)? {
        if batch.origin.contains(REVERSED) {
            continue;
        }
        // A server that is neither slot's is somebody's mistake in a test.
        if let Some(slot) = Slot::of_host(&batch.server) {
            let place = Place { slot, master: batch.database.eq_ignore_ascii_case("master") };
            let (need, does) = needs.sql.entry((batch.step, place)).or_insert((kind.need, BTreeSet::new()));
            *need = kind.need.max(*need);
            does.insert(kind.does);
        }
    }
    Ok(needs)
}

fn files(root: &Path, needs: &Needs) -> anyhow::Result<Vec<(PathBuf, String)>> {
    let mut files = Vec::new();
    for role in &ROLES {
        let text = serde_json::to_string_pretty(&role.definition(needs))? + "\n";
        files.push((root.join(format!("docs/roles/{}.json", role.file)), text));
    }
    let page = root.join("docs/permissions.md");
    let there = fs::read_to_string(&page).with_context(|| format!("read `{}`", page.display()))?;
    files.push((page, page::filled(&there, needs)?));
    Ok(files)
}

impl Role {
    /// A custom role as `az role definition create --role-definition` takes it
    /// (<https://learn.microsoft.com/azure/role-based-access-control/custom-roles#custom-role-properties>).
    fn definition(&self, needs: &Needs) -> serde_json::Value {
        json!({
            "Name": self.name,
            "IsCustom": true,
            "Description": self.description,
            "Actions": self.actions(needs),
            "NotActions": [],
            "DataActions": [],
            "NotDataActions": [],
            "AssignableScopes": ["/subscriptions/<subscription-id>"],
        })
    }

    /// A role that goes with an input has what that input asks for alone, the others what is needed always.
    fn is_for(&self, action: &str) -> bool {
        let of_input = beyond::CONDITIONAL.iter().any(|conditional| conditional.role == Some(self.file));
        match beyond::condition(action) {
            None => !of_input,
            Some(conditional) => conditional.role == Some(self.file),
        }
    }

    fn actions(&self, needs: &Needs) -> BTreeSet<String> {
        let steps = self.steps.iter().filter_map(|step| needs.arm.get(step));
        let seen = steps.flatten().map(|action| action.name.clone());
        let mut actions: BTreeSet<String> =
            seen.filter(|name| self.is_for(name) && !self.without.contains(&name.as_str())).collect();
        let more: Vec<&str> = beyond::linked(&actions).map(|linked| linked.needs).collect();
        actions.extend(more.into_iter().map(str::to_owned));
        actions
    }
}

/// The lines that only one of the two texts has.
fn difference(file: &Path, there: &str, wanted: &str) -> Option<String> {
    if there == wanted {
        return None;
    }
    let only = |one: &str, other: &str, sign: char| {
        let other: BTreeSet<&str> = other.lines().collect();
        let lines = one.lines().filter(|line| !other.contains(line));
        lines.map(|line| format!("\n    {sign} {line}")).collect::<String>()
    };
    let lines = only(there, wanted, '-') + &only(wanted, there, '+');
    let file = file.display();
    Some(format!("`{file}` is not what the traffic shows; `cargo xtask contract --write` writes it:{lines}"))
}

#[cfg(test)]
#[path = "roles_test.rs"]
mod tests;
