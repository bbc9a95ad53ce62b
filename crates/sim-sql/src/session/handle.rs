//! What other threads may do with a session.

use std::sync::{Arc, atomic::Ordering};

use crate::{Store, store::Member};

/// A way to stop a session from another thread.
#[derive(Clone)]
pub struct SessionHandle {
    member: Arc<Member>,
    store: Arc<Store>,
}

impl SessionHandle {
    pub(crate) fn new(member: Arc<Member>, store: Arc<Store>) -> Self {
        Self { member, store }
    }

    /// The session's id, `@@SPID`.
    pub fn id(&self) -> i32 {
        self.member.id
    }

    /// Stops the batch that runs, or, if none runs, the next one (see [`SessionHandle::forget_cancel`]).
    pub fn cancel(&self) {
        self.member.interrupt();
        drop(self.store.lock());
        self.store.notify();
    }

    /// Takes back a cancel that came after the end of the batch it was meant for.
    pub fn forget_cancel(&self) {
        if !self.member.is_killed() {
            self.member.stop.clear();
        }
    }

    /// Ends the session: its batch stops, its transaction rolls back, its locks are free.
    pub fn kill(&self) {
        self.store.end(&self.member);
    }

    /// Whether the session has been killed.
    pub fn is_killed(&self) -> bool {
        self.member.is_killed()
    }

    /// Whether a batch is running.
    pub fn is_running(&self) -> bool {
        self.member.running.load(Ordering::SeqCst)
    }
}
