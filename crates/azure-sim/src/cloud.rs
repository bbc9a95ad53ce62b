//! A simulated Azure without its fronts: who watches it and who uses it, put together.

use std::sync::{Arc, Mutex};

use crate::{
    Credentials, Scenario,
    arm::ResourceManager,
    azure::Azure,
    capture::Capture,
    changes::Changes,
    clock,
    deploy::{Deployments, Packages},
    faults::{Faults, Wire},
    invariants::{Findings, Judge},
    ledger::Ledger,
    lock::lock,
    queue::Queue,
    random::Random,
    secrets,
    site::{Pools, Process, Sites},
    storage::Storage,
    tokens::Issued,
    users::{self, Users},
    wait::Waiting,
    world::World,
};

/// All that there is. Whoever works on a part of it borrows that part.
pub(crate) struct Cloud {
    pub(crate) azure: Arc<Azure>,
    /// The packages that the blob host gives out.
    pub(crate) packages: Packages,
    pub(crate) capture: Capture,
    pub(crate) pools: Pools,
    /// What goes wrong at a request of a step.
    pub(crate) faults: Faults,
    /// Who is connected.
    pub(crate) wire: Wire,
    /// Whoever holds them keeps every tick waiting.
    pub(crate) users: Mutex<Users>,
    pub(crate) ledger: Mutex<Ledger>,
    /// The work that users' writes have asked for.
    pub(crate) queue: Mutex<Queue>,
    pub(crate) findings: Mutex<Findings>,
    judging: Mutex<()>,
}

/// What a [`Cloud`] is made of.
pub(crate) struct Parts {
    pub(crate) scenario: Scenario,
    pub(crate) credentials: Credentials,
    pub(crate) secrets: Vec<String>,
    pub(crate) random: Random,
    pub(crate) storage: Storage,
    pub(crate) packages: Packages,
    pub(crate) capture: Capture,
    pub(crate) world: World,
}

/// The parts, and what works on them.
impl Cloud {
    pub(crate) fn new(parts: Parts) -> Arc<Self> {
        let users = Users::new(parts.scenario.users, parts.scenario.stale_dns_users);
        let issued = Mutex::new(Issued::new(&parts.credentials));
        let azure = Azure {
            scenario: parts.scenario,
            credentials: parts.credentials,
            secrets: parts.secrets,
            random: parts.random,
            storage: parts.storage,
            world: Mutex::new(parts.world),
            replay: Mutex::default(),
            issued,
            users_wrote: Mutex::default(),
            changes: Changes::default(),
        };
        Arc::new(Self {
            azure: Arc::new(azure),
            packages: parts.packages,
            capture: parts.capture,
            pools: Pools::default(),
            faults: Faults::default(),
            wire: Wire::default(),
            users: Mutex::new(users),
            ledger: Mutex::default(),
            queue: Mutex::default(),
            findings: Mutex::default(),
            judging: Mutex::default(),
        })
    }

    pub(crate) fn resource_manager(&self) -> ResourceManager<'_> {
        let Azure { world, scenario, random, .. } = &*self.azure;
        ResourceManager { world, scenario, random, packages: &self.packages }
    }

    pub(crate) fn deployments(&self) -> Deployments<'_> {
        let Azure { world, scenario, random, .. } = &*self.azure;
        Deployments { world, scenario, random }
    }

    pub(crate) fn sites(&self) -> Sites<'_> {
        let Self { azure, pools, ledger, queue, faults, capture, .. } = self;
        Sites { azure, pools, ledger, queue, faults, capture }
    }

    pub(crate) fn waiting(&self) -> Waiting<'_> {
        Waiting { azure: &self.azure, faults: &self.faults, wire: &self.wire }
    }

    pub(crate) fn judge(&self) -> Judge<'_> {
        let Self { findings, judging, users, wire, .. } = self;
        Judge { findings, judging, users, sites: self.sites(), wire }
    }
}

/// What every change is: users act before and after it, and it is judged.
impl Cloud {
    /// Every user reads and writes.
    pub(crate) fn tick(&self) {
        for what in users::tick(&self.users, &self.sites()) {
            lock(&self.findings).record(8, what, "the work of WebJobs");
        }
    }

    /// Makes a change of state with the users acting before and after it, and judges the invariants.
    pub(crate) fn around<T>(&self, cause: &str, change: impl FnOnce() -> T) -> T {
        self.tick();
        let out = change();
        self.observe(cause);
        out
    }

    /// After a change of state: users act, invariants are judged, and whoever waits for a condition looks again.
    pub(crate) fn observe(&self, cause: &str) {
        self.settle();
        self.judge().judge(cause);
    }

    /// After a hand has changed something: users act, and what is broken now is its doing.
    pub(crate) fn observe_hand(&self) {
        self.settle();
        self.judge().judge_hand();
    }

    fn settle(&self) {
        let enabled = self.azure.world().production_is_enabled();
        lock(&self.ledger).note_production(enabled);
        self.end_idle_sessions();
        self.azure.changes.notify();
        self.tick();
    }

    /// A process that was stopped or replaced has no SQL sessions any more.
    pub(crate) fn end_idle_sessions(&self) {
        let running = Process::of_all(self.azure.world().sites.values(), clock::now());
        self.pools.keep(&running);
    }

    /// Looks for secrets in a text that others can see (invariant 7).
    pub(crate) fn inspect(&self, place: &str, text: &str, cause: &str) {
        if secrets::are_in(&self.azure, text) {
            let cause = secrets::hide(&self.azure, cause);
            lock(&self.findings).record(7, format!("a secret is in the {place}"), &cause);
        }
    }
}
