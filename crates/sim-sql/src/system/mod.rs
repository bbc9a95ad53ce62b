//! The views of schemas `sys` and `INFORMATION_SCHEMA`: what SQL Server documents of them, as far as it can be known here.

mod constraints;
mod information_schema;
mod measure;
mod objects;
mod principals;
mod server;
mod types;

use rusqlite::types::Value;

use crate::{
    Access, Message, Role,
    bind::{Environment, SourceColumn, literal_sql},
    catalogue::{Name, quoted, same},
    convert,
    types::Type,
};

pub(crate) use constraints::constraints;
pub(crate) use measure::{changed_indexes, log_stats, rows_of};
pub(crate) use types::{max_length, type_names};

/// The collation of every database.
pub(crate) const DATABASE_COLLATION: &str = "SQL_Latin1_General_CP1_CI_AS";

/// `@@VERSION`
pub(crate) const VERSION: &str = "Microsoft SQL Azure (RTM) - 12.0.2000.8 (simulated)";

/// `master`'s id; user databases have theirs from the host.
const MASTER: i32 = 1;

type Columns = &'static [(&'static str, Type)];
type Rows = Vec<Vec<Value>>;

/// A system view with what is in it now.
pub(crate) struct SystemView {
    columns: Columns,
    rows: Rows,
}

impl SystemView {
    pub(crate) fn columns(&self) -> Vec<SourceColumn> {
        self.columns.iter().map(|(name, kind)| SourceColumn { name: (*name).to_owned(), kind: *kind }).collect()
    }

    /// The rows as a derived table.
    pub(crate) fn sql(&self) -> String {
        let names: Vec<String> = self.columns.iter().map(|(name, _)| quoted(name)).collect();
        if self.rows.is_empty() {
            let nulls: Vec<String> = names.iter().map(|name| format!("NULL AS {name}")).collect();
            return format!("(SELECT {} WHERE 0)", nulls.join(", "));
        }
        let rows: Vec<String> = self.rows.iter().map(|row| line(row)).collect();
        let names = names.join(", ");
        format!("(WITH rows({names}) AS (VALUES {}) SELECT {names} FROM rows)", rows.join(", "))
    }
}

fn line(row: &[Value]) -> String {
    let values: Vec<String> = row.iter().map(literal_sql).collect();
    format!("({})", values.join(", "))
}

/// The view of this name, if it is a system view.
pub(crate) fn view(name: &Name, env: &Environment<'_>) -> Result<Option<SystemView>, Message> {
    let own = name.name.to_lowercase();
    let found = match name.schema.to_lowercase().as_str() {
        "sys" => sys_view(&own, env)?,
        "information_schema" => information_schema::view(&own, env),
        "dbo" if matches!(own.as_str(), "sysdatabases" | "sysobjects" | "sysusers") => sys_view(&own, env)?,
        _ => None,
    };
    Ok(found.map(|(columns, rows)| SystemView { columns, rows }))
}

fn sys_view(name: &str, env: &Environment<'_>) -> Result<Option<(Columns, Rows)>, Message> {
    if let Some(found) = server::view(name, env)? {
        return Ok(Some(found));
    }
    if let Some(found) = measure::view(name, env)? {
        return Ok(Some(found));
    }
    if let Some(found) = objects::view(name, env)? {
        return Ok(Some(found));
    }
    Ok(constraints::view(name, env).or_else(|| types::view(name)).or_else(|| principals::view(name, env)))
}

/// The name of the logical server, as `@@SERVERNAME` says it.
pub(crate) fn server_name(env: &Environment<'_>) -> String {
    env.state.host.server_name()
}

/// The databases that can be seen from here, by name and id: `master` sees all, another database `master` and itself.
pub(crate) fn visible_databases(env: &Environment<'_>) -> Vec<(String, i32)> {
    let mut rows = vec![("master".to_owned(), MASTER)];
    let all = env.state.host.databases();
    let visible = all.into_iter().filter(|row| env.state.master || same(&row.name, env.state.database()));
    rows.extend(visible.map(|row| (row.name, row.id)));
    rows
}

pub(crate) fn database_ids(env: &Environment<'_>) -> Vec<(Value, Value)> {
    visible_databases(env).into_iter().map(|(name, id)| (Value::Text(name), Value::Integer(i64::from(id)))).collect()
}

/// `DB_ID()`
pub(crate) fn database_id(env: &Environment<'_>) -> i32 {
    let own = env.state.database();
    visible_databases(env).into_iter().find(|(name, _)| same(name, own)).map_or(MASTER, |(_, id)| id)
}

/// The option and the role of a database that can be seen from here.
pub(crate) fn access_of(env: &Environment<'_>, database: &str) -> Option<(Access, Role)> {
    if same(database, "master") {
        return Some((Access::ReadWrite, Role::Standalone));
    }
    let visible = env.state.master || same(database, env.state.database());
    let row = env.state.host.databases().into_iter().find(|row| visible && same(&row.name, database));
    match row {
        Some(row) => Some((row.store.access(), row.role)),
        None if same(database, env.state.database()) => Some((env.state.store.access(), Role::Standalone)),
        None => None,
    }
}

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

fn number(value: impl Into<i64>) -> Value {
    Value::Integer(value.into())
}

fn flag(value: bool) -> Value {
    Value::Integer(i64::from(value))
}

fn moment(seconds: f64, kind: Type) -> Value {
    convert::from_unix(seconds, kind).map_or(Value::Null, Value::Text)
}

fn optional(seconds: Option<f64>, kind: Type) -> Value {
    seconds.map_or(Value::Null, |seconds| moment(seconds, kind))
}
