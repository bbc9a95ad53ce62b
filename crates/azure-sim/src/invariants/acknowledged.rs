//! Invariant 1: every write that a user saw acknowledged is in the database that serves users.

use std::{collections::BTreeSet, sync::Arc};

use sim_sql::Store;

use crate::{cloud::Cloud, users::Ledger};

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

impl Cloud {
    pub(crate) fn judge_acknowledged(self: &Arc<Self>, cause: &str) {
        let lost = self.lost();
        if lost > 0 {
            let database =
                self.serving_site().and_then(|site| self.database_of(&site)).map_or_else(String::new, |(name, _)| name);
            let what = format!("{lost} acknowledged writes are not in `{database}`, which serves users");
            self.findings().record(1, what, cause);
        }
    }

    /// How many acknowledged writes are not in the database that serves users; 0 where none does.
    pub(crate) fn lost(&self) -> u64 {
        let Some((guid, store)) = self.serving_store() else { return 0 };
        let ledger = self.ledger().clone();
        let mut findings = self.findings();
        let verified = findings.verified.entry(guid).or_default();
        verified.compare(&ledger, &store);
        verified.missing.len() as u64
    }

    fn serving_store(&self) -> Option<(String, Arc<Store>)> {
        let site = self.serving_site()?;
        let (_, guid) = self.database_of(&site)?;
        let world = self.world();
        let database = world.databases.values().find(|database| database.guid == guid)?;
        Some((guid, database.store.clone()?))
    }
}
