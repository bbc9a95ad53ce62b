//! A script runs once in the life of a database, whichever upgrade it was that ran it.
//!
//! Seen in table `journal` of schema `rolling_upgrade`, which outlives upgrades ([`crate::history`]).

use super::{Finding, list};
use crate::{
    UpgradeId,
    facts::JournalRow,
    history::{self, Mismatch},
    policy::ScriptName,
};

/// Name of the rule.
pub(super) const RULE: &str = "scripts-ran";
/// So many names tell enough.
const SHOWN: usize = 5;

/// What the journal of production says to the scripts at hand.
pub fn check_scripts(scripts: &[ScriptName], journal: &[JournalRow], run: &UpgradeId) -> Vec<Finding> {
    match history::ran(scripts, journal, run) {
        Err(mismatch) => vec![Finding { rule: RULE, blocks: true, what: mismatch.to_string(), hint: hint(&mismatch) }],
        Ok(ran) => {
            let pending = scripts.iter().zip(ran).filter(|(_, row)| row.is_none()).map(|(script, _)| script);
            pending.filter_map(|script| renamed(script, journal)).chain(missing(scripts, journal)).collect()
        }
    }
}

fn hint(mismatch: &Mismatch) -> String {
    match mismatch {
        Mismatch::ChangedSince { .. } => {
            "a script runs once per database: restore its old contents and put the change into a new script; if it is \
             a new script that has an old name, rename it"
        }
        Mismatch::Unfinished { .. } => {
            "check which part of it is in the database, run the rest by hand, and set `finished_at` of its row in \
             table `rolling_upgrade.journal`"
        }
        Mismatch::Changed { .. } | Mismatch::Vanished(_) => "check out the scripts that the upgrade began with",
    }
    .to_owned()
}

/// The same bytes ran under another name.
fn renamed(script: &ScriptName, journal: &[JournalRow]) -> Option<Finding> {
    let row = journal.iter().find(|row| row.digest == script.digest)?;
    let what = format!(
        "`{}` has the contents of `{}`, which ran in upgrade `{}`: under its new name it runs again",
        script.name, row.script, row.run
    );
    Some(notice(what, "restore its old name if it must not run twice"))
}

/// Scripts that ran, and of which nothing is in the folder, neither name nor contents.
fn missing(scripts: &[ScriptName], journal: &[JournalRow]) -> Option<Finding> {
    let there =
        |row: &JournalRow| scripts.iter().any(|script| history::is_of(script, row) || script.digest == row.digest);
    let mut names: Vec<&str> = journal.iter().filter(|row| !there(row)).map(|row| row.script.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let more = names.len().saturating_sub(SHOWN);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let shown = list(names.iter().take(SHOWN));
    let what = format!("{shown}{more} ran in earlier upgrades, and the folder does not have them");
    (!names.is_empty()).then(|| notice(what, "no action is needed if each upgrade has a folder of its own"))
}

fn notice(what: String, hint: &str) -> Finding {
    Finding { rule: RULE, blocks: false, what, hint: hint.to_owned() }
}

#[cfg(test)]
#[path = "scripts_ran_test.rs"]
mod tests;
