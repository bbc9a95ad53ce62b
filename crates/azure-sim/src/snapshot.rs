//! Saving and restoring the whole world.

use std::sync::Arc;

use sim_sql::Store;

use crate::{
    azure::Azure,
    clock,
    cloud::Cloud,
    invariants::Findings,
    ledger::Ledger,
    lock::lock,
    queue::Queue,
    replication::{pending, stores},
    storage::Storage,
    tokens::Issued,
    users::Users,
    world::World,
};

/// A saved world, with copies of its databases.
pub(crate) struct Saved {
    world: World,
    users: Users,
    ledger: Ledger,
    queue: Queue,
    findings: Findings,
    issued: Issued,
}

/// Saves everything at a moment when no user acts and no commit travels.
///
/// # Errors
/// A database could not be copied.
pub(crate) fn save(cloud: &Cloud) -> anyhow::Result<Saved> {
    let azure = &cloud.azure;
    let users = lock(&cloud.users);
    let _replay = lock(&azure.replay);
    let mut world = azure.world().clone();
    copy_stores(&azure.storage, &mut world)?;
    let (ledger, queue) = (lock(&cloud.ledger).clone(), lock(&cloud.queue).clone());
    let (findings, issued) = (lock(&cloud.findings).clone(), azure.issued().clone());
    Ok(Saved { world, users: users.clone(), ledger, queue, findings, issued })
}

/// Puts a saved world in the place of the present one; every SQL session ends.
///
/// # Errors
/// A database could not be copied; the present world stays.
pub(crate) fn restore(cloud: &Cloud, saved: &Saved) -> anyhow::Result<()> {
    let azure = &cloud.azure;
    let mut users = lock(&cloud.users);
    let replay = lock(&azure.replay);
    let world = world_of(azure, saved)?;
    let old: Vec<Arc<Store>> = azure.world().databases.values().filter_map(|database| database.store.clone()).collect();
    *users = saved.users.clone();
    *lock(&cloud.ledger) = saved.ledger.clone();
    *lock(&cloud.queue) = saved.queue.clone();
    *lock(&cloud.findings) = saved.findings.clone();
    *azure.issued() = saved.issued.clone();
    *azure.world() = world;
    drop(replay);
    cloud.pools.clear();
    old.iter().for_each(|store| store.kill_all());
    drop(users);
    azure.changes.notify();
    Ok(())
}

/// The saved world as it begins anew: what was on its way stays so for a while.
fn world_of(azure: &Azure, saved: &Saved) -> anyhow::Result<World> {
    let mut world = saved.world.clone();
    copy_stores(&azure.storage, &mut world)?;
    let (now, stall) = (clock::now(), clock::seconds(azure.scenario.lag_ms.max(azure.scenario.stall_ms)));
    world.links.iter_mut().for_each(|link| (link.restored_at, link.resumes_at) = (now, now + stall));
    Ok(world)
}

/// Replaces every store by a copy. A copy has no log: what is on its way to a secondary is kept with the link.
fn copy_stores(storage: &Storage, world: &mut World) -> anyhow::Result<()> {
    let backlogs: Vec<_> = world
        .links
        .iter()
        .map(|link| {
            stores(world, link).map_or_else(Vec::new, |(source, target)| pending(&source, &target, &link.backlog))
        })
        .collect();
    for (link, backlog) in world.links.iter_mut().zip(backlogs) {
        link.backlog = backlog;
    }
    for database in world.databases.values_mut() {
        database.commit_floor = database.last_commit().unwrap_or(database.commit_floor);
        if let Some(store) = &database.store {
            let copy = storage.copy(store)?;
            copy.continue_instance_of(store);
            database.store = Some(copy);
        }
    }
    Ok(())
}
