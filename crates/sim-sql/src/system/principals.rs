//! Users, roles and log-ins: the session's own, and the fixed ones.

use super::{Columns, Rows, number, text};
use crate::{
    bind::Environment,
    types::{SYSNAME, Type, nvarchar, varbinary},
};
use rusqlite::types::Value;

const PRINCIPALS: Columns = &[
    ("name", SYSNAME),
    ("principal_id", Type::Int),
    ("type", nvarchar(1)),
    ("type_desc", nvarchar(60)),
    ("default_schema_name", SYSNAME),
    ("sid", varbinary(85)),
    ("authentication_type_desc", nvarchar(60)),
];

const MEMBERS: Columns = &[("role_principal_id", Type::Int), ("member_principal_id", Type::Int)];

const LOGINS: Columns = &[
    ("name", SYSNAME),
    ("principal_id", Type::Int),
    ("sid", varbinary(85)),
    ("type", nvarchar(1)),
    ("is_disabled", Type::Bit),
];

const USERS: Columns = &[("uid", Type::SmallInt), ("name", SYSNAME), ("sid", varbinary(85)), ("issqlrole", Type::Int)];

/// The fixed database roles with their principal ids.
const ROLES: [(&str, i32); 8] = [
    ("db_owner", 16384),
    ("db_accessadmin", 16385),
    ("db_securityadmin", 16386),
    ("db_ddladmin", 16387),
    ("db_backupoperator", 16389),
    ("db_datareader", 16390),
    ("db_datawriter", 16391),
    ("public", 0),
];

const DBO: i32 = 1;
const OWN: i32 = 5;

pub(super) fn view(name: &str, env: &Environment<'_>) -> Option<(Columns, Rows)> {
    Some(match name {
        "database_principals" => (PRINCIPALS, principals(env)),
        "database_role_members" => (MEMBERS, members(env)),
        "sql_logins" => (LOGINS, vec![vec![text(&env.member.who.login), number(OWN), sid(env), text("S"), number(0)]]),
        "sysusers" => (USERS, users(env)),
        _ => return None,
    })
}

/// A security identifier that is the same wherever the log-in's name is.
fn sid(env: &Environment<'_>) -> Value {
    Value::Blob(env.member.who.login.to_lowercase().bytes().cycle().take(16).collect())
}

fn is_dbo(env: &Environment<'_>) -> bool {
    env.member.who.server_admin
}

fn principals(env: &Environment<'_>) -> Rows {
    let user = |name: &str, id: i32, sid: Value| {
        vec![text(name), number(id), text("S"), text("SQL_USER"), text("dbo"), sid, text("INSTANCE")]
    };
    let mut rows = vec![user("dbo", DBO, Value::Null)];
    if !is_dbo(env) {
        rows.push(user(&env.member.who.login, OWN, sid(env)));
    }
    rows.extend(ROLES.iter().map(|(name, id)| {
        vec![text(name), number(*id), text("R"), text("DATABASE_ROLE"), Value::Null, Value::Null, text("NONE")]
    }));
    rows
}

fn members(env: &Environment<'_>) -> Rows {
    let own = if is_dbo(env) { DBO } else { OWN };
    let in_role = |role: &&(&str, i32)| role.0 != "public" && env.member.who.is_member(role.0, env.state.master);
    ROLES.iter().filter(in_role).map(|(_, id)| vec![number(*id), number(own)]).collect()
}

fn users(env: &Environment<'_>) -> Rows {
    principals(env).into_iter().map(|row| vec![row[1].clone(), row[0].clone(), row[5].clone(), number(0)]).collect()
}
