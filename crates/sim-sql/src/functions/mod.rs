//! T-SQL's functions as SQLite functions.
use rusqlite::Connection;

pub(crate) fn register(_connection: &Connection) -> rusqlite::Result<()> {
    Ok(())
}
