//! Everything that the fronts share: the model, its databases' storage, the users, and whoever watches them.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use crate::{
    Credentials, Scenario,
    arm::ResourceManager,
    capture::Capture,
    clock,
    deploy::{Deployments, Packages},
    faults::{Faults, Wire},
    invariants::Findings,
    random::Random,
    sign_in::Issued,
    site::{Pools, Process},
    storage::Storage,
    users::{Ledger, Queue, Users},
    world::World,
};

/// A simulated Azure without its fronts.
pub(crate) struct Cloud {
    pub(crate) scenario: Scenario,
    pub(crate) credentials: Credentials,
    pub(crate) random: Random,
    pub(crate) storage: Storage,
    /// The packages that the blob host gives out.
    pub(crate) packages: Packages,
    pub(crate) capture: Capture,
    world: Mutex<World>,
    /// Held while commits travel and while a link ends, so that a link ends between two commits.
    replay: Mutex<()>,
    users: Mutex<Users>,
    ledger: Mutex<Ledger>,
    queue: Mutex<Queue>,
    findings: Mutex<Findings>,
    /// Held while the invariants are judged.
    judging: Mutex<()>,
    /// Assertions and tokens.
    pub(crate) issued: Mutex<Issued>,
    pub(crate) pools: Pools,
    /// What goes wrong at a request of a step.
    pub(crate) faults: Faults,
    /// Who is connected.
    pub(crate) wire: Wire,
    /// The tables that sites have written to, in all worlds so far.
    pub(crate) users_wrote: Mutex<BTreeSet<String>>,
    changes: Mutex<u64>,
    changed: Condvar,
    stopping: AtomicBool,
}

impl Cloud {
    pub(crate) fn new(parts: Parts) -> Arc<Self> {
        let users = Users::new(parts.scenario.users, parts.scenario.stale_dns_users);
        Arc::new(Self {
            scenario: parts.scenario,
            credentials: parts.credentials,
            random: parts.random,
            storage: parts.storage,
            packages: parts.packages,
            capture: parts.capture,
            world: Mutex::new(parts.world),
            replay: Mutex::new(()),
            users: Mutex::new(users),
            ledger: Mutex::default(),
            queue: Mutex::default(),
            findings: Mutex::default(),
            judging: Mutex::default(),
            issued: Mutex::default(),
            pools: Pools::default(),
            faults: Faults::default(),
            wire: Wire::default(),
            users_wrote: Mutex::default(),
            changes: Mutex::new(0),
            changed: Condvar::new(),
            stopping: AtomicBool::new(false),
        })
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        lock(&self.world)
    }

    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        lock(&self.ledger)
    }

    /// The work that users' writes have asked for.
    pub(crate) fn queue(&self) -> MutexGuard<'_, Queue> {
        lock(&self.queue)
    }

    pub(crate) fn findings(&self) -> MutexGuard<'_, Findings> {
        lock(&self.findings)
    }

    pub(crate) fn judging(&self) -> MutexGuard<'_, ()> {
        lock(&self.judging)
    }

    /// The users; whoever holds them keeps every tick waiting.
    pub(crate) fn users(&self) -> MutexGuard<'_, Users> {
        lock(&self.users)
    }

    pub(crate) fn replay(&self) -> MutexGuard<'_, ()> {
        lock(&self.replay)
    }

    pub(crate) fn resource_manager(&self) -> ResourceManager<'_> {
        let Self { world, scenario, random, packages, .. } = self;
        ResourceManager { world, scenario, random, packages }
    }

    pub(crate) fn deployments(&self) -> Deployments<'_> {
        let Self { world, scenario, random, .. } = self;
        Deployments { world, scenario, random }
    }

    /// Makes a change of state with the users acting before and after it, and judges the invariants.
    pub(crate) fn around<T>(self: &Arc<Self>, cause: &str, change: impl FnOnce() -> T) -> T {
        self.tick();
        let out = change();
        self.observe(cause);
        out
    }

    /// After a change of state: users act, invariants are judged, and whoever waits for a condition looks again.
    pub(crate) fn observe(self: &Arc<Self>, cause: &str) {
        self.note_endpoints();
        self.end_idle_sessions();
        self.notify();
        self.tick();
        self.judge(cause);
    }

    /// After a hand has changed something: users act, and what is broken now is its doing.
    pub(crate) fn observe_hand(self: &Arc<Self>) {
        self.note_endpoints();
        self.end_idle_sessions();
        self.notify();
        self.tick();
        self.judge_hand();
    }

    /// A process that was stopped or replaced has no SQL sessions any more.
    pub(crate) fn end_idle_sessions(&self) {
        let running = Process::of_all(self.world().sites.values(), clock::now());
        self.pools.keep(&running);
    }

    /// Wakes whoever waits in [`Cloud::pause`].
    pub(crate) fn notify(&self) {
        *lock(&self.changes) += 1;
        self.changed.notify_all();
    }

    /// Waits until something changes, at most this long.
    pub(crate) fn pause(&self, at_most: Duration) {
        let seen = lock(&self.changes);
        let before = *seen;
        let waited = self.changed.wait_timeout_while(seen, at_most, |now| *now == before && !self.stopping());
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    /// Waits this long, whatever changes, unless the simulator is being ended.
    pub(crate) fn rest(&self, pause: Duration) {
        let waited = self.changed.wait_timeout_while(lock(&self.changes), pause, |_| !self.stopping());
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    /// Whether the simulator is being ended.
    pub(crate) fn stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    /// Ends the background work.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
        self.notify();
    }
}

/// What a [`Cloud`] is made of.
pub(crate) struct Parts {
    pub(crate) scenario: Scenario,
    pub(crate) credentials: Credentials,
    pub(crate) random: Random,
    pub(crate) storage: Storage,
    pub(crate) packages: Packages,
    pub(crate) capture: Capture,
    pub(crate) world: World,
}

/// A poisoned lock is taken all the same: the panic that poisoned it is reported by the test that caused it.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
