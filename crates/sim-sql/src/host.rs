//! What a session asks of the logical server around its database.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use crate::{Message, Store};

/// The logical server that a session is logged in to. The engine calls it with none of its own locks held.
pub trait Host: Send + Sync {
    /// The short name of the logical server.
    fn server_name(&self) -> String {
        "simulated".to_owned()
    }

    /// The databases of this logical server, without `master`.
    fn databases(&self) -> Vec<DatabaseRow>;

    /// The geo-replication links of this server's databases: one row per link and side.
    fn links(&self) -> Vec<LinkRow>;

    /// `ALTER DATABASE [database] REMOVE SECONDARY ON SERVER [partner]`, run in `master` by somebody who may.
    /// It does not drain the log: what the partner has not received is not there.
    ///
    /// # Errors
    /// The message that the server sends, e.g. no such link.
    fn remove_secondary(&self, database: &str, partner: &str) -> Result<(), Message>;

    /// `sys.sp_wait_for_database_copy_sync` in `database`: blocks until every transaction committed before the call is
    /// hardened on the target, or `stop` says so. Returns the procedure's return code.
    ///
    /// # Errors
    /// The message that the server sends when it refuses the call.
    fn wait_for_copy_sync(&self, database: &str, server: &str, target: &str, stop: &Stop) -> Result<i32, Message>;

    /// Whether the state of `database` may be set to `access` while it plays its present role (error 1468).
    ///
    /// # Errors
    /// The message that the server sends when it refuses.
    fn may_alter(&self, database: &str, access: Access) -> Result<(), Message>;

    /// The users of `database` that stand for a log-in of the server, beside `dbo`.
    fn users(&self, _database: &str) -> Vec<PrincipalRow> {
        Vec::new()
    }

    /// The SQL log-ins of the server.
    fn log_ins(&self) -> Vec<PrincipalRow> {
        Vec::new()
    }

    /// Whether the tier shows `sys.dm_db_index_usage_stats`, `sys.dm_os_sys_info` and `sys.dm_db_log_stats` to whoever may see the
    /// state of a database.
    fn shows_state(&self) -> bool {
        true
    }

    /// Whether `database` uploads ledger digests (`sys.database_ledger_digest_locations`).
    fn uploads_digests(&self, _database: &str) -> bool {
        false
    }

    /// Something that an observer may want to judge has just happened.
    fn changed(&self, change: &Change);
}

/// `READ_ONLY` or `READ_WRITE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// `SET READ_ONLY`
    ReadOnly,
    /// `SET READ_WRITE`
    ReadWrite,
}

/// A change of state inside a database.
#[derive(Debug, Clone)]
pub enum Change {
    /// A transaction that wrote something was committed.
    Committed {
        /// The name of the database that the transaction was committed in.
        database: String,
        /// Its place in the database's log, from 1.
        position: u64,
        /// The application name that the session logged in with.
        application: String,
        /// The tables it wrote to, `schema.table` in lower case, in order, each once.
        tables: Vec<String>,
    },
    /// `SET READ_ONLY` or `SET READ_WRITE` took effect.
    Altered {
        /// The name of the database whose option was set.
        database: String,
        /// Its new state.
        access: Access,
    },
}

/// A database of the server, as `sys.databases` needs it.
#[derive(Clone)]
pub struct DatabaseRow {
    /// Its name, unique on the server without regard to case.
    pub name: String,
    /// `database_id`, from 5.
    pub id: i32,
    /// The store, which knows whether it is read-only.
    pub store: Arc<Store>,
    /// Its role in geo-replication.
    pub role: Role,
    /// Whether log-ins succeed (not while it is being seeded or restored).
    pub online: bool,
}

/// A user or a log-in, as `sys.database_principals` and `sys.sql_logins` need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrincipalRow {
    /// Its name, as `SUSER_SNAME()` or `USER_NAME()` says it.
    pub name: String,
    /// Its security identifier, which ties users to log-ins.
    pub sid: Vec<u8>,
}

/// The role of a database in geo-replication.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It takes part in no link.
    Standalone,
    /// It is the source of at least one link and the target of none.
    Primary,
    /// It is the target of a link: writes are refused with 3906, whatever its own options say.
    Secondary,
}

/// One side of a geo-replication link (`sys.geo_replication_links`, `sys.dm_geo_replication_link_status`).
/// Times are seconds since 1970 with fractions, UTC.
#[derive(Debug, Clone)]
pub struct LinkRow {
    /// The database of this server.
    pub database: String,
    /// The same on both sides.
    pub guid: String,
    /// Short name of the partner's server.
    pub partner_server: String,
    /// The partner database.
    pub partner_database: String,
    /// 0 PENDING, 1 SEEDING, 2 CATCH_UP, 4 SUSPENDED
    pub state: u8,
    /// 0 PRIMARY, 1 SECONDARY
    pub role: u8,
    /// When the link was made.
    pub started: f64,
    /// When it last changed its state.
    pub modified: f64,
    /// Time of the last acknowledged log block; only on the primary.
    pub last_replication: Option<f64>,
    /// Only on the primary; `None` also while it is not known.
    pub lag_seconds: Option<i32>,
    /// Commit time of the last transaction that this side has.
    pub last_commit: Option<f64>,
}

/// Tells a call that blocks to give up: its session was killed or sent an Attention.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Asks for the stop.
    pub fn set(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Takes the request back, for the next batch of the same session.
    pub fn clear(&self) {
        self.0.store(false, Ordering::SeqCst);
    }

    /// Whether a stop was asked for.
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}
