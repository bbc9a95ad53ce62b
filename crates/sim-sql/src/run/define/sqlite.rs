//! A table's definition in SQLite's SQL.
//!
//! Columns have no type there, so that SQLite converts nothing; text has the collation. Keys are unique indexes, so that
//! they can come and go; foreign keys and checks stand in the definition; `NOT NULL`, lengths and defaults are the
//! engine's own business.

use super::super::{Engine, Outcome};
use crate::{
    catalogue::{Action, Table, quoted},
    collation, error,
    store::{self, Step},
    syntax,
};

impl Engine<'_> {
    /// `CREATE TABLE …` for the table as it is.
    pub(super) fn sqlite_definition(&mut self, table: &Table) -> Outcome<String> {
        let mut lines = Vec::new();
        for column in &table.columns {
            let collate = if column.kind.is_text() { format!(" COLLATE {}", collation::NAME) } else { String::new() };
            let computed = match &column.computed {
                Some(text) => {
                    let expression = syntax::parse_expression(text)?;
                    format!(
                        " AS ({})",
                        self.bound_for_definition(|binder| binder.over_columns(&expression, table))?.sql
                    )
                }
                None => String::new(),
            };
            lines.push(format!("{}{collate}{computed}", quoted(&column.name)));
        }
        if !table.is_temporary() {
            lines.extend(references(table)?);
        }
        for check in &table.checks {
            let condition = self.check_condition(table, &check.text)?;
            lines.push(format!("CONSTRAINT {} CHECK ({condition})", quoted(&check.name)));
        }
        Ok(format!("CREATE TABLE {}({})", quoted(&table.sqlite_own_name()), lines.join(", ")))
    }

    /// The condition of a check over the table's columns.
    pub(super) fn check_condition(&mut self, table: &Table, text: &str) -> Outcome<String> {
        let expression = syntax::parse_expression(text)?;
        Ok(self.bound_for_definition(|binder| binder.over_columns(&expression, table))?.sql)
    }

    /// Puts the table's constraints as they are now into SQLite's definition of it; its rows stay as they are.
    pub(super) fn redefine(&mut self, table: &Table) -> Outcome<()> {
        let sql = self.sqlite_definition(table)?;
        if table.is_temporary() {
            return Err(error::unsupported("a change of a temporary table's constraints").into());
        }
        self.log_rows()?;
        let name = table.sqlite_own_name();
        self.sqlite(|connection| {
            connection.flush_prepared_statement_cache();
            store::redefine(connection, &name, &sql)
        })?;
        self.state.transaction.steps.push(Step::Redefine { table: name, sql });
        Ok(())
    }
}

fn references(table: &Table) -> Outcome<Vec<String>> {
    let names = |columns: &[String]| columns.iter().map(|column| quoted(column)).collect::<Vec<_>>().join(", ");
    table
        .foreign_keys
        .iter()
        .map(|key| {
            let parent = quoted(&format!("{}.{}", key.parent_schema, key.parent_table));
            Ok(format!(
                "CONSTRAINT {} FOREIGN KEY ({}) REFERENCES {parent}({}) ON DELETE {} ON UPDATE {}",
                quoted(&key.name),
                names(&key.columns),
                names(&key.parent_columns),
                action(key.on_delete)?,
                action(key.on_update)?
            ))
        })
        .collect()
}

fn action(action: Action) -> Outcome<&'static str> {
    match action {
        Action::Nothing => Ok("NO ACTION"),
        Action::Cascade => Ok("CASCADE"),
        Action::SetNull => Ok("SET NULL"),
        Action::SetDefault => Err(error::unsupported("ON DELETE or ON UPDATE SET DEFAULT").into()),
    }
}
