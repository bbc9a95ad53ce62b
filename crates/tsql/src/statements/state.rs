//! What a log-in to one database shows of it, in one round trip.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rollout::facts::{JournalRow, LinkStatus, SqlState};

use super::{background, fence, folder, milestone, upgrade};
use crate::{
    Session, SqlError,
    answer::{Answer, Row},
};

/// The first statement reads the option, the role and the links, so that they belong together; the property is a
/// `sql_variant`, hence the `CAST`. Names of tables are resolved when a statement runs, so a branch that is not taken may
/// name a table that is not there.
const STATE: &str = "\
SELECT SYSUTCDATETIME() AS now, d.is_read_only, CAST(DATABASEPROPERTYEX(DB_NAME(), N'Updateability') AS nvarchar(60)) AS updateability,
    l.partner_server, l.partner_database, l.replication_state_desc, l.role_desc, l.replication_lag_sec, l.last_commit,
    CAST(CASE WHEN OBJECT_ID(N'rolling_upgrade.fence', N'U') IS NULL THEN 0 ELSE 1 END AS bit) AS fence_table
FROM sys.databases AS d LEFT JOIN sys.dm_geo_replication_link_status AS l ON 1 = 1
WHERE d.name = DB_NAME();
IF OBJECT_ID(N'rolling_upgrade.version', N'U') IS NOT NULL SELECT [schema] FROM rolling_upgrade.version
ELSE SELECT CAST(NULL AS int) AS [schema] WHERE 1 = 0;
IF OBJECT_ID(N'rolling_upgrade.fence', N'U') IS NOT NULL SELECT run, opened_at, deadline, closed_at FROM rolling_upgrade.fence ORDER BY opened_at
ELSE SELECT CAST(NULL AS int) AS run WHERE 1 = 0;
IF OBJECT_ID(N'rolling_upgrade.journal', N'U') IS NOT NULL SELECT run, script, digest, finished_at, took_ms FROM rolling_upgrade.journal ORDER BY ran
ELSE SELECT CAST(NULL AS int) AS run WHERE 1 = 0;
IF OBJECT_ID(N'rolling_upgrade.worker', N'U') IS NOT NULL SELECT run, side, name, runs FROM rolling_upgrade.worker ORDER BY side, name
ELSE SELECT CAST(NULL AS int) AS run WHERE 1 = 0;
IF OBJECT_ID(N'rolling_upgrade.hook', N'U') IS NOT NULL SELECT run, hook FROM rolling_upgrade.hook ORDER BY ran_at
ELSE SELECT CAST(NULL AS int) AS run WHERE 1 = 0;
IF OBJECT_ID(N'rolling_upgrade.folder', N'U') IS NOT NULL SELECT run, is_check, script, digest FROM rolling_upgrade.folder ORDER BY run, is_check, place
ELSE SELECT CAST(NULL AS int) AS run WHERE 1 = 0;
IF OBJECT_ID(N'rolling_upgrade.upgrade', N'U') IS NOT NULL
    SELECT run, connection_name, production_database, production_site, production_endpoint, stage_database, stage_site, stage_endpoint, package
    FROM rolling_upgrade.upgrade
ELSE SELECT CAST(NULL AS int) AS run WHERE 1 = 0;
IF OBJECT_ID(N'rolling_upgrade.milestone', N'U') IS NOT NULL SELECT run, moment, reached_at FROM rolling_upgrade.milestone ORDER BY reached_at
ELSE SELECT CAST(NULL AS int) AS run WHERE 1 = 0;";

/// Reads the state of the session's database. It takes the permission VIEW DATABASE STATE.
///
/// # Errors
/// As [`Session::query`].
pub async fn read(session: &mut Session, limit: Duration) -> Result<SqlState, SqlError> {
    let answer = session.query("read the state of the database", STATE, limit).await?;
    let rows = answer.set(0)?;
    let first = rows.first().ok_or_else(|| SqlError::unexpected(&*answer.attempt, "sys.databases does not list it"))?;
    Ok(SqlState {
        now: first.time("now")?,
        read_only: first.flag("is_read_only")?,
        updateable: first.optional_text("updateability")?.as_deref() == Some("READ_WRITE"),
        links: rows.iter().filter_map(|row| link(row).transpose()).collect::<Result<_, _>>()?,
        schema: answer.set(1)?.first().map(schema).transpose()?,
        fence_table: first.flag("fence_table")?,
        fences: each(&answer, 2, fence::read)?,
        journal: each(&answer, 3, journal_row)?,
        workers: each(&answer, 4, background::worker)?,
        hooks: each(&answer, 5, background::hook)?,
        folder: each(&answer, 6, folder::row)?,
        upgrades: each(&answer, 7, upgrade::read)?,
        packages: answer
            .set(7)?
            .iter()
            .filter_map(|row| upgrade::package(row).transpose())
            .collect::<Result<_, _>>()?,
        milestones: answer
            .set(8)?
            .iter()
            .filter_map(|row| milestone::read(row).transpose())
            .collect::<Result<_, _>>()?,
    })
}

/// Reads the server's clock, UTC.
///
/// # Errors
/// As [`Session::query`].
pub async fn now(session: &mut Session, limit: Duration) -> Result<Timestamp, SqlError> {
    session.query("read the server's clock", "SELECT SYSUTCDATETIME() AS now;", limit).await?.row()?.time("now")
}

fn each<T>(answer: &Answer, set: usize, read: impl Fn(&Row) -> Result<T, SqlError>) -> Result<Vec<T>, SqlError> {
    answer.set(set)?.iter().map(read).collect()
}

fn schema(row: &Row) -> Result<i32, SqlError> {
    Ok(i32::try_from(row.integer("schema")?).unwrap_or(i32::MAX))
}

/// `None` for the row of a database without links.
fn link(row: &Row) -> Result<Option<LinkStatus>, SqlError> {
    let Some(partner_server) = row.optional_text("partner_server")? else { return Ok(None) };
    Ok(Some(LinkStatus {
        partner_server,
        partner_database: row.text("partner_database")?,
        state: row.optional_text("replication_state_desc")?.unwrap_or_default(),
        role: row.optional_text("role_desc")?.unwrap_or_default(),
        lag: row.optional_integer("replication_lag_sec")?.map(SignedDuration::from_secs),
        last_commit: row.optional_time("last_commit")?,
    }))
}

/// Reads a row of the journal.
pub(super) fn journal_row(row: &Row) -> Result<JournalRow, SqlError> {
    Ok(JournalRow {
        run: row.text("run")?,
        script: row.text("script")?,
        digest: row.text("digest")?,
        finished: row.optional_time("finished_at")?.is_some(),
        took: SignedDuration::from_millis(row.integer("took_ms")?),
    })
}
