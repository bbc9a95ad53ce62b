//! Invariant 1: every write that a user saw acknowledged is in the database that serves users.

use std::collections::BTreeSet;

use sim_sql::Store;

use super::{Findings, serving_site};
use crate::{
    ledger::Ledger,
    world::{Database, World},
};

/// How far a database was compared with the ledger. What it has once it never loses.
#[derive(Debug, Clone, Default)]
pub(crate) struct Verified {
    compared: usize,
    missing: BTreeSet<usize>,
}

impl Verified {
    fn compare(&mut self, ledger: &Ledger, store: &Store) {
        let has = |at: usize| {
            ledger.entries.get(at).is_some_and(|entry| entry.commits.iter().all(|commit| store.contains(commit)))
        };
        self.missing.retain(|at| !has(*at));
        self.missing.extend((self.compared..ledger.entries.len()).filter(|at| !has(*at)));
        self.compared = ledger.entries.len();
    }
}

/// What is wrong, if some write is lost.
pub(super) fn check(world: &World, ledger: &Ledger, findings: &mut Findings) -> Option<String> {
    let lost = lost(world, ledger, findings);
    let serving = serving_site(world).and_then(|site| world.database_used(&site.effective));
    let name = serving.map(Database::full_name).unwrap_or_default();
    (lost > 0).then(|| format!("{lost} acknowledged writes are not in `{name}`, which serves users"))
}

/// How many acknowledged writes are not in the database that serves users; 0 where none does.
pub(super) fn lost(world: &World, ledger: &Ledger, findings: &mut Findings) -> u64 {
    let serving = serving_site(world).and_then(|site| world.database_used(&site.effective));
    let Some((guid, store)) = serving.and_then(|database| Some((&database.guid, database.store.as_ref()?))) else {
        return 0;
    };
    let verified = findings.verified.entry(guid.clone()).or_default();
    verified.compare(ledger, store);
    verified.missing.len() as u64
}
