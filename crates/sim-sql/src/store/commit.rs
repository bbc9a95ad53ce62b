//! The log: what each committed transaction did to the file.

use std::{fmt, sync::Arc};

use rusqlite::{Connection, types::Value};

use super::file;
use crate::{Access, catalogue::quoted};

/// The identity of a transaction: no two are the same, in whichever copy of a database they were committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CommitId(uuid::Uuid);

impl CommitId {
    pub(crate) fn new() -> Self {
        Self(uuid::Uuid::new_v4())
    }
}

impl fmt::Display for CommitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A committed transaction that wrote something, or a change of the database's option.
///
/// It holds images of the rows it wrote rather than the statements that wrote them: whatever was not deterministic in
/// those (clocks, `NEWID`, the order of rows, temporary tables) is a plain value here, so a replay cannot differ.
#[derive(Debug)]
pub struct Commit {
    /// Its place in the log, from 1.
    pub position: u64,
    /// Its identity, which a replay keeps.
    pub id: CommitId,
    /// When it was committed: seconds since 1970, UTC.
    pub at: f64,
    /// The tables that it wrote or defined, `schema.table` in lower case, in order, each once.
    pub tables: Vec<String>,
    pub(crate) steps: Vec<Step>,
}

/// One thing to do again on another copy.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// Rows of one table: the image of each one written, or `None` where it was deleted.
    Rows { table: String, columns: Arc<Vec<String>>, rows: Vec<RowImage> },
    /// A definition, in SQLite's SQL.
    Define(String),
    /// A new definition for an existing table, its rows untouched.
    Redefine { table: String, sql: String },
    /// The database's option.
    Access(Access),
}

/// A row by its row id.
pub(crate) type RowImage = (i64, Option<Vec<Value>>);

impl Step {
    pub(super) fn apply(&self, connection: &Connection) -> rusqlite::Result<()> {
        match self {
            Self::Rows { table, columns, rows } => put_rows(connection, table, columns, rows),
            Self::Define(sql) => connection.execute_batch(sql),
            Self::Redefine { table, sql } => file::redefine(connection, table, sql),
            Self::Access(access) => file::set_access(connection, *access),
        }
    }

    /// The rows of these ids as they are now.
    pub(crate) fn capture(connection: &Connection, table: &str, ids: &[i64]) -> rusqlite::Result<Self> {
        let columns = Arc::new(file::column_names(connection, table)?);
        let list: Vec<String> = columns.iter().map(|column| quoted(column)).collect();
        let sql = format!("SELECT {} FROM {} WHERE _rowid_ = ?1", list.join(", "), quoted(table));
        let mut statement = connection.prepare_cached(&sql)?;
        let mut rows = Vec::with_capacity(ids.len());
        for id in ids {
            let mut found = statement.query([id])?;
            let image = match found.next()? {
                Some(row) => Some((0..columns.len()).map(|index| row.get(index)).collect::<Result<Vec<Value>, _>>()?),
                None => None,
            };
            rows.push((*id, image));
        }
        Ok(Self::Rows { table: table.to_owned(), columns, rows })
    }
}

/// Takes the old rows away before it puts the new ones in: in between, a key may be in use that is free at the end.
fn put_rows(connection: &Connection, table: &str, columns: &[String], rows: &[RowImage]) -> rusqlite::Result<()> {
    let mut delete = connection.prepare_cached(&format!("DELETE FROM {} WHERE _rowid_ = ?1", quoted(table)))?;
    for (id, _) in rows {
        delete.execute([id])?;
    }
    let mut insert = connection.prepare_cached(&insertion(table, columns))?;
    for (id, image) in rows {
        let Some(values) = image else { continue };
        insert.raw_bind_parameter(1, id)?;
        for (index, value) in values.iter().enumerate() {
            insert.raw_bind_parameter(index + 2, value)?;
        }
        insert.raw_execute()?;
    }
    Ok(())
}

fn insertion(table: &str, columns: &[String]) -> String {
    let names: String = columns.iter().map(|column| format!(", {}", quoted(column))).collect();
    let marks = ", ?".repeat(columns.len());
    format!("INSERT INTO {}(_rowid_{names}) VALUES(?{marks})", quoted(table))
}
