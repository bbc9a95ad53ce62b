//! What a log-in may do, asked of the server before anything depends on it.

use std::time::Duration;

use crate::{Session, SqlError};

/// What it takes to see other sessions than one's own.
pub const VIEW_STATE: &str = "VIEW DATABASE STATE";

/// ALTER on the database covers `SET READ_ONLY`; creating a schema and a table in it takes two permissions more.
const IN_DATABASE: &str = "\
SELECT COALESCE(HAS_PERMS_BY_NAME(QUOTENAME(DB_NAME()), N'DATABASE', N'ALTER'), 0) AS can_alter,
    COALESCE(HAS_PERMS_BY_NAME(QUOTENAME(DB_NAME()), N'DATABASE', N'CREATE TABLE'), 0) AS create_table,
    COALESCE(HAS_PERMS_BY_NAME(QUOTENAME(DB_NAME()), N'DATABASE', N'CREATE SCHEMA'), 0) AS create_schema,
    COALESCE(HAS_PERMS_BY_NAME(QUOTENAME(DB_NAME()), N'DATABASE', N'VIEW DATABASE STATE'), 0) AS view_state;";

/// The server's administrators are `dbo` in `master`.
const IN_MASTER: &str = "\
SELECT COALESCE(IS_ROLEMEMBER(N'dbmanager'), 0) AS dbmanager, COALESCE(IS_ROLEMEMBER(N'db_owner'), 0) AS administrator;";

/// What the log-in lacks in the session's database: names of permissions, none where all are there that an upgrade needs.
///
/// # Errors
/// As [`Session::query`].
pub async fn missing_in_database(session: &mut Session, limit: Duration) -> Result<Vec<&'static str>, SqlError> {
    let answer = session.query("see the permissions in the database", IN_DATABASE, limit).await?;
    let row = answer.row()?;
    let wanted = [
        ("can_alter", "ALTER on the database"),
        ("create_table", "CREATE TABLE"),
        ("create_schema", "CREATE SCHEMA"),
        ("view_state", VIEW_STATE),
    ];
    let mut missing = Vec::new();
    for (column, permission) in wanted {
        if row.integer(column)? == 0 {
            missing.push(permission);
        }
    }
    Ok(missing)
}

/// Whether the log-in may end replication links: the server's administrator, or in the role `dbmanager`. The session must
/// be in `master`.
///
/// # Errors
/// As [`Session::query`].
pub async fn may_remove_secondaries(session: &mut Session, limit: Duration) -> Result<bool, SqlError> {
    let answer = session.query("see the roles in `master`", IN_MASTER, limit).await?;
    let row = answer.row()?;
    Ok(row.integer("dbmanager")? == 1 || row.integer("administrator")? == 1)
}
