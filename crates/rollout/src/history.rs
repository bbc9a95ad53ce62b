//! What ran in the life of a database, by its journal: a script runs once, whichever upgrade it was that ran it.

use crate::{
    UpgradeId,
    digest::{of_folders, of_scripts},
    facts::{FOLDER_SINCE, JournalRow, SqlState},
    policy::ScriptName,
};

/// Why scripts and journal do not go together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// A script has other bytes than when this upgrade ran it.
    #[error(
        "`{script}` has changed since it ran: its digest was {ran} and is {now} now; run the scripts that the upgrade \
         began with, or start over with a new stage database"
    )]
    Changed {
        /// The script.
        script: String,
        /// Digest in the journal.
        ran: String,
        /// Digest of the file.
        now: String,
    },
    /// A script has other bytes than when an earlier upgrade ran it.
    #[error("`{script}` ran in upgrade `{run}` with other contents: its digest was {ran} and is {now} now")]
    ChangedSince {
        /// The script.
        script: String,
        /// The upgrade that ran it.
        run: String,
        /// Digest in the journal.
        ran: String,
        /// Digest of the file.
        now: String,
    },
    /// A script that this upgrade ran is not among the scripts any more.
    #[error(
        "`{0}` has run but is no longer among the scripts; run the scripts that the upgrade began with, or start over \
         with a new stage database"
    )]
    Vanished(String),
    /// A script has ended the transaction that it ran in.
    #[error(
        "`{script}` of upgrade `{run}` began and did not finish: it ended the transaction that it ran in, and a part \
         of it is committed"
    )]
    Unfinished {
        /// The script.
        script: String,
        /// The upgrade that ran it.
        run: String,
    },
}

/// For each script, in order, the row of the upgrade that ran it; `None` where it is still to run.
///
/// # Errors
/// A script is half committed, or has changed since it ran, or this upgrade ran one that is not there any more.
pub fn ran<'j>(
    scripts: &[ScriptName],
    journal: &'j [JournalRow],
    run: &UpgradeId,
) -> Result<Vec<Option<&'j JournalRow>>, Mismatch> {
    if let Some(row) = unfinished(journal) {
        return Err(Mismatch::Unfinished { script: row.script.clone(), run: row.run.clone() });
    }
    let mut ours = journal.iter().filter(|row| run.is(&row.run));
    if let Some(row) = ours.find(|row| !scripts.iter().any(|script| is_of(script, row))) {
        return Err(Mismatch::Vanished(row.script.clone()));
    }
    scripts.iter().map(|script| row_of(script, journal, run)).collect()
}

/// A row that is committed and not finished.
pub fn unfinished(journal: &[JournalRow]) -> Option<&JournalRow> {
    journal.iter().find(|row| !row.finished)
}

fn row_of<'j>(
    script: &ScriptName,
    journal: &'j [JournalRow],
    run: &UpgradeId,
) -> Result<Option<&'j JournalRow>, Mismatch> {
    let rows = || journal.iter().filter(|row| is_of(script, row));
    let own = rows().find(|row| run.is(&row.run));
    match own.or_else(|| rows().find(|row| row.digest == script.digest)).or_else(|| rows().next_back()) {
        Some(row) if row.digest != script.digest => Err(changed(script, row, run)),
        row => Ok(row),
    }
}

fn changed(script: &ScriptName, row: &JournalRow, run: &UpgradeId) -> Mismatch {
    let (script, ran, now) = (script.name.clone(), row.digest.clone(), script.digest.clone());
    match run.is(&row.run) {
        true => Mismatch::Changed { script, ran, now },
        false => Mismatch::ChangedSince { script, run: row.run.clone(), ran, now },
    }
}

/// The journal compares names without case.
pub(crate) fn is_of(script: &ScriptName, row: &JournalRow) -> bool {
    script.name.to_lowercase() == row.script.to_lowercase()
}

/// This upgrade has begun a script.
pub(crate) fn begun(sql: &SqlState, run: &UpgradeId) -> bool {
    sql.journal.iter().any(|row| run.is(&row.run))
}

/// Digest over the folder that this upgrade ran, as far as each of its scripts is finished. A copy of an older release does not
/// have the folder: there it is the digest over the scripts that this upgrade ran.
pub(crate) fn digest(sql: &SqlState, run: &UpgradeId) -> Option<String> {
    if unfinished(&sql.journal).is_some() {
        return None;
    }
    if sql.schema.is_none_or(|version| version < FOLDER_SINCE) {
        let ours: Vec<_> = sql.journal.iter().filter(|row| run.is(&row.run)).collect();
        let scripts = ours.iter().map(|row| (row.script.as_str(), row.digest.as_str()));
        return (!ours.is_empty()).then(|| of_scripts(scripts));
    }
    let part = |checks: bool| -> Vec<ScriptName> {
        let rows = sql.folder.iter().filter(|row| run.is(&row.run) && row.is_check == checks);
        rows.map(|row| row.script.clone()).collect()
    };
    let scripts = part(false);
    let found = |script: &ScriptName| sql.journal.iter().any(|row| is_of(script, row) && row.digest == script.digest);
    (!scripts.is_empty() && scripts.iter().all(found)).then(|| of_folders(&scripts, &part(true)))
}

#[cfg(test)]
#[path = "history_test.rs"]
#[allow(clippy::unwrap_used)]
mod tests;
