//! Invariant 2: never two databases that take user writes at once; V1 and V2 never diverge.

use std::{collections::BTreeMap, sync::Arc};

use sim_sql::{Access, Role};

use crate::{
    clock,
    cloud::Cloud,
    world::{Database, Site, World},
};

/// The end of a link between two databases.
#[derive(Debug, Clone)]
pub(crate) struct Parting {
    source: String,
    target: String,
    at: f64,
}

impl super::Findings {
    /// A link has ended: from now on the two databases are independent of each other.
    pub(crate) fn parted(&mut self, source: String, target: String, at: f64) {
        self.partings.push(Parting { source, target, at });
    }
}

impl Cloud {
    pub(crate) fn judge_writers(self: &Arc<Self>, cause: &str) {
        let writable = self.writable_for_users();
        if writable.len() > 1 {
            let names: Vec<&str> = writable.values().map(String::as_str).collect();
            let what = format!("users can write to {} at the same time", names.join(" and "));
            self.findings().record(2, what, cause);
        }
        if let Some(what) = self.divergence() {
            self.findings().record(2, what, cause);
        }
    }

    /// The databases, by identity, that a user could write to now: through the address of an enabled endpoint, which Traffic Manager
    /// gives first or as soon as the others are degraded, or through one that somebody has cached.
    fn writable_for_users(&self) -> BTreeMap<String, String> {
        let mut addresses = self.users().cached(clock::now());
        let sites: Vec<Site> = {
            let world = self.world();
            let endpoints = world.profiles.values().flat_map(|profile| &profile.endpoints);
            addresses.extend(endpoints.filter(|endpoint| endpoint.enabled).map(|endpoint| endpoint.target.clone()));
            let sites = addresses.iter().filter_map(|address| world.site_of_address(address));
            sites.filter(|site| site.running).cloned().collect()
        };
        let used: Vec<(String, String)> = sites.iter().filter_map(|site| self.database_of(site)).collect();
        let world = self.world();
        used.into_iter()
            .filter(|(_, guid)| {
                world.databases.values().any(|database| database.guid == *guid && takes_writes(&world, database))
            })
            .map(|(name, guid)| (guid, format!("`{name}`")))
            .collect()
    }

    /// Acknowledged writes on both sides of a link after it ended.
    fn divergence(&self) -> Option<String> {
        let partings = self.findings().partings.clone();
        let ledger = self.ledger();
        let wrote = |database: &str, since: f64| {
            ledger.entries.iter().any(|entry| entry.database == database && entry.at > since)
        };
        let parted =
            partings.iter().find(|parting| wrote(&parting.source, parting.at) && wrote(&parting.target, parting.at))?;
        let (source, target) = (&parted.source, &parted.target);
        drop(ledger);
        Some(format!("users wrote to {} and to {} after they parted", self.named(source), self.named(target)))
    }

    fn named(&self, guid: &str) -> String {
        let world = self.world();
        let found = world.databases.values().find(|database| database.guid == guid);
        found.map_or_else(
            || "a database that is gone".to_owned(),
            |database| format!("`{}/{}`", database.server, database.name),
        )
    }
}

pub(super) fn takes_writes(world: &World, database: &Database) -> bool {
    let writable = database.store.as_ref().is_some_and(|store| store.access() == Access::ReadWrite);
    writable && database.online && world.role(&database.key()) != Role::Secondary
}
