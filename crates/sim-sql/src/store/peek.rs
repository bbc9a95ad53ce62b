//! Looks at a database from outside, without a session that its clients could see.

use std::collections::BTreeMap;

use rusqlite::{Connection, types::ValueRef};

use super::Store;
use crate::catalogue::{self, Object};

/// A row: texts by the names of the columns. A column that is NULL is not there; times are `YYYY-MM-DD hh:mm:ss.fff`.
pub type PeekedRow = BTreeMap<String, String>;

impl Store {
    /// The committed rows of a table `schema.table` (lower case); `None` where there is no such table.
    pub fn rows(&self, table: &str) -> Option<Vec<PeekedRow>> {
        let connection = self.own();
        let catalogue = catalogue::load(&connection).ok()?;
        let Some(Object::Table(table)) = catalogue.objects.get(table) else { return None };
        read(&connection, &table.sqlite_name()).ok()
    }

    /// The session that has an application lock on this resource.
    pub fn lock_holder(&self, resource: &str) -> Option<i32> {
        self.lock().locks.rows().iter().find(|row| row.resource == resource).map(|row| row.session)
    }
}

fn read(connection: &Connection, table: &str) -> rusqlite::Result<Vec<PeekedRow>> {
    let mut statement = connection.prepare(&format!("SELECT * FROM {table} ORDER BY _rowid_"))?;
    let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let rows = statement.query_map([], |row| {
        let text = |(at, name): (usize, &String)| {
            let value = row.get_ref(at).ok().and_then(text)?;
            Some((name.clone(), value))
        };
        Ok(names.iter().enumerate().filter_map(text).collect())
    })?;
    rows.collect()
}

fn text(value: ValueRef<'_>) -> Option<String> {
    match value {
        ValueRef::Null | ValueRef::Blob(_) => None,
        ValueRef::Integer(number) => Some(number.to_string()),
        ValueRef::Real(number) => Some(number.to_string()),
        ValueRef::Text(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
    }
}
