//! Who else is logged in to a database.

use std::time::Duration;

use rollout::facts::OtherSession;

use crate::{Session, SqlError, answer::Row};

const LIST: &str = "\
SELECT s.session_id, s.program_name, s.host_name, s.login_name
FROM sys.dm_exec_sessions AS s
WHERE s.is_user_process = 1 AND s.session_id <> @@SPID AND s.database_id = DB_ID()
ORDER BY s.session_id;";

/// Every session of the session's database but itself and those of Azure's own, ours among them. It takes the permission
/// VIEW DATABASE STATE: without it a log-in sees itself alone.
///
/// # Errors
/// As [`Session::query`].
pub async fn others(session: &mut Session, limit: Duration) -> Result<Vec<OtherSession>, SqlError> {
    let answer = session.query("list the sessions of the database", LIST, limit).await?;
    let sessions = answer.set(0)?.iter().map(other).collect::<Result<Vec<_>, _>>()?;
    Ok(sessions.into_iter().filter(|session| !session.is_of_the_service()).collect())
}

fn other(row: &Row) -> Result<OtherSession, SqlError> {
    Ok(OtherSession {
        id: i32::try_from(row.integer("session_id")?).unwrap_or(i32::MAX),
        program: row.optional_text("program_name")?.unwrap_or_default(),
        host: row.optional_text("host_name")?.unwrap_or_default(),
        login: row.text("login_name")?,
    })
}
