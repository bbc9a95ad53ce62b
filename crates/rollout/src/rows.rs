//! Row counts: a smoke test for writes that nobody should have made. A changed row changes no count.

use std::fmt;

use serde::Serialize;

use crate::measure::LogEnd;

/// A table and its number of rows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct TableRows {
    /// Schema and name, `dbo.Orders`.
    pub table: String,
    /// How many rows.
    pub rows: i64,
}

/// A table whose number of rows is another than it was; `None` where it is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Change {
    table: String,
    before: Option<i64>,
    after: Option<i64>,
}

/// What changed between two counts, in the order of the tables' names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes(Vec<Change>);

/// What changed in both databases since migrate counted their rows, before V2 was started.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counted {
    /// In production, which has to be read-only since.
    pub production: Changes,
    /// In the stage copy.
    pub stage: Changes,
    /// The end of production's log; `None` where nobody has asked.
    pub log_end: Option<LogEnd>,
}

impl Counted {
    /// What production got after its copy was cut off, which the copy lacks. As it follows the name of the database.
    pub fn written_to_production(&self) -> Option<String> {
        match self.log_end {
            _ if !self.production.is_empty() => {
                Some(format!("was written to after replication to the copy ended: {}", self.production))
            }
            Some(LogEnd::Grown) => {
                Some("was written to after replication to the copy ended: its log has grown".to_owned())
            }
            _ => None,
        }
    }
}

/// More tables than these make no message clearer.
const DESCRIBED: usize = 5;

impl Changes {
    /// Compares two counts.
    pub fn between(before: &[TableRows], after: &[TableRows]) -> Self {
        let rows = |all: &[TableRows], table: &str| all.iter().find(|rows| rows.table == table).map(|rows| rows.rows);
        let mut tables: Vec<&String> = before.iter().chain(after).map(|rows| &rows.table).collect();
        tables.sort();
        tables.dedup();
        let change =
            |table: &String| Change { table: table.clone(), before: rows(before, table), after: rows(after, table) };
        Self(tables.into_iter().map(change).filter(|change| change.before != change.after).collect())
    }

    /// Nothing changed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// As in "`dbo.Orders` has 5 rows, not 3, `dbo.Old` is gone".
impl fmt::Display for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut described: Vec<String> = self.0.iter().take(DESCRIBED).map(ToString::to_string).collect();
        let others = self.0.len().saturating_sub(DESCRIBED);
        let tables = if others == 1 { "table" } else { "tables" };
        described.extend((others > 0).then(|| format!("and {others} more {tables}")));
        f.write_str(&described.join(", "))
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.before, self.after) {
            (Some(before), Some(after)) => write!(f, "`{}` has {}, not {before}", self.table, rows(after)),
            (None, Some(after)) => write!(f, "`{}` is new, with {}", self.table, rows(after)),
            (_, None) => write!(f, "`{}` is gone", self.table),
        }
    }
}

fn rows(count: i64) -> String {
    if count == 1 { "1 row".to_owned() } else { format!("{count} rows") }
}

#[cfg(test)]
#[path = "rows_test.rs"]
mod tests;
