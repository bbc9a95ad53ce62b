//! `SET READ_ONLY` and `SET READ_WRITE`: exclusive access to the database, and the change itself.

use std::{sync::Arc, time::Duration};

use super::{Commit, CommitId, Member, Step, Store, StoreError, Waited, file};
use crate::{Access, clock};

/// The termination clause of an `ALTER DATABASE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Termination {
    /// None given: it waits for the others, for ever.
    Wait,
    NoWait,
    /// `ROLLBACK IMMEDIATE` is zero.
    RollbackAfter(Duration),
}

/// Why exclusive access was not had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Others {
    /// `NO_WAIT` was asked for, and there are others.
    Present,
    /// Another session is altering the database, and `NO_WAIT` was asked for.
    Altering,
    Stopped(Waited),
}

impl Store {
    /// Makes the session the only one in the database. Log-ins wait from now on until [`Store::end_alter`].
    pub(crate) fn begin_alter(&self, member: &Arc<Member>, termination: Termination) -> Result<(), Others> {
        self.announce(member, termination)?;
        let alone = self.wait_alone(member, termination);
        if alone.is_err() {
            self.end_alter(member.id);
        }
        alone
    }

    fn announce(&self, member: &Member, termination: Termination) -> Result<(), Others> {
        if termination == Termination::NoWait {
            let mut state = self.lock();
            return match state.altering {
                Some(_) => Err(Others::Altering),
                None => {
                    state.altering = Some(member.id);
                    Ok(())
                }
            };
        }
        self.wait(member, None, |state| match state.altering {
            Some(_) => None,
            None => {
                state.altering = Some(member.id);
                Some(())
            }
        })
        .map_err(Others::Stopped)
    }

    fn wait_alone(&self, member: &Arc<Member>, termination: Termination) -> Result<(), Others> {
        let alone = |state: &mut super::State| (state.members.keys().all(|id| *id == member.id)).then_some(());
        let deadline = match termination {
            Termination::Wait => None,
            Termination::NoWait => Some(clock::deadline(Duration::ZERO)),
            Termination::RollbackAfter(grace) => Some(clock::deadline(grace)),
        };
        match (self.wait(member, deadline, alone), termination) {
            (Err(Waited::TimedOut), Termination::NoWait) => Err(Others::Present),
            (Err(Waited::TimedOut), _) => {
                self.end_others(member.id);
                self.wait(member, None, alone).map_err(Others::Stopped)
            }
            (outcome, _) => outcome.map_err(Others::Stopped),
        }
    }

    fn end_others(&self, id: i32) {
        let others: Vec<_> = self.lock().members.values().filter(|member| member.id != id).cloned().collect();
        self.end_all(&others);
    }

    /// Lets log-ins in again.
    pub(crate) fn end_alter(&self, session: i32) {
        let mut state = self.lock();
        if state.altering == Some(session) {
            state.altering = None;
        }
        drop(state);
        self.notify();
    }

    /// Sets the option, in the file and in the log. The session must be alone.
    pub(crate) fn set_access(&self, access: Access) -> Result<(), StoreError> {
        let id = CommitId::new();
        let mut state = self.lock();
        let position = state.position() + 1;
        let at = clock::unix_now();
        let commit = Commit { position, id, at, tables: Vec::new(), steps: vec![Step::Access(access)] };
        self.write_access(&commit, access)
            .map_err(|source| StoreError::File { path: self.path().to_owned(), source })?;
        state.access = access;
        // A checkpoint, as each change of the option makes one.
        state.instance.add_system_record();
        state.append(Arc::new(commit));
        Ok(())
    }

    fn write_access(&self, commit: &Commit, access: Access) -> rusqlite::Result<()> {
        let mut connection = self.own();
        let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        file::set_access(&transaction, access)?;
        file::enter(&transaction, commit.id, commit.position, commit.at)?;
        transaction.commit()
    }
}
