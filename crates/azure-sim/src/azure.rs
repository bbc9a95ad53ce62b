//! What the simulated services share.

use std::{
    collections::BTreeSet,
    sync::{Mutex, MutexGuard},
};

use crate::{
    Credentials, Scenario, changes::Changes, lock::lock, random::Random, storage::Storage, tokens::Issued, world::World,
};

/// The model, and what the services need to carry out its transitions.
pub(crate) struct Azure {
    pub(crate) scenario: Scenario,
    pub(crate) credentials: Credentials,
    /// What must never be shown, as the world began; [`secrets::all`](crate::secrets::all) has what was issued since, too.
    pub(crate) secrets: Vec<String>,
    pub(crate) random: Random,
    pub(crate) storage: Storage,
    pub(crate) world: Mutex<World>,
    /// Held while commits travel and while a link ends, so that a link ends between two commits.
    pub(crate) replay: Mutex<()>,
    /// Assertions and tokens.
    pub(crate) issued: Mutex<Issued>,
    /// The tables that sites have written to, `schema.table` in lower case, in all worlds so far.
    pub(crate) users_wrote: Mutex<BTreeSet<String>>,
    pub(crate) changes: Changes,
}

impl Azure {
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        lock(&self.world)
    }

    pub(crate) fn issued(&self) -> MutexGuard<'_, Issued> {
        lock(&self.issued)
    }
}
