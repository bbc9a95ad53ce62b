//! The end of production's log, kept in the copy. Production is READ_ONLY and alone then, so its log stands still: if it has grown,
//! somebody has set production READ_WRITE in between, and an UPDATE that no row count shows may be lost.

use std::time::Duration;

use rollout::{UpgradeId, measure::LogEnd};

use super::quote;
use crate::{Session, SqlError, answer::Row};

/// What the copy keeps of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// Nothing: nobody has looked.
    Nothing,
    /// This log-in could not see it.
    Unseen,
    /// `log_end_lsn`.
    At(String),
}

impl Kept {
    /// Compares what the copy keeps with the end of production's log now.
    pub fn compared_with(self, now: Option<String>) -> LogEnd {
        match (self, now) {
            (Self::Unseen, _) => LogEnd::Unseen,
            (Self::At(kept), Some(now)) if kept == now => LogEnd::Unmoved,
            (Self::At(_), Some(_)) => LogEnd::Grown,
            (Self::At(_), None) | (Self::Nothing, _) => LogEnd::Unknown,
        }
    }
}

/// The end of the log of the session's database; `None` where this log-in may not see it.
///
/// # Errors
/// As [`Session::query`], but for a refusal.
pub async fn read(session: &mut Session, limit: Duration) -> Result<Option<String>, SqlError> {
    let sql = "SELECT l.log_end_lsn FROM sys.dm_db_log_stats(DB_ID()) AS l;";
    match session.query("read the end of the log", sql, limit).await {
        Err(error) if error.not_permitted() => Ok(None),
        answer => answer?.row()?.optional_text("log_end_lsn"),
    }
}

/// Keeps the end of production's log in the copy. The schema must be there.
///
/// # Errors
/// As [`Session::query`].
pub async fn keep(copy: &mut Session, run: &UpgradeId, log_end: Option<&str>, limit: Duration) -> Result<(), SqlError> {
    let (run, end) = (quote::text(run.as_str()), log_end.map_or_else(|| "NULL".to_owned(), quote::text));
    let sql = format!(
        "\
SET XACT_ABORT ON;
BEGIN TRANSACTION;
DELETE FROM rolling_upgrade.log_end WHERE run = {run};
INSERT INTO rolling_upgrade.log_end (run, log_end) VALUES ({run}, {end});
COMMIT TRANSACTION;"
    );
    copy.query("record the end of production's log", &sql, limit).await.map(drop)
}

/// What the copy keeps.
///
/// # Errors
/// As [`Session::query`].
pub async fn kept(copy: &mut Session, run: &UpgradeId, limit: Duration) -> Result<Kept, SqlError> {
    let run = quote::text(run.as_str());
    let sql = format!(
        "\
IF OBJECT_ID(N'rolling_upgrade.log_end', N'U') IS NOT NULL
    SELECT log_end FROM rolling_upgrade.log_end WHERE run = {run}
ELSE SELECT CAST(NULL AS int) AS log_end WHERE 1 = 0;"
    );
    let answer = copy.query("read the end of production's log that migrate kept", &sql, limit).await?;
    let read = |row: &Row| Ok(row.optional_text("log_end")?.map_or(Kept::Unseen, Kept::At));
    answer.set(0)?.first().map(read).unwrap_or(Ok(Kept::Nothing))
}
