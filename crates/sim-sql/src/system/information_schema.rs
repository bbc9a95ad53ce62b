//! `INFORMATION_SCHEMA`.

use super::{Columns, Rows, number, text, types::shape};
use crate::{
    bind::Environment,
    catalogue::{Column, Object, Table},
    types::{SYSNAME, Type, nvarchar, varchar},
};
use rusqlite::types::Value;

const TABLES: Columns =
    &[("TABLE_CATALOG", SYSNAME), ("TABLE_SCHEMA", SYSNAME), ("TABLE_NAME", SYSNAME), ("TABLE_TYPE", varchar(10))];

const COLUMNS: Columns = &[
    ("TABLE_CATALOG", SYSNAME),
    ("TABLE_SCHEMA", SYSNAME),
    ("TABLE_NAME", SYSNAME),
    ("COLUMN_NAME", SYSNAME),
    ("ORDINAL_POSITION", Type::Int),
    ("COLUMN_DEFAULT", nvarchar(4000)),
    ("IS_NULLABLE", varchar(3)),
    ("DATA_TYPE", SYSNAME),
    ("CHARACTER_MAXIMUM_LENGTH", Type::Int),
    ("NUMERIC_PRECISION", Type::TinyInt),
    ("NUMERIC_SCALE", Type::Int),
    ("DATETIME_PRECISION", Type::SmallInt),
];

const VIEWS: Columns = &[
    ("TABLE_CATALOG", SYSNAME),
    ("TABLE_SCHEMA", SYSNAME),
    ("TABLE_NAME", SYSNAME),
    ("VIEW_DEFINITION", nvarchar(4000)),
];

const SCHEMATA: Columns = &[("CATALOG_NAME", SYSNAME), ("SCHEMA_NAME", SYSNAME), ("SCHEMA_OWNER", SYSNAME)];

const ROUTINES: Columns = &[
    ("ROUTINE_CATALOG", SYSNAME),
    ("ROUTINE_SCHEMA", SYSNAME),
    ("ROUTINE_NAME", SYSNAME),
    ("ROUTINE_TYPE", nvarchar(20)),
    ("ROUTINE_DEFINITION", nvarchar(4000)),
];

const CONSTRAINTS: Columns = &[
    ("CONSTRAINT_CATALOG", SYSNAME),
    ("CONSTRAINT_SCHEMA", SYSNAME),
    ("CONSTRAINT_NAME", SYSNAME),
    ("TABLE_SCHEMA", SYSNAME),
    ("TABLE_NAME", SYSNAME),
    ("CONSTRAINT_TYPE", varchar(11)),
];

const KEY_COLUMNS: Columns = &[
    ("CONSTRAINT_SCHEMA", SYSNAME),
    ("CONSTRAINT_NAME", SYSNAME),
    ("TABLE_SCHEMA", SYSNAME),
    ("TABLE_NAME", SYSNAME),
    ("COLUMN_NAME", SYSNAME),
    ("ORDINAL_POSITION", Type::Int),
];

pub(super) fn view(name: &str, env: &Environment<'_>) -> Option<(Columns, Rows)> {
    Some(match name {
        "tables" => (TABLES, tables(env)),
        "columns" => (COLUMNS, columns(env)),
        "views" => (VIEWS, views(env)),
        "schemata" => (SCHEMATA, schemata(env)),
        "routines" => (ROUTINES, routines(env)),
        "table_constraints" => (CONSTRAINTS, constraints(env)),
        "key_column_usage" => (KEY_COLUMNS, key_columns(env)),
        _ => return None,
    })
}

fn tables(env: &Environment<'_>) -> Rows {
    let kind = |object: &Object| match object {
        Object::Table(_) => Some("BASE TABLE"),
        Object::View(_) => Some("VIEW"),
        Object::Routine(_) => None,
    };
    let row = |object: &Object| {
        let header = object.header();
        kind(object).map(|kind| vec![text(env.state.database()), text(&header.schema), text(&header.name), text(kind)])
    };
    env.catalogue.objects.values().filter_map(row).collect()
}

fn columns(env: &Environment<'_>) -> Rows {
    let of_table = |table: &Table| -> Rows {
        let header = &table.header;
        let with_place = table.columns.iter().enumerate();
        with_place
            .map(|(place, column)| {
                let mut row = vec![text(env.state.database()), text(&header.schema), text(&header.name)];
                row.extend(column_row(place, column));
                row
            })
            .collect()
    };
    env.catalogue.tables().flat_map(|table| of_table(table)).collect()
}

fn column_row(place: usize, column: &Column) -> [Value; 9] {
    let (precision, scale) = shape(column.kind);
    let numeric = column.kind.is_number();
    let length = match column.kind {
        Type::Text { length, .. } | Type::Binary { length, .. } => number(length.map_or(-1, i32::from)),
        _ => Value::Null,
    };
    [
        text(&column.name),
        number(i32::try_from(place).unwrap_or(0) + 1),
        column.default.as_ref().map_or(Value::Null, |default| text(&format!("({})", default.text))),
        text(if column.nullable { "YES" } else { "NO" }),
        text(column.kind.name()),
        length,
        if numeric { number(precision) } else { Value::Null },
        if numeric && !column.kind.is_float() { number(scale) } else { Value::Null },
        if column.kind.is_time() { number(column.kind.fraction()) } else { Value::Null },
    ]
}

fn views(env: &Environment<'_>) -> Rows {
    let row = |object: &Object| match object {
        Object::View(view) => {
            Some(vec![text(env.state.database()), text(&view.header.schema), text(&view.header.name), text(&view.text)])
        }
        _ => None,
    };
    env.catalogue.objects.values().filter_map(row).collect()
}

fn schemata(env: &Environment<'_>) -> Rows {
    env.catalogue
        .schemas
        .iter()
        .map(|schema| vec![text(env.state.database()), text(&schema.name), text("dbo")])
        .collect()
}

fn routines(env: &Environment<'_>) -> Rows {
    let row = |object: &Object| match object {
        Object::Routine(routine) => Some(vec![
            text(env.state.database()),
            text(&routine.header.schema),
            text(&routine.header.name),
            text(if routine.function { "FUNCTION" } else { "PROCEDURE" }),
            text(&routine.text),
        ]),
        _ => None,
    };
    env.catalogue.objects.values().filter_map(row).collect()
}

fn constraints(env: &Environment<'_>) -> Rows {
    let kind = |kind: &str| match kind {
        "PK" => Some("PRIMARY KEY"),
        "UQ" => Some("UNIQUE"),
        "F" => Some("FOREIGN KEY"),
        "C" => Some("CHECK"),
        _ => None,
    };
    super::constraints(env.catalogue)
        .into_iter()
        .filter_map(|found| {
            let kind = kind(found.kind)?;
            let database = text(env.state.database());
            Some(vec![
                database,
                text(&found.schema),
                text(&found.name),
                text(&found.schema),
                text(&found.table),
                text(kind),
            ])
        })
        .collect()
}

fn key_columns(env: &Environment<'_>) -> Rows {
    let mut rows = Rows::new();
    for table in env.catalogue.tables() {
        let header = &table.header;
        let keys =
            table.keys.iter().map(|key| (&key.name, key.columns.iter().map(|column| &column.name).collect::<Vec<_>>()));
        let references = table.foreign_keys.iter().map(|key| (&key.name, key.columns.iter().collect::<Vec<_>>()));
        for (name, columns) in keys.chain(references) {
            for (place, column) in columns.into_iter().enumerate() {
                let place = number(i32::try_from(place).unwrap_or(0) + 1);
                rows.push(vec![
                    text(&header.schema),
                    text(name),
                    text(&header.schema),
                    text(&header.name),
                    text(column),
                    place,
                ]);
            }
        }
    }
    rows
}
