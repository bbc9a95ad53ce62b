//! SQL log-ins of a server, and the users of a database that stand for them.

use std::time::Duration;

use rollout::plan::LogIn;

use crate::{Session, SqlError, answer::Row};

/// `authentication_type` 1 is INSTANCE: the user stands for a log-in. The first four principals are the server's own, `dbo`
/// among them. Style 1 writes a binary as `0x…`.
const USERS: &str = "\
SELECT p.name, CONVERT(nvarchar(200), p.sid, 1) AS sid
FROM sys.database_principals AS p
WHERE p.type = N'S' AND p.authentication_type = 1 AND p.principal_id > 4
ORDER BY p.name;";

/// Who is neither administrator nor in `loginmanager` sees no log-in but its own.
const LOG_INS: &str = "\
SELECT COALESCE(IS_ROLEMEMBER(N'loginmanager'), 0) AS manages, COALESCE(IS_ROLEMEMBER(N'db_owner'), 0) AS administrator;
SELECT l.name, CONVERT(nvarchar(200), l.sid, 1) AS sid
FROM sys.sql_logins AS l
ORDER BY l.name;";

/// The users of the session's database that stand for a log-in of the server.
///
/// # Errors
/// As [`Session::query`].
pub async fn users(session: &mut Session, limit: Duration) -> Result<Vec<LogIn>, SqlError> {
    let answer = session.query("list the users of the database", USERS, limit).await?;
    answer.set(0)?.iter().map(log_in).collect()
}

/// The SQL log-ins of the server, `None` where this log-in does not see all of them. The session must be in `master`.
///
/// # Errors
/// As [`Session::query`].
pub async fn log_ins(session: &mut Session, limit: Duration) -> Result<Option<Vec<LogIn>>, SqlError> {
    let answer = session.query("list the log-ins of the server", LOG_INS, limit).await?;
    let row = answer.row()?;
    if row.integer("manages")? != 1 && row.integer("administrator")? != 1 {
        return Ok(None);
    }
    answer.set(1)?.iter().map(log_in).collect::<Result<_, _>>().map(Some)
}

fn log_in(row: &Row) -> Result<LogIn, SqlError> {
    Ok(LogIn { name: row.text("name")?, sid: row.text("sid")? })
}
