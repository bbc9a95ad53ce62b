//! The option READ_ONLY or READ_WRITE of a database: whether it may be set, and the service that sets it.

use sim_sql::{Access, DatabaseRow, Ended, Event, Message, Role, Session};

use crate::{
    AlterOnGeoPrimary, Scenario,
    azure::Azure,
    service,
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
    let (found, role) = {
        let world = azure.world();
        (world.databases.get(database).cloned().ok_or("there is no such database")?, world.role(database))
    };
    check(&azure.scenario, &azure.world(), database, access).map_err(|refused| refused.text)?;
    let mut session = service::session(row(&found, role).ok_or("it is not seeded")?).map_err(|error| error.text)?;
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
