//! What each of our SQL batches needs. A batch that is not in the table is an error, so that no new one goes unnoticed.

use std::collections::BTreeMap;

use anyhow::ensure;

use super::capture::Batch;

/// What a log-in must be allowed, in rising order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// A user in the database, or a log-in to the server: whoever may connect may do it.
    User,
    /// VIEW DATABASE STATE, and to read the tables of schema `rolling_upgrade`.
    ViewState,
    /// `db_owner`.
    Owner,
    /// `dbmanager` in `master`.
    Dbmanager,
}

/// What a batch is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// What it needs.
    pub need: Need,
    /// What it does, in a few words.
    pub does: &'static str,
}

/// What a session gets that has nothing else to do.
pub const KEEPS_ALIVE: &str = "keep the session alive";

/// The beginning of a batch, blanks folded, and what it is. The longest beginning that fits counts.
const KINDS: [(&str, Need, &str); 46] = [
    ("SELECT SYSUTCDATETIME() AS now, d.is_read_only,", Need::ViewState, "look at the state"),
    ("SELECT SYSUTCDATETIME() AS now;", Need::User, "ask for the time"),
    ("SELECT 1", Need::User, KEEPS_ALIVE),
    ("SELECT d.name, d.is_read_only FROM sys.databases AS d", Need::User, "look whether the database is read-only"),
    // The step refuses unless the answer is yes to all: together that is db_owner.
    (
        "SELECT COALESCE(HAS_PERMS_BY_NAME(QUOTENAME(DB_NAME())",
        Need::Owner,
        "ask for ALTER, CREATE TABLE, CREATE SCHEMA",
    ),
    ("SELECT COALESCE(IS_ROLEMEMBER(N'dbmanager')", Need::User, "ask for dbmanager"),
    // Log-ins that are not visible are a notice of plan, not a refusal.
    ("SELECT COALESCE(IS_ROLEMEMBER(N'loginmanager')", Need::User, "list the log-ins that can be seen"),
    ("SELECT p.name, CONVERT(nvarchar(200), p.sid, 1)", Need::User, "list the users that can be seen"),
    (
        "SELECT COUNT(*) AS locations FROM sys.database_ledger_digest_locations",
        Need::ViewState,
        "look for ledger uploads",
    ),
    ("SELECT s.name AS schema_name, t.name AS table_name, SUM(p.row_count)", Need::ViewState, "count rows"),
    (
        "SELECT s.program_name, s.host_name, s.login_name, s.login_time FROM sys.dm_tran_locks",
        Need::ViewState,
        "name who has the lock",
    ),
    (
        "SELECT s.session_id, s.program_name, s.host_name, s.login_name FROM sys.dm_exec_sessions",
        Need::ViewState,
        "list sessions",
    ),
    // Application locks of `public` take a user only; <https://learn.microsoft.com/sql/relational-databases/system-stored-procedures/sp-getapplock-transact-sql>.
    ("DECLARE @result int; EXEC @result = sp_getapplock", Need::User, "take the lock"),
    ("DECLARE @r int; EXEC @r = sp_getapplock @Resource = N'rolling_upgrade'", Need::User, "take the lock"),
    ("DECLARE @result int; EXEC @result = sp_releaseapplock", Need::User, "release the lock"),
    // "The login must be a user in both the primary and active secondary":
    // <https://learn.microsoft.com/sql/relational-databases/system-stored-procedures/active-geo-replication-sp-wait-for-database-copy-sync>.
    (
        "DECLARE @result int; EXEC @result = sys.sp_wait_for_database_copy_sync",
        Need::User,
        "wait for copy synchronisation",
    ),
    (
        "IF OBJECT_ID(N'rolling_upgrade.version', N'U') IS NOT NULL SELECT [schema]",
        Need::ViewState,
        "read the schema's version",
    ),
    (
        "SET XACT_ABORT ON; BEGIN TRANSACTION; IF SCHEMA_ID(N'rolling_upgrade') IS NULL",
        Need::Owner,
        "create schema rolling_upgrade",
    ),
    (
        "SET XACT_ABORT ON; BEGIN TRANSACTION; IF OBJECT_ID(N'rolling_upgrade.hook'",
        Need::Owner,
        "drop schema rolling_upgrade",
    ),
    ("SET XACT_ABORT ON; BEGIN TRANSACTION; DELETE FROM rolling_upgrade.counted", Need::Owner, "keep row counts"),
    (
        "IF OBJECT_ID(N'rolling_upgrade.counted', N'U') IS NOT NULL SELECT of_stage",
        Need::ViewState,
        "read the row counts that were kept",
    ),
    ("SET XACT_ABORT ON; BEGIN TRANSACTION; DECLARE @now datetime2(3)", Need::Owner, "open the fence"),
    ("UPDATE rolling_upgrade.fence SET closed_at = SYSUTCDATETIME()", Need::Owner, "close the fence"),
    ("UPDATE rolling_upgrade.fence SET closed_at = NULL", Need::Owner, "open the fence of the copy again"),
    (
        "SET XACT_ABORT ON; BEGIN TRANSACTION; IF NOT EXISTS (SELECT 1 FROM rolling_upgrade.worker",
        Need::Owner,
        "write down which WebJobs run",
    ),
    ("DELETE FROM rolling_upgrade.worker", Need::Owner, "forget WebJobs"),
    (
        "SET XACT_ABORT ON; BEGIN TRANSACTION; DELETE FROM rolling_upgrade.hook",
        Need::Owner,
        "write down that a hook ran",
    ),
    ("DELETE FROM rolling_upgrade.hook", Need::Owner, "forget a hook"),
    // "ALTER permission on the database": <https://learn.microsoft.com/sql/t-sql/statements/alter-database-transact-sql-set-options>.
    ("ALTER DATABASE [shop] SET READ_", Need::Owner, "SET READ_ONLY, READ_WRITE"),
    // <https://learn.microsoft.com/sql/t-sql/statements/alter-database-transact-sql>, permissions of Azure SQL Database.
    ("ALTER DATABASE [shop] REMOVE SECONDARY ON SERVER", Need::Dbmanager, "REMOVE SECONDARY"),
    (PARSE_ONLY, Need::User, "parse the scripts"),
    (SCRIPT, Need::Owner, "run the upgrade scripts"),
    (
        "SET XACT_ABORT ON; BEGIN TRANSACTION; DELETE FROM rolling_upgrade.folder",
        Need::Owner,
        "write down which scripts are finished",
    ),
    // What production and the copy say of an upgrade.
    (
        "SET XACT_ABORT ON; BEGIN TRANSACTION; DELETE FROM rolling_upgrade.upgrade",
        Need::Owner,
        "write down what belongs to the upgrade",
    ),
    ("UPDATE rolling_upgrade.upgrade SET package", Need::Owner, "write down which package was deployed"),
    ("IF NOT EXISTS (SELECT 1 FROM rolling_upgrade.milestone", Need::Owner, "write down a milestone"),
    ("DELETE FROM rolling_upgrade.milestone", Need::Owner, "take a milestone back"),
    (
        "SET XACT_ABORT ON; BEGIN TRANSACTION; IF NOT EXISTS (SELECT 1 FROM rolling_upgrade.milestone",
        Need::Owner,
        "close the fence of the copy",
    ),
    // On Basic, S0, S1 and in elastic pools the next three take the server administrator; without it they say nothing.
    ("SELECT CAST(i.sqlserver_start_time AS datetime2(3))", Need::ViewState, "read who wrote to the copy"),
    ("SELECT l.log_end_lsn FROM sys.dm_db_log_stats", Need::ViewState, "read the end of the log"),
    ("DELETE FROM rolling_upgrade.canary", Need::Owner, "prepare the reading of who wrote"),
    (
        "SET XACT_ABORT ON; BEGIN TRANSACTION; DELETE FROM rolling_upgrade.measure",
        Need::Owner,
        "keep a reading of who wrote",
    ),
    ("IF OBJECT_ID(N'rolling_upgrade.measure', N'U') IS NOT NULL", Need::ViewState, "read who had written before"),
    (
        "SET XACT_ABORT ON; BEGIN TRANSACTION; DELETE FROM rolling_upgrade.log_end",
        Need::Owner,
        "keep the end of the log",
    ),
    (
        "IF OBJECT_ID(N'rolling_upgrade.log_end', N'U') IS NOT NULL SELECT log_end",
        Need::ViewState,
        "read the end that was kept",
    ),
    // A check may do what a script may; it is rolled back.
    (CHECK, Need::Owner, "run the checks"),
];

/// After it a session only parses what it gets.
const PARSE_ONLY: &str = "SET PARSEONLY ON;";

/// After it a session runs one script of the user, and nothing else.
const SCRIPT: &str =
    "SET IMPLICIT_TRANSACTIONS OFF; SET XACT_ABORT ON; BEGIN TRANSACTION; INSERT INTO rolling_upgrade.journal";

/// After it a session runs one check of the user, and nothing else.
const CHECK: &str = "SET IMPLICIT_TRANSACTIONS OFF; BEGIN TRANSACTION; SELECT CURRENT_TRANSACTION_ID() AS id;";

/// Says of each batch what it is. What a session gets after the beginning of a script or of a check, or after it was told to parse
/// only, are scripts of the user: they need what that beginning says.
///
/// # Errors
/// A batch of ours is not in the table.
pub fn classify(batches: &[Batch]) -> anyhow::Result<Vec<(&Batch, Kind)>> {
    let mut scripts: BTreeMap<(&str, &str, &str), Kind> = BTreeMap::new();
    let mut classified = Vec::new();
    for batch in batches {
        let session = (batch.origin.as_str(), batch.session.as_str(), batch.step);
        let text = folded(&batch.sql);
        let kind = scripts.get(&session).copied().or_else(|| kind(&text));
        let begins = [PARSE_ONLY, SCRIPT, CHECK].iter().any(|start| text.starts_with(start));
        ensure!(
            kind.is_some(),
            "`{}` sent a batch to `{}` on `{}` that is not in `xtask/src/contract/statement.rs`: `{text}` (test `{}`)",
            batch.step,
            batch.database,
            batch.server,
            batch.origin
        );
        classified.extend(kind.map(|kind| (batch, kind)));
        scripts.extend(kind.filter(|_| begins).map(|kind| (session, kind)));
    }
    Ok(classified)
}

fn kind(text: &str) -> Option<Kind> {
    let fitting = KINDS.iter().filter(|(start, ..)| text.starts_with(start));
    let longest = fitting.max_by_key(|(start, ..)| start.len());
    longest.map(|(_, need, does)| Kind { need: *need, does })
}

fn folded(sql: &str) -> String {
    sql.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
#[path = "statement_test.rs"]
mod tests;
