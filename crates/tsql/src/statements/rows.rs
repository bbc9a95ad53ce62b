//! How many rows each table of the users has: a smoke test of two copies, for a lost UPDATE changes no count. And the counts
//! that migrate keeps in the stage copy.

use std::time::Duration;

use rollout::{UpgradeId, rows::TableRows};

use super::quote;
use crate::{Session, SqlError, answer::Row};

/// `index_id` 0 is a heap, 1 a clustered index: each table has one of the two, in one or more partitions.
const COUNT: &str = "\
SELECT s.name AS schema_name, t.name AS table_name, SUM(p.row_count) AS row_count
FROM sys.dm_db_partition_stats AS p
JOIN sys.tables AS t ON t.object_id = p.object_id
JOIN sys.schemas AS s ON s.schema_id = t.schema_id
WHERE p.index_id IN (0, 1) AND s.name <> N'rolling_upgrade'
GROUP BY s.name, t.name;";

/// So many rows one INSERT may have ("Table Value Constructor": 1,000).
const MOST_VALUES: usize = 1000;

/// The counts that an upgrade keeps: of production, and of the stage copy before V2 was started.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kept {
    /// Of production.
    pub production: Vec<TableRows>,
    /// Of the stage copy.
    pub stage: Vec<TableRows>,
}

/// Counts the rows of all tables but ours, sorted by name. It takes the permission VIEW DATABASE STATE.
///
/// # Errors
/// As [`Session::query`].
pub async fn count(session: &mut Session, limit: Duration) -> Result<Vec<TableRows>, SqlError> {
    let answer = session.query("count the rows of all tables", COUNT, limit).await?;
    let read = |row: &Row| {
        let table = format!("{}.{}", row.text("schema_name")?, row.text("table_name")?);
        Ok(TableRows { table, rows: row.integer("row_count")? })
    };
    let mut tables: Vec<TableRows> = answer.set(0)?.iter().map(read).collect::<Result<_, SqlError>>()?;
    tables.sort();
    Ok(tables)
}

/// Keeps counts in the session's database in the place of those that the upgrade kept before. The schema must be there.
///
/// # Errors
/// As [`Session::query`].
pub async fn keep(session: &mut Session, run: &UpgradeId, kept: &Kept, limit: Duration) -> Result<(), SqlError> {
    session.query("record the row counts", &keep_sql(run, kept), limit).await.map(drop)
}

/// The counts that the upgrade keeps in the session's database; `None` where it keeps none.
///
/// # Errors
/// As [`Session::query`].
pub async fn kept(session: &mut Session, run: &UpgradeId, limit: Duration) -> Result<Option<Kept>, SqlError> {
    let answer = session.query("read the row counts that migrate kept", &kept_sql(run), limit).await?;
    let mut kept = Kept::default();
    for row in answer.set(0)? {
        let rows = TableRows { table: row.text("name")?, rows: row.integer("row_count")? };
        let side = if row.flag("of_stage")? { &mut kept.stage } else { &mut kept.production };
        side.push(rows);
    }
    Ok((kept != Kept::default()).then_some(kept))
}

fn keep_sql(run: &UpgradeId, kept: &Kept) -> String {
    let run = quote::text(run.as_str());
    let values = |side: &[TableRows], of_stage: u8| -> Vec<String> {
        side.iter().map(|rows| format!("({run}, {of_stage}, {}, {})", quote::text(&rows.table), rows.rows)).collect()
    };
    let all = [values(&kept.production, 0), values(&kept.stage, 1)].concat();
    let inserts = all.chunks(MOST_VALUES).map(|some| {
        format!("INSERT INTO rolling_upgrade.counted (run, of_stage, name, row_count) VALUES\n{};\n", some.join(",\n"))
    });
    format!(
        "SET XACT_ABORT ON;\nBEGIN TRANSACTION;\nDELETE FROM rolling_upgrade.counted WHERE run = {run};\n{}COMMIT TRANSACTION;",
        inserts.collect::<String>()
    )
}

fn kept_sql(run: &UpgradeId) -> String {
    let run = quote::text(run.as_str());
    format!(
        "\
IF OBJECT_ID(N'rolling_upgrade.counted', N'U') IS NOT NULL
    SELECT of_stage, name, row_count FROM rolling_upgrade.counted WHERE run = {run}
ELSE SELECT CAST(NULL AS bit) AS of_stage WHERE 1 = 0;"
    )
}
