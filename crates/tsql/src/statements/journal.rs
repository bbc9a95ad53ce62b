//! Upgrade scripts, each run once, in one transaction with its journal row.
//!
//! The row is written first. So a script whose outcome is unknown because the connection broke can be asked for again
//! without danger: while the old transaction lives the row's key keeps the new one waiting, and once it is committed the
//! key refuses the new one. A batch itself is never sent again.

use std::time::Duration;

use rollout::{UpgradeId, facts::JournalRow};
use tokio::time::Instant;

use super::{quote, state};
use crate::{Script, Session, SqlError};

/// Whether a script ran in this call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ran {
    /// It did, and is committed.
    Now {
        /// How long its batches took.
        took: Duration,
        /// What it printed.
        messages: Vec<String>,
    },
    /// An earlier call had committed it.
    Before,
}

/// Why scripts and journal do not go together; nothing was run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// A script has other bytes than when it ran.
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
    /// A script that ran is not among the scripts any more.
    #[error(
        "`{0}` has run but is not among the scripts any more; run the scripts that the upgrade began with, or start over \
         with a new stage database"
    )]
    Vanished(String),
}

/// A script that did not run to its end. Nothing of it is in the database, unless the outcome of the failed call is
/// unknown ([`SqlError::outcome_unknown`]): then ask again in a new session.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScriptFailure {
    /// A call failed.
    #[error(transparent)]
    Sql(#[from] SqlError),
    /// The script ended the transaction that it runs in.
    #[error(
        "`{script}` ends or nests the transaction that it runs in, in the batch that begins in line {first_line}: each script \
         runs in one transaction with its journal row; take BEGIN, COMMIT and ROLLBACK TRANSACTION out of it, and start \
         over with a new stage database, because a part of it may be committed"
    )]
    Transaction {
        /// The script.
        script: String,
        /// The line in which the batch begins.
        first_line: u32,
    },
    /// The journal has the script with another digest.
    #[error(transparent)]
    Mismatch(#[from] Mismatch),
}

/// The scripts that are still to run, in order.
///
/// # Errors
/// When a script of this upgrade has changed since it ran, or is not there any more.
pub fn pending<'s>(
    scripts: &'s [Script],
    journal: &[JournalRow],
    run: &UpgradeId,
) -> Result<Vec<&'s Script>, Mismatch> {
    let ran: Vec<&JournalRow> = journal.iter().filter(|row| row.run == run.as_str()).collect();
    if let Some(row) = ran.iter().find(|row| !scripts.iter().any(|script| is_of(script, row))) {
        return Err(Mismatch::Vanished(row.script.clone()));
    }
    let mut pending = Vec::new();
    for script in scripts {
        match ran.iter().find(|row| is_of(script, row)) {
            Some(row) => same_digest(script, row)?,
            None => pending.push(script),
        }
    }
    Ok(pending)
}

fn is_of(script: &Script, row: &JournalRow) -> bool {
    script.name.to_lowercase() == row.script.to_lowercase()
}

fn same_digest(script: &Script, row: &JournalRow) -> Result<(), Mismatch> {
    let changed =
        || Mismatch::Changed { script: script.name.clone(), ran: row.digest.clone(), now: script.digest.clone() };
    if script.digest == row.digest { Ok(()) } else { Err(changed()) }
}

/// The scripts of an upgrade that are committed, in the order in which they ran. The schema must be there.
///
/// # Errors
/// As [`Session::query`].
pub async fn read(session: &mut Session, run: &UpgradeId, limit: Duration) -> Result<Vec<JournalRow>, SqlError> {
    let answer = session.query("read the journal", &read_sql(run), limit).await?;
    answer.set(0)?.iter().map(state::journal_row).collect()
}

fn read_sql(run: &UpgradeId) -> String {
    let run = quote::text(run.as_str());
    format!("SELECT run, script, digest, took_ms FROM rolling_upgrade.journal WHERE run = {run} ORDER BY ran;")
}

/// Runs one script, unless the journal has it. `limit` is for the whole script. After a failure the session is
/// closed, its transaction rolled back.
///
/// # Errors
/// When a call fails, when the script touches the transaction it runs in, and when it has changed since it ran.
pub async fn run(
    session: &mut Session,
    run: &UpgradeId,
    script: &Script,
    limit: Duration,
) -> Result<Ran, ScriptFailure> {
    let deadline = Instant::now() + limit;
    let outcome = match begin(session, run, script, limit).await {
        Ok(()) => in_transaction(session, run, script, deadline).await,
        Err(error) if error.number() == Some(DUPLICATE_KEY) => before(session, run, script, limit).await,
        Err(error) => Err(error.into()),
    };
    if outcome.is_err() {
        roll_back(session).await;
    }
    outcome
}

/// The end of the session rolls back as well; asking first means waiting until it is done. Options that the script has
/// set (`NOEXEC`) could keep a session from doing what it is asked, so it is not used again.
async fn roll_back(session: &mut Session) {
    let _ = session.query("roll the script back", ROLL_BACK, ROLL_BACK_LIMIT).await;
    session.abandon().await;
}

async fn begin(session: &mut Session, run: &UpgradeId, script: &Script, limit: Duration) -> Result<(), SqlError> {
    session.query(&format!("begin `{}`", script.name), &begin_sql(run, script), limit).await.map(drop)
}

async fn in_transaction(
    session: &mut Session,
    run: &UpgradeId,
    script: &Script,
    deadline: Instant,
) -> Result<Ran, ScriptFailure> {
    let (start, mut messages) = (Instant::now(), Vec::new());
    let attempt = format!("run `{}`", script.name);
    for batch in &script.batches {
        for _ in 0..batch.repeat {
            messages.extend(session.run(&attempt, batch, left(deadline)).await?);
            if !is_same_transaction(session, left(deadline)).await? {
                return Err(ScriptFailure::Transaction { script: script.name.clone(), first_line: batch.first_line });
            }
        }
    }
    let took = start.elapsed();
    session.query(&format!("commit `{}`", script.name), &commit_sql(run, script, took), left(deadline)).await?;
    Ok(Ran::Now { took, messages })
}

fn left(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now())
}

/// The key of the journal was there: a call before this one had committed the script.
async fn before(
    session: &mut Session,
    run: &UpgradeId,
    script: &Script,
    limit: Duration,
) -> Result<Ran, ScriptFailure> {
    let journal = read(session, run, limit).await?;
    match journal.iter().find(|row| is_of(script, row)) {
        Some(row) => Ok(same_digest(script, row).map(|()| Ran::Before)?),
        None => Err(SqlError::unexpected(format!("run `{}`", script.name), "its journal row came and went").into()),
    }
}

/// Whether the transaction is still the one that [`begin`] began: its depth is 1, and it still owns the mark, a lock that
/// ends with its transaction. After `SET NOEXEC ON` and the like there is no answer at all, which is a no as well.
async fn is_same_transaction(session: &mut Session, limit: Duration) -> Result<bool, SqlError> {
    let answer = match session.query("see whether the transaction is still open", IS_SAME, limit).await {
        Err(error) if error.number() == Some(NOT_HELD) => return Ok(false),
        answer => answer?,
    };
    match answer.sets.first().map(Vec::as_slice) {
        Some([row]) => Ok(row.integer("depth")? == 1 && row.optional_integer("released")? == Some(0)),
        _ => Ok(false),
    }
}

/// 2627: violation of a primary key.
const DUPLICATE_KEY: u32 = 2627;
/// 1223: an application lock cannot be released because it is not held.
const NOT_HELD: u32 = 1223;
/// Rolling back takes about as long as the work took.
const ROLL_BACK_LIMIT: Duration = Duration::from_secs(600);

const ROLL_BACK: &str = "IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION;";

/// The mark is a lock of the transaction under a name that no other session uses: it is let go and taken again.
const IS_SAME: &str = "\
DECLARE @released int;
DECLARE @taken int;
DECLARE @name nvarchar(60) = CONCAT(N'rolling_upgrade_script_', @@SPID);
IF @@TRANCOUNT = 1
BEGIN
    EXEC @released = sp_releaseapplock @Resource = @name, @LockOwner = N'Transaction';
    EXEC @taken = sp_getapplock @Resource = @name, @LockMode = N'Exclusive', @LockOwner = N'Transaction', @LockTimeout = 0;
END;
SELECT @@TRANCOUNT AS depth, @released AS released;";

/// XACT_ABORT rolls everything back at the first error, whatever the script does about it.
fn begin_sql(run: &UpgradeId, script: &Script) -> String {
    let (run, name, digest) = (quote::text(run.as_str()), quote::text(&script.name), quote::text(&script.digest));
    format!(
        "\
SET IMPLICIT_TRANSACTIONS OFF;
SET XACT_ABORT ON;
BEGIN TRANSACTION;
DECLARE @mark int;
DECLARE @name nvarchar(60) = CONCAT(N'rolling_upgrade_script_', @@SPID);
EXEC @mark = sp_getapplock @Resource = @name, @LockMode = N'Exclusive', @LockOwner = N'Transaction', @LockTimeout = 0;
INSERT INTO rolling_upgrade.journal (run, script, digest, finished_at, took_ms)
VALUES ({run}, {name}, {digest}, SYSUTCDATETIME(), 0);"
    )
}

fn commit_sql(run: &UpgradeId, script: &Script, took: Duration) -> String {
    let (run, name) = (quote::text(run.as_str()), quote::text(&script.name));
    let milliseconds = i64::try_from(took.as_millis()).unwrap_or(i64::MAX);
    format!(
        "\
UPDATE rolling_upgrade.journal SET finished_at = SYSUTCDATETIME(), took_ms = {milliseconds}
WHERE run = {run} AND script = {name};
COMMIT TRANSACTION;"
    )
}

#[cfg(test)]
#[path = "journal_test.rs"]
#[allow(clippy::unwrap_used)]
mod tests;
