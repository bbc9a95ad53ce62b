//! `REMOVE SECONDARY ON SERVER`: the link ends and the secondary stands alone.
//!
//! No document promises that the statement sends what is still on its way, so whoever uses it proves before that nothing
//! is ([`super::copy_sync`], and the same `last_commit` on both sides).

use std::time::Duration;

use super::quote;
use crate::{Session, SqlError};

/// Removes the secondary of `database` on the logical server of the short name `server`. The session must be in `master`
/// of the primary's server, as its administrator or in its role `dbmanager`.
///
/// # Errors
/// As [`Session::query`].
pub async fn remove(session: &mut Session, database: &str, server: &str, limit: Duration) -> Result<(), SqlError> {
    let attempt = format!("remove the secondary of `{database}` on server `{server}`");
    session.query(&attempt, &statement(database, server), limit).await.map(drop)
}

/// The statement itself, for whoever is told to run it by hand.
pub fn statement(database: &str, server: &str) -> String {
    format!("ALTER DATABASE {} REMOVE SECONDARY ON SERVER {};", quote::name(database), quote::name(server))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted() {
        assert_eq!(statement("a]b", "srv-2"), "ALTER DATABASE [a]]b] REMOVE SECONDARY ON SERVER [srv-2];");
    }
}
