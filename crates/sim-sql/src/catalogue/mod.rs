//! What is defined in a database: schemas, tables, views and routines. It is stored in the database's own file, as rows
//! of a hidden table, so that it is as transactional as the data and replicates with it.

mod names;
mod stored;

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

use serde::{Deserialize, Serialize};

use crate::types::Type;

pub(crate) use names::{Name, quoted, same};
pub(crate) use stored::{load, remove, save, save_schemas};

/// The schema of temporary tables, which no table of the database is in.
pub(crate) const TEMPORARY: &str = "tempdb.";

/// The definitions of one database at one moment.
#[derive(Debug, Clone, Default)]
pub(crate) struct Catalogue {
    /// Schemas by id.
    pub(crate) schemas: Vec<Schema>,
    /// Objects by their lower-case `schema.name`.
    pub(crate) objects: BTreeMap<String, Object>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Schema {
    pub(crate) id: i32,
    pub(crate) name: String,
}

/// One object with a name of its own.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Object {
    Table(Arc<Table>),
    View(Arc<View>),
    Routine(Arc<Routine>),
}

/// What every object has.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Header {
    pub(crate) id: i32,
    pub(crate) schema: String,
    pub(crate) name: String,
    /// Seconds since 1970.
    pub(crate) created: f64,
    pub(crate) modified: f64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Table {
    pub(crate) header: Header,
    pub(crate) columns: Vec<Column>,
    pub(crate) keys: Vec<Key>,
    pub(crate) foreign_keys: Vec<ForeignKey>,
    pub(crate) checks: Vec<Check>,
    pub(crate) indexes: Vec<Index>,
    /// The last `column_id` given out.
    pub(crate) last_column: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Column {
    pub(crate) id: i32,
    pub(crate) name: String,
    pub(crate) kind: Type,
    pub(crate) nullable: bool,
    /// Seed and increment.
    pub(crate) identity: Option<(i64, i64)>,
    pub(crate) default: Option<Default>,
    /// The text of a computed column's expression.
    pub(crate) computed: Option<String>,
}

/// A default constraint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Default {
    pub(crate) id: i32,
    pub(crate) name: String,
    /// The text of its expression.
    pub(crate) text: String,
}

/// A primary key or unique constraint.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Key {
    pub(crate) id: i32,
    pub(crate) name: String,
    pub(crate) primary: bool,
    pub(crate) clustered: bool,
    pub(crate) columns: Vec<Sorted>,
}

/// A column of an index.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Sorted {
    pub(crate) name: String,
    pub(crate) descending: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ForeignKey {
    pub(crate) id: i32,
    pub(crate) name: String,
    pub(crate) columns: Vec<String>,
    pub(crate) parent_schema: String,
    pub(crate) parent_table: String,
    pub(crate) parent_columns: Vec<String>,
    pub(crate) on_delete: Action,
    pub(crate) on_update: Action,
}

/// What happens to a row whose parent goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Action {
    Nothing,
    Cascade,
    SetNull,
    SetDefault,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Check {
    pub(crate) id: i32,
    pub(crate) name: String,
    /// The text of its condition.
    pub(crate) text: String,
    /// The column it was written at, if any.
    pub(crate) column: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Index {
    pub(crate) name: String,
    pub(crate) unique: bool,
    pub(crate) clustered: bool,
    pub(crate) columns: Vec<Sorted>,
    pub(crate) included: Vec<String>,
    /// The text of a filtered index's condition.
    pub(crate) filter: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct View {
    pub(crate) header: Header,
    /// The whole `CREATE VIEW` batch.
    pub(crate) text: String,
    #[serde(skip)]
    pub(crate) parsed: OnceLock<crate::bind::ViewDefinition>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Routine {
    pub(crate) header: Header,
    /// Whether it is a function (else a procedure).
    pub(crate) function: bool,
    /// The whole `CREATE PROCEDURE` or `CREATE FUNCTION` batch.
    pub(crate) text: String,
}

impl Catalogue {
    /// The catalogue of an empty database.
    pub(crate) fn empty() -> Self {
        let schema = |id, name: &str| Schema { id, name: name.to_owned() };
        let schemas = vec![schema(1, "dbo"), schema(2, "guest"), schema(3, "INFORMATION_SCHEMA"), schema(4, "sys")];
        Self { schemas, objects: BTreeMap::new() }
    }

    pub(crate) fn schema(&self, name: &str) -> Option<&Schema> {
        self.schemas.iter().find(|schema| same(&schema.name, name))
    }

    pub(crate) fn object(&self, name: &Name) -> Option<&Object> {
        self.objects.get(&name.key())
    }

    pub(crate) fn table(&self, name: &Name) -> Option<&Arc<Table>> {
        match self.object(name) {
            Some(Object::Table(table)) => Some(table),
            _ => None,
        }
    }

    pub(crate) fn tables(&self) -> impl Iterator<Item = &Arc<Table>> {
        self.objects.values().filter_map(|object| match object {
            Object::Table(table) => Some(table),
            _ => None,
        })
    }

    /// The foreign keys of all tables that point at this one, each with the table it belongs to.
    pub(crate) fn references_to<'a>(
        &'a self,
        table: &'a Table,
    ) -> impl Iterator<Item = (&'a Arc<Table>, &'a ForeignKey)> {
        self.tables().flat_map(move |child| {
            child
                .foreign_keys
                .iter()
                .filter(move |key| {
                    same(&key.parent_schema, &table.header.schema) && same(&key.parent_table, &table.header.name)
                })
                .map(move |key| (child, key))
        })
    }

    /// Whether a constraint of this name exists in this schema (names of constraints are names of objects).
    pub(crate) fn constraint_exists(&self, schema: &str, name: &str) -> bool {
        self.tables().filter(|table| same(&table.header.schema, schema)).any(|table| table.has_constraint(name))
    }
}

impl Object {
    pub(crate) fn header(&self) -> &Header {
        match self {
            Self::Table(table) => &table.header,
            Self::View(view) => &view.header,
            Self::Routine(routine) => &routine.header,
        }
    }

    /// `U`, `V`, `P` or `FN`, as in `sys.objects`.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Table(_) => "U",
            Self::View(_) => "V",
            Self::Routine(routine) => {
                if routine.function {
                    "FN"
                } else {
                    "P"
                }
            }
        }
    }
}

impl Header {
    /// `schema.name`
    pub(crate) fn full_name(&self) -> String {
        format!("{}.{}", self.schema, self.name)
    }

    pub(crate) fn to_name(&self) -> Name {
        Name { schema: self.schema.clone(), name: self.name.clone() }
    }
}

impl Table {
    pub(crate) fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| same(&column.name, name))
    }

    pub(crate) fn has_constraint(&self, name: &str) -> bool {
        self.keys.iter().any(|key| same(&key.name, name))
            || self.foreign_keys.iter().any(|key| same(&key.name, name))
            || self.checks.iter().any(|check| same(&check.name, name))
            || self.columns.iter().filter_map(|column| column.default.as_ref()).any(|default| same(&default.name, name))
    }

    pub(crate) fn identity_column(&self) -> Option<&Column> {
        self.columns.iter().find(|column| column.identity.is_some())
    }

    /// Whether it is a temporary table or a table variable.
    pub(crate) fn is_temporary(&self) -> bool {
        self.header.schema == TEMPORARY
    }

    /// The name of the table in SQLite, without a schema of SQLite's.
    pub(crate) fn sqlite_own_name(&self) -> String {
        if self.is_temporary() { self.header.name.clone() } else { self.header.full_name() }
    }

    /// The name of the table in SQLite, quoted, with the schema of SQLite's that it is in.
    pub(crate) fn sqlite_name(&self) -> String {
        let schema = if self.is_temporary() { "temp" } else { "main" };
        format!("{schema}.{}", quoted(&self.sqlite_own_name()))
    }
}
