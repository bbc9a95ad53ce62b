//! A session: somebody logged in to a database, and what he has set, declared and begun there.

mod handle;
mod settings;
mod transaction;

use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::Ordering},
};

use crate::{
    Event, Host, Message, Principal, Stop, Store,
    catalogue::Table,
    clock, error, run,
    store::{CommitId, Member, Waited},
};

pub use handle::SessionHandle;
pub(crate) use settings::Settings;
pub(crate) use transaction::{Savepoint, Transaction, next_id as next_transaction_id};

/// How a batch ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// To its end, with or without errors.
    Completed,
    /// By [`SessionHandle::cancel`]; an open transaction is still open.
    Cancelled,
    /// The session was killed: its transaction is rolled back, and it runs nothing any more.
    Killed,
}

/// A log-in to one database or to `master`. It blocks while it works, and belongs to one thread at a time; what other
/// threads may do is in [`SessionHandle`].
pub struct Session {
    member: Arc<Member>,
    state: State,
}

/// What a session knows apart from its connection.
pub(crate) struct State {
    pub(crate) host: Arc<dyn Host>,
    /// The database; for `master` one that belongs to this session alone and holds nothing.
    pub(crate) store: Arc<Store>,
    pub(crate) master: bool,
    pub(crate) settings: Settings,
    pub(crate) transaction: Transaction,
    /// Temporary tables by their lower-case name, with its `#`.
    pub(crate) temporary: BTreeMap<String, Arc<Table>>,
    /// Counts table variables, whose names in SQLite must differ.
    pub(crate) table_variables: u64,
    /// `@@ROWCOUNT`
    pub(crate) row_count: i64,
    /// `@@ERROR`
    pub(crate) last_error: u32,
    /// `@@IDENTITY`
    pub(crate) identity: Option<i64>,
    pub(crate) last_commit: Option<CommitId>,
    pub(crate) catalogue: run::CatalogueCache,
    /// Whether the connection reports the rows it writes.
    pub(crate) watching: bool,
    /// The descriptor of the last transaction that began.
    pub(crate) last_descriptor: u64,
}

impl Session {
    /// Logs in to a database, or to `master` where `store` is `None`. Waits while an `ALTER DATABASE` of another
    /// session has the database to itself.
    ///
    /// # Errors
    /// 4060 if the database's file cannot be opened.
    pub fn open(host: Arc<dyn Host>, store: Option<Arc<Store>>, who: Principal) -> Result<Self, Message> {
        let master = store.is_none();
        let name = store.as_ref().map_or("master", |store| store.name()).to_owned();
        let refused = |_| error::cannot_open(&name);
        let store = store.map_or_else(|| Store::in_memory("master"), Ok).map_err(refused)?;
        let member = Store::enter(&store, who).map_err(refused)?;
        Ok(Self { member, state: State::new(host, store, master) })
    }

    /// Runs one batch and gives each part of its answer to `out`, in order. Errors of the batch are events.
    pub fn run(&mut self, batch: &str, out: &mut dyn FnMut(Event)) -> Ended {
        let member = Arc::clone(&self.member);
        member.running.store(true, Ordering::SeqCst);
        let ended = {
            let mut guard = member.connection();
            match guard.as_mut() {
                Some(connection) => run::batch(connection, &member, &mut self.state, batch, out),
                None => Ended::Killed,
            }
        };
        member.running.store(false, Ordering::SeqCst);
        self.after_batch(ended)
    }

    /// A kill that came while the batch ran found the connection in use: it is carried out here.
    fn after_batch(&mut self, ended: Ended) -> Ended {
        if self.member.is_killed() {
            self.state.store.end(&self.member);
            return Ended::Killed;
        }
        self.member.stop.clear();
        ended
    }

    /// What other threads may use.
    pub fn handle(&self) -> SessionHandle {
        SessionHandle::new(Arc::clone(&self.member), Arc::clone(&self.state.store))
    }

    /// The last committed transaction of this session that wrote something.
    pub fn last_commit(&self) -> Option<CommitId> {
        self.state.last_commit
    }

    /// The name of the database that is current.
    pub fn database(&self) -> String {
        self.state.database().to_owned()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        drop(self.member.connection().take());
        self.state.store.leave(self.member.id);
    }
}

impl State {
    fn new(host: Arc<dyn Host>, store: Arc<Store>, master: bool) -> Self {
        Self {
            host,
            store,
            master,
            settings: Settings::default(),
            transaction: Transaction::default(),
            temporary: BTreeMap::new(),
            table_variables: 0,
            row_count: 0,
            last_error: 0,
            identity: None,
            last_commit: None,
            catalogue: run::CatalogueCache::default(),
            watching: false,
            last_descriptor: 0,
        }
    }

    pub(crate) fn database(&self) -> &str {
        self.store.name()
    }
}

impl Store {
    /// Registers a session, once no `ALTER DATABASE` is under way.
    fn enter(store: &Arc<Self>, who: Principal) -> rusqlite::Result<Arc<Member>> {
        let mut connection = store.open_connection()?;
        let stop = Stop::default();
        let watched = stop.clone();
        connection.progress_handler(1000, Some(move || watched.is_set()))?;
        let mut state = store.wait_for_alter();
        let id = state.next_session();
        let member = Arc::new(Member::new(id, who, stop, connection, clock::unix_now()));
        state.members.insert(id, Arc::clone(&member));
        Ok(member)
    }
}

/// A batch that was stopped ends like this.
impl From<Waited> for Ended {
    fn from(waited: Waited) -> Self {
        match waited {
            Waited::Killed => Self::Killed,
            Waited::Cancelled | Waited::TimedOut => Self::Cancelled,
        }
    }
}
