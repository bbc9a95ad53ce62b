//! A logical server, as the session of one client sees it.

use std::sync::{
    Arc, Mutex, Weak,
    atomic::{AtomicUsize, Ordering},
};

use sim_sql::{Access, Change, DatabaseRow, Host, LinkRow, Message, PrincipalRow, Role, Stop};

use crate::{
    AlterOnGeoPrimary, CopySync, WriteMeasure, clock,
    cloud::{Cloud, lock},
    replication::{COPY_SYNC_FAILED, pending, stores},
    world::{DatabaseKey, Link, LinkState, Name, Refusal, World},
};

/// On whose behalf a session runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Actor {
    /// A client that came over the wire.
    Client,
    /// A site, serving its users.
    Site,
    /// The simulated service itself.
    Service,
}

/// The logical server around one session. It remembers the batch that runs, to name it as the cause of a change.
pub(crate) struct ServerHost {
    cloud: Weak<Cloud>,
    server: Name,
    actor: Actor,
    application: String,
    statement: Mutex<String>,
    /// The number of that batch among the requests of its step.
    number: AtomicUsize,
}

impl ServerHost {
    pub(crate) fn new(cloud: &Arc<Cloud>, server: Name, actor: Actor) -> Arc<Self> {
        Self::with_application(cloud, server, actor, String::new())
    }

    pub(crate) fn with_application(cloud: &Arc<Cloud>, server: Name, actor: Actor, application: String) -> Arc<Self> {
        let (statement, number) = (Mutex::default(), AtomicUsize::new(0));
        Arc::new(Self { cloud: Arc::downgrade(cloud), server, actor, application, statement, number })
    }

    /// The batch that is about to run, and its number.
    pub(crate) fn set_statement(&self, batch: &str, number: usize) {
        *lock(&self.statement) = batch.to_owned();
        self.number.store(number, Ordering::SeqCst);
    }

    /// The number of the batch that runs.
    pub(crate) fn number(&self) -> usize {
        self.number.load(Ordering::SeqCst)
    }

    fn cause(&self, cloud: &Cloud) -> String {
        let statement = cloud.without_secrets(&lock(&self.statement));
        let short: String = statement.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(300).collect();
        format!("SQL on `{}` by `{}`: {short}", self.server, self.application)
    }

    fn key(&self, database: &str) -> DatabaseKey {
        (self.server.clone(), Name::from(database))
    }

    /// Runs `judge` where somebody watches: for clients, not for what sites do for their users.
    fn watched(&self, judge: impl FnOnce(&Arc<Cloud>, String)) {
        if self.actor == Actor::Client
            && let Some(cloud) = self.cloud.upgrade()
        {
            let cause = self.cause(&cloud);
            judge(&cloud, cause);
        }
    }

    fn cloud(&self) -> Result<Arc<Cloud>, Message> {
        self.cloud.upgrade().ok_or_else(|| Message::new(40613, 17, "The service is shutting down."))
    }

    fn note_foreign_write(&self, cloud: &Cloud, database: &str, tables: &[String], cause: &str) {
        let world = cloud.world();
        let guid = world.databases.get(&self.key(database)).map(|database| database.guid.clone());
        let production = guid.is_some_and(|guid| guid == world.production);
        drop(world);
        if production {
            cloud.findings().foreign_write(tables, cause);
        }
    }
}

impl Host for ServerHost {
    fn databases(&self) -> Vec<DatabaseRow> {
        let Some(cloud) = self.cloud.upgrade() else { return Vec::new() };
        let world = cloud.world();
        let here = world.databases.values().filter(|database| database.server == self.server);
        here.filter_map(|database| {
            Some(DatabaseRow {
                name: database.name.to_string(),
                id: database.number,
                store: database.store.clone()?,
                role: world.role(&database.key()),
                online: database.online,
            })
        })
        .collect()
    }

    fn links(&self) -> Vec<LinkRow> {
        let Some(cloud) = self.cloud.upgrade() else { return Vec::new() };
        cloud.replicate();
        let mut world = cloud.world();
        let rows = world.links.iter().flat_map(|link| rows(&world, link, &self.server)).collect();
        let read = |link: &&mut Link| link.source.0 == self.server && link.state == LinkState::CatchUp;
        world.links.iter_mut().filter(read).for_each(|link| link.null_readings = link.null_readings.saturating_sub(1));
        rows
    }

    fn remove_secondary(&self, database: &str, partner: &str) -> Result<(), Message> {
        let cloud = self.cloud()?;
        let found =
            |cloud: &Cloud| cloud.world().link_to(&self.key(database), partner, database).map(|link| link.guid.clone());
        let guid = found(&cloud).ok_or_else(|| no_link(database, partner))?;
        cloud.world().check_end_of_link(&self.key(database)).map_err(|refusal| end_of_link_refused(&refusal))?;
        cloud.faults.changed(self.number());
        cloud.around(&self.cause(&cloud), || cloud.cut(&guid));
        Ok(())
    }

    fn wait_for_copy_sync(&self, database: &str, server: &str, target: &str, stop: &Stop) -> Result<i32, Message> {
        let cloud = self.cloud()?;
        let world = cloud.world();
        let link = world.link_to(&self.key(database), server, target).cloned();
        let store = world.databases.get(&self.key(database)).and_then(|database| database.store.clone());
        drop(world);
        let read_only = store.is_some_and(|store| store.access() == Access::ReadOnly);
        let Some(link) = link else { return Ok(COPY_SYNC_FAILED) };
        match cloud.scenario.copy_sync_on_read_only {
            CopySync::Refused if read_only => Err(copy_sync_refused(database)),
            CopySync::TimesOut if read_only => Ok(cloud.wait_in_vain(stop)),
            _ => Ok(cloud.wait_for_copy(&link, stop)),
        }
    }

    fn may_alter(&self, database: &str, access: Access) -> Result<(), Message> {
        let cloud = self.cloud()?;
        let role = cloud.world().role(&self.key(database));
        let refused = matches!(
            (role, cloud.scenario.alter_on_geo_primary, access),
            (Role::Secondary, ..)
                | (Role::Primary, AlterOnGeoPrimary::RefuseReadOnly, Access::ReadOnly)
                | (Role::Primary, AlterOnGeoPrimary::RefuseReadWrite, Access::ReadWrite)
        );
        if refused {
            return Err(in_replication(database));
        }
        self.watched(|cloud, _| cloud.tick());
        Ok(())
    }

    fn users(&self, database: &str) -> Vec<PrincipalRow> {
        let Some(cloud) = self.cloud.upgrade() else { return Vec::new() };
        let world = cloud.world();
        let users = world.databases.get(&self.key(database)).map(|database| database.users.as_slice());
        users.unwrap_or_default().iter().map(|user| principal(&user.name, &user.sid)).collect()
    }

    fn log_ins(&self) -> Vec<PrincipalRow> {
        let Some(cloud) = self.cloud.upgrade() else { return Vec::new() };
        let world = cloud.world();
        let log_ins = world.servers.get(&self.server).map(|server| server.logins.as_slice());
        log_ins.unwrap_or_default().iter().map(|log_in| principal(&log_in.name, &log_in.sid)).collect()
    }

    fn shows_state(&self) -> bool {
        self.cloud.upgrade().is_some_and(|cloud| cloud.scenario.write_measure == WriteMeasure::Shown)
    }

    fn uploads_digests(&self, database: &str) -> bool {
        let Some(cloud) = self.cloud.upgrade() else { return false };
        let world = cloud.world();
        world.databases.get(&self.key(database)).is_some_and(|database| database.digest_uploads)
    }

    fn changed(&self, change: &Change) {
        self.watched(|cloud, cause| {
            cloud.faults.changed(self.number());
            if let Change::Committed { database, tables, .. } = change {
                self.note_foreign_write(cloud, database, tables, &cause);
            }
            cloud.observe(&cause);
        });
        if let Some(cloud) = self.cloud.upgrade() {
            if let (Actor::Site, Change::Committed { tables, .. }) = (&self.actor, change) {
                lock(&cloud.users_wrote).extend(tables.iter().cloned());
            }
            cloud.notify();
        }
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

fn in_replication(database: &str) -> Message {
    let text = format!(
        "The operation cannot be performed on database \"{database}\" because it is involved in a database mirroring \
         session or an availability group. Some operations are not allowed on a database that is participating in a \
         database mirroring session or in an availability group."
    );
    Message::new(1468, 16, text)
}

fn copy_sync_refused(database: &str) -> Message {
    let text = format!("Failed to update database \"{database}\" because the database is read-only.");
    Message::new(3906, 16, text)
}
