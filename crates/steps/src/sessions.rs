//! The sessions that a step keeps, one on each database that it works on, and what becomes of one that was lost.

use rollout::DatabaseId;
use tsql::Session;

use crate::{cloud::Cloud, failure::Failure, lock};

/// The sessions that a step keeps.
#[derive(Default)]
pub struct Sessions {
    kept: Vec<(DatabaseId, Session)>,
    lock: Option<HeldLock>,
}

/// The lock, which belongs to the session on one database.
struct HeldLock {
    database: DatabaseId,
    /// The session that had it was lost and replaced: what was seen before may not be true any more.
    broke: bool,
}

impl Sessions {
    /// Begins with the session that has taken the lock.
    pub fn with_lock(database: &DatabaseId, session: Session) -> Self {
        let lock = HeldLock { database: database.clone(), broke: false };
        Self { kept: vec![(database.clone(), session)], lock: Some(lock) }
    }

    /// Keeps a session, in the place of one that was kept before.
    pub fn keep(&mut self, database: &DatabaseId, session: Session) {
        self.close(database);
        self.kept.push((database.clone(), session));
    }

    /// The session on this database, if one is kept; it may be lost.
    pub fn get(&mut self, database: &DatabaseId) -> Option<&mut Session> {
        self.kept.iter_mut().find(|(on, _)| on == database).map(|(_, session)| session)
    }

    /// The sessions on two databases, if both are kept.
    pub fn pair(&mut self, first: &DatabaseId, second: &DatabaseId) -> Option<(&mut Session, &mut Session)> {
        let (mut one, mut other) = (None, None);
        for (on, session) in &mut self.kept {
            match () {
                () if on == first => one = Some(session),
                () if on == second => other = Some(session),
                () => {}
            }
        }
        one.zip(other)
    }

    /// Ends the session on this database. The next use of the database gets a new one.
    pub fn close(&mut self, database: &DatabaseId) {
        self.kept.retain(|(on, _)| on != database);
    }

    /// The database was deleted: its session is of no use, and a lock in it is gone.
    pub fn forget(&mut self, database: &DatabaseId) {
        self.close(database);
        self.lock.take_if(|lock| lock.database == *database);
    }

    /// This step holds the lock, on whichever session. Steps that change something do, until production's database is deleted.
    pub fn holds_lock(&self) -> bool {
        self.lock.is_some()
    }

    /// The lock had to be taken again, and the live state was not read since then.
    pub fn lock_broke(&self) -> bool {
        self.lock.as_ref().is_some_and(|lock| lock.broke)
    }

    /// The live state was read under the lock, so decisions no longer rest on anything older.
    pub fn trust_lock(&mut self) {
        self.lock.iter_mut().for_each(|lock| lock.broke = false);
    }

    /// The session on this database. A lost one is replaced; if it held the lock, the new one takes the lock before anything else.
    ///
    /// # Errors
    /// The log-in failed, or another run has the lock by now: then this one is stuck.
    pub async fn open(&mut self, cloud: &Cloud, database: &DatabaseId) -> Result<&mut Session, Failure> {
        let alive = match self.get(database) {
            Some(session) => session.is_open().await,
            None => false,
        };
        if !alive {
            self.close(database);
            let mut session = cloud.connect(database).await?;
            if let Some(held) = self.lock.as_mut().filter(|held| held.database == *database) {
                lock::take_again(cloud, database, &mut session).await?;
                held.broke = true;
            }
            self.keep(database, session);
        }
        let missing = || Failure::interrupted(anyhow::anyhow!("the session on `{database}` was lost"));
        self.get(database).ok_or_else(missing)
    }
}
