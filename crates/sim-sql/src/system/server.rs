//! Databases, sessions, locks and geo-replication.

use std::sync::atomic::Ordering;

use super::{Columns, DATABASE_COLLATION, MASTER, Rows, database_id, flag, moment, number, optional, text};
use crate::{
    Access, LinkRow, Message,
    bind::Environment,
    catalogue::same,
    types::{SYSNAME, Type, nvarchar},
};
use rusqlite::types::Value;

const NAME60: Type = nvarchar(60);

const DATABASES: Columns = &[
    ("name", SYSNAME),
    ("database_id", Type::Int),
    ("create_date", Type::DateTime),
    ("compatibility_level", Type::TinyInt),
    ("collation_name", SYSNAME),
    ("user_access", Type::TinyInt),
    ("user_access_desc", NAME60),
    ("is_read_only", Type::Bit),
    ("state", Type::TinyInt),
    ("state_desc", NAME60),
    ("is_encrypted", Type::Bit),
    ("recovery_model_desc", NAME60),
    ("snapshot_isolation_state_desc", NAME60),
    ("is_read_committed_snapshot_on", Type::Bit),
];

const OLD_DATABASES: Columns =
    &[("name", SYSNAME), ("dbid", Type::SmallInt), ("crdate", Type::DateTime), ("status", Type::Int)];

const SESSIONS: Columns = &[
    ("session_id", Type::SmallInt),
    ("login_time", Type::DateTime),
    ("host_name", SYSNAME),
    ("program_name", SYSNAME),
    ("client_interface_name", nvarchar(32)),
    ("login_name", SYSNAME),
    ("original_login_name", SYSNAME),
    ("status", nvarchar(30)),
    ("is_user_process", Type::Bit),
    ("database_id", Type::SmallInt),
    ("open_transaction_count", Type::Int),
];

const LOCKS: Columns = &[
    ("resource_type", NAME60),
    ("resource_subtype", NAME60),
    ("resource_database_id", Type::Int),
    ("resource_description", nvarchar(256)),
    ("request_mode", NAME60),
    ("request_type", NAME60),
    ("request_status", NAME60),
    ("request_reference_count", Type::SmallInt),
    ("request_session_id", Type::Int),
    ("request_owner_type", NAME60),
];

const LINKS: Columns = &[
    ("database_id", Type::Int),
    ("start_date", Type::DateTime2(7)),
    ("modify_date", Type::DateTime2(7)),
    ("link_guid", Type::Guid),
    ("partner_server", SYSNAME),
    ("partner_database", SYSNAME),
    ("replication_state", Type::TinyInt),
    ("replication_state_desc", nvarchar(256)),
    ("role", Type::TinyInt),
    ("role_desc", nvarchar(256)),
    ("secondary_allow_connections", Type::TinyInt),
    ("secondary_allow_connections_desc", nvarchar(256)),
];

const LINK_STATUS: Columns = &[
    ("link_guid", Type::Guid),
    ("partner_server", SYSNAME),
    ("partner_database", SYSNAME),
    ("last_replication", Type::DateTime2(7)),
    ("replication_lag_sec", Type::Int),
    ("replication_state", Type::TinyInt),
    ("replication_state_desc", nvarchar(256)),
    ("role", Type::TinyInt),
    ("role_desc", nvarchar(256)),
    ("secondary_allow_connections", Type::TinyInt),
    ("secondary_allow_connections_desc", nvarchar(256)),
    ("last_commit", Type::DateTime2(7)),
];

const DIGEST_LOCATIONS: Columns = &[
    ("storage_type", Type::TinyInt),
    ("storage_type_desc", NAME60),
    ("path", nvarchar(4000)),
    ("last_digest_block_id", Type::BigInt),
    ("is_current", Type::Bit),
];

pub(super) fn view(name: &str, env: &Environment<'_>) -> Result<Option<(Columns, Rows)>, Message> {
    let only_in = |master: bool| {
        if env.state.master == master { Ok(()) } else { Err(crate::error::invalid_object(&format!("sys.{name}"))) }
    };
    Ok(Some(match name {
        "databases" => (DATABASES, databases(env)),
        "sysdatabases" => (OLD_DATABASES, old_databases(env)),
        "dm_exec_sessions" => (SESSIONS, sessions(env)),
        "dm_tran_locks" => (LOCKS, locks(env)),
        "geo_replication_links" => {
            only_in(true)?;
            (LINKS, env.state.host.links().iter().map(|link| link_row(env, link)).collect())
        }
        "database_ledger_digest_locations" => {
            only_in(false)?;
            (DIGEST_LOCATIONS, digest_locations(env))
        }
        "dm_geo_replication_link_status" => (LINK_STATUS, link_status(env)),
        _ => return Ok(None),
    }))
}

/// Name, id and whether the option is `READ_ONLY`.
fn visible(env: &Environment<'_>) -> Vec<(String, i32, bool, bool)> {
    let mut rows = vec![("master".to_owned(), MASTER, false, true)];
    let all = env.state.host.databases();
    rows.extend(
        all.into_iter()
            .filter(|row| env.state.master || same(&row.name, env.state.database()))
            .map(|row| (row.name, row.id, row.store.access() == Access::ReadOnly, row.online)),
    );
    rows
}

fn databases(env: &Environment<'_>) -> Rows {
    visible(env)
        .into_iter()
        .map(|(name, id, read_only, online)| {
            vec![
                text(&name),
                number(id),
                moment(0.0, Type::DateTime),
                number(160),
                text(DATABASE_COLLATION),
                number(0),
                text("MULTI_USER"),
                flag(read_only),
                number(if online { 0 } else { 7 }),
                text(if online { "ONLINE" } else { "COPYING" }),
                flag(true),
                text("FULL"),
                text("ON"),
                flag(true),
            ]
        })
        .collect()
}

fn old_databases(env: &Environment<'_>) -> Rows {
    let row = |(name, id, read_only, _): (String, i32, bool, bool)| {
        vec![text(&name), number(id), moment(0.0, Type::DateTime), number(if read_only { 1024 } else { 0 })]
    };
    visible(env).into_iter().map(row).collect()
}

/// Without the permission `VIEW DATABASE STATE`, a session sees itself alone.
fn sessions(env: &Environment<'_>) -> Rows {
    let sees_all = env.member.who.owns_database();
    let database = database_id(env);
    env.state
        .store
        .sessions()
        .into_iter()
        .filter(|row| sees_all || row.id == env.member.id)
        .map(|row| {
            let own = row.id == env.member.id;
            let open =
                if own { env.member.transactions.load(Ordering::SeqCst) } else { i32::from(row.open_transaction) };
            vec![
                number(row.id),
                moment(row.logged_in, Type::DateTime),
                text(&row.host),
                text(&row.application),
                text("TDS"),
                text(&row.login),
                text(&row.login),
                text(if row.running { "running" } else { "sleeping" }),
                flag(true),
                number(database),
                number(open),
            ]
        })
        .collect()
}

/// Application locks; the description begins with the principal, then the resource in brackets, as SQL Server has it.
fn locks(env: &Environment<'_>) -> Rows {
    let database = database_id(env);
    let state = env.state.store.lock();
    let held = state.locks.rows().iter();
    held.map(|lock| {
        let owner = match lock.owner {
            crate::store::LockOwner::Session => "SESSION",
            crate::store::LockOwner::Transaction => "TRANSACTION",
        };
        let shown: String = lock.resource.chars().take(32).collect();
        vec![
            text("APPLICATION"),
            text(""),
            number(database),
            text(&format!("0:[{shown}]:({:08x})", checksum(&lock.resource))),
            text(lock.mode.code()),
            text("LOCK"),
            text("GRANT"),
            number(lock.count),
            number(lock.session),
            text(owner),
        ]
    })
    .collect()
}

/// FNV-1a, in the place of SQL Server's undocumented hash of the whole resource.
fn checksum(resource: &str) -> u32 {
    resource.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// Where the database uploads its digests to now; earlier places are not modelled.
fn digest_locations(env: &Environment<'_>) -> Rows {
    if !env.state.host.uploads_digests(env.state.database()) {
        return Vec::new();
    }
    let path = "https://contosoledger.blob.core.windows.net/sqldbledgerdigests";
    vec![vec![number(0), text("AZURE_BLOB_STORAGE"), text(path), number(0), flag(true)]]
}

fn state_name(state: u8) -> &'static str {
    match state {
        0 => "PENDING",
        1 => "SEEDING",
        2 => "CATCH_UP",
        _ => "SUSPENDED",
    }
}

fn link_row(env: &Environment<'_>, link: &LinkRow) -> Vec<Value> {
    let id = env.state.host.databases().into_iter().find(|row| same(&row.name, &link.database)).map_or(0, |row| row.id);
    let mut row = vec![
        number(id),
        moment(link.started, Type::DateTime2(7)),
        moment(link.modified, Type::DateTime2(7)),
        text(&link.guid.to_uppercase()),
        text(&link.partner_server),
        text(&link.partner_database),
    ];
    row.extend(state_and_role(link));
    row
}

fn state_and_role(link: &LinkRow) -> [Value; 6] {
    [
        number(link.state),
        text(state_name(link.state)),
        number(link.role),
        text(if link.role == 0 { "PRIMARY" } else { "SECONDARY" }),
        number(2),
        text("ALL"),
    ]
}

/// The links of this database; nothing in `master`.
fn link_status(env: &Environment<'_>) -> Rows {
    let own = |link: &LinkRow| !env.state.master && same(&link.database, env.state.database());
    env.state
        .host
        .links()
        .iter()
        .filter(|link| own(link))
        .map(|link| {
            let primary = link.role == 0;
            let mut row = vec![
                text(&link.guid.to_uppercase()),
                text(&link.partner_server),
                text(&link.partner_database),
                optional(link.last_replication.filter(|_| primary), Type::DateTime2(7)),
                link.lag_seconds.filter(|_| primary).map_or(Value::Null, number),
            ];
            row.extend(state_and_role(link));
            row.push(optional(link.last_commit, Type::DateTime2(7)));
            row
        })
        .collect()
}
