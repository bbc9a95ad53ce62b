//! Constraints and indexes.

use super::{Columns, Rows, flag, number, text};
use crate::{
    bind::Environment,
    catalogue::{self, Action, Catalogue, Table},
    types::{SYSNAME, Type, nvarchar},
};
use rusqlite::types::Value;

/// A constraint as an object with an id.
pub(crate) struct Constraint {
    pub(crate) id: i32,
    pub(crate) schema: String,
    pub(crate) name: String,
    /// The table it belongs to, and its id.
    pub(crate) table: String,
    pub(crate) parent: i32,
    /// `PK`, `UQ`, `F`, `C` or `D`
    pub(crate) kind: &'static str,
    pub(crate) created: f64,
}

const FOREIGN_KEYS: Columns = &[
    ("name", SYSNAME),
    ("object_id", Type::Int),
    ("schema_id", Type::Int),
    ("parent_object_id", Type::Int),
    ("type", nvarchar(2)),
    ("referenced_object_id", Type::Int),
    ("is_disabled", Type::Bit),
    ("is_not_trusted", Type::Bit),
    ("delete_referential_action", Type::TinyInt),
    ("delete_referential_action_desc", nvarchar(60)),
    ("update_referential_action", Type::TinyInt),
    ("update_referential_action_desc", nvarchar(60)),
];

const FOREIGN_KEY_COLUMNS: Columns = &[
    ("constraint_object_id", Type::Int),
    ("constraint_column_id", Type::Int),
    ("parent_object_id", Type::Int),
    ("parent_column_id", Type::Int),
    ("referenced_object_id", Type::Int),
    ("referenced_column_id", Type::Int),
];

const DEFAULTS: Columns = &[
    ("name", SYSNAME),
    ("object_id", Type::Int),
    ("schema_id", Type::Int),
    ("parent_object_id", Type::Int),
    ("parent_column_id", Type::Int),
    ("type", nvarchar(2)),
    ("definition", nvarchar(4000)),
];

const CHECKS: Columns = &[
    ("name", SYSNAME),
    ("object_id", Type::Int),
    ("schema_id", Type::Int),
    ("parent_object_id", Type::Int),
    ("parent_column_id", Type::Int),
    ("type", nvarchar(2)),
    ("definition", nvarchar(4000)),
    ("is_disabled", Type::Bit),
    ("is_not_trusted", Type::Bit),
];

const KEYS: Columns = &[
    ("name", SYSNAME),
    ("object_id", Type::Int),
    ("schema_id", Type::Int),
    ("parent_object_id", Type::Int),
    ("type", nvarchar(2)),
    ("type_desc", nvarchar(60)),
    ("unique_index_id", Type::Int),
];

const INDEXES: Columns = &[
    ("object_id", Type::Int),
    ("name", SYSNAME),
    ("index_id", Type::Int),
    ("type", Type::TinyInt),
    ("type_desc", nvarchar(60)),
    ("is_unique", Type::Bit),
    ("is_primary_key", Type::Bit),
    ("is_unique_constraint", Type::Bit),
    ("is_disabled", Type::Bit),
    ("has_filter", Type::Bit),
    ("filter_definition", nvarchar(4000)),
];

const INDEX_COLUMNS: Columns = &[
    ("object_id", Type::Int),
    ("index_id", Type::Int),
    ("index_column_id", Type::Int),
    ("column_id", Type::Int),
    ("key_ordinal", Type::TinyInt),
    ("is_descending_key", Type::Bit),
    ("is_included_column", Type::Bit),
];

pub(super) fn view(name: &str, env: &Environment<'_>) -> Option<(Columns, Rows)> {
    let catalogue = env.catalogue;
    Some(match name {
        "foreign_keys" => (FOREIGN_KEYS, per_table(catalogue, |table| foreign_keys(catalogue, table))),
        "foreign_key_columns" => {
            (FOREIGN_KEY_COLUMNS, per_table(catalogue, |table| foreign_key_columns(catalogue, table)))
        }
        "default_constraints" => (DEFAULTS, per_table(catalogue, |table| defaults(catalogue, table))),
        "check_constraints" => (CHECKS, per_table(catalogue, |table| checks(catalogue, table))),
        "key_constraints" => (KEYS, per_table(catalogue, |table| keys(catalogue, table))),
        "indexes" => (INDEXES, per_table(catalogue, indexes)),
        "index_columns" => (INDEX_COLUMNS, per_table(catalogue, index_columns)),
        _ => return None,
    })
}

fn per_table(catalogue: &Catalogue, rows: impl Fn(&Table) -> Rows) -> Rows {
    catalogue.tables().flat_map(|table| rows(table)).collect()
}

fn schema_id(catalogue: &Catalogue, table: &Table) -> Value {
    catalogue.schema(&table.header.schema).map_or(Value::Null, |schema| number(schema.id))
}

/// All constraints of the database.
pub(crate) fn constraints(catalogue: &Catalogue) -> Vec<Constraint> {
    catalogue.tables().flat_map(|table| constraints_of(table)).collect()
}

fn constraints_of(table: &Table) -> Vec<Constraint> {
    let header = &table.header;
    let make = |id: i32, name: &str, kind: &'static str| Constraint {
        id,
        schema: header.schema.clone(),
        name: name.to_owned(),
        table: header.name.clone(),
        parent: header.id,
        kind,
        created: header.created,
    };
    let mut found: Vec<Constraint> =
        table.keys.iter().map(|key| make(key.id, &key.name, if key.primary { "PK" } else { "UQ" })).collect();
    found.extend(table.foreign_keys.iter().map(|key| make(key.id, &key.name, "F")));
    found.extend(table.checks.iter().map(|check| make(check.id, &check.name, "C")));
    let defaults = table.columns.iter().filter_map(|column| column.default.as_ref());
    found.extend(defaults.map(|default| make(default.id, &default.name, "D")));
    found
}

fn action(action: Action) -> [Value; 2] {
    let (code, name) = match action {
        Action::Nothing => (0, "NO_ACTION"),
        Action::Cascade => (1, "CASCADE"),
        Action::SetNull => (2, "SET_NULL"),
        Action::SetDefault => (3, "SET_DEFAULT"),
    };
    [number(code), text(name)]
}

fn parent<'a>(catalogue: &'a Catalogue, key: &crate::catalogue::ForeignKey) -> Option<&'a Table> {
    let name = crate::catalogue::Name { schema: key.parent_schema.clone(), name: key.parent_table.clone() };
    catalogue.table(&name).map(|table| &**table)
}

fn foreign_keys(catalogue: &Catalogue, table: &Table) -> Rows {
    let row = |key: &crate::catalogue::ForeignKey| {
        let referenced = parent(catalogue, key).map_or(Value::Null, |table| number(table.header.id));
        let mut row =
            vec![text(&key.name), number(key.id), schema_id(catalogue, table), number(table.header.id), text("F")];
        row.extend([referenced, flag(false), flag(false)]);
        row.extend(action(key.on_delete));
        row.extend(action(key.on_update));
        row
    };
    table.foreign_keys.iter().map(row).collect()
}

fn column_id(table: Option<&Table>, name: &str) -> Value {
    table.and_then(|table| table.column(name)).map_or(Value::Null, |column| number(column.id))
}

fn foreign_key_columns(catalogue: &Catalogue, table: &Table) -> Rows {
    let mut rows = Rows::new();
    for key in &table.foreign_keys {
        let parent = parent(catalogue, key);
        for (place, (own, other)) in key.columns.iter().zip(&key.parent_columns).enumerate() {
            rows.push(vec![
                number(key.id),
                number(i32::try_from(place).unwrap_or(0) + 1),
                number(table.header.id),
                column_id(Some(table), own),
                parent.map_or(Value::Null, |table| number(table.header.id)),
                column_id(parent, other),
            ]);
        }
    }
    rows
}

fn defaults(catalogue: &Catalogue, table: &Table) -> Rows {
    let with_default =
        table.columns.iter().filter_map(|column| column.default.as_ref().map(|default| (column, default)));
    with_default
        .map(|(column, default)| {
            let definition = text(&format!("({})", default.text));
            let ids = [number(default.id), schema_id(catalogue, table), number(table.header.id), number(column.id)];
            let mut row = vec![text(&default.name)];
            row.extend(ids);
            row.extend([text("D"), definition]);
            row
        })
        .collect()
}

fn checks(catalogue: &Catalogue, table: &Table) -> Rows {
    let row = |check: &crate::catalogue::Check| {
        let column = check.column.as_deref().map_or(number(0), |column| column_id(Some(table), column));
        vec![
            text(&check.name),
            number(check.id),
            schema_id(catalogue, table),
            number(table.header.id),
            column,
            text("C"),
            text(&format!("({})", check.text)),
            flag(false),
            flag(false),
        ]
    };
    table.checks.iter().map(row).collect()
}

fn keys(catalogue: &Catalogue, table: &Table) -> Rows {
    let row = |(place, key): (usize, &crate::catalogue::Key)| {
        let (kind, name) = if key.primary { ("PK", "PRIMARY_KEY_CONSTRAINT") } else { ("UQ", "UNIQUE_CONSTRAINT") };
        let index = number(i32::try_from(place).unwrap_or(0) + 1);
        vec![
            text(&key.name),
            number(key.id),
            schema_id(catalogue, table),
            number(table.header.id),
            text(kind),
            text(name),
            index,
        ]
    };
    table.keys.iter().enumerate().map(row).collect()
}

/// An index as the views list it.
struct Listed<'a> {
    name: &'a str,
    clustered: bool,
    unique: bool,
    primary: bool,
    filter: Option<&'a str>,
    /// Columns with whether each is descending, and whether it is only included.
    columns: Vec<(&'a str, bool, bool)>,
}

/// Keys first, then indexes, numbered from 1; a table without a clustered one has a heap, number 0.
fn all_indexes(table: &Table) -> Vec<Listed<'_>> {
    let keys = table.keys.iter().map(|key| Listed {
        name: &key.name,
        clustered: key.clustered,
        unique: true,
        primary: key.primary,
        filter: None,
        columns: key.columns.iter().map(|column| (column.name.as_str(), column.descending, false)).collect(),
    });
    let indexes = table.indexes.iter().map(|index| {
        let own = index.columns.iter().map(|column| (column.name.as_str(), column.descending, false));
        Listed {
            name: &index.name,
            clustered: index.clustered,
            unique: index.unique,
            primary: false,
            filter: index.filter.as_deref(),
            columns: own.chain(index.included.iter().map(|name| (name.as_str(), false, true))).collect(),
        }
    });
    keys.chain(indexes).collect()
}

/// The index that has the rows: the clustered one, else the heap.
pub(super) fn clustered(table: &Table) -> i32 {
    let place = all_indexes(table).iter().position(|index| index.clustered);
    place.map_or(0, |place| i32::try_from(place).unwrap_or(0) + 1)
}

/// The one that has the rows, and of the others those that have one of these columns; all of them for `None`.
pub(super) fn indexes_with(table: &Table, columns: Option<&[&str]>) -> Vec<i32> {
    let rows = clustered(table);
    let has = |index: &Listed<'_>| {
        columns.is_none_or(|columns| {
            index.columns.iter().any(|(name, ..)| columns.iter().any(|column| catalogue::same(column, name)))
        })
    };
    let others = all_indexes(table).into_iter().zip(1..).filter(|(index, id)| *id != rows && has(index));
    std::iter::once(rows).chain(others.map(|(_, id)| id)).collect()
}

fn indexes(table: &Table) -> Rows {
    let all = all_indexes(table);
    let mut rows = Rows::new();
    if !all.iter().any(|index| index.clustered) {
        rows.push(index_row(table, Value::Null, 0, (0, "HEAP"), [false; 3], None));
    }
    for (place, index) in all.into_iter().enumerate() {
        let kind = if index.clustered { (1, "CLUSTERED") } else { (2, "NONCLUSTERED") };
        let flags = [index.unique, index.primary, place < table.keys.len() && !index.primary];
        let id = i32::try_from(place).unwrap_or(0) + 1;
        rows.push(index_row(table, text(index.name), id, kind, flags, index.filter));
    }
    rows
}

fn index_row(
    table: &Table,
    name: Value,
    id: i32,
    kind: (i32, &str),
    flags: [bool; 3],
    filter: Option<&str>,
) -> Vec<Value> {
    let mut row = vec![number(table.header.id), name, number(id), number(kind.0), text(kind.1)];
    row.extend(flags.map(flag));
    row.extend([flag(false), flag(filter.is_some()), filter.map_or(Value::Null, text)]);
    row
}

fn index_columns(table: &Table) -> Rows {
    let mut rows = Rows::new();
    for (place, listed) in all_indexes(table).into_iter().enumerate() {
        let index = i32::try_from(place).unwrap_or(0) + 1;
        for (ordinal, (name, descending, included)) in listed.columns.into_iter().enumerate() {
            let ordinal = i32::try_from(ordinal).unwrap_or(0) + 1;
            rows.push(vec![
                number(table.header.id),
                number(index),
                number(ordinal),
                column_id(Some(table), name),
                number(if included { 0 } else { ordinal }),
                flag(descending),
                flag(included),
            ]);
        }
    }
    rows
}
