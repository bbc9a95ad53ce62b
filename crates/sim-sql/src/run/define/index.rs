//! Indexes, and the unique indexes behind keys.

use super::super::{Engine, Outcome};
use super::{constraint::not_created, places};
use crate::{
    Message,
    bind::Frame,
    catalogue::{Index, Key, Sorted, Table, quoted, same},
    error,
    syntax::IndexDefinition,
};

/// The name of an index in SQLite, where indexes of all tables share their names' space.
pub(crate) fn index_name(table: &Table, name: &str) -> String {
    format!("{}.{name}", table.header.id)
}

impl Engine<'_> {
    pub(super) fn create_index(&mut self, definition: &IndexDefinition, frame: &Frame) -> Outcome<()> {
        self.may_define("CREATE INDEX", &definition.table)?;
        let table = self.target(&definition.table, frame)?;
        let body = |engine: &mut Self| {
            let mut table = Table::clone(&table);
            engine.add_index(&mut table, definition)?;
            engine.keep_table(table)
        };
        if table.is_temporary() { self.writing_temporary(body) } else { self.writing(body) }
    }

    pub(super) fn add_index(&mut self, table: &mut Table, definition: &IndexDefinition) -> Outcome<()> {
        if has_index(table, &definition.name) {
            return Err(error::index_exists(&definition.name, &table.header.full_name()).into());
        }
        places(table, definition.columns.iter().map(|column| column.name.clone()))?;
        places(table, definition.included.iter().cloned())?;
        let filter = match &definition.filter {
            Some(text) => Some(self.check_condition(table, text)?),
            None => None,
        };
        let index = Index {
            name: definition.name.clone(),
            unique: definition.unique,
            clustered: definition.clustered,
            columns: definition.columns.clone(),
            included: definition.included.clone(),
            filter: definition.filter.clone(),
        };
        self.make_index(table, &index.name, index.unique, &index.columns, filter.as_deref())?;
        table.indexes.push(index);
        Ok(())
    }

    pub(super) fn make_key(&mut self, table: &Table, key: &Key) -> Outcome<()> {
        self.make_index(table, &key.name, true, &key.columns, None).map_err(not_created)
    }

    fn make_index(
        &mut self,
        table: &Table,
        name: &str,
        unique: bool,
        columns: &[Sorted],
        filter: Option<&str>,
    ) -> Outcome<()> {
        if unique {
            self.check_unique(table, name, columns, filter)?;
        }
        for sql in definitions(table, name, unique, columns, filter) {
            self.change_sqlite(table, sql)?;
        }
        Ok(())
    }

    /// Error 1505 names the first key that occurs twice.
    fn check_unique(&mut self, table: &Table, name: &str, columns: &[Sorted], filter: Option<&str>) -> Outcome<()> {
        use rusqlite::{OptionalExtension, types::Value};
        let list: Vec<String> = columns.iter().map(|column| quoted(&column.name)).collect();
        let list = list.join(", ");
        let filter = filter.map(|filter| format!(" WHERE {filter}")).unwrap_or_default();
        let alias = quoted(&table.sqlite_own_name());
        let sql = format!(
            "SELECT {list} FROM {} AS {alias}{filter} GROUP BY {list} HAVING count(*) > 1 LIMIT 1",
            table.sqlite_name()
        );
        let found: Option<Vec<Value>> = self.sqlite(|connection| {
            let mut statement = connection.prepare(&sql)?;
            statement.query_row([], |row| (0..columns.len()).map(|index| row.get(index)).collect()).optional()
        })?;
        let Some(values) = found else { return Ok(()) };
        let shown: Vec<String> = values
            .iter()
            .zip(columns)
            .map(|(value, column)| {
                let kind = table.column(&column.name).map_or(crate::types::Type::Null, |column| column.kind);
                if *value == Value::Null {
                    "<NULL>".to_owned()
                } else {
                    crate::convert::to_text(value, kind, 121).unwrap_or_default()
                }
            })
            .collect();
        Err(error::duplicate_on_create(&table.header.full_name(), name, &shown.join(", ")).into())
    }

    pub(super) fn drop_index(&mut self, name: &str, table: &[String], if_exists: bool, frame: &Frame) -> Outcome<()> {
        self.may_define("DROP INDEX", table)?;
        let written = format!("{}.{name}", table.join("."));
        let table = match self.target(table, frame) {
            Ok(table) => table,
            Err(_) if if_exists => return Ok(()),
            Err(_) => return Err(error::cannot_drop("index", &written).into()),
        };
        let body = |engine: &mut Self| {
            let mut table = Table::clone(&table);
            if table.keys.iter().any(|key| same(&key.name, name)) {
                let text = format!(
                    "An explicit DROP INDEX is not allowed on index '{written}'. It is being used for PRIMARY KEY or UNIQUE constraint enforcement."
                );
                return Err(Message::new(3723, 16, text).into());
            }
            let Some(place) = table.indexes.iter().position(|index| same(&index.name, name)) else {
                return if if_exists { Ok(()) } else { Err(error::cannot_drop("index", &written).into()) };
            };
            let index = table.indexes.remove(place);
            engine.unmake_index(&table, &index.name)?;
            engine.keep_table(table)
        };
        if table.is_temporary() { self.writing_temporary(body) } else { self.writing(body) }
    }

    pub(super) fn unmake_index(&mut self, table: &Table, name: &str) -> Outcome<()> {
        let own = index_name(table, name);
        let sql =
            format!("DROP INDEX IF EXISTS {}; DROP INDEX IF EXISTS {}", quoted(&own), quoted(&format!("{own}.null")));
        self.change_sqlite(table, sql)
    }
}

pub(super) fn has_index(table: &Table, name: &str) -> bool {
    table.indexes.iter().any(|index| same(&index.name, name)) || table.keys.iter().any(|key| same(&key.name, name))
}

/// SQL Server takes `NULL` for a value in a unique index, SQLite does not: a second index over expressions makes up for it.
fn definitions(table: &Table, name: &str, unique: bool, columns: &[Sorted], filter: Option<&str>) -> Vec<String> {
    let own = index_name(table, name);
    let schema = if table.is_temporary() { "temp" } else { "main" };
    let on = quoted(&table.sqlite_own_name());
    let keyword = if unique { "UNIQUE INDEX" } else { "INDEX" };
    let list: Vec<String> = columns
        .iter()
        .map(|column| format!("{}{}", quoted(&column.name), if column.descending { " DESC" } else { "" }))
        .collect();
    let filter_clause = filter.map(|filter| format!(" WHERE {filter}")).unwrap_or_default();
    let mut sql =
        vec![format!("CREATE {keyword} {schema}.{} ON {on}({}){filter_clause}", quoted(&own), list.join(", "))];
    let nullable: Vec<String> = columns
        .iter()
        .filter(|sorted| table.column(&sorted.name).is_some_and(|column| column.nullable))
        .map(|sorted| format!("{} IS NULL", quoted(&sorted.name)))
        .collect();
    if unique && !nullable.is_empty() {
        let keys: Vec<String> = columns
            .iter()
            .flat_map(|sorted| {
                let name = quoted(&sorted.name);
                [format!("({name} IS NULL)"), format!("ifnull({name}, 0)")]
            })
            .collect();
        let filter = filter.map(|filter| format!(" AND ({filter})")).unwrap_or_default();
        let null_name = quoted(&format!("{own}.null"));
        sql.push(format!(
            "CREATE {keyword} {schema}.{null_name} ON {on}({}) WHERE ({}){filter}",
            keys.join(", "),
            nullable.join(" OR ")
        ));
    }
    sql
}
