//! SQLite connections as the engine wants them.

use std::{path::Path, time::Duration};

use rusqlite::Connection;

use crate::{collation, functions};

/// Statements that a connection keeps prepared.
const PREPARED: usize = 128;

/// A connection's own patience where SQLite has a lock of its own in the way (a checkpoint); writers wait for each
/// other on the store's condition, not here.
const BUSY: Duration = Duration::from_secs(10);

/// Opens the file, which is made if it is not there, or memory for `:memory:`.
pub(crate) fn open(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "off")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "temp_store", "memory")?;
    connection.pragma_update(None, "legacy_alter_table", true)?;
    connection.set_prepared_statement_cache_capacity(PREPARED);
    connection.create_collation(collation::NAME, collation::compare)?;
    functions::register(&connection)?;
    Ok(connection)
}
