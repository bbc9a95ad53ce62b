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

use crate::{cloud::lock, sql::ServerHost};

/// What comes in over the wire.
#[derive(Default)]
pub(crate) struct Wire {
    guests: Mutex<HashMap<SocketAddr, Guest>>,
    answering: Arc<AtomicUsize>,
}

/// A SQL session.
struct Guest {
    host: Weak<ServerHost>,
    server: String,
    handle: SessionHandle,
}

/// Something is being answered as long as this lives.
pub(crate) struct Answering(Arc<AtomicUsize>);

impl Wire {
    pub(crate) fn answering(&self) -> Answering {
        self.answering.fetch_add(1, Ordering::SeqCst);
        Answering(Arc::clone(&self.answering))
    }

    pub(crate) fn add(&self, peer: SocketAddr, host: &Arc<ServerHost>, server: &str, handle: SessionHandle) {
        let guest = Guest { host: Arc::downgrade(host), server: server.to_ascii_lowercase(), handle };
        let mut guests = lock(&self.guests);
        guests.retain(|_, guest| guest.host.strong_count() > 0);
        guests.insert(peer, guest);
    }

    pub(crate) fn host(&self, peer: SocketAddr) -> Option<Arc<ServerHost>> {
        lock(&self.guests).get(&peer).and_then(|guest| guest.host.upgrade())
    }

    /// Ends every session on a server.
    pub(super) fn end_sessions_on(&self, server: &str) {
        let guests = lock(&self.guests);
        guests.values().filter(|guest| guest.server == server).for_each(|guest| guest.handle.kill());
    }

    /// Nobody is logged in, and no request is being answered.
    pub(crate) fn is_quiet(&self) -> bool {
        let mut guests = lock(&self.guests);
        guests.retain(|_, guest| guest.host.strong_count() > 0);
        guests.is_empty() && self.answering.load(Ordering::SeqCst) == 0
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}
