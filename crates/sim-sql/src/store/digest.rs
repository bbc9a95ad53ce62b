//! One hash over all that T-SQL can see in a database.

use std::collections::BTreeMap;

use rusqlite::{Connection, types::ValueRef};
use sha2::{Digest, Sha256};

use super::Store;
use crate::catalogue::{self, Catalogue, Object, Table};

impl Store {
    /// A hash over the definitions of all objects (without their dates) and the rows of all tables, but for the tables
    /// `schema.table` (lower case) that `skip` names. Equal copies have equal digests.
    pub fn digest(&self, skip: &dyn Fn(&str) -> bool) -> String {
        let connection = self.own();
        let mut hash = Sha256::new();
        match add_all(&connection, &mut hash, skip) {
            Ok(()) => text(hash),
            Err(error) => format!("unreadable: {error}"),
        }
    }
}

/// Of a table and one of its columns, in lower case: `schema.table`, `column`.
type Volatile<'v> = &'v dyn Fn(&str, &str) -> bool;

/// An object of a database, as [`Store::contents`] shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Content {
    /// A hash over its definition.
    pub definition: String,
    /// A hash over its rows, where it has some.
    pub rows: Option<String>,
    /// In how many rows a volatile column is NULL.
    pub nulls: BTreeMap<String, u64>,
}

impl Store {
    /// Each object (`schema.name` in lower case). Of a column that is `volatile` only counts how often it is NULL. A schema is
    /// there as `schema <name>`.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn contents(&self, volatile: Volatile<'_>) -> rusqlite::Result<BTreeMap<String, Content>> {
        let connection = self.own();
        let catalogue: Catalogue = catalogue::load(&connection)?;
        let schema = |name: &String| (format!("schema {name}"), Content::default());
        let mut contents: BTreeMap<String, Content> =
            catalogue.schemas.iter().map(|found| schema(&found.name)).collect();
        for (key, object) in &catalogue.objects {
            let definition = text(Sha256::new_with_prefix(definition(object)));
            let mut content = Content { definition, ..Content::default() };
            if let Object::Table(table) = object {
                let mut hash = Sha256::new();
                content.nulls = add_rows(&connection, &mut hash, table, &|column| volatile(key, column))?;
                content.rows = Some(text(hash));
            }
            contents.insert(key.clone(), content);
        }
        Ok(contents)
    }
}

fn text(hash: Sha256) -> String {
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn add_all(connection: &Connection, hash: &mut Sha256, skip: &dyn Fn(&str) -> bool) -> rusqlite::Result<()> {
    let catalogue: Catalogue = catalogue::load(connection)?;
    for schema in &catalogue.schemas {
        hash.update(format!("{}\n", schema.name));
    }
    for (key, object) in catalogue.objects.iter().filter(|(key, _)| !skip(key)) {
        hash.update(format!("{key}\n{}\n", definition(object)));
        if let Object::Table(table) = object {
            add_rows(connection, hash, table, &|_| false)?;
        }
    }
    Ok(())
}

/// The definition without ids and dates.
fn definition(object: &Object) -> String {
    match object {
        Object::View(view) => view.text.clone(),
        Object::Routine(routine) => routine.text.clone(),
        Object::Table(table) => {
            format!("{:?}{:?}{:?}{:?}{:?}", table.columns, table.keys, table.foreign_keys, table.checks, table.indexes)
        }
    }
}

/// Adds the rows, and counts where a volatile column is NULL: of these columns nothing else counts.
fn add_rows(
    connection: &Connection,
    hash: &mut Sha256,
    table: &Table,
    volatile: &dyn Fn(&str) -> bool,
) -> rusqlite::Result<BTreeMap<String, u64>> {
    let mut statement = connection.prepare(&format!("SELECT * FROM {} ORDER BY _rowid_", table.sqlite_name()))?;
    let columns: Vec<String> = statement.column_names().map(str::to_ascii_lowercase).collect();
    let mut nulls: BTreeMap<String, u64> =
        columns.iter().filter(|column| volatile(column)).map(|column| (column.clone(), 0)).collect();
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        for (index, column) in columns.iter().enumerate() {
            let value = row.get_ref(index)?;
            match nulls.get_mut(column) {
                Some(count) => *count += u64::from(value == ValueRef::Null),
                None => add_value(hash, value),
            }
        }
        hash.update(b"r");
    }
    Ok(nulls)
}

/// Each value with its kind and length before it, so that no two rows look alike.
fn add_value(hash: &mut Sha256, value: ValueRef<'_>) {
    match value {
        ValueRef::Null => hash.update(b"n"),
        ValueRef::Integer(number) => {
            hash.update(b"i");
            hash.update(number.to_le_bytes());
        }
        ValueRef::Real(number) => {
            hash.update(b"r");
            hash.update(number.to_bits().to_le_bytes());
        }
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
            hash.update(b"t");
            hash.update((bytes.len() as u64).to_le_bytes());
            hash.update(bytes);
        }
    }
}
