//! The service itself as a client of one database: it sees a server with that database alone, and nobody watches it.

use std::sync::Arc;

use sim_sql::{Access, Change, DatabaseRow, Host, LinkRow, Message, Principal, Session, Stop};

/// The return code of `sp_wait_for_database_copy_sync` that is not 0. The documentation promises "an error number";
/// which one is not established.
pub(crate) const COPY_SYNC_FAILED: i32 = 1;

/// A session on this database.
///
/// # Errors
/// The database takes no log-in.
pub(crate) fn session(database: DatabaseRow) -> Result<Session, Message> {
    let who = Principal { login: "service".to_owned(), server_admin: true, ..Principal::default() };
    let store = Arc::clone(&database.store);
    Session::open(Arc::new(Alone(database)), Some(store), who)
}

struct Alone(DatabaseRow);

impl Host for Alone {
    fn databases(&self) -> Vec<DatabaseRow> {
        vec![self.0.clone()]
    }

    fn links(&self) -> Vec<LinkRow> {
        Vec::new()
    }

    fn remove_secondary(&self, database: &str, _partner: &str) -> Result<(), Message> {
        Err(Message::new(40622, 16, format!("The database '{database}' is not in a replication relationship.")))
    }

    fn wait_for_copy_sync(&self, _: &str, _: &str, _: &str, _: &Stop) -> Result<i32, Message> {
        Ok(COPY_SYNC_FAILED)
    }

    fn may_alter(&self, _: &str, _: Access) -> Result<(), Message> {
        Ok(())
    }

    fn changed(&self, _: &Change) {}
}
