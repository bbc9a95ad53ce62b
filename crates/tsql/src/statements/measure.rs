//! Who wrote to a database since: readings of `sys.dm_db_index_usage_stats`. Of the stage copy since users may have been on it, of
//! production since its link was ended.
//!
//! On Basic, S0, S1 and in elastic pools the views take the server administrator or `##MS_ServerStateReader##`, elsewhere VIEW
//! DATABASE STATE (their documentation).

use std::time::Duration;

use rollout::{
    UpgradeId,
    facts::Moment,
    measure::{Mark, Reading, Written},
};

use super::{log_end, milestone, quote};
use crate::{Session, SqlError, answer::Row};

/// The schema whose tables are ours.
const OURS: &str = "rolling_upgrade";
/// The table of the copy that nobody changes but [`keep`].
const CANARY: &str = "canary";
/// The canary of production: freeze has written to it, and no step does between terminate and the end of migrate.
const FENCE: &str = "fence";

const READ: &str = "\
SELECT CAST(i.sqlserver_start_time AS datetime2(3)) AS instance FROM sys.dm_os_sys_info AS i;
SELECT s.name AS schema_name, t.name AS table_name, u.user_updates
FROM sys.dm_db_index_usage_stats AS u
JOIN sys.tables AS t ON t.object_id = u.object_id
JOIN sys.schemas AS s ON s.schema_id = t.schema_id
WHERE u.database_id = DB_ID();";

/// Reads the counters of the copy.
///
/// # Errors
/// As [`Session::query`], also where this log-in may not see them.
pub async fn read(session: &mut Session, limit: Duration) -> Result<Reading, SqlError> {
    read_with(session, CANARY, limit).await
}

/// Reads the end of production's log, and then its counters: a write that comes in between shows in the counters. What this log-in may
/// not see is missing; so are counters that have begun anew since freeze wrote, because nobody could tell later whether they have again.
///
/// # Errors
/// As [`Session::query`], but for a refusal.
pub async fn mark(session: &mut Session, limit: Duration) -> Result<Mark, SqlError> {
    let log_end = log_end::read(session, limit).await?;
    let reading = match read_with(session, FENCE, limit).await {
        Err(error) if error.not_permitted() => None,
        reading => Some(reading?).filter(|reading| reading.canary > 0),
    };
    Ok(Mark { log_end, reading })
}

async fn read_with(session: &mut Session, canary: &str, limit: Duration) -> Result<Reading, SqlError> {
    let answer = session.query("read who wrote to the database", READ, limit).await?;
    let first = answer.set(0)?.first().ok_or_else(|| SqlError::unexpected(&*answer.attempt, "no instance is shown"))?;
    let mut reading = Reading { instance: first.time("instance")?, updates: 0, canary: 0 };
    for row in answer.set(1)? {
        add(&mut reading, row, canary)?;
    }
    Ok(reading)
}

fn add(reading: &mut Reading, row: &Row, canary: &str) -> Result<(), SqlError> {
    let (schema, updates) = (row.text("schema_name")?, row.integer("user_updates")?);
    if !schema.eq_ignore_ascii_case(OURS) {
        reading.updates += updates;
    } else if row.text("table_name")?.eq_ignore_ascii_case(canary) {
        reading.canary += updates;
    }
    Ok(())
}

/// Keeps a first reading, unless one is kept: what was written since stays visible. Where the counters cannot be seen there is none, and
/// what was written can never be told.
///
/// # Errors
/// As [`Session::query`], but for a refusal of the counters.
pub async fn keep(session: &mut Session, run: &UpgradeId, limit: Duration) -> Result<(), SqlError> {
    match first(session, run, limit).await? {
        Some(_) => Ok(()),
        None => replace(session, run, limit).await,
    }
}

async fn replace(session: &mut Session, run: &UpgradeId, limit: Duration) -> Result<(), SqlError> {
    let reading = match reading_with_canary(session, run, limit).await {
        Err(error) if error.not_permitted() => None,
        reading => Some(reading?),
    };
    session.query("record who wrote to the database", &replace_sql(run, reading.as_ref()), limit).await.map(drop)
}

/// The canary is touched only where the server has no count of it: a run that dies between that and the reading would leave a count that
/// differs from the one that is kept, and then nobody could tell what was written.
async fn reading_with_canary(session: &mut Session, run: &UpgradeId, limit: Duration) -> Result<Reading, SqlError> {
    let reading = read(session, limit).await?;
    if reading.canary > 0 {
        return Ok(reading);
    }
    let key = quote::text(run.as_str());
    let touch =
        format!("DELETE FROM rolling_upgrade.canary;\nINSERT INTO rolling_upgrade.canary (run) VALUES ({key});");
    session.query("touch the canary", &touch, limit).await?;
    read(session, limit).await
}

fn replace_sql(run: &UpgradeId, reading: Option<&Reading>) -> String {
    let key = quote::text(run.as_str());
    let insert = reading.map_or_else(String::new, |Reading { instance, updates, canary }| {
        let started = instance.strftime("%Y-%m-%dT%H:%M:%S.%3f");
        format!(
            "INSERT INTO rolling_upgrade.measure (run, instance_started, updates, canary) VALUES ({key}, '{started}', {updates}, {canary});\n"
        )
    });
    format!(
        "\
SET XACT_ABORT ON;
BEGIN TRANSACTION;
DELETE FROM rolling_upgrade.measure WHERE run = {key};
{insert}COMMIT TRANSACTION;"
    )
}

/// Writes into the copy that users may be on it from now on, with a first reading, which replaces the one that is kept if it is to be
/// taken `afresh`.
///
/// # Errors
/// As [`keep`].
pub async fn begin(session: &mut Session, run: &UpgradeId, afresh: bool, limit: Duration) -> Result<(), SqlError> {
    if afresh {
        replace(session, run, limit).await?;
    } else {
        keep(session, run, limit).await?;
    }
    milestone::record(session, run, Moment::Served, limit).await
}

/// What was written since the first reading.
///
/// # Errors
/// As [`Session::query`], but for a refusal of the counters.
pub async fn written(session: &mut Session, run: &UpgradeId, limit: Duration) -> Result<Written, SqlError> {
    let Some(first) = first(session, run, limit).await? else {
        return Ok(Written::Unknown("it has no first reading of its write counters".to_owned()));
    };
    match read(session, limit).await {
        Ok(now) => Ok(Written::between(&first, &now)),
        Err(error) if error.not_permitted() => Ok(Written::Unknown(error.to_string())),
        Err(error) => Err(error),
    }
}

async fn first(session: &mut Session, run: &UpgradeId, limit: Duration) -> Result<Option<Reading>, SqlError> {
    let key = quote::text(run.as_str());
    let sql = format!(
        "\
IF OBJECT_ID(N'rolling_upgrade.measure', N'U') IS NOT NULL
    SELECT instance_started, updates, canary FROM rolling_upgrade.measure WHERE run = {key}
ELSE SELECT CAST(NULL AS int) AS updates WHERE 1 = 0;"
    );
    let answer = session.query("read the first reading of the write counters", &sql, limit).await?;
    let read = |row: &Row| {
        Ok(Reading {
            instance: row.time("instance_started")?,
            updates: row.integer("updates")?,
            canary: row.integer("canary")?,
        })
    };
    answer.set(0)?.first().map(read).transpose()
}
