//! The schema `rolling_upgrade`: what an upgrade keeps in the databases themselves.

use std::time::Duration;

use crate::{Session, SqlError};

/// The version of the schema that this release writes and reads. The first one had no tables for background work.
pub const VERSION: i32 = rollout::facts::SCHEMA_VERSION;

/// Made in one transaction, so that it is there as a whole or not at all; what an older release has made gets what it lacks, and
/// nothing is written where it is there already. `CREATE SCHEMA` must be alone in its batch.
const ENSURE: &str = "\
SET XACT_ABORT ON;
BEGIN TRANSACTION;
IF SCHEMA_ID(N'rolling_upgrade') IS NULL EXEC (N'CREATE SCHEMA rolling_upgrade');
IF OBJECT_ID(N'rolling_upgrade.version', N'U') IS NULL
BEGIN
    CREATE TABLE rolling_upgrade.version ([schema] int NOT NULL);
    EXEC (N'INSERT INTO rolling_upgrade.version ([schema]) VALUES (2)');
END;
ELSE UPDATE rolling_upgrade.version SET [schema] = 2 WHERE [schema] < 2;
IF OBJECT_ID(N'rolling_upgrade.fence', N'U') IS NULL
    CREATE TABLE rolling_upgrade.fence (
        run nvarchar(64) NOT NULL PRIMARY KEY,
        opened_at datetime2(3) NOT NULL,
        deadline datetime2(3) NOT NULL,
        closed_at datetime2(3) NULL
    );
IF OBJECT_ID(N'rolling_upgrade.journal', N'U') IS NULL
    CREATE TABLE rolling_upgrade.journal (
        ran int IDENTITY(1, 1) NOT NULL,
        run nvarchar(64) NOT NULL,
        script nvarchar(260) NOT NULL,
        digest nvarchar(64) NOT NULL,
        finished_at datetime2(3) NOT NULL,
        took_ms bigint NOT NULL,
        PRIMARY KEY (run, script)
    );
IF OBJECT_ID(N'rolling_upgrade.counted', N'U') IS NULL
    CREATE TABLE rolling_upgrade.counted (
        run nvarchar(64) NOT NULL,
        of_stage bit NOT NULL,
        name nvarchar(260) NOT NULL,
        row_count bigint NOT NULL,
        PRIMARY KEY (run, of_stage, name)
    );
IF OBJECT_ID(N'rolling_upgrade.worker', N'U') IS NULL
    CREATE TABLE rolling_upgrade.worker (
        run nvarchar(64) NOT NULL,
        side nvarchar(10) NOT NULL,
        name nvarchar(260) NOT NULL,
        runs bit NOT NULL,
        PRIMARY KEY (run, side, name)
    );
IF OBJECT_ID(N'rolling_upgrade.hook', N'U') IS NULL
    CREATE TABLE rolling_upgrade.hook (
        run nvarchar(64) NOT NULL,
        hook nvarchar(20) NOT NULL,
        ran_at datetime2(3) NOT NULL,
        PRIMARY KEY (run, hook)
    );
COMMIT TRANSACTION;";

const REMOVE: &str = "\
SET XACT_ABORT ON;
BEGIN TRANSACTION;
IF OBJECT_ID(N'rolling_upgrade.hook', N'U') IS NOT NULL DROP TABLE rolling_upgrade.hook;
IF OBJECT_ID(N'rolling_upgrade.worker', N'U') IS NOT NULL DROP TABLE rolling_upgrade.worker;
IF OBJECT_ID(N'rolling_upgrade.counted', N'U') IS NOT NULL DROP TABLE rolling_upgrade.counted;
IF OBJECT_ID(N'rolling_upgrade.journal', N'U') IS NOT NULL DROP TABLE rolling_upgrade.journal;
IF OBJECT_ID(N'rolling_upgrade.fence', N'U') IS NOT NULL DROP TABLE rolling_upgrade.fence;
IF OBJECT_ID(N'rolling_upgrade.version', N'U') IS NOT NULL DROP TABLE rolling_upgrade.version;
IF SCHEMA_ID(N'rolling_upgrade') IS NOT NULL EXEC (N'DROP SCHEMA rolling_upgrade');
COMMIT TRANSACTION;";

const READ_VERSION: &str = "\
IF OBJECT_ID(N'rolling_upgrade.version', N'U') IS NOT NULL SELECT [schema] FROM rolling_upgrade.version
ELSE SELECT CAST(NULL AS int) AS [schema] WHERE 1 = 0;";

/// The version of the schema in this database; `None` where it is not there.
///
/// # Errors
/// As [`Session::query`].
pub async fn version(session: &mut Session, limit: Duration) -> Result<Option<i32>, SqlError> {
    let answer = session.query("read the version of schema `rolling_upgrade`", READ_VERSION, limit).await?;
    let version = answer.set(0)?.first().map(|row| row.integer("schema")).transpose()?;
    Ok(version.map(|version| i32::try_from(version).unwrap_or(i32::MAX)))
}

/// Makes the schema with its tables where it is not there, or in an older version; it takes a database that takes writes.
///
/// # Errors
/// As [`Session::query`], and when a newer release has made the schema.
pub async fn ensure(session: &mut Session, limit: Duration) -> Result<(), SqlError> {
    let attempt = "create the schema `rolling_upgrade`";
    match version(session, limit).await? {
        Some(found) if found > VERSION => Err(SqlError::unexpected(
            format!("{attempt} in {}", session.place()),
            format!(
                "it is there in version {found}, and this release knows only {VERSION}: use the release that made it"
            ),
        )),
        _ => session.query(attempt, ENSURE, limit).await.map(drop),
    }
}

/// Removes the schema with its tables, and nothing else: if somebody has put more into it, the server refuses and all of
/// it stays.
///
/// # Errors
/// As [`Session::query`].
pub async fn remove(session: &mut Session, limit: Duration) -> Result<(), SqlError> {
    session.query("remove the schema `rolling_upgrade`", REMOVE, limit).await.map(drop)
}
