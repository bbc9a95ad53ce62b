//! What the sessions of a database share, and how one waits for another.

use std::{collections::BTreeMap, sync::Arc, sync::PoisonError, time::Instant};

use super::{Commit, Member, Store, applocks::LockTable, file::Found, instance::Instance};
use crate::{Access, clock};

/// The first session id that is given out; SQL Server keeps those up to 50 to itself.
const FIRST_SESSION: i32 = 51;

/// Everything that is guarded by the store's one mutex.
pub(crate) struct State {
    pub(crate) access: Access,
    /// The session that has the database's writer lock; 0 for the replay.
    pub(crate) writer: Option<i32>,
    /// The session that is changing the database's option; log-ins wait for it.
    pub(crate) altering: Option<i32>,
    pub(crate) members: BTreeMap<i32, Arc<Member>>,
    pub(crate) locks: LockTable,
    pub(crate) last_commit: Option<f64>,
    pub(super) instance: Instance,
    commits: Vec<Arc<Commit>>,
    /// The position before the first of `commits`.
    base: u64,
    next_session: i32,
}

/// Why a wait ended without what was waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waited {
    TimedOut,
    Cancelled,
    Killed,
}

impl State {
    pub(super) fn new(found: Found) -> Self {
        Self {
            access: found.access,
            writer: None,
            altering: None,
            members: BTreeMap::new(),
            locks: LockTable::default(),
            last_commit: found.last_commit,
            instance: Instance::new(),
            commits: Vec::new(),
            base: found.position,
            next_session: FIRST_SESSION,
        }
    }

    pub(super) fn position(&self) -> u64 {
        self.base + self.commits.len() as u64
    }

    pub(super) fn commits_after(&self, position: u64) -> Vec<Arc<Commit>> {
        let skip = usize::try_from(position.saturating_sub(self.base)).unwrap_or(usize::MAX);
        self.commits.iter().skip(skip).cloned().collect()
    }

    pub(super) fn append(&mut self, commit: Arc<Commit>) {
        self.last_commit = Some(commit.at);
        self.commits.push(commit);
    }

    pub(crate) fn next_session(&mut self) -> i32 {
        let id = self.next_session;
        self.next_session = if id >= i32::from(i16::MAX) { FIRST_SESSION } else { id + 1 };
        id
    }

    /// Takes the writer lock if it is free or the session's own.
    pub(crate) fn take_writer(&mut self, session: i32) -> Option<()> {
        match self.writer {
            Some(holder) if holder != session => None,
            _ => {
                self.writer = Some(session);
                Some(())
            }
        }
    }
}

impl Store {
    /// Waits until `ready` answers, or the deadline passes, or the session is stopped.
    pub(crate) fn wait<T>(
        &self,
        member: &Member,
        deadline: Option<Instant>,
        mut ready: impl FnMut(&mut State) -> Option<T>,
    ) -> Result<T, Waited> {
        let mut state = self.lock();
        loop {
            if let Some(stopped) = member.stopped() {
                return Err(stopped);
            }
            if let Some(found) = ready(&mut state) {
                return Ok(found);
            }
            state = match deadline {
                None => self.turned.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(deadline) => {
                    let left = clock::remaining(deadline);
                    if left.is_zero() {
                        return Err(Waited::TimedOut);
                    }
                    self.turned.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }

    /// Waits until no session is altering the database.
    pub(crate) fn wait_for_alter(&self) -> std::sync::MutexGuard<'_, State> {
        let mut state = self.lock();
        while state.altering.is_some() {
            state = self.turned.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state
    }

    /// Gives the writer lock back.
    pub(crate) fn release_writer(&self, session: i32) {
        let mut state = self.lock();
        if state.writer == Some(session) {
            state.writer = None;
            drop(state);
            self.notify();
        }
    }
}
