//! Who is connected, and what is being answered: a world is quiet once nobody is and nothing is.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex, Weak,
        atomic::{AtomicUsize, Ordering},
    },
};

use sim_sql::SessionHandle;

use crate::lock::lock;

/// What comes in over the wire.
#[derive(Default)]
pub(crate) struct Wire {
    guests: Mutex<HashMap<SocketAddr, Guest>>,
    answering: Arc<AtomicUsize>,
}

/// A SQL session.
struct Guest {
    batch: Weak<Batch>,
    server: String,
    handle: SessionHandle,
}

/// The batch that a SQL session runs; it lives as long as the session.
#[derive(Default)]
pub(crate) struct Batch {
    statement: Mutex<String>,
    /// Its number among the requests of its step.
    number: AtomicUsize,
}

impl Batch {
    pub(crate) fn begin(&self, statement: &str, number: usize) {
        *lock(&self.statement) = statement.to_owned();
        self.number.store(number, Ordering::SeqCst);
    }

    pub(crate) fn statement(&self) -> String {
        lock(&self.statement).clone()
    }

    pub(crate) fn number(&self) -> usize {
        self.number.load(Ordering::SeqCst)
    }
}

/// Something is being answered as long as this lives.
pub(crate) struct Answering(Arc<AtomicUsize>);

impl Wire {
    pub(crate) fn answering(&self) -> Answering {
        self.answering.fetch_add(1, Ordering::SeqCst);
        Answering(Arc::clone(&self.answering))
    }

    pub(crate) fn add(&self, peer: SocketAddr, batch: &Arc<Batch>, server: &str, handle: SessionHandle) {
        let guest = Guest { batch: Arc::downgrade(batch), server: server.to_ascii_lowercase(), handle };
        let mut guests = lock(&self.guests);
        guests.retain(|_, guest| guest.batch.strong_count() > 0);
        guests.insert(peer, guest);
    }

    /// The batch of the session that came from there.
    pub(crate) fn batch(&self, peer: SocketAddr) -> Option<Arc<Batch>> {
        lock(&self.guests).get(&peer).and_then(|guest| guest.batch.upgrade())
    }

    /// Ends every session on a server.
    pub(super) fn end_sessions_on(&self, server: &str) {
        let guests = lock(&self.guests);
        guests.values().filter(|guest| guest.server == server).for_each(|guest| guest.handle.kill());
    }

    /// Nobody is logged in, and no request is being answered.
    pub(crate) fn is_quiet(&self) -> bool {
        let mut guests = lock(&self.guests);
        guests.retain(|_, guest| guest.batch.strong_count() > 0);
        guests.is_empty() && self.answering.load(Ordering::SeqCst) == 0
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}
