//! What an upgrade writes down of background work: the WebJobs that it found, and which hooks of the user ran.

use std::time::Duration;

use rollout::{
    UpgradeId,
    background::{Hook, HookRow, Noted, Side, Worker},
};

use super::quote;
use crate::{Session, SqlError, answer::Row};

/// Writes down WebJobs; a row that is there stays as it is. The schema must be there.
///
/// # Errors
/// As [`Session::query`].
pub async fn note(
    session: &mut Session,
    run: &UpgradeId,
    side: Side,
    jobs: &[Noted],
    limit: Duration,
) -> Result<(), SqlError> {
    session.query("record the WebJobs", &note_sql(run, side, jobs), limit).await.map(drop)
}

/// Deletes what was written down of these WebJobs.
///
/// # Errors
/// As [`Session::query`].
pub async fn unnote(
    session: &mut Session,
    run: &UpgradeId,
    side: Side,
    names: &[String],
    limit: Duration,
) -> Result<(), SqlError> {
    session.query("delete the record of WebJobs", &unnote_sql(run, side, names), limit).await.map(drop)
}

/// Deletes all that an upgrade has written down of WebJobs.
///
/// # Errors
/// As [`Session::query`].
pub async fn forget(session: &mut Session, run: &UpgradeId, limit: Duration) -> Result<(), SqlError> {
    let sql = format!("DELETE FROM rolling_upgrade.worker WHERE run = {};", quote::text(run.as_str()));
    session.query("delete the record of WebJobs", &sql, limit).await.map(drop)
}

/// Writes down that a hook ran, by the server's clock.
///
/// # Errors
/// As [`Session::query`].
pub async fn note_hook(session: &mut Session, run: &UpgradeId, hook: Hook, limit: Duration) -> Result<(), SqlError> {
    let (run, word) = (quote::text(run.as_str()), quote::text(hook.input()));
    let sql = format!(
        "\
SET XACT_ABORT ON;
BEGIN TRANSACTION;
DELETE FROM rolling_upgrade.hook WHERE run = {run} AND hook = {word};
INSERT INTO rolling_upgrade.hook (run, hook, ran_at) VALUES ({run}, {word}, SYSUTCDATETIME());
COMMIT TRANSACTION;"
    );
    session.query(&format!("record that {hook} ran"), &sql, limit).await.map(drop)
}

/// Deletes the row of a hook.
///
/// # Errors
/// As [`Session::query`].
pub async fn forget_hook(session: &mut Session, run: &UpgradeId, hook: Hook, limit: Duration) -> Result<(), SqlError> {
    let (run, word) = (quote::text(run.as_str()), quote::text(hook.input()));
    let sql = format!("DELETE FROM rolling_upgrade.hook WHERE run = {run} AND hook = {word};");
    session.query(&format!("delete the record that {hook} ran"), &sql, limit).await.map(drop)
}

fn note_sql(run: &UpgradeId, side: Side, jobs: &[Noted]) -> String {
    let (run, side) = (quote::text(run.as_str()), quote::text(side.word()));
    let insert = |job: &Noted| {
        let (name, runs) = (quote::text(&job.name), u8::from(job.runs));
        format!(
            "IF NOT EXISTS (SELECT 1 FROM rolling_upgrade.worker WHERE run = {run} AND side = {side} AND name = {name})\n    \
             INSERT INTO rolling_upgrade.worker (run, side, name, runs) VALUES ({run}, {side}, {name}, {runs});\n"
        )
    };
    let inserts: String = jobs.iter().map(insert).collect();
    format!("SET XACT_ABORT ON;\nBEGIN TRANSACTION;\n{inserts}COMMIT TRANSACTION;")
}

fn unnote_sql(run: &UpgradeId, side: Side, names: &[String]) -> String {
    let (run, side) = (quote::text(run.as_str()), quote::text(side.word()));
    let names: Vec<_> = names.iter().map(|name| quote::text(name)).collect();
    format!(
        "DELETE FROM rolling_upgrade.worker WHERE run = {run} AND side = {side} AND name IN ({});",
        names.join(", ")
    )
}

/// Reads a row of `rolling_upgrade.worker`.
pub(super) fn worker(row: &Row) -> Result<Worker, SqlError> {
    let word = row.text("side")?;
    let side = Side::read(&word)
        .ok_or_else(|| SqlError::unexpected("read `rolling_upgrade.worker`", format!("`{word}` is not a side")))?;
    Ok(Worker { run: row.text("run")?, side, noted: Noted { name: row.text("name")?, runs: row.flag("runs")? } })
}

/// Reads a row of `rolling_upgrade.hook`.
pub(super) fn hook(row: &Row) -> Result<HookRow, SqlError> {
    Ok(HookRow { run: row.text("run")?, hook: row.text("hook")? })
}
