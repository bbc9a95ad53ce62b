//! Commits: entering one's own, and doing again what another copy has committed.

use std::sync::{Arc, PoisonError};

use rusqlite::{Connection, TransactionBehavior};

use super::{Commit, CommitId, Step, Store, StoreError, file};
use crate::clock;

/// The holder of the writer lock while commits are replayed.
const REPLAY: i32 = 0;

impl Store {
    /// Does again on this copy what another copy has committed, under the same position and identity, and appends it
    /// to this copy's log.
    ///
    /// # Errors
    /// The commit does not follow the last one, or the file does not take it.
    pub fn apply(&self, commit: &Arc<Commit>) -> Result<(), StoreError> {
        self.take_writer_for_replay();
        let outcome = self.replay(commit);
        self.release_writer(REPLAY);
        outcome
    }

    fn take_writer_for_replay(&self) {
        let mut state = self.lock();
        while state.take_writer(REPLAY).is_none() {
            state = self.turned.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn replay(&self, commit: &Arc<Commit>) -> Result<(), StoreError> {
        let expected = self.position() + 1;
        if commit.position != expected {
            let database = self.name.clone();
            return Err(StoreError::OutOfOrder { database, expected, found: commit.position });
        }
        self.redo(commit).map_err(|source| StoreError::Replay {
            database: self.name.clone(),
            position: commit.position,
            source,
        })?;
        let mut state = self.lock();
        if let Some(access) = commit.access() {
            state.access = access;
        }
        state.append(Arc::clone(commit));
        Ok(())
    }

    fn redo(&self, commit: &Commit) -> rusqlite::Result<()> {
        let mut connection = self.own();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for step in &commit.steps {
            step.apply(&transaction)?;
        }
        file::enter(&transaction, commit.id, commit.position, commit.at)?;
        transaction.commit()
    }

    /// Commits the open transaction of this connection and appends it to the log. The session has the writer lock.
    pub(crate) fn commit(
        &self,
        connection: &Connection,
        steps: Vec<Step>,
        tables: Vec<String>,
    ) -> rusqlite::Result<Arc<Commit>> {
        let id = CommitId::new();
        let at = clock::unix_now();
        let position = self.position() + 1;
        file::enter(connection, id, position, at)?;
        let commit = Arc::new(Commit { position, id, at, tables, steps });
        let mut state = self.lock();
        connection.execute_batch("COMMIT")?;
        state.append(Arc::clone(&commit));
        Ok(commit)
    }
}

impl Commit {
    fn access(&self) -> Option<crate::Access> {
        self.steps.iter().rev().find_map(|step| match step {
            Step::Access(access) => Some(*access),
            _ => None,
        })
    }
}
