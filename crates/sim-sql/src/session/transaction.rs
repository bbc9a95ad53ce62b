//! A session's transaction.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicI64, Ordering},
};

use crate::store::Step;

/// The id of the last transaction of any session.
static LAST_ID: AtomicI64 = AtomicI64::new(1000);

/// An id that no other transaction has: a statement outside of one is a transaction of its own.
pub(crate) fn next_id() -> i64 {
    LAST_ID.fetch_add(1, Ordering::SeqCst) + 1
}

/// The state of a session's transaction.
#[derive(Default)]
pub(crate) struct Transaction {
    /// `@@TRANCOUNT`
    pub(crate) count: i32,
    /// The name that its first `BEGIN` gave it.
    pub(crate) name: Option<String>,
    /// Its descriptor on the wire.
    pub(crate) descriptor: u64,
    /// `CURRENT_TRANSACTION_ID()`
    pub(crate) id: i64,
    /// Whether the SQLite transaction has begun: at the first write.
    pub(crate) begun: bool,
    /// It can only be rolled back (`XACT_STATE() = -1`).
    pub(crate) doomed: bool,
    /// What it has done so far.
    pub(crate) steps: Vec<Step>,
    /// The tables it has written, `schema.table` in lower case.
    pub(crate) tables: Vec<String>,
    /// Savepoints by name, innermost last, with the number of steps before each.
    pub(crate) savepoints: Vec<Savepoint>,
    /// Rows that the running statement has written, as SQLite reports them.
    pub(crate) written: Written,
}

pub(crate) struct Savepoint {
    pub(crate) name: String,
    pub(crate) steps: usize,
    pub(crate) tables: usize,
}

/// Table and row id of each row written, in order.
#[derive(Clone, Default)]
pub(crate) struct Written(Arc<Mutex<Vec<TableRows>>>);

/// A table and the ids of its rows.
type TableRows = (String, Vec<i64>);

impl Written {
    pub(crate) fn add(&self, table: &str, row: i64) {
        let mut tables = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match tables.last_mut() {
            Some((last, rows)) if last == table => rows.push(row),
            _ => match tables.iter_mut().find(|(name, _)| name == table) {
                Some((_, rows)) => rows.push(row),
                None => tables.push((table.to_owned(), vec![row])),
            },
        }
    }

    pub(crate) fn take(&self) -> Vec<TableRows> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Transaction {
    /// Enters a table that was written, once.
    pub(crate) fn touch(&mut self, table: &str) {
        let table = table.to_lowercase();
        if !self.tables.contains(&table) {
            self.tables.push(table);
        }
    }

    /// Forgets everything: it was committed or rolled back.
    pub(crate) fn clear(&mut self) {
        let written = self.written.clone();
        let _ = written.take();
        *self = Self { written, ..Self::default() };
    }
}
