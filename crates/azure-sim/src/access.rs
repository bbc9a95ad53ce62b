//! The option READ_ONLY or READ_WRITE of a database: whether it may be set, and the service that sets it.

use std::sync::Arc;

use sim_sql::{Access, Change, DatabaseRow, Ended, Event, Host, LinkRow, Message, Principal, Role, Session, Stop};

use crate::{
    AlterOnGeoPrimary, Scenario,
    azure::Azure,
    world::{Database, DatabaseKey, World},
};

/// Whether a database may be set so in its present role.
///
/// # Errors
/// 1468: it is in replication.
pub(crate) fn check(scenario: &Scenario, world: &World, key: &DatabaseKey, access: Access) -> Result<(), Message> {
    let refused = matches!(
        (world.role(key), scenario.alter_on_geo_primary, access),
        (Role::Secondary, ..)
            | (Role::Primary, AlterOnGeoPrimary::RefuseReadOnly, Access::ReadOnly)
            | (Role::Primary, AlterOnGeoPrimary::RefuseReadWrite, Access::ReadWrite)
    );
    if refused { Err(in_replication(key.1.as_str())) } else { Ok(()) }
}

fn in_replication(database: &str) -> Message {
    let text = format!(
        "The operation cannot be performed on database \"{database}\" because it is involved in a database mirroring \
         session or an availability group. Some operations are not allowed on a database that is participating in a \
         database mirroring session or in an availability group."
    );
    Message::new(1468, 16, text)
}

/// Sets a database READ_WRITE, for scenarios in which the option does not replicate.
pub(crate) fn open(azure: &Azure, database: &DatabaseKey) {
    let store = azure.world().databases.get(database).and_then(|database| database.store.clone());
    if store.is_none_or(|store| store.access() == Access::ReadWrite) {
        return;
    }
    if let Err(why) = set(azure, database, Access::ReadWrite) {
        tracing::error!(why, "setting `{}` on `{}` read-write", database.1, database.0);
    }
}

/// Sets the option of a database as the service itself, whom nobody watches; every other session ends.
///
/// # Errors
/// The database refuses, e.g. because it is a secondary.
pub(crate) fn set(azure: &Azure, database: &DatabaseKey, access: Access) -> Result<(), String> {
    let alone = alone(&azure.world(), database).ok_or("there is no such database")?;
    check(&azure.scenario, &azure.world(), database, access).map_err(|refused| refused.text)?;
    let store = alone.database.store.clone().ok_or("it is not seeded")?;
    let who = Principal { login: "service".to_owned(), server_admin: true, ..Principal::default() };
    let mut session = Session::open(Arc::new(alone), Some(store), who).map_err(|error| error.text)?;
    let option = if access == Access::ReadOnly { "READ_ONLY" } else { "READ_WRITE" };
    let ended = run(&mut session, &format!("ALTER DATABASE CURRENT SET {option} WITH ROLLBACK IMMEDIATE"));
    azure.changes.notify();
    ended
}

fn run(session: &mut Session, statement: &str) -> Result<(), String> {
    let mut failed = None;
    let ended = session.run(statement, &mut |event| {
        if let Event::Error(error) = event {
            failed = Some(error.text);
        }
    });
    match (ended, failed) {
        (Ended::Completed, None) => Ok(()),
        (ended, why) => Err(why.unwrap_or_else(|| format!("{ended:?}"))),
    }
}

/// A database as its server lists it; `None` until it is seeded.
pub(crate) fn row(database: &Database, role: Role) -> Option<DatabaseRow> {
    let (store, online) = (database.store.clone()?, database.online);
    Some(DatabaseRow { name: database.name.to_string(), id: database.number, store, role, online })
}

fn alone(world: &World, key: &DatabaseKey) -> Option<Alone> {
    Some(Alone { database: world.databases.get(key)?.clone(), role: world.role(key) })
}

/// A server with this database alone, as the service sees it.
struct Alone {
    database: Database,
    role: Role,
}

impl Host for Alone {
    fn databases(&self) -> Vec<DatabaseRow> {
        row(&self.database, self.role).into_iter().collect()
    }

    fn links(&self) -> Vec<LinkRow> {
        Vec::new()
    }

    fn remove_secondary(&self, database: &str, _partner: &str) -> Result<(), Message> {
        Err(Message::new(40622, 16, format!("The database '{database}' is not in a replication relationship.")))
    }

    fn wait_for_copy_sync(&self, _: &str, _: &str, _: &str, _: &Stop) -> Result<i32, Message> {
        Ok(0)
    }

    fn may_alter(&self, _: &str, _: Access) -> Result<(), Message> {
        Ok(())
    }

    fn changed(&self, _: &Change) {}
}
