//! How many rows each table of the users has: a smoke test of two copies, for a lost UPDATE changes no count.

use std::time::Duration;

use crate::{Session, SqlError};

/// `index_id` 0 is a heap, 1 a clustered index: each table has one of the two, in one or more partitions.
const COUNT: &str = "\
SELECT s.name AS schema_name, t.name AS table_name, SUM(p.row_count) AS row_count
FROM sys.dm_db_partition_stats AS p
JOIN sys.tables AS t ON t.object_id = p.object_id
JOIN sys.schemas AS s ON s.schema_id = t.schema_id
WHERE p.index_id IN (0, 1) AND s.name <> N'rolling_upgrade'
GROUP BY s.name, t.name;";

/// A table and its number of rows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TableRows {
    /// Schema and name, `dbo.Orders`.
    pub table: String,
    /// How many rows.
    pub rows: i64,
}

/// Counts the rows of all tables but ours, sorted by name. It takes the permission VIEW DATABASE STATE.
///
/// # Errors
/// As [`Session::query`].
pub async fn count(session: &mut Session, limit: Duration) -> Result<Vec<TableRows>, SqlError> {
    let answer = session.query("count the rows of all tables", COUNT, limit).await?;
    let read = |row: &crate::answer::Row| {
        let table = format!("{}.{}", row.text("schema_name")?, row.text("table_name")?);
        Ok(TableRows { table, rows: row.integer("row_count")? })
    };
    let mut tables: Vec<TableRows> = answer.set(0)?.iter().map(read).collect::<Result<_, SqlError>>()?;
    tables.sort();
    Ok(tables)
}
