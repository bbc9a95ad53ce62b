//! The fence row in production: who made it read-only, and until when at most. All times are the server's.

use std::time::Duration;

use rollout::{UpgradeId, facts::Fence};

use super::quote;
use crate::{Session, SqlError, answer::Row};

/// Opens the fence of an upgrade, also one that was closed before, and answers the row. Rows of others that are open are closed: their runs
/// died before production was read-only, or somebody else has given it back. The schema must be there. `within` is the time until the deadline, in whole seconds.
///
/// # Errors
/// As [`Session::query`].
pub async fn open(
    session: &mut Session,
    run: &UpgradeId,
    within: Duration,
    limit: Duration,
) -> Result<Fence, SqlError> {
    let answer = session.query("record that the read-only time begins", &open_sql(run, within), limit).await?;
    read(answer.row()?)
}

/// Closes the fence of an upgrade; a fence that is not open stays as it is. It takes a database that takes writes.
///
/// # Errors
/// As [`Session::query`].
pub async fn close(session: &mut Session, run: &UpgradeId, limit: Duration) -> Result<(), SqlError> {
    session.query("record that the read-only time is over", &close_sql(run), limit).await.map(drop)
}

/// Opens the closed fence of an upgrade again, with its deadline: the database is about to be read-only once more.
///
/// # Errors
/// As [`Session::query`].
pub async fn reopen(session: &mut Session, run: &UpgradeId, limit: Duration) -> Result<(), SqlError> {
    let run = quote::text(run.as_str());
    let sql = format!("UPDATE rolling_upgrade.fence SET closed_at = NULL WHERE run = {run};");
    session.query("record that the read-only time goes on", &sql, limit).await.map(drop)
}

fn open_sql(run: &UpgradeId, within: Duration) -> String {
    let (run, seconds) = (quote::text(run.as_str()), within.as_secs().min(i32::MAX.unsigned_abs().into()));
    format!(
        "\
SET XACT_ABORT ON;
BEGIN TRANSACTION;
DECLARE @now datetime2(3) = SYSUTCDATETIME();
UPDATE rolling_upgrade.fence SET closed_at = @now WHERE closed_at IS NULL AND run <> {run};
DELETE FROM rolling_upgrade.fence WHERE run = {run};
INSERT INTO rolling_upgrade.fence (run, opened_at, deadline, closed_at)
VALUES ({run}, @now, DATEADD(second, {seconds}, @now), NULL);
COMMIT TRANSACTION;
SELECT run, opened_at, deadline, closed_at FROM rolling_upgrade.fence WHERE run = {run};"
    )
}

fn close_sql(run: &UpgradeId) -> String {
    let run = quote::text(run.as_str());
    format!("UPDATE rolling_upgrade.fence SET closed_at = SYSUTCDATETIME() WHERE run = {run} AND closed_at IS NULL;")
}

/// Reads a row of the fence table.
pub(super) fn read(row: &Row) -> Result<Fence, SqlError> {
    Ok(Fence {
        run: row.text("run")?,
        opened_at: row.time("opened_at")?,
        deadline: row.time("deadline")?,
        closed_at: row.optional_time("closed_at")?,
    })
}
