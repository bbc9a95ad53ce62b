//! How far an upgrade has come, in the stage copy. All times are the server's.

use std::time::Duration;

use rollout::{
    UpgradeId,
    facts::{Milestone, Moment},
};

use super::quote;
use crate::{Session, SqlError, answer::Row};

/// Writes a milestone down; one that is there keeps its time. The schema must be there.
///
/// # Errors
/// As [`Session::query`].
pub async fn record(session: &mut Session, run: &UpgradeId, moment: Moment, limit: Duration) -> Result<(), SqlError> {
    session.query(&format!("record `{}`", moment.word()), &record_sql(run, moment), limit).await.map(drop)
}

/// Takes a milestone back.
///
/// # Errors
/// As [`Session::query`].
pub async fn erase(session: &mut Session, run: &UpgradeId, moment: Moment, limit: Duration) -> Result<(), SqlError> {
    let (attempt, run) = (format!("remove the record `{}`", moment.word()), quote::text(run.as_str()));
    let sql = format!("DELETE FROM rolling_upgrade.milestone WHERE run = {run} AND moment = N'{}';", moment.word());
    session.query(&attempt, &sql, limit).await.map(drop)
}

/// Closes the fence row of the copy and writes down, in the same transaction, that the copy was proved to be synchronised.
///
/// # Errors
/// As [`Session::query`].
pub async fn close_fence_of_copy(session: &mut Session, run: &UpgradeId, limit: Duration) -> Result<(), SqlError> {
    let (record, key) = (record_sql(run, Moment::Synchronised), quote::text(run.as_str()));
    let sql = format!(
        "\
SET XACT_ABORT ON;
BEGIN TRANSACTION;
{record}
UPDATE rolling_upgrade.fence SET closed_at = SYSUTCDATETIME() WHERE run = {key} AND closed_at IS NULL;
COMMIT TRANSACTION;"
    );
    session
        .query("record that the copy has every write and that its read-only time is over", &sql, limit)
        .await
        .map(drop)
}

pub(super) fn record_sql(run: &UpgradeId, moment: Moment) -> String {
    let (run, word) = (quote::text(run.as_str()), moment.word());
    format!(
        "\
IF NOT EXISTS (SELECT 1 FROM rolling_upgrade.milestone WHERE run = {run} AND moment = N'{word}')
    INSERT INTO rolling_upgrade.milestone (run, moment, reached_at) VALUES ({run}, N'{word}', SYSUTCDATETIME());"
    )
}

/// Reads a row of the table; `None` for a moment that only a later release knows, which has a later schema too.
pub(super) fn read(row: &Row) -> Result<Option<Milestone>, SqlError> {
    let word = row.text("moment")?;
    let Some(moment) = Moment::ALL.into_iter().find(|moment| moment.word() == word) else { return Ok(None) };
    Ok(Some(Milestone { run: row.text("run")?, moment, at: row.time("reached_at")? }))
}
