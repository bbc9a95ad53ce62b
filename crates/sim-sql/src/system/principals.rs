//! Users, roles and log-ins: the session's own, and the fixed ones.

use super::{Columns, Rows, number, text};
use crate::{
    PrincipalRow,
    bind::Environment,
    catalogue::same,
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
    ("authentication_type", Type::Int),
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
        "sql_logins" => (LOGINS, log_ins(env)),
        "sysusers" => (USERS, users(env)),
        _ => return None,
    })
}

/// The users and log-ins that the server around the session does not know, as in a session of its own, have one that
/// follows from the name.
fn sid(known: &[PrincipalRow], name: &str) -> Value {
    let found = known.iter().find(|row| same(&row.name, name)).map(|row| row.sid.clone());
    Value::Blob(found.unwrap_or_else(|| name.to_lowercase().bytes().cycle().take(16).collect()))
}

fn is_dbo(env: &Environment<'_>) -> bool {
    env.member.who.server_admin
}

/// Who is neither administrator nor in `loginmanager` sees himself alone.
fn log_ins(env: &Environment<'_>) -> Rows {
    let (who, known) = (&env.member.who, env.state.host.log_ins());
    let row = |id: i32, name: &str| vec![text(name), number(id), sid(&known, name), text("S"), number(0)];
    if !who.server_admin && !who.is_member("loginmanager", true) || known.is_empty() {
        return vec![row(OWN, &who.login)];
    }
    (OWN..).zip(&known).map(|(id, log_in)| row(id, &log_in.name)).collect()
}

/// Who does not own the database sees himself, `dbo` and the roles.
fn principals(env: &Environment<'_>) -> Rows {
    let (who, known) = (&env.member.who, env.state.host.users(env.state.database()));
    let user = |id: i32, name: &str, sid: Value| {
        vec![text(name), number(id), text("S"), text("SQL_USER"), text("dbo"), sid, number(1), text("INSTANCE")]
    };
    let mut rows = vec![user(DBO, "dbo", Value::Null)];
    let visible = |name: &str| who.owns_database() || same(name, &who.login);
    let mut names: Vec<&str> = known.iter().map(|user| user.name.as_str()).filter(|name| visible(name)).collect();
    if !is_dbo(env) && !names.iter().any(|name| same(name, &who.login)) {
        names.push(&who.login);
    }
    rows.extend((OWN..).zip(names).map(|(id, name)| user(id, name, sid(&known, name))));
    rows.extend(ROLES.iter().map(|(name, id)| {
        let nothing = Value::Null;
        vec![
            text(name),
            number(*id),
            text("R"),
            text("DATABASE_ROLE"),
            nothing.clone(),
            nothing,
            number(0),
            text("NONE"),
        ]
    }));
    rows
}

fn members(env: &Environment<'_>) -> Rows {
    let own = if is_dbo(env) { DBO } else { own_id(env) };
    let in_role = |role: &&(&str, i32)| role.0 != "public" && env.member.who.is_member(role.0, env.state.master);
    ROLES.iter().filter(in_role).map(|(_, id)| vec![number(*id), number(own)]).collect()
}

/// The session's own user among the principals that it sees.
fn own_id(env: &Environment<'_>) -> i32 {
    let known = env.state.host.users(env.state.database());
    let visible = known.iter().filter(|user| env.member.who.owns_database() || same(&user.name, &env.member.who.login));
    (OWN..).zip(visible).find(|(_, user)| same(&user.name, &env.member.who.login)).map_or(OWN, |(id, _)| id)
}

fn users(env: &Environment<'_>) -> Rows {
    principals(env).into_iter().map(|row| vec![row[1].clone(), row[0].clone(), row[5].clone(), number(0)]).collect()
}
