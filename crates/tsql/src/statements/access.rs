//! `SET READ_ONLY` and `SET READ_WRITE`.
//!
//! Without a termination clause the statement waits for ever for other sessions, so there always is one. It ends every
//! other session of the database, our own other ones too, but never the session that sends it.

use std::time::Duration;

use tokio::time::Instant;

use super::quote;
use crate::{Session, SqlError};
use retry::{RetryPolicy, pause};

/// What a database is to take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Reads only. Open transactions get this time to end, in whole seconds, and are rolled back then; zero rolls them
    /// back at once.
    ReadOnly {
        /// That time.
        grace: Duration,
    },
    /// Reads and writes. Sessions are ended at once: a read-only database has nothing to roll back.
    ReadWrite,
}

/// Whether the statement was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// It was, and took effect.
    Now,
    /// The option was set already, and nothing was sent.
    Before,
}

/// Between two attempts while another session is in the way.
const PAUSE: Duration = Duration::from_millis(500);
/// 5061: a lock could not be placed on the database. 5070: other users are using it.
const IN_THE_WAY: [u32; 2] = [5061, 5070];

const LOOK: &str = "SELECT d.name, d.is_read_only FROM sys.databases AS d WHERE d.name = DB_NAME();";

/// Sets the option of the session's database where it is not set, again and again within `limit` while other sessions
/// are in the way. It must not run in a transaction.
///
/// # Errors
/// As [`Session::query`]; 5061 or 5070 when the limit ends first, 1468 when replication forbids it.
pub async fn set(session: &mut Session, access: Access, limit: Duration) -> Result<Changed, SqlError> {
    let begun = Instant::now();
    let answer = session.query("see whether the database is read-only", LOOK, limit).await?;
    let row = answer.row()?;
    if row.flag("is_read_only")? == matches!(access, Access::ReadOnly { .. }) {
        return Ok(Changed::Before);
    }
    alter(session, &statement(&row.text("name")?, access), access.attempt(), (begun, limit)).await
}

async fn alter(
    session: &mut Session,
    sql: &str,
    attempt: &str,
    (begun, limit): (Instant, Duration),
) -> Result<Changed, SqlError> {
    let (policy, mut attempts) = (RetryPolicy::exact(PAUSE, PAUSE, limit), 0);
    loop {
        attempts += 1;
        let error = match session.query(attempt, sql, limit.saturating_sub(begun.elapsed())).await {
            Ok(_) => return Ok(Changed::Now),
            Err(error) => error,
        };
        match policy.wait(attempts, begun.elapsed(), None).filter(|_| is_in_the_way(&error)) {
            Some(wait) => pause(wait).await,
            None => return Err(error),
        }
    }
}

fn is_in_the_way(error: &SqlError) -> bool {
    error.number().is_some_and(|number| IN_THE_WAY.contains(&number))
}

impl Access {
    fn attempt(self) -> &'static str {
        match self {
            Self::ReadOnly { .. } => "set the database read-only",
            Self::ReadWrite => "set the database read-write",
        }
    }
}

fn statement(database: &str, access: Access) -> String {
    let database = quote::name(database);
    match access {
        Access::ReadOnly { grace } if grace.as_secs() > 0 => {
            format!("ALTER DATABASE {database} SET READ_ONLY WITH ROLLBACK AFTER {} SECONDS;", grace.as_secs())
        }
        Access::ReadOnly { .. } => format!("ALTER DATABASE {database} SET READ_ONLY WITH ROLLBACK IMMEDIATE;"),
        Access::ReadWrite => format!("ALTER DATABASE {database} SET READ_WRITE WITH ROLLBACK IMMEDIATE;"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_statement_has_a_termination_clause() {
        let read_only = |grace| statement("a]b", Access::ReadOnly { grace: Duration::from_secs(grace) });
        assert_eq!(read_only(5), "ALTER DATABASE [a]]b] SET READ_ONLY WITH ROLLBACK AFTER 5 SECONDS;");
        assert_eq!(read_only(0), "ALTER DATABASE [a]]b] SET READ_ONLY WITH ROLLBACK IMMEDIATE;");
        let read_write = "ALTER DATABASE [shop] SET READ_WRITE WITH ROLLBACK IMMEDIATE;";
        assert_eq!(statement("shop", Access::ReadWrite), read_write);
    }
}
