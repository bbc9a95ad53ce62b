//! `ALTER COLUMN` and `DROP COLUMN`.

use rusqlite::types::Value;

use super::super::{Engine, Failure, Fault, Outcome, Reach};
use crate::{
    Message,
    catalogue::{Column, Table, quoted, same},
    error,
    types::Type,
};

impl Engine<'_> {
    /// Converts the column in all rows; without `NULL` or `NOT NULL` it may be `NULL` afterwards, as in SQL Server.
    pub(super) fn alter_column(
        &mut self,
        table: &Table,
        name: &str,
        kind: Type,
        nullable: Option<bool>,
    ) -> Outcome<()> {
        let place = table.columns.iter().position(|column| same(&column.name, name));
        let place = place.ok_or_else(|| error::cannot_alter_column(name, &table.header.name))?;
        let old = &table.columns[place];
        if old.computed.is_some() {
            return Err(error::unsupported("ALTER COLUMN of a computed column").into());
        }
        let in_key =
            table.keys.iter().any(|key| key.primary && key.columns.iter().any(|column| same(&column.name, name)));
        let new = Column { kind, nullable: nullable.unwrap_or(!in_key), ..old.clone() };
        self.refuse_dependent(table, old, &new)?;
        let mut table = table.clone();
        table.columns[place] = new;
        self.convert_rows(&table, place, old)?;
        if old.kind.is_text() != kind.is_text() {
            self.redefine(&table)?;
            self.rebuild_indexes(&table, name)?;
        }
        self.keep_table(table)
    }

    /// A key or index over the column forbids another type, though not a longer string.
    fn refuse_dependent(&self, table: &Table, old: &Column, new: &Column) -> Outcome<()> {
        let longer = old.kind.is_text() && new.kind.is_text();
        if longer || old.kind == new.kind {
            return Ok(());
        }
        let uses = |columns: &[crate::catalogue::Sorted]| columns.iter().any(|column| same(&column.name, &old.name));
        let key = table.keys.iter().find(|key| uses(&key.columns)).map(|key| &key.name);
        let index = table.indexes.iter().find(|index| uses(&index.columns)).map(|index| &index.name);
        let reference = table
            .foreign_keys
            .iter()
            .find(|key| key.columns.iter().any(|column| same(column, &old.name)))
            .map(|key| &key.name);
        match key.or(index).or(reference) {
            Some(name) => Err(in_use("ALTER", name, &old.name)),
            None => Ok(()),
        }
    }

    fn convert_rows(&mut self, table: &Table, place: usize, old: &Column) -> Outcome<()> {
        let new = &table.columns[place];
        let name = quoted(&new.name);
        let sql = format!("SELECT _rowid_, {name} FROM {}", table.sqlite_name());
        let rows: Vec<(i64, Value)> = self.sqlite(|connection| {
            let mut statement = connection.prepare(&sql)?;
            statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        })?;
        let mut changed = Vec::new();
        for (row, value) in rows {
            let converted = self.stored(value.clone(), old.kind, new, table, "UPDATE")?;
            if converted != value {
                changed.push((row, converted));
            }
        }
        let sql = format!("UPDATE {} SET {name} = ?1 WHERE _rowid_ = ?2", table.sqlite_name());
        self.sqlite(|connection| {
            let mut statement = connection.prepare(&sql)?;
            changed.iter().try_for_each(|(row, value)| statement.execute(rusqlite::params![value, row]).map(|_| ()))
        })
    }

    /// An index keeps the collation that its column had when it was made.
    fn rebuild_indexes(&mut self, table: &Table, column: &str) -> Outcome<()> {
        let uses = |columns: &[crate::catalogue::Sorted]| columns.iter().any(|sorted| same(&sorted.name, column));
        for index in table.indexes.iter().filter(|index| uses(&index.columns)) {
            self.define_sqlite(format!("REINDEX {}", quoted(&super::index_name(table, &index.name))))?;
        }
        Ok(())
    }

    pub(super) fn drop_columns(&mut self, table: &Table, names: &[String], if_exists: bool) -> Outcome<()> {
        let mut table = table.clone();
        for name in names {
            let Some(place) = table.columns.iter().position(|column| same(&column.name, name)) else {
                if if_exists {
                    continue;
                }
                return Err(error::cannot_drop_column(name, &table.header.name).into());
            };
            self.refuse_used(&table, &table.columns[place].name)?;
            let column = table.columns.remove(place);
            let sql = format!("ALTER TABLE {} DROP COLUMN {}", table.sqlite_name(), quoted(&column.name));
            self.change_sqlite(&table, sql)?;
        }
        if table.columns.is_empty() {
            let text = format!(
                "ALTER TABLE DROP COLUMN failed because '{}' is the only data column in table '{}'.",
                names.join(", "),
                table.header.name
            );
            return Err(Message::new(4923, 16, text).into());
        }
        self.keep_table(table)
    }

    /// A column that a constraint, index or reference uses stays.
    fn refuse_used(&mut self, table: &Table, name: &str) -> Outcome<()> {
        match self.user_of(table, name)? {
            Some(user) => Err(in_use("DROP", &user, name)),
            None => Ok(()),
        }
    }

    fn user_of(&mut self, table: &Table, name: &str) -> Outcome<Option<String>> {
        let sorted = |columns: &[crate::catalogue::Sorted]| columns.iter().any(|column| same(&column.name, name));
        let plain = |columns: &[String]| columns.iter().any(|column| same(column, name));
        let column = table.column(name);
        let default = column.and_then(|column| column.default.as_ref()).map(|default| default.name.clone());
        let key = table.keys.iter().find(|key| sorted(&key.columns)).map(|key| key.name.clone());
        let index = table
            .indexes
            .iter()
            .find(|index| sorted(&index.columns) || plain(&index.included))
            .map(|index| index.name.clone());
        let reference = table.foreign_keys.iter().find(|key| plain(&key.columns)).map(|key| key.name.clone());
        let check = table.checks.iter().find(|check| mentions(&check.text, name)).map(|check| check.name.clone());
        let computed =
            table.columns.iter().find(|column| column.computed.as_deref().is_some_and(|text| mentions(text, name)));
        let computed = computed.map(|column| column.name.clone());
        Ok(default.or(key).or(index).or(reference).or(check).or(computed))
    }
}

/// Whether the text of an expression names the column.
pub(super) fn mentions(text: &str, column: &str) -> bool {
    let Ok(expression) = crate::syntax::parse_expression(text) else { return true };
    sqlparser::ast::visit_expressions(&expression, |expression| {
        let named = match expression {
            sqlparser::ast::Expr::Identifier(name) => same(&name.value, column),
            sqlparser::ast::Expr::CompoundIdentifier(names) => {
                names.last().is_some_and(|name| same(&name.value, column))
            }
            _ => false,
        };
        if named { std::ops::ControlFlow::Break(()) } else { std::ops::ControlFlow::Continue(()) }
    })
    .is_break()
}

/// Errors 5074 and 4922.
fn in_use(verb: &str, user: &str, column: &str) -> Failure {
    Fault::of(error::column_in_use(verb, user, column).to_vec(), Reach::Statement)
}
