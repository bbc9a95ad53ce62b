//! One database: its file, its log of commits, its sessions and their locks.

mod access;
mod applocks;
mod commit;
mod digest;
mod file;
mod instance;
mod member;
mod peek;
mod replay;
mod state;

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use rusqlite::{Connection, backup::Backup};

pub(crate) use access::{Others, Termination};
pub(crate) use applocks::{LockMode, LockOwner};
pub(crate) use commit::Step;
pub use commit::{Commit, CommitId};
pub use digest::Content;
pub(crate) use file::{catalogue_version, next_object, redefine};
pub(crate) use instance::{IndexKey, Usage};
pub(crate) use member::Member;
pub use member::SessionRow;
pub use peek::PeekedRow;
pub(crate) use state::{State, Waited};

use crate::{Access, catalogue::Catalogue, connection};

const IN_MEMORY: &str = ":memory:";

/// A database's storage, shared by all its sessions.
///
/// The data is one SQLite file in WAL mode; each session has a connection of its own to it. A store outlives its
/// sessions; the file stays when the store goes, unless it is [passing](Store::make_passing).
pub struct Store {
    name: String,
    path: PathBuf,
    state: Mutex<State>,
    /// Signalled whenever something in `state` changes that somebody may wait for.
    turned: Condvar,
    /// The connection that replays commits and answers questions that need no session.
    own: Mutex<Connection>,
    /// The catalogue that was read last, with its version.
    schema: Mutex<Option<(i64, Arc<Catalogue>)>>,
    /// The file goes with the store.
    passing: AtomicBool,
}

/// Why a database's storage could not be made, read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file could not be made or read.
    #[error("cannot use `{path}` as a database file")]
    File {
        /// The file that was asked for.
        path: PathBuf,
        /// What SQLite or the file system says.
        source: rusqlite::Error,
    },
    /// The file is there already.
    #[error("cannot create a database in `{0}`: the file exists; choose another path")]
    Exists(PathBuf),
    /// A commit does not follow the last one.
    #[error("cannot replay commit {found} on `{database}`: {expected} comes next; replay the commits in order")]
    OutOfOrder {
        /// The name of the copy that was to replay it.
        database: String,
        /// The position that would follow.
        expected: u64,
        /// The position of the commit given.
        found: u64,
    },
    /// A commit could not be replayed.
    #[error("cannot replay commit {position} on `{database}`")]
    Replay {
        /// The name of the copy that was to replay it.
        database: String,
        /// The commit's position.
        position: u64,
        /// What SQLite says; the copy is as it was before.
        source: rusqlite::Error,
    },
}

impl Store {
    /// Makes an empty database called `name` in a new file.
    ///
    /// # Errors
    /// The file exists or cannot be written.
    pub fn create(path: &Path, name: &str) -> Result<Arc<Self>, StoreError> {
        if path.exists() {
            return Err(StoreError::Exists(path.to_owned()));
        }
        let failed = |source| StoreError::File { path: path.to_owned(), source };
        let connection = connection::open(path).map_err(failed)?;
        file::initialise(&connection).map_err(failed)?;
        drop(connection);
        Self::load(path, name)
    }

    /// Opens a file that [`Store::create`] or [`Store::copy_to`] made, under this name.
    ///
    /// # Errors
    /// The file cannot be read or is no such file.
    pub fn load(path: &Path, name: &str) -> Result<Arc<Self>, StoreError> {
        let failed = |source| StoreError::File { path: path.to_owned(), source };
        let connection = connection::open(path).map_err(failed)?;
        connection.pragma_update(None, "foreign_keys", false).map_err(failed)?;
        let found = file::read(&connection).map_err(failed)?;
        Ok(Arc::new(Self {
            name: name.to_owned(),
            path: path.to_owned(),
            state: Mutex::new(State::new(found)),
            turned: Condvar::new(),
            own: Mutex::new(connection),
            schema: Mutex::new(None),
            passing: AtomicBool::new(false),
        }))
    }

    /// Copies what is committed now, with the database's options and its place in the log, into a new file. Open
    /// transactions of sessions are not part of the copy, and do not hinder it.
    ///
    /// # Errors
    /// The file exists or cannot be written.
    pub fn copy_to(&self, path: &Path) -> Result<Arc<Self>, StoreError> {
        if path.exists() {
            return Err(StoreError::Exists(path.to_owned()));
        }
        self.back_up(path).map_err(|source| StoreError::File { path: path.to_owned(), source })?;
        Self::load(path, &self.name)
    }

    /// From now on the file is removed when nobody uses the store any more.
    pub fn make_passing(&self) {
        self.passing.store(true, Ordering::SeqCst);
    }

    /// A database in memory, for what needs no file. Each connection to it has its own, empty content.
    pub(crate) fn in_memory(name: &str) -> rusqlite::Result<Arc<Self>> {
        let path = PathBuf::from(IN_MEMORY);
        let connection = connection::open(&path)?;
        file::initialise(&connection)?;
        let found = file::read(&connection)?;
        Ok(Arc::new(Self {
            name: name.to_owned(),
            path,
            state: Mutex::new(State::new(found)),
            turned: Condvar::new(),
            own: Mutex::new(connection),
            schema: Mutex::new(None),
            passing: AtomicBool::new(false),
        }))
    }

    /// A connection for a session.
    pub(crate) fn open_connection(&self) -> rusqlite::Result<Connection> {
        let connection = connection::open(&self.path)?;
        if self.path == Path::new(IN_MEMORY) {
            file::initialise(&connection)?;
        }
        Ok(connection)
    }

    fn back_up(&self, path: &Path) -> rusqlite::Result<()> {
        let source = connection::open(&self.path)?;
        let mut target = Connection::open(path)?;
        target.pragma_update(None, "synchronous", "off")?;
        Backup::new(&source, &mut target)?.step(-1)?;
        Ok(())
    }

    /// The database's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The position of the last committed transaction; 0 before the first.
    pub fn position(&self) -> u64 {
        self.lock().position()
    }

    /// The commits after this position, oldest first. Commits from before the store was loaded are not kept.
    pub fn commits_after(&self, position: u64) -> Vec<Arc<Commit>> {
        self.lock().commits_after(position)
    }

    /// The database's own option, `READ_ONLY` or `READ_WRITE`, whatever its role is.
    pub fn access(&self) -> Access {
        self.lock().access
    }

    /// Whether this commit is physically in the file.
    pub fn contains(&self, commit: &CommitId) -> bool {
        file::contains(&self.own(), commit).unwrap_or(false)
    }

    /// Who is logged in to the database, by session id.
    pub fn sessions(&self) -> Vec<SessionRow> {
        self.lock().members.values().map(|member| member.row()).collect()
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn own(&self) -> std::sync::MutexGuard<'_, Connection> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets everybody who waits look again.
    pub(crate) fn notify(&self) {
        self.turned.notify_all();
    }

    /// The catalogue as this connection sees it; read again only if its version is another than the last one read.
    pub(crate) fn catalogue(&self, connection: &Connection) -> rusqlite::Result<(i64, Arc<Catalogue>)> {
        let version = file::catalogue_version(connection)?;
        let cached = self.schema.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((known, catalogue)) = cached
            && known == version
            && connection.is_autocommit()
        {
            return Ok((version, catalogue));
        }
        let catalogue = Arc::new(crate::catalogue::load(connection)?);
        if connection.is_autocommit() {
            *self.schema.lock().unwrap_or_else(PoisonError::into_inner) = Some((version, Arc::clone(&catalogue)));
        }
        Ok((version, catalogue))
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        if !self.passing.load(Ordering::SeqCst) {
            return;
        }
        for ending in ["", "-wal", "-shm"] {
            let mut path = self.path.clone().into_os_string();
            path.push(ending);
            // What is not there need not be removed, and nobody could act on another failure.
            let _ = std::fs::remove_file(path);
        }
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("name", &self.name).field("path", &self.path).finish_non_exhaustive()
    }
}
