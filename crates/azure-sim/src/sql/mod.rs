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
    let Some(store) = store.filter(|store| store.access() == Access::ReadOnly) else { return };
    let host = ServerHost::new(cloud, database.0.clone(), Actor::Service);
    let who = Principal { login: "service".to_owned(), server_admin: true, ..Principal::default() };
    let mut failed = None;
    let ended = Session::open(host, Some(store), who).map(|mut session| {
        let statement = "ALTER DATABASE CURRENT SET READ_WRITE WITH ROLLBACK IMMEDIATE";
        session.run(statement, &mut |event| {
            if let Event::Error(error) = event {
                failed = Some(error.text)
            }
        })
    });
    if !matches!(ended, Ok(Ended::Completed)) || failed.is_some() {
        tracing::error!(?failed, "setting `{}` on `{}` read-write", database.1, database.0);
    }
}
