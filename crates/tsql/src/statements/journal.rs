//! Upgrade scripts, each run once, in one transaction with its journal row.
//!
//! The row is written first, as begun, and finished behind the last batch: a committed row that is not finished is that of a
//! script which ended the transaction itself. And a script whose outcome is unknown because the connection broke can be asked for again
//! without danger: while the old transaction lives the row's key keeps the new one waiting, and once it is committed the
//! key refuses the new one. A batch itself is never sent again.

use std::time::Duration;

use rollout::{
    ScriptName, UpgradeId,
    facts::JournalRow,
    history::{self, Mismatch},
};
use tokio::time::Instant;

use super::{
    guard::{self, Guarded},
    quote, state,
};
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
    /// The session does not run any more what it is sent.
    #[error(
        "`{script}` sets an option in the batch that begins in line {first_line}, such as NOEXEC, and the server runs nothing \
         after it: take the option out of the script, and start over with a new stage database"
    )]
    Silenced {
        /// The script.
        script: String,
        /// The line in which the batch begins.
        first_line: u32,
    },
    /// The journal has the script with another digest.
    #[error(transparent)]
    Mismatch(#[from] Mismatch),
}

fn name(script: &Script) -> ScriptName {
    ScriptName { name: script.name.clone(), digest: script.digest.clone() }
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
    format!(
        "SELECT run, script, digest, finished_at, took_ms FROM rolling_upgrade.journal WHERE run = {run} ORDER BY ran;"
    )
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
        Ok(id) => in_transaction(session, run, script, id, deadline).await,
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
    let _ = session.query("roll the script back", guard::ROLL_BACK, guard::ROLL_BACK_LIMIT).await;
    session.abandon().await;
}

/// Begins the transaction, and answers its id.
async fn begin(session: &mut Session, run: &UpgradeId, script: &Script, limit: Duration) -> Result<i64, SqlError> {
    let answer = session.query(&format!("begin `{}`", script.name), &begin_sql(run, script), limit).await?;
    answer.row()?.integer("id")
}

async fn in_transaction(
    session: &mut Session,
    run: &UpgradeId,
    script: &Script,
    id: i64,
    deadline: Instant,
) -> Result<Ran, ScriptFailure> {
    let (start, mut messages) = (Instant::now(), Vec::new());
    let attempt = format!("run `{}`", script.name);
    for batch in &script.batches {
        for _ in 0..batch.repeat {
            messages.extend(session.run(&attempt, batch, left(deadline)).await?);
            let (script, first_line) = (script.name.clone(), batch.first_line);
            match guard::probe(session, id, left(deadline)).await? {
                Guarded::Kept => {}
                Guarded::Broken => return Err(ScriptFailure::Transaction { script, first_line }),
                Guarded::Silenced => return Err(ScriptFailure::Silenced { script, first_line }),
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
    match history::ran(&[name(script)], &mine(journal, script), run)?.as_slice() {
        [Some(_)] => Ok(Ran::Before),
        _ => {
            Err(SqlError::unexpected(format!("run `{}`", script.name), "its journal row appeared and disappeared")
                .into())
        }
    }
}

/// The rows of this script.
fn mine(journal: Vec<JournalRow>, script: &Script) -> Vec<JournalRow> {
    journal.into_iter().filter(|row| row.script.to_lowercase() == script.name.to_lowercase()).collect()
}

/// 2627: violation of a primary key.
const DUPLICATE_KEY: u32 = 2627;

/// XACT_ABORT rolls everything back at the first error, whatever the script does about it.
fn begin_sql(run: &UpgradeId, script: &Script) -> String {
    let (run, name, digest) = (quote::text(run.as_str()), quote::text(&script.name), quote::text(&script.digest));
    format!(
        "\
SET IMPLICIT_TRANSACTIONS OFF;
SET XACT_ABORT ON;
BEGIN TRANSACTION;
INSERT INTO rolling_upgrade.journal (run, script, digest, finished_at, took_ms)
VALUES ({run}, {name}, {digest}, NULL, 0);
SELECT CURRENT_TRANSACTION_ID() AS id;"
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
