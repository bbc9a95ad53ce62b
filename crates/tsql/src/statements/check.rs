//! A check of the user's: a script that fails by an error, or by the rows that it returns.
//!
//! It has a session of its own and a transaction that is always rolled back, so that whatever it does stays with it. A check that
//! ends this transaction, or silences its session, proves nothing.

use std::time::Duration;

use super::guard::{self, Guarded};
use crate::{Script, Session, SqlError, session::Glance, split::Batch};

/// So many of the rows that a check returns are shown; the others are counted.
const SHOWN: usize = 3;

/// A check that did not pass.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckFailure {
    /// A call failed.
    #[error(transparent)]
    Sql(#[from] SqlError),
    /// It returned rows.
    #[error("the check `{check}` found {} in the batch of line {first_line}: {}", count(*.rows), listed(.shown, *.rows))]
    Rows {
        /// The check.
        check: String,
        /// The line in which the batch begins.
        first_line: u32,
        /// The first rows.
        shown: Vec<String>,
        /// How many there are.
        rows: u64,
    },
    /// It ended the transaction that it runs in, or began another one.
    #[error(
        "the check `{check}` begins or ends a transaction in the batch that begins in line {first_line}: it runs in one that is \
         always rolled back, and what it found cannot be relied on; take BEGIN, COMMIT and ROLLBACK TRANSACTION out of it"
    )]
    Transaction {
        /// The check.
        check: String,
        /// The line in which the batch begins.
        first_line: u32,
    },
    /// Its session does not run any more what it is sent.
    #[error(
        "the check `{check}` sets an option in the batch that begins in line {first_line}, such as NOEXEC, and the \
         server runs nothing after it: its result is unknown; take that option out of it"
    )]
    Silenced {
        /// The check.
        check: String,
        /// The line in which the batch begins.
        first_line: u32,
    },
}

/// Runs a check on a session that serves for nothing else, and answers what it printed. `limit` is for each batch.
///
/// # Errors
/// It found something, failed, or cannot be relied on.
pub async fn run(mut session: Session, check: &Script, limit: Duration) -> Result<Vec<String>, CheckFailure> {
    let outcome = batches(&mut session, check, limit).await;
    let rolled_back = session.query("roll the check back", guard::ROLL_BACK, guard::ROLL_BACK_LIMIT).await;
    session.close().await;
    let messages = outcome?;
    rolled_back?;
    Ok(messages)
}

async fn batches(session: &mut Session, check: &Script, limit: Duration) -> Result<Vec<String>, CheckFailure> {
    let answer = session.query(&format!("begin the check `{}`", check.name), BEGIN, limit).await?;
    let (id, mut messages) = (answer.row()?.integer("id")?, Vec::new());
    for batch in &check.batches {
        messages.extend(self::batch(session, check, batch, limit).await?);
        let (check, first_line) = (check.name.clone(), batch.first_line);
        match guard::probe(session, id, limit).await? {
            Guarded::Kept => {}
            Guarded::Broken => return Err(CheckFailure::Transaction { check, first_line }),
            Guarded::Silenced => return Err(CheckFailure::Silenced { check, first_line }),
        }
    }
    Ok(messages)
}

async fn batch(
    session: &mut Session,
    check: &Script,
    batch: &Batch,
    limit: Duration,
) -> Result<Vec<String>, CheckFailure> {
    let (attempt, mut said) = (format!("run the check `{}`", check.name), Vec::new());
    for _ in 0..batch.repeat {
        let Glance { shown, rows, messages } = session.glance(&attempt, batch, SHOWN, limit).await?;
        if rows > 0 {
            let (check, first_line) = (check.name.clone(), batch.first_line);
            return Err(CheckFailure::Rows { check, first_line, shown, rows });
        }
        said.extend(messages);
    }
    Ok(said)
}

fn count(rows: u64) -> String {
    if rows == 1 { "a row".to_owned() } else { format!("{rows} rows") }
}

fn listed(shown: &[String], rows: u64) -> String {
    let more = rows.saturating_sub(shown.len() as u64);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

/// An error is an error of the check whatever `XACT_ABORT` says; a check may catch one.
const BEGIN: &str = "\
SET IMPLICIT_TRANSACTIONS OFF;
BEGIN TRANSACTION;
SELECT CURRENT_TRANSACTION_ID() AS id;";
