//! Violated constraints, worded as SQL Server words them.

use rusqlite::{params_from_iter, types::Value};

use super::{Engine, Failure, Outcome, rows::real_columns};
use crate::{
    Message,
    catalogue::{Action, Catalogue, ForeignKey, Name, Sorted, Table, quoted, same},
    convert, error,
};

/// What a statement was doing to a row.
pub(super) enum Change<'a> {
    /// The row that was to be put in.
    Insert(&'a [Value]),
    /// The row's id, and its values as they were to be.
    Update(i64, &'a [Value]),
    /// The row's id.
    Delete(i64),
}

impl Change<'_> {
    fn verb(&self) -> &'static str {
        match self {
            Self::Insert(_) => "INSERT",
            Self::Update(..) => "UPDATE",
            Self::Delete(_) => "DELETE",
        }
    }
}

/// What SQLite says was violated.
pub(super) enum Violated<'a> {
    /// The columns of a key, or the name of an index over expressions.
    Unique(&'a str),
    Check(&'a str),
    Reference,
}

pub(super) fn violated(text: &str) -> Option<Violated<'_>> {
    if let Some(what) = text.strip_prefix("UNIQUE constraint failed: ") {
        return Some(Violated::Unique(what));
    }
    if let Some(name) = text.strip_prefix("CHECK constraint failed: ") {
        return Some(Violated::Check(name));
    }
    text.starts_with("FOREIGN KEY constraint failed").then_some(Violated::Reference)
}

impl Engine<'_> {
    /// The error of a change that SQLite refused.
    pub(super) fn violation(&mut self, error: &rusqlite::Error, table: &Table, change: &Change<'_>) -> Failure {
        let text = match error {
            rusqlite::Error::SqliteFailure(_, Some(text)) => text.as_str(),
            _ => "",
        };
        let message = match violated(text) {
            Some(Violated::Unique(what)) => self.duplicate(what, table, change),
            Some(Violated::Check(name)) => Ok(Some(self.check_failed(name, table, change.verb()))),
            Some(Violated::Reference) => self.reference_failed(table, change),
            None => Ok(None),
        };
        match message {
            Ok(Some(message)) => message.into(),
            Ok(None) => self.failure(error),
            Err(failure) => failure,
        }
    }

    fn check_failed(&self, name: &str, table: &Table, verb: &str) -> Message {
        let column =
            table.checks.iter().find(|check| same(&check.name, name)).and_then(|check| check.column.as_deref());
        error::conflict(verb, "CHECK", name, self.state.database(), &table.header.full_name(), column)
    }

    fn duplicate(&mut self, what: &str, table: &Table, change: &Change<'_>) -> Outcome<Option<Message>> {
        let (Change::Insert(values) | Change::Update(_, values)) = change else { return Ok(None) };
        let values: Vec<Value> = values.to_vec();
        Ok(unique_of(what, table).map(|unique| unique.message(table, &values)))
    }

    /// Looks for the reference that the change breaks: first those of the row itself, then those to it.
    fn reference_failed(&mut self, table: &Table, change: &Change<'_>) -> Outcome<Option<Message>> {
        let catalogue = self.catalogue()?;
        if let Change::Insert(values) | Change::Update(_, values) = change {
            for key in &table.foreign_keys {
                if self.parent_is_missing(&catalogue, table, key, values)? {
                    return Ok(Some(self.conflict_with_parent(change.verb(), table, key)));
                }
            }
        }
        if let Change::Update(row, _) | Change::Delete(row) = change {
            for (child, key) in catalogue.references_to(table) {
                if self.has_children(table, *row, child, key)? {
                    return Ok(Some(self.conflict_with_child(change.verb(), table, child, key)));
                }
            }
        }
        Ok(None)
    }

    fn parent_is_missing(
        &self,
        catalogue: &Catalogue,
        table: &Table,
        key: &ForeignKey,
        values: &[Value],
    ) -> Outcome<bool> {
        let own = values_of(table, &key.columns, values);
        if own.contains(&Value::Null) {
            return Ok(false);
        }
        let name = Name { schema: key.parent_schema.clone(), name: key.parent_table.clone() };
        let Some(parent) = catalogue.table(&name) else { return Ok(true) };
        let sql = format!("SELECT 1 FROM {} WHERE {}", parent.sqlite_name(), equal(&key.parent_columns));
        let found = self.sqlite(|connection| connection.prepare_cached(&sql)?.exists(params_from_iter(&own)))?;
        Ok(!found)
    }

    fn has_children(&self, table: &Table, row: i64, child: &Table, key: &ForeignKey) -> Outcome<bool> {
        if key.on_delete == Action::Cascade && key.on_update == Action::Cascade {
            return Ok(false);
        }
        let matching: Vec<String> = key
            .columns
            .iter()
            .zip(&key.parent_columns)
            .map(|(own, other)| format!("c.{} = p.{}", quoted(own), quoted(other)))
            .collect();
        let sql = format!(
            "SELECT 1 FROM {} AS p JOIN {} AS c ON {} WHERE p._rowid_ = ?1",
            table.sqlite_name(),
            child.sqlite_name(),
            matching.join(" AND ")
        );
        self.sqlite(|connection| connection.prepare(&sql)?.exists([row]))
    }

    pub(super) fn conflict_with_parent(&self, verb: &str, table: &Table, key: &ForeignKey) -> Message {
        let own = same(&key.parent_table, &table.header.name) && same(&key.parent_schema, &table.header.schema);
        let kind = if own { "FOREIGN KEY SAME TABLE" } else { "FOREIGN KEY" };
        let parent = format!("{}.{}", key.parent_schema, key.parent_table);
        error::conflict(verb, kind, &key.name, self.state.database(), &parent, only(&key.parent_columns))
    }

    fn conflict_with_child(&self, verb: &str, table: &Table, child: &Table, key: &ForeignKey) -> Message {
        let kind = if child.header.id == table.header.id { "SAME TABLE REFERENCE" } else { "REFERENCE" };
        error::conflict(verb, kind, &key.name, self.state.database(), &child.header.full_name(), only(&key.columns))
    }

    /// Checks the references of a table's rows, and those to them, at the end of a statement that deferred it.
    pub(super) fn check_references(&mut self, table: &Table, verb: &str) -> Outcome<()> {
        let catalogue = self.catalogue()?;
        if let Some(key) = self.broken_reference(table)? {
            return Err(self.conflict_with_parent(verb, table, &key).into());
        }
        for (child, _) in catalogue.references_to(table) {
            if let Some(key) = self.broken_reference(child)? {
                return Err(self.conflict_with_child(verb, table, child, &key).into());
            }
        }
        Ok(())
    }

    /// The first reference of this table's that has no parent. SQLite numbers them from the last to the first.
    pub(super) fn broken_reference(&self, table: &Table) -> Outcome<Option<ForeignKey>> {
        use rusqlite::OptionalExtension;
        let sql = format!("SELECT fkid FROM pragma_foreign_key_check({})", quoted_text(&table.sqlite_own_name()));
        let found: Option<i64> =
            self.sqlite(|connection| connection.query_row(&sql, [], |row| row.get(0)).optional())?;
        let place = |id: i64| table.foreign_keys.len().checked_sub(1 + usize::try_from(id).ok()?);
        Ok(found.and_then(place).and_then(|place| table.foreign_keys.get(place)).cloned())
    }
}

fn quoted_text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A column's name, where it is the only one.
fn only(columns: &[String]) -> Option<&str> {
    match columns {
        [only] => Some(only),
        _ => None,
    }
}

fn equal(columns: &[String]) -> String {
    let terms: Vec<String> = columns.iter().map(|column| format!("{} = ?", quoted(column))).collect();
    terms.join(" AND ")
}

/// The values of some columns in a row of all columns that are not computed.
fn values_of(table: &Table, columns: &[String], values: &[Value]) -> Vec<Value> {
    let value = |name: &String| {
        let place = real_columns(table).position(|column| same(&column.name, name));
        place.and_then(|place| values.get(place)).cloned().unwrap_or(Value::Null)
    };
    columns.iter().map(value).collect()
}

/// A key, unique constraint or unique index.
pub(super) enum Unique<'a> {
    Constraint { name: &'a str, primary: bool, columns: &'a [Sorted] },
    Index { name: &'a str, columns: &'a [Sorted] },
}

/// The unique thing that SQLite's message means: by the name of its index, else by its columns.
pub(super) fn unique_of<'a>(what: &str, table: &'a Table) -> Option<Unique<'a>> {
    let keys = table.keys.iter().map(|key| Unique::Constraint {
        name: &key.name,
        primary: key.primary,
        columns: &key.columns,
    });
    let indexes = table
        .indexes
        .iter()
        .filter(|index| index.unique)
        .map(|index| Unique::Index { name: &index.name, columns: &index.columns });
    let own = table.sqlite_own_name();
    keys.chain(indexes).find(|unique| {
        let columns: Vec<String> = unique.columns().iter().map(|column| format!("{own}.{}", column.name)).collect();
        let by_name = format!("index '{}", super::define::index_name(table, unique.name()));
        what.eq_ignore_ascii_case(&columns.join(", ")) || what.starts_with(&by_name)
    })
}

impl Unique<'_> {
    fn name(&self) -> &str {
        match self {
            Self::Constraint { name, .. } | Self::Index { name, .. } => name,
        }
    }

    fn columns(&self) -> &[Sorted] {
        match self {
            Self::Constraint { columns, .. } | Self::Index { columns, .. } => columns,
        }
    }

    pub(super) fn message(&self, table: &Table, values: &[Value]) -> Message {
        let names: Vec<String> = self.columns().iter().map(|column| column.name.clone()).collect();
        let key: Vec<String> = values_of(table, &names, values)
            .into_iter()
            .zip(&names)
            .map(|(value, name)| shown(&value, table, name))
            .collect();
        let (key, object) = (key.join(", "), table.header.full_name());
        match self {
            Self::Constraint { name, primary, .. } => {
                error::duplicate_key(if *primary { "PRIMARY KEY" } else { "UNIQUE KEY" }, name, &object, &key)
            }
            Self::Index { name, .. } => error::duplicate_row(name, &object, &key),
        }
    }
}

fn shown(value: &Value, table: &Table, column: &str) -> String {
    let kind = table.column(column).map_or(crate::types::Type::Null, |column| column.kind);
    match value {
        Value::Null => "<NULL>".to_owned(),
        value => convert::to_text(value, kind, 121).unwrap_or_default(),
    }
}
