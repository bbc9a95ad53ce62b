//! One hash over all that T-SQL can see in a database.

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
            Ok(()) => hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect(),
            Err(error) => format!("unreadable: {error}"),
        }
    }
}

fn add_all(connection: &Connection, hash: &mut Sha256, skip: &dyn Fn(&str) -> bool) -> rusqlite::Result<()> {
    let catalogue: Catalogue = catalogue::load(connection)?;
    for schema in &catalogue.schemas {
        hash.update(format!("{}\n", schema.name));
    }
    for (key, object) in catalogue.objects.iter().filter(|(key, _)| !skip(key)) {
        hash.update(format!("{key}\n{}\n", definition(object)));
        if let Object::Table(table) = object {
            add_rows(connection, hash, table)?;
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

fn add_rows(connection: &Connection, hash: &mut Sha256, table: &Table) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(&format!("SELECT * FROM {} ORDER BY _rowid_", table.sqlite_name()))?;
    let columns = statement.column_count();
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        for index in 0..columns {
            add_value(hash, row.get_ref(index)?);
        }
    }
    Ok(())
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
