//! Invariant 2: never two databases that take user writes at once; V1 and V2 never diverge.

use std::collections::BTreeMap;

use sim_sql::{Access, Role};

use crate::{
    ledger::Ledger,
    world::{Database, Site, World},
};

/// What is wrong; `cached` are the addresses that some user would still go to without asking.
pub(super) fn check(world: &World, cached: Vec<String>, ledger: &Ledger) -> Vec<String> {
    let writable = writable_for_users(world, cached);
    let names: Vec<&str> = writable.values().map(String::as_str).collect();
    let several = (names.len() > 1).then(|| format!("users can write to {} at the same time", names.join(" and ")));
    several.into_iter().chain(divergence(world, ledger)).collect()
}

/// The databases, by identity, that a user could write to now: through the address of an enabled endpoint, which Traffic Manager
/// gives first or as soon as the others are degraded, or through one that somebody has cached.
fn writable_for_users(world: &World, cached: Vec<String>) -> BTreeMap<String, String> {
    let endpoints = world.profiles.values().flat_map(|profile| &profile.endpoints);
    let enabled = endpoints.filter(|endpoint| endpoint.enabled).map(|endpoint| endpoint.target.clone());
    let addresses: Vec<String> = cached.into_iter().chain(enabled).collect();
    let sites = addresses.iter().filter_map(|address| world.site_of_address(address));
    let used = sites.filter(|site: &&Site| site.running).filter_map(|site| world.database_used(&site.effective));
    let writable = used.filter(|database| takes_writes(world, database));
    writable.map(|database| (database.guid.clone(), format!("`{}`", database.full_name()))).collect()
}

/// Acknowledged writes on both sides of a link after it ended.
fn divergence(world: &World, ledger: &Ledger) -> Option<String> {
    let wrote =
        |database: &str, since: f64| ledger.entries.iter().any(|entry| entry.database == database && entry.at > since);
    let both = |at: f64, source: &str, target: &str| wrote(source, at) && wrote(target, at);
    let parted = world.partings.iter().find(|parting| both(parting.at, &parting.source, &parting.target))?;
    let (source, target) = (named(world, &parted.source), named(world, &parted.target));
    Some(format!("users wrote to {source} and to {target} after they parted"))
}

fn named(world: &World, guid: &str) -> String {
    let found = world.databases.values().find(|database| database.guid == guid);
    found.map_or_else(|| "a database that is gone".to_owned(), |database| format!("`{}`", database.full_name()))
}

pub(super) fn takes_writes(world: &World, database: &Database) -> bool {
    let writable = database.store.as_ref().is_some_and(|store| store.access() == Access::ReadWrite);
    writable && database.online && world.role(&database.key()) != Role::Secondary
}
