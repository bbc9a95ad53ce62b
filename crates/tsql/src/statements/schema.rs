//! The schema `rolling_upgrade`: what an upgrade keeps in the databases themselves.

use std::time::Duration;

use crate::{Session, SqlError};

/// The version of the schema that this release writes and reads. The first one had no tables for background work, the second
/// wrote a script's row as finished when it began.
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
    EXEC (N'INSERT INTO rolling_upgrade.version ([schema]) VALUES (3)');
END;
ELSE UPDATE rolling_upgrade.version SET [schema] = 3 WHERE [schema] < 3;
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
        finished_at datetime2(3) NULL,
        took_ms bigint NOT NULL,
        PRIMARY KEY (run, script)
    );
IF EXISTS (SELECT 1 FROM sys.columns WHERE object_id = OBJECT_ID(N'rolling_upgrade.journal') AND name = N'finished_at' AND is_nullable = 0)
    ALTER TABLE rolling_upgrade.journal ALTER COLUMN finished_at datetime2(3) NULL;
IF OBJECT_ID(N'rolling_upgrade.folder', N'U') IS NULL
    CREATE TABLE rolling_upgrade.folder (
        run nvarchar(64) NOT NULL,
        is_check bit NOT NULL,
        place int NOT NULL,
        script nvarchar(260) NOT NULL,
        digest nvarchar(64) NOT NULL,
        PRIMARY KEY (run, is_check, place)
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
IF OBJECT_ID(N'rolling_upgrade.upgrade', N'U') IS NULL
    CREATE TABLE rolling_upgrade.upgrade (
        run nvarchar(64) NOT NULL PRIMARY KEY,
        connection_name nvarchar(256) NOT NULL,
        production_database nvarchar(400) NOT NULL,
        production_site nvarchar(400) NOT NULL,
        production_endpoint nvarchar(400) NOT NULL,
        stage_database nvarchar(400) NOT NULL,
        stage_site nvarchar(400) NOT NULL,
        stage_endpoint nvarchar(400) NOT NULL,
        package nvarchar(400) NULL
    );
IF OBJECT_ID(N'rolling_upgrade.milestone', N'U') IS NULL
    CREATE TABLE rolling_upgrade.milestone (
        run nvarchar(64) NOT NULL,
        moment nvarchar(20) NOT NULL,
        reached_at datetime2(3) NOT NULL,
        PRIMARY KEY (run, moment)
    );
IF OBJECT_ID(N'rolling_upgrade.canary', N'U') IS NULL
    CREATE TABLE rolling_upgrade.canary (run nvarchar(64) NOT NULL PRIMARY KEY);
IF OBJECT_ID(N'rolling_upgrade.measure', N'U') IS NULL
    CREATE TABLE rolling_upgrade.measure (
        run nvarchar(64) NOT NULL PRIMARY KEY,
        instance_started datetime2(3) NOT NULL,
        updates bigint NOT NULL,
        canary bigint NOT NULL
    );
IF OBJECT_ID(N'rolling_upgrade.log_end', N'U') IS NULL
    CREATE TABLE rolling_upgrade.log_end (run nvarchar(64) NOT NULL PRIMARY KEY, log_end nvarchar(100) NULL);
COMMIT TRANSACTION;";

/// Milestones and the journal outlive upgrades. Empty ones say nothing, so they go, and with them what would be left.
const REMOVE: &str = "\
SET XACT_ABORT ON;
BEGIN TRANSACTION;
IF OBJECT_ID(N'rolling_upgrade.hook', N'U') IS NOT NULL DROP TABLE rolling_upgrade.hook;
IF OBJECT_ID(N'rolling_upgrade.folder', N'U') IS NOT NULL DROP TABLE rolling_upgrade.folder;
IF OBJECT_ID(N'rolling_upgrade.worker', N'U') IS NOT NULL DROP TABLE rolling_upgrade.worker;
IF OBJECT_ID(N'rolling_upgrade.counted', N'U') IS NOT NULL DROP TABLE rolling_upgrade.counted;
IF OBJECT_ID(N'rolling_upgrade.fence', N'U') IS NOT NULL DROP TABLE rolling_upgrade.fence;
IF OBJECT_ID(N'rolling_upgrade.log_end', N'U') IS NOT NULL DROP TABLE rolling_upgrade.log_end;
IF OBJECT_ID(N'rolling_upgrade.measure', N'U') IS NOT NULL DROP TABLE rolling_upgrade.measure;
IF OBJECT_ID(N'rolling_upgrade.canary', N'U') IS NOT NULL DROP TABLE rolling_upgrade.canary;
IF OBJECT_ID(N'rolling_upgrade.upgrade', N'U') IS NOT NULL DROP TABLE rolling_upgrade.upgrade;
IF OBJECT_ID(N'rolling_upgrade.milestone', N'U') IS NOT NULL
    EXEC (N'IF NOT EXISTS (SELECT 1 FROM rolling_upgrade.milestone) DROP TABLE rolling_upgrade.milestone');
IF OBJECT_ID(N'rolling_upgrade.journal', N'U') IS NOT NULL
    EXEC (N'IF NOT EXISTS (SELECT 1 FROM rolling_upgrade.journal) DROP TABLE rolling_upgrade.journal');
IF OBJECT_ID(N'rolling_upgrade.journal', N'U') IS NULL AND OBJECT_ID(N'rolling_upgrade.milestone', N'U') IS NULL
BEGIN
    IF OBJECT_ID(N'rolling_upgrade.version', N'U') IS NOT NULL DROP TABLE rolling_upgrade.version;
    IF SCHEMA_ID(N'rolling_upgrade') IS NOT NULL EXEC (N'DROP SCHEMA rolling_upgrade');
END;
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
                "it is there in version {found}, and this release knows only {VERSION}: use the newer release that \
                 wrote it"
            ),
        )),
        _ => session.query(attempt, ENSURE, limit).await.map(drop),
    }
}

/// Removes the tables of an upgrade and nothing else. Journal and milestones outlive upgrades, and the schema and its version stay with
/// them; without a row in either all of it goes, and if somebody has put more into the schema, the server refuses and all stays.
///
/// # Errors
/// As [`Session::query`].
pub async fn remove(session: &mut Session, limit: Duration) -> Result<(), SqlError> {
    session.query("remove the tables of the upgrade", REMOVE, limit).await.map(drop)
}
