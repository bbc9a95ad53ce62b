//! `sys.sp_wait_for_database_copy_sync`: wait until the secondary has hardened every committed transaction.

use std::time::Duration;

use super::quote;
use crate::{Session, SqlError, error::Kind};

/// How the wait ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CopySync {
    /// The secondary has everything that was committed when the wait began.
    Synchronised,
    /// The server refused to wait; the link view has to tell instead. Whether it refuses on a read-only primary is
    /// documented nowhere.
    Refused {
        /// The server's error, or the procedure's return code.
        number: i64,
        /// What it said.
        message: String,
    },
    /// The time ran out; nothing is known, and the session is closed.
    TimedOut,
}

/// Waits, in the primary database, for the secondary `database` on the logical server of the short name `server`.
///
/// # Errors
/// As [`Session::query`], but for a refusal and for the end of `limit`, which are answers.
pub async fn wait(session: &mut Session, server: &str, database: &str, limit: Duration) -> Result<CopySync, SqlError> {
    match session.query("wait for copy synchronisation", &wait_sql(server, database), limit).await {
        Ok(answer) => Ok(result(answer.row()?.integer("result")?)),
        Err(SqlError { kind: Kind::Server, message, server: Some(server), .. }) => {
            Ok(CopySync::Refused { number: server.number.into(), message })
        }
        Err(SqlError { kind: Kind::Timeout, .. }) => Ok(CopySync::TimedOut),
        Err(error) => Err(error),
    }
}

fn wait_sql(server: &str, database: &str) -> String {
    let (server, database) = (quote::text(server), quote::text(database));
    format!(
        "\
DECLARE @result int;
EXEC @result = sys.sp_wait_for_database_copy_sync @target_server = {server}, @target_database = {database};
SELECT @result AS result;"
    )
}

fn result(number: i64) -> CopySync {
    match number {
        0 => CopySync::Synchronised,
        number => CopySync::Refused { number, message: format!("the procedure returned {number}") },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_zero_means_synchronised() {
        assert_eq!(result(0), CopySync::Synchronised);
        let message = "the procedure returned 40869".to_owned();
        assert_eq!(result(40869), CopySync::Refused { number: 40869, message });
    }
}
