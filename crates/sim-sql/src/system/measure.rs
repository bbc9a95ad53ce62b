//! What tells whether anybody has written: usage of indexes, the age of the instance, the end of the log.

use rusqlite::types::Value;

use super::{Columns, Rows, access_of, constraints, database_id, moment, number, optional, text};
use crate::{
    Access, Message, Role,
    bind::Environment,
    catalogue::Table,
    error,
    store::{IndexKey, Usage},
    types::{Type, nvarchar},
};

const INDEX_USAGE: Columns = &[
    ("database_id", Type::SmallInt),
    ("object_id", Type::Int),
    ("index_id", Type::Int),
    ("user_seeks", Type::BigInt),
    ("user_scans", Type::BigInt),
    ("user_lookups", Type::BigInt),
    ("user_updates", Type::BigInt),
    ("last_user_scan", Type::DateTime),
    ("last_user_update", Type::DateTime),
];

const SYS_INFO: Columns = &[("cpu_count", Type::Int), ("sqlserver_start_time", Type::DateTime)];

const LOG_STATS: Columns =
    &[("database_id", Type::Int), ("recovery_model", nvarchar(60)), ("log_end_lsn", nvarchar(24))];

pub(super) fn view(name: &str, env: &Environment<'_>) -> Result<Option<(Columns, Rows)>, Message> {
    Ok(Some(match name {
        "dm_db_index_usage_stats" => (INDEX_USAGE, index_usage(env)?),
        "dm_os_sys_info" => (SYS_INFO, sys_info(env)?),
        _ => return Ok(None),
    }))
}

/// `sys.dm_db_log_stats(database_id)`: of the own database alone.
pub(crate) fn log_stats(env: &Environment<'_>, database: &Value) -> Result<super::SystemView, Message> {
    check(env)?;
    let own = database_id(env);
    let rows = match database {
        Value::Integer(asked) if *asked == i64::from(own) => vec![vec![number(own), text("FULL"), log_end(env)]],
        _ => Rows::new(),
    };
    Ok(super::SystemView { columns: LOG_STATS, rows })
}

fn log_end(env: &Environment<'_>) -> Value {
    let state = access_of(env, env.state.database());
    let takes_writes = state.is_some_and(|(access, role)| access == Access::ReadWrite && role != Role::Secondary);
    text(&env.state.store.log_end(takes_writes))
}

/// Who may see the state of the database; on small tiers, by scenario, nobody may.
fn check(env: &Environment<'_>) -> Result<(), Message> {
    if !env.state.host.shows_state() {
        return Err(error::server_state_denied());
    }
    if !env.member.who.owns_database() {
        return Err(error::database_state_denied(env.state.database()));
    }
    Ok(())
}

fn index_usage(env: &Environment<'_>) -> Result<Rows, Message> {
    check(env)?;
    let database = database_id(env);
    let row = |((object, index), usage): (IndexKey, Usage)| {
        vec![
            number(database),
            number(object),
            number(index),
            number(0),
            number(usage.scans),
            number(0),
            number(usage.updates),
            optional(usage.last_scan, Type::DateTime),
            optional(usage.last_update, Type::DateTime),
        ]
    };
    Ok(env.state.store.usage().into_iter().map(row).collect())
}

fn sys_info(env: &Environment<'_>) -> Result<Rows, Message> {
    check(env)?;
    Ok(vec![vec![number(2), moment(env.state.store.instance_started(), Type::DateTime)]])
}

/// The indexes that a change of a table goes through: all of them, or those that have one of the columns assigned.
pub(crate) fn changed_indexes(table: &Table, assigned: Option<&[&str]>) -> Vec<IndexKey> {
    constraints::indexes_with(table, assigned).into_iter().map(|index| (table.header.id, index)).collect()
}

/// The heap or the clustered index: where the rows are.
pub(crate) fn rows_of(table: &Table) -> IndexKey {
    (table.header.id, constraints::clustered(table))
}
