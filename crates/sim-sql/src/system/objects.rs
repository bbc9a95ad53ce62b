//! Tables, columns, schemas and modules.

use super::{Columns, Rows, constraints, flag, max_length, moment, number, text, types};
use crate::{
    Message,
    bind::Environment,
    catalogue::{Header, Object, Table},
    types::{NVARCHAR_MAX, SYSNAME, Type, nvarchar},
};
use rusqlite::types::Value;

const OBJECTS: Columns = &[
    ("name", SYSNAME),
    ("object_id", Type::Int),
    ("schema_id", Type::Int),
    ("parent_object_id", Type::Int),
    ("type", nvarchar(2)),
    ("type_desc", nvarchar(60)),
    ("create_date", Type::DateTime),
    ("modify_date", Type::DateTime),
    ("is_ms_shipped", Type::Bit),
];

const OLD_OBJECTS: Columns =
    &[("name", SYSNAME), ("id", Type::Int), ("xtype", nvarchar(2)), ("type", nvarchar(2)), ("uid", Type::SmallInt)];

const SCHEMAS: Columns = &[("name", SYSNAME), ("schema_id", Type::Int), ("principal_id", Type::Int)];

const COLUMNS: Columns = &[
    ("object_id", Type::Int),
    ("name", SYSNAME),
    ("column_id", Type::Int),
    ("system_type_id", Type::TinyInt),
    ("user_type_id", Type::Int),
    ("max_length", Type::SmallInt),
    ("precision", Type::TinyInt),
    ("scale", Type::TinyInt),
    ("collation_name", SYSNAME),
    ("is_nullable", Type::Bit),
    ("is_identity", Type::Bit),
    ("is_computed", Type::Bit),
    ("default_object_id", Type::Int),
];

const IDENTITIES: Columns = &[
    ("object_id", Type::Int),
    ("name", SYSNAME),
    ("column_id", Type::Int),
    ("seed_value", Type::BigInt),
    ("increment_value", Type::BigInt),
];

const MODULES: Columns = &[("object_id", Type::Int), ("definition", NVARCHAR_MAX)];

const PARTITIONS: Columns = &[
    ("partition_id", Type::BigInt),
    ("object_id", Type::Int),
    ("index_id", Type::Int),
    ("partition_number", Type::Int),
    ("rows", Type::BigInt),
];

const PARTITION_STATS: Columns = &[
    ("partition_id", Type::BigInt),
    ("object_id", Type::Int),
    ("index_id", Type::Int),
    ("partition_number", Type::Int),
    ("used_page_count", Type::BigInt),
    ("reserved_page_count", Type::BigInt),
    ("row_count", Type::BigInt),
];

pub(super) fn view(name: &str, env: &Environment<'_>) -> Result<Option<(Columns, Rows)>, Message> {
    Ok(Some(match name {
        "objects" | "all_objects" => (OBJECTS, all_objects(env)),
        "tables" => (OBJECTS, objects(env, "U")),
        "views" => (OBJECTS, objects(env, "V")),
        "procedures" => (OBJECTS, objects(env, "P")),
        "triggers" => (OBJECTS, Rows::new()),
        "sysobjects" => (OLD_OBJECTS, old_objects(env)),
        "schemas" => (SCHEMAS, schemas(env)),
        "columns" | "all_columns" => (COLUMNS, columns(env)),
        "identity_columns" => (IDENTITIES, identities(env)),
        "sql_modules" => (MODULES, modules(env)),
        "partitions" => (PARTITIONS, partitions(env)?),
        "dm_db_partition_stats" => (PARTITION_STATS, partition_stats(env)?),
        _ => return Ok(None),
    }))
}

fn description(kind: &str) -> &'static str {
    match kind {
        "U" => "USER_TABLE",
        "V" => "VIEW",
        "P" => "SQL_STORED_PROCEDURE",
        "FN" => "SQL_SCALAR_FUNCTION",
        "PK" => "PRIMARY_KEY_CONSTRAINT",
        "UQ" => "UNIQUE_CONSTRAINT",
        "F" => "FOREIGN_KEY_CONSTRAINT",
        "C" => "CHECK_CONSTRAINT",
        _ => "DEFAULT_CONSTRAINT",
    }
}

fn schema_id(env: &Environment<'_>, name: &str) -> Value {
    env.catalogue.schema(name).map_or(Value::Null, |schema| number(schema.id))
}

fn object_row(env: &Environment<'_>, header: &Header, kind: &str) -> Vec<Value> {
    vec![
        text(&header.name),
        number(header.id),
        schema_id(env, &header.schema),
        number(0),
        text(kind),
        text(description(kind)),
        moment(header.created, Type::DateTime),
        moment(header.modified, Type::DateTime),
        flag(false),
    ]
}

fn objects(env: &Environment<'_>, kind: &str) -> Rows {
    let found = env.catalogue.objects.values().filter(|object| object.kind() == kind);
    found.map(|object| object_row(env, object.header(), kind)).collect()
}

fn all_objects(env: &Environment<'_>) -> Rows {
    let own = env.catalogue.objects.values().map(|object| object_row(env, object.header(), object.kind()));
    let of_tables = constraints(env.catalogue).into_iter().map(|found| {
        let created = moment(found.created, Type::DateTime);
        vec![
            text(&found.name),
            number(found.id),
            schema_id(env, &found.schema),
            number(found.parent),
            text(found.kind),
            text(description(found.kind)),
            created.clone(),
            created,
            flag(false),
        ]
    });
    own.chain(of_tables).collect()
}

fn old_objects(env: &Environment<'_>) -> Rows {
    let row = |row: Vec<Value>| vec![row[0].clone(), row[1].clone(), row[4].clone(), row[4].clone(), number(1)];
    all_objects(env).into_iter().map(row).collect()
}

fn schemas(env: &Environment<'_>) -> Rows {
    env.catalogue.schemas.iter().map(|schema| vec![text(&schema.name), number(schema.id), number(1)]).collect()
}

/// Tables of the database and temporary tables of the session.
fn tables<'a>(env: &'a Environment<'_>) -> impl Iterator<Item = &'a Table> {
    env.catalogue.tables().chain(env.state.temporary.values()).map(|table| &**table)
}

fn columns(env: &Environment<'_>) -> Rows {
    let mut rows = Rows::new();
    for table in tables(env) {
        for column in &table.columns {
            let (precision, scale) = types::shape(column.kind);
            let collation = if column.kind.is_text() { text(super::DATABASE_COLLATION) } else { Value::Null };
            rows.push(vec![
                number(table.header.id),
                text(&column.name),
                number(column.id),
                number(types::id(column.kind)),
                number(types::id(column.kind)),
                number(max_length(column.kind)),
                number(precision),
                number(scale),
                collation,
                flag(column.nullable),
                flag(column.identity.is_some()),
                flag(column.computed.is_some()),
                number(column.default.as_ref().map_or(0, |default| default.id)),
            ]);
        }
    }
    rows
}

fn identities(env: &Environment<'_>) -> Rows {
    tables(env)
        .filter_map(|table| {
            let column = table.identity_column()?;
            let (seed, increment) = column.identity?;
            Some(vec![number(table.header.id), text(&column.name), number(column.id), number(seed), number(increment)])
        })
        .collect()
}

fn modules(env: &Environment<'_>) -> Rows {
    let row = |object: &Object| match object {
        Object::View(view) => Some(vec![number(view.header.id), text(&view.text)]),
        Object::Routine(routine) => Some(vec![number(routine.header.id), text(&routine.text)]),
        Object::Table(_) => None,
    };
    env.catalogue.objects.values().filter_map(row).collect()
}

/// The rows of a table, counted.
fn count(env: &Environment<'_>, table: &Table) -> Result<Value, Message> {
    env.query_value(&format!("SELECT count(*) FROM {}", table.sqlite_name()), &[])
}

/// The heap or clustered index, and each other index: all of them have as many rows as the table.
fn index_ids(table: &Table) -> Vec<i32> {
    let others = i32::try_from(table.keys.len() + table.indexes.len()).unwrap_or(0);
    let clustered = table.keys.iter().any(|key| key.clustered) || table.indexes.iter().any(|index| index.clustered);
    (i32::from(clustered)..=others).collect()
}

fn partitions(env: &Environment<'_>) -> Result<Rows, Message> {
    let mut rows = Rows::new();
    for table in env.catalogue.tables() {
        let count = count(env, table)?;
        for index in index_ids(table) {
            let id = i64::from(table.header.id) * 1000 + i64::from(index);
            rows.push(vec![number(id), number(table.header.id), number(index), number(1), count.clone()]);
        }
    }
    Ok(rows)
}

fn partition_stats(env: &Environment<'_>) -> Result<Rows, Message> {
    let row = |row: Vec<Value>| {
        let [id, object, index, partition, count] = <[Value; 5]>::try_from(row).unwrap_or([const { Value::Null }; 5]);
        vec![id, object, index, partition, number(1), number(1), count]
    };
    Ok(partitions(env)?.into_iter().map(row).collect())
}
