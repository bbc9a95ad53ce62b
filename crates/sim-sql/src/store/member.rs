//! A session as the database sees it: who it is, and how it is stopped.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, AtomicI32, Ordering},
};

use rusqlite::{Connection, InterruptHandle};

use super::{Store, Waited};
use crate::{Principal, Stop};

/// A session of a database, as `sys.dm_exec_sessions` lists it.
#[derive(Debug, Clone)]
pub struct SessionRow {
    /// `session_id`
    pub id: i32,
    /// The application name of the log-in record.
    pub application: String,
    /// The client's host name.
    pub host: String,
    /// The name of the log-in, as `SUSER_SNAME()` says it.
    pub login: String,
    /// Whether it has a transaction open.
    pub open_transaction: bool,
    /// Whether a batch is running.
    pub running: bool,
    /// Seconds since 1970, UTC.
    pub logged_in: f64,
}

/// The part of a session that other threads can reach.
pub(crate) struct Member {
    pub(crate) id: i32,
    pub(crate) who: Principal,
    pub(crate) stop: Stop,
    pub(crate) transactions: AtomicI32,
    pub(crate) running: AtomicBool,
    killed: AtomicBool,
    interrupt: InterruptHandle,
    connection: Mutex<Option<Connection>>,
    logged_in: f64,
}

impl Member {
    pub(crate) fn new(id: i32, who: Principal, stop: Stop, connection: Connection, logged_in: f64) -> Self {
        Self {
            id,
            who,
            stop,
            transactions: AtomicI32::new(0),
            running: AtomicBool::new(false),
            killed: AtomicBool::new(false),
            interrupt: connection.get_interrupt_handle(),
            connection: Mutex::new(Some(connection)),
            logged_in,
        }
    }

    pub(crate) fn is_killed(&self) -> bool {
        self.killed.load(Ordering::SeqCst)
    }

    /// Why the session should stop what it does, if it should.
    pub(crate) fn stopped(&self) -> Option<Waited> {
        if self.is_killed() { Some(Waited::Killed) } else { self.stop.is_set().then_some(Waited::Cancelled) }
    }

    /// The session's connection, for as long as it runs a batch; `None` inside when it has been killed.
    pub(crate) fn connection(&self) -> std::sync::MutexGuard<'_, Option<Connection>> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the running statement to stop.
    pub(crate) fn interrupt(&self) {
        self.stop.set();
        self.interrupt.interrupt();
    }

    pub(crate) fn mark_killed(&self) {
        self.killed.store(true, Ordering::SeqCst);
        self.interrupt();
    }

    pub(super) fn row(&self) -> SessionRow {
        SessionRow {
            id: self.id,
            application: self.who.application.clone(),
            host: self.who.host.clone(),
            login: self.who.login.clone(),
            open_transaction: self.transactions.load(Ordering::SeqCst) > 0,
            running: self.running.load(Ordering::SeqCst),
            logged_in: self.logged_in,
        }
    }
}

impl Store {
    /// Kills every session: their transactions roll back, their waits end.
    pub fn kill_all(&self) {
        let members: Vec<_> = self.lock().members.values().cloned().collect();
        self.end_all(&members);
    }

    /// All are marked before the first one ends: what it holds must not go to another one that is about to end.
    pub(super) fn end_all(&self, members: &[Arc<Member>]) {
        members.iter().for_each(|member| member.mark_killed());
        members.iter().for_each(|member| self.end(member));
    }

    /// Kills one session; nothing happens if there is none of this id.
    pub fn kill(&self, id: i32) {
        let member = self.lock().members.get(&id).cloned();
        if let Some(member) = member {
            self.end(&member);
        }
    }

    /// Kills a session. One that is idle is gone when this returns; one that runs ends itself very soon.
    pub(crate) fn end(&self, member: &Arc<Member>) {
        member.mark_killed();
        drop(self.lock());
        self.notify();
        if let Ok(mut connection) = member.connection.try_lock() {
            drop(connection.take());
            drop(connection);
            self.leave(member.id);
        }
    }

    /// Takes a session out of the database with all it holds. Its SQLite transaction must be over.
    pub(crate) fn leave(&self, id: i32) {
        let mut state = self.lock();
        state.members.remove(&id);
        state.locks.release_session(id);
        if state.writer == Some(id) {
            state.writer = None;
        }
        if state.altering == Some(id) {
            state.altering = None;
        }
        drop(state);
        self.notify();
    }
}
