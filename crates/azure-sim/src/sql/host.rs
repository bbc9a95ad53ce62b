//! A logical server, as a session on it sees it.

use std::sync::{Arc, Weak};

use sim_sql::{Access, Change, DatabaseRow, Host, LinkRow, Message, PrincipalRow, Stop};

use crate::{
    CopySync, WriteMeasure, access,
    azure::Azure,
    clock,
    lock::lock,
    replication::{self, pending, stores},
    service::COPY_SYNC_FAILED,
    world::{DatabaseKey, Link, LinkState, Name, Refusal, World},
};

/// The logical server around one session.
pub(crate) struct ServerHost {
    azure: Weak<Azure>,
    server: Name,
}

impl ServerHost {
    pub(crate) fn new(azure: &Arc<Azure>, server: Name) -> Self {
        Self { azure: Arc::downgrade(azure), server }
    }

    pub(crate) fn name(&self) -> &Name {
        &self.server
    }

    /// The database of this name is the one that production began with.
    pub(crate) fn is_production(&self, database: &str) -> bool {
        self.azure.upgrade().is_some_and(|azure| {
            let world = azure.world();
            world.databases.get(&self.key(database)).is_some_and(|database| database.guid == world.production)
        })
    }

    /// The link that `REMOVE SECONDARY` means.
    ///
    /// # Errors
    /// 40622: there is none. 40671: it may not be ended.
    pub(crate) fn link_to_end(&self, database: &str, partner: &str) -> Result<String, Message> {
        let azure = self.azure()?;
        let world = azure.world();
        let found = world.link_to(&self.key(database), partner, database).map(|link| link.guid.clone());
        let guid = found.ok_or_else(|| no_link(database, partner))?;
        world.check_end_of_link(&self.key(database)).map_err(|refusal| end_of_link_refused(&refusal))?;
        Ok(guid)
    }

    fn key(&self, database: &str) -> DatabaseKey {
        (self.server.clone(), Name::from(database))
    }

    fn azure(&self) -> Result<Arc<Azure>, Message> {
        self.azure.upgrade().ok_or_else(shutting_down)
    }
}

/// What a session hears while the simulator is being ended.
pub(crate) fn shutting_down() -> Message {
    Message::new(40613, 17, "The service is shutting down.")
}

impl Host for ServerHost {
    fn databases(&self) -> Vec<DatabaseRow> {
        let Some(azure) = self.azure.upgrade() else { return Vec::new() };
        let world = azure.world();
        let here = world.databases.values().filter(|database| database.server == self.server);
        here.filter_map(|database| access::row(database, world.role(&database.key()))).collect()
    }

    fn links(&self) -> Vec<LinkRow> {
        let Some(azure) = self.azure.upgrade() else { return Vec::new() };
        replication::replicate(&azure);
        let mut world = azure.world();
        let rows = world.links.iter().flat_map(|link| rows(&world, link, &self.server)).collect();
        let read = |link: &&mut Link| link.source.0 == self.server && link.state == LinkState::CatchUp;
        world.links.iter_mut().filter(read).for_each(|link| link.null_readings = link.null_readings.saturating_sub(1));
        rows
    }

    fn remove_secondary(&self, database: &str, partner: &str) -> Result<(), Message> {
        let guid = self.link_to_end(database, partner)?;
        replication::cut(&*self.azure()?, &guid);
        Ok(())
    }

    fn wait_for_copy_sync(&self, database: &str, server: &str, target: &str, stop: &Stop) -> Result<i32, Message> {
        let azure = self.azure()?;
        let world = azure.world();
        let link = world.link_to(&self.key(database), server, target).cloned();
        let store = world.databases.get(&self.key(database)).and_then(|database| database.store.clone());
        drop(world);
        let read_only = store.is_some_and(|store| store.access() == Access::ReadOnly);
        let Some(link) = link else { return Ok(COPY_SYNC_FAILED) };
        match azure.scenario.copy_sync_on_read_only {
            CopySync::Refused if read_only => Err(copy_sync_refused(database)),
            CopySync::TimesOut if read_only => Ok(replication::wait_in_vain(&azure, stop)),
            _ => Ok(replication::wait_for_copy(&azure, &link, stop)),
        }
    }

    fn may_alter(&self, database: &str, access: Access) -> Result<(), Message> {
        let azure = self.azure()?;
        let world = azure.world();
        access::check(&azure.scenario, &world, &self.key(database), access)
    }

    fn users(&self, database: &str) -> Vec<PrincipalRow> {
        let Some(azure) = self.azure.upgrade() else { return Vec::new() };
        let world = azure.world();
        let users = world.databases.get(&self.key(database)).map(|database| database.users.as_slice());
        users.unwrap_or_default().iter().map(|user| principal(&user.name, &user.sid)).collect()
    }

    fn log_ins(&self) -> Vec<PrincipalRow> {
        let Some(azure) = self.azure.upgrade() else { return Vec::new() };
        let world = azure.world();
        let log_ins = world.servers.get(&self.server).map(|server| server.logins.as_slice());
        log_ins.unwrap_or_default().iter().map(|log_in| principal(&log_in.name, &log_in.sid)).collect()
    }

    fn shows_state(&self) -> bool {
        self.azure.upgrade().is_some_and(|azure| azure.scenario.write_measure == WriteMeasure::Shown)
    }

    fn uploads_digests(&self, database: &str) -> bool {
        let Some(azure) = self.azure.upgrade() else { return false };
        let world = azure.world();
        world.databases.get(&self.key(database)).is_some_and(|database| database.digest_uploads)
    }

    /// A session of a site: what it writes is its users' doing.
    fn changed(&self, change: &Change) {
        let Some(azure) = self.azure.upgrade() else { return };
        if let Change::Committed { tables, .. } = change {
            lock(&azure.users_wrote).extend(tables.iter().cloned());
        }
        azure.changes.notify();
    }
}

fn principal(name: &str, sid: &str) -> PrincipalRow {
    let byte = |at: usize| sid.get(at..at + 2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
    PrincipalRow { name: name.to_owned(), sid: (0..sid.len()).step_by(2).filter_map(byte).collect() }
}

/// The rows of a link on one server: none, or one for the side that is there.
fn rows(world: &World, link: &Link, server: &Name) -> Vec<LinkRow> {
    let mut rows = Vec::new();
    if link.source.0 == *server {
        rows.push(LinkRow {
            lag_seconds: lag(world, link),
            last_replication: acknowledged(world, link),
            ..row(world, link, &link.source, &link.target, 0)
        });
    }
    if link.target.0 == *server {
        rows.push(row(world, link, &link.target, &link.source, 1));
    }
    rows
}

fn row(world: &World, link: &Link, here: &DatabaseKey, there: &DatabaseKey, role: u8) -> LinkRow {
    LinkRow {
        database: here.1.to_string(),
        guid: link.guid.clone(),
        partner_server: there.0.to_string(),
        partner_database: there.1.to_string(),
        state: link.state.number(),
        role,
        started: link.started,
        modified: link.modified,
        last_replication: None,
        lag_seconds: None,
        last_commit: world.databases.get(here).and_then(crate::world::Database::last_commit),
    }
}

/// Seconds since the oldest commit that the target does not have; unknown for a while after seeding.
fn lag(world: &World, link: &Link) -> Option<i32> {
    if link.state != LinkState::CatchUp || link.null_readings > 0 {
        return None;
    }
    let (source, target) = stores(world, link)?;
    let oldest = pending(&source, &target, &link.backlog).first().map(|commit| commit.at);
    Some(oldest.map_or(0, |at| (clock::now() - at.max(link.restored_at)).ceil().max(1.0) as i32))
}

/// Commit time of the last transaction that the target acknowledged.
fn acknowledged(world: &World, link: &Link) -> Option<f64> {
    world.databases.get(&link.target)?.last_commit()
}

fn no_link(database: &str, partner: &str) -> Message {
    let text = format!(
        "The database '{database}' is not in a replication relationship with a database on the server '{partner}'."
    );
    Message::new(40622, 16, text)
}

/// T-SQL says in its own words what Azure Resource Manager has a code for; which number it has is not established.
fn end_of_link_refused(refusal: &Refusal) -> Message {
    Message::new(40671, 16, format!("{}: {}", refusal.code, refusal.message))
}

fn copy_sync_refused(database: &str) -> Message {
    let text = format!("Failed to update database \"{database}\" because the database is read-only.");
    Message::new(3906, 16, text)
}
