//! Values on their way into a table: converted, checked, and put in.

use rusqlite::{CachedStatement, types::Value};

use super::{Engine, Outcome, violation::Change};
use crate::{
    Message,
    catalogue::{Column, Table, quoted},
    convert::{self, Overlong},
    error,
    types::Type,
};

impl Engine<'_> {
    /// A value as the column keeps it: error 2628 if it is too long, 515 if it is `NULL` and must not be.
    pub(super) fn stored(
        &self,
        value: Value,
        from: Type,
        column: &Column,
        table: &Table,
        statement: &str,
    ) -> Result<Value, Message> {
        if value == Value::Null {
            return if column.nullable {
                Ok(value)
            } else {
                Err(error::null_refused(&column.name, &self.shown(table), statement))
            };
        }
        let value = if convert::is_free(from, column.kind) && !column.kind.is_decimal() {
            value
        } else {
            convert::convert(value, from, column.kind, 0, Overlong::Keep)?
        };
        self.check_length(&value, column, table)?;
        Ok(value)
    }

    /// `database.schema.table`
    pub(super) fn shown(&self, table: &Table) -> String {
        if table.is_temporary() {
            return format!("tempdb.dbo.{}", table.header.name);
        }
        format!("{}.{}", self.state.database(), table.header.full_name())
    }

    fn check_length(&self, value: &Value, column: &Column, table: &Table) -> Result<(), Message> {
        let (Type::Text { length: Some(limit), .. } | Type::Binary { length: Some(limit), .. }) = column.kind else {
            return Ok(());
        };
        let limit = usize::from(limit);
        match value {
            Value::Text(text) if text.len() > limit => {
                let kept = text.trim_end_matches(' ').encode_utf16().count();
                if kept <= limit {
                    return Ok(());
                }
                let cut: String = text.chars().take(limit).collect();
                Err(error::truncated(&self.shown(table), &column.name, &cut))
            }
            Value::Blob(bytes) if bytes.len() > limit => Err(error::truncated(&self.shown(table), &column.name, "")),
            _ => Ok(()),
        }
    }

    /// Puts rows in, each with one value for every column that is not computed.
    pub(super) fn put(&mut self, table: &Table, rows: &[Vec<Value>]) -> Outcome<Vec<i64>> {
        let connection = self.connection;
        let deferred = rows.len() > 1 && references_itself(table);
        self.defer_references(deferred)?;
        let mut statement = connection.prepare_cached(&insertion(table)).map_err(|error| self.failure(&error))?;
        let mut ids = Vec::with_capacity(rows.len());
        for row in rows {
            if let Err(error) = execute(&mut statement, row) {
                return Err(self.violation(&error, table, &Change::Insert(row)));
            }
            ids.push(connection.last_insert_rowid());
        }
        drop(statement);
        if deferred {
            self.check_references(table, "INSERT")?;
            self.defer_references(false)?;
        }
        Ok(ids)
    }

    /// Whether references are checked at the end of the statement rather than row by row.
    pub(super) fn defer_references(&self, deferred: bool) -> Outcome<()> {
        let sql = if deferred { "PRAGMA defer_foreign_keys = ON" } else { "PRAGMA defer_foreign_keys = OFF" };
        self.sqlite(|connection| connection.execute_batch(sql))
    }
}

pub(super) fn references_itself(table: &Table) -> bool {
    table.foreign_keys.iter().any(|key| {
        crate::catalogue::same(&key.parent_table, &table.header.name)
            && crate::catalogue::same(&key.parent_schema, &table.header.schema)
    })
}

/// The columns that hold values of their own.
pub(super) fn real_columns(table: &Table) -> impl Iterator<Item = &Column> {
    table.columns.iter().filter(|column| column.computed.is_none())
}

fn insertion(table: &Table) -> String {
    let names: Vec<String> = real_columns(table).map(|column| quoted(&column.name)).collect();
    let marks = vec!["?"; names.len()].join(", ");
    format!("INSERT INTO {}({}) VALUES({marks})", table.sqlite_name(), names.join(", "))
}

pub(super) fn execute(statement: &mut CachedStatement<'_>, row: &[Value]) -> rusqlite::Result<usize> {
    for (index, value) in row.iter().enumerate() {
        statement.raw_bind_parameter(index + 1, value)?;
    }
    statement.raw_execute()
}
