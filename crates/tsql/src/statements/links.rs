//! `sys.geo_replication_links`: the links of a database as its logical server has them. Only in `master`.

use std::time::Duration;

use rollout::facts::Link;

use super::quote;
use crate::{Session, SqlError, answer::Row};

/// The links of `database`, which is on the server of this session; the session must be in `master`.
///
/// # Errors
/// As [`Session::query`].
pub async fn of(session: &mut Session, database: &str, limit: Duration) -> Result<Vec<Link>, SqlError> {
    let attempt = format!("list the links of `{database}`");
    let answer = session.query(&attempt, &list_sql(database), limit).await?;
    answer.set(0)?.iter().map(link).collect()
}

fn list_sql(database: &str) -> String {
    format!(
        "\
SELECT CAST(l.link_guid AS nvarchar(36)) AS link_guid, l.partner_server, l.partner_database, l.role_desc, l.replication_state_desc
FROM sys.geo_replication_links AS l JOIN sys.databases AS d ON d.database_id = l.database_id
WHERE d.name = {}
ORDER BY l.partner_server, l.partner_database;",
        quote::text(database)
    )
}

fn link(row: &Row) -> Result<Link, SqlError> {
    Ok(Link {
        name: row.text("link_guid")?.to_lowercase(),
        partner_server: row.text("partner_server")?,
        partner_database: row.text("partner_database")?,
        role: row.text("role_desc")?,
        state: row.text("replication_state_desc")?,
    })
}
