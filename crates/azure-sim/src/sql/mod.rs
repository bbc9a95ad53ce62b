//! The logical SQL servers: who may log in, and what their databases ask of them.

mod door;
mod host;
mod login;
mod network;
mod service;

use std::sync::Arc;

use sim_sql::{Access, Ended, Event, Principal, Session};

pub(crate) use door::Door;
pub(crate) use host::{Actor, ServerHost};
pub(crate) use login::{Request, authenticate};
pub(crate) use service::{Faults, SqlService};

use crate::{cloud::Cloud, world::DatabaseKey};

/// Sets a database READ_WRITE, as the service itself: for scenarios in which the option does not replicate.
pub(crate) fn make_writable(cloud: &Arc<Cloud>, database: &DatabaseKey) {
    let store = cloud.world().databases.get(database).and_then(|database| database.store.clone());
    if store.is_none_or(|store| store.access() == Access::ReadWrite) {
        return;
    }
    if let Err(why) = set_access(cloud, database, Access::ReadWrite) {
        tracing::error!(why, "setting `{}` on `{}` read-write", database.1, database.0);
    }
}

/// Sets the option of a database, as somebody whom nobody watches; every other session ends.
///
/// # Errors
/// The database refuses, e.g. because it is a secondary.
pub(crate) fn set_access(cloud: &Arc<Cloud>, database: &DatabaseKey, access: Access) -> Result<(), String> {
    let store = cloud.world().databases.get(database).and_then(|database| database.store.clone());
    let host = ServerHost::new(cloud, database.0.clone(), Actor::Service);
    let who = Principal { login: "service".to_owned(), server_admin: true, ..Principal::default() };
    let mut session = Session::open(host, store, who).map_err(|error| error.text)?;
    let option = if access == Access::ReadOnly { "READ_ONLY" } else { "READ_WRITE" };
    let statement = format!("ALTER DATABASE CURRENT SET {option} WITH ROLLBACK IMMEDIATE");
    let mut failed = None;
    let ended = session.run(&statement, &mut |event| {
        if let Event::Error(error) = event {
            failed = Some(error.text);
        }
    });
    match (ended, failed) {
        (Ended::Completed, None) => Ok(()),
        (ended, why) => Err(why.unwrap_or_else(|| format!("{ended:?}"))),
    }
}
