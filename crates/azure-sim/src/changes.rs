//! Waiting until something changes.

use std::{
    sync::{
        Condvar, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use crate::lock::lock;

/// How many changes there were, and whether the simulator is being ended.
#[derive(Default)]
pub(crate) struct Changes {
    count: Mutex<u64>,
    changed: Condvar,
    ended: AtomicBool,
}

impl Changes {
    /// Wakes whoever waits for a change.
    pub(crate) fn notify(&self) {
        *lock(&self.count) += 1;
        self.changed.notify_all();
    }

    /// Waits until something changes, at most this long.
    pub(crate) fn wait(&self, at_most: Duration) {
        let seen = lock(&self.count);
        let before = *seen;
        let waited = self.changed.wait_timeout_while(seen, at_most, |now| *now == before && !self.ended());
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    /// Waits this long, whatever changes, unless the simulator is being ended.
    pub(crate) fn rest(&self, pause: Duration) {
        let waited = self.changed.wait_timeout_while(lock(&self.count), pause, |_| !self.ended());
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    /// Whether the simulator is being ended.
    pub(crate) fn ended(&self) -> bool {
        self.ended.load(Ordering::SeqCst)
    }

    /// Ends the background work.
    pub(crate) fn end(&self) {
        self.ended.store(true, Ordering::SeqCst);
        self.notify();
    }
}
