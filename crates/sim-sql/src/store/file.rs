//! The hidden tables of a database file. T-SQL cannot name them: its tables are all called `schema.table`.

use rusqlite::{Connection, OptionalExtension, params};

use super::CommitId;
use crate::Access;

/// What a file says about itself when it is opened.
pub(super) struct Found {
    pub(super) position: u64,
    pub(super) access: Access,
    /// Commit time of the last transaction.
    pub(super) last_commit: Option<f64>,
}

const SCHEMA: &str = "
CREATE TABLE __version(catalogue INTEGER NOT NULL, next_object INTEGER NOT NULL);
INSERT INTO __version VALUES(1, 1000);
CREATE TABLE __option(read_only INTEGER NOT NULL);
INSERT INTO __option VALUES(0);
CREATE TABLE __log(position INTEGER NOT NULL, at REAL);
INSERT INTO __log VALUES(0, NULL);
CREATE TABLE __commit(id TEXT PRIMARY KEY, position INTEGER NOT NULL);
CREATE TABLE __catalogue(key TEXT PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE __identity(object INTEGER PRIMARY KEY, last INTEGER NOT NULL);
";

pub(super) fn initialise(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(SCHEMA)
}

pub(super) fn read(connection: &Connection) -> rusqlite::Result<Found> {
    let (position, last_commit) =
        connection.query_row("SELECT position, at FROM __log", [], |row| Ok((row.get::<_, i64>(0)?, row.get(1)?)))?;
    let read_only: bool = connection.query_row("SELECT read_only FROM __option", [], |row| row.get(0))?;
    let access = if read_only { Access::ReadOnly } else { Access::ReadWrite };
    Ok(Found { position: position.unsigned_abs(), access, last_commit })
}

pub(super) fn contains(connection: &Connection, id: &CommitId) -> rusqlite::Result<bool> {
    let sql = "SELECT 1 FROM __commit WHERE id = ?1";
    Ok(connection.prepare_cached(sql)?.query_row([id.to_string()], |_| Ok(())).optional()?.is_some())
}

/// Enters a commit, inside the transaction that makes it.
pub(super) fn enter(connection: &Connection, id: CommitId, position: u64, at: f64) -> rusqlite::Result<()> {
    let position = i64::try_from(position).unwrap_or(i64::MAX);
    let mut entry = connection.prepare_cached("INSERT INTO __commit(id, position) VALUES(?1, ?2)")?;
    entry.execute(params![id.to_string(), position])?;
    connection.prepare_cached("UPDATE __log SET position = ?1, at = ?2")?.execute(params![position, at])?;
    Ok(())
}

pub(crate) fn catalogue_version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.prepare_cached("SELECT catalogue FROM __version")?.query_row([], |row| row.get(0))
}

pub(super) fn set_access(connection: &Connection, access: Access) -> rusqlite::Result<()> {
    connection.execute("UPDATE __option SET read_only = ?1", [access == Access::ReadOnly])?;
    Ok(())
}

/// Replaces the stored definition of a table by one that differs from it in constraints and defaults only, without
/// touching its rows (SQLite documents this use of `writable_schema`, "Making Other Kinds Of Table Schema Changes").
pub(crate) fn redefine(connection: &Connection, table: &str, sql: &str) -> rusqlite::Result<()> {
    let version: i64 = connection.query_row("PRAGMA schema_version", [], |row| row.get(0))?;
    connection.execute_batch("PRAGMA writable_schema = ON")?;
    connection.execute("UPDATE sqlite_schema SET sql = ?1 WHERE type = 'table' AND name = ?2", [sql, table])?;
    connection.execute_batch(&format!("PRAGMA schema_version = {}; PRAGMA writable_schema = RESET", version + 1))
}

/// Object ids count up from 1001 within a database.
pub(crate) fn next_object(connection: &Connection) -> rusqlite::Result<i32> {
    let sql = "UPDATE __version SET next_object = next_object + 1 RETURNING next_object";
    connection.prepare_cached(sql)?.query_row([], |row| row.get(0))
}

/// Column names of a table of the file, in order, without computed columns.
pub(super) fn column_names(connection: &Connection, table: &str) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare_cached("SELECT name FROM pragma_table_info(?1)")?;
    let names = statement.query_map([table], |row| row.get(0))?;
    names.collect()
}
