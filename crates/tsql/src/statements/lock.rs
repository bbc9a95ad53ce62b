//! One lock per application: a session-owned application lock in the production database.
//!
//! It lives exactly as long as the session that took it, so a killed step leaves none behind; and it can be taken in a
//! read-only database. Taking it again in the session that has it proves that it is still there.

use std::time::Duration;

use rollout::facts::Holder;

use crate::{Session, SqlError};

/// The resource that is locked.
pub const RESOURCE: &str = "rolling_upgrade";

const TAKE: &str = "\
DECLARE @result int;
EXEC @result = sp_getapplock @Resource = N'rolling_upgrade', @LockMode = N'Exclusive', @LockOwner = N'Session', @LockTimeout = 0;
SELECT @result AS result;";

const HOLDER: &str = "\
SELECT s.program_name, s.host_name, s.login_name, s.login_time
FROM sys.dm_tran_locks AS l
JOIN sys.dm_exec_sessions AS s ON s.session_id = l.request_session_id
WHERE l.resource_type = N'APPLICATION' AND l.resource_database_id = DB_ID() AND l.request_status = N'GRANT'
  AND l.resource_description LIKE N'%rolling_upgrade%';";

const RELEASE: &str = "\
DECLARE @result int;
EXEC @result = sp_releaseapplock @Resource = N'rolling_upgrade', @LockOwner = N'Session';
SELECT @result AS result;";

/// Whether this session has the lock now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lock {
    /// It has.
    Taken,
    /// Another session has it. Who, is `None` when it was gone a moment later, or when this log-in may not see locks.
    Held {
        /// The session that has it.
        by: Option<Holder>,
    },
}

/// Takes the lock, or proves that this session still has it, without waiting.
///
/// # Errors
/// As [`Session::query`]; a lock that another has is no error.
pub async fn take(session: &mut Session, limit: Duration) -> Result<Lock, SqlError> {
    let attempt = "take the lock `rolling_upgrade`";
    let answer = session.query(attempt, TAKE, limit).await?;
    // Documented results: 0 and 1 granted, -1 timed out, -2 cancelled, -3 deadlock, -999 wrong call.
    match answer.row()?.integer("result")? {
        0 | 1 => Ok(Lock::Taken),
        -1 => Ok(Lock::Held { by: holder(session, limit).await? }),
        result => Err(SqlError::unexpected(attempt, format!("sp_getapplock answered {result}"))),
    }
}

/// Gives the lock back; the end of the session does so as well.
///
/// # Errors
/// As [`Session::query`], also when this session does not have it.
pub async fn release(session: &mut Session, limit: Duration) -> Result<(), SqlError> {
    session.query("release the lock `rolling_upgrade`", RELEASE, limit).await.map(drop)
}

/// Who has the lock; `None` where nobody has, or where this log-in may not see locks.
///
/// # Errors
/// As [`Session::query`], but for a refusal.
pub async fn holder(session: &mut Session, limit: Duration) -> Result<Option<Holder>, SqlError> {
    let answer = match session.query("see who holds the lock `rolling_upgrade`", HOLDER, limit).await {
        // Seeing locks takes a permission of its own; what is asked for is right without it.
        Err(error) if error.number().is_some() => return Ok(None),
        answer => answer?,
    };
    let read = |row: &crate::answer::Row| {
        Ok(Holder {
            program: row.optional_text("program_name")?.unwrap_or_default(),
            host: row.optional_text("host_name")?.unwrap_or_default(),
            login: row.text("login_name")?,
            since: row.time("login_time")?,
        })
    };
    answer.set(0)?.first().map(read).transpose()
}
