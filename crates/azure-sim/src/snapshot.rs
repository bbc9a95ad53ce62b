//! Saving and restoring the whole world.

use std::{sync::Arc, time::Duration};

use sim_sql::Store;

use crate::{
    clock,
    cloud::Cloud,
    invariants::Findings,
    replication::{pending, stores},
    sign_in::Issued,
    users::{Ledger, Queue, Users},
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

impl Cloud {
    /// Saves everything at a moment when no user acts and no commit travels.
    ///
    /// # Errors
    /// A database could not be copied.
    pub(crate) fn save(&self) -> anyhow::Result<Saved> {
        let users = self.users();
        let _replay = self.replay();
        let mut world = self.world().clone();
        self.copy_stores(&mut world)?;
        let (ledger, queue, findings) = (self.ledger().clone(), self.queue().clone(), self.findings().clone());
        Ok(Saved { world, users: users.clone(), ledger, queue, findings, issued: self.issued().clone() })
    }

    /// Puts a saved world in the place of the present one; every SQL session ends.
    ///
    /// # Errors
    /// A database could not be copied; the present world stays.
    pub(crate) fn restore(&self, saved: &Saved) -> anyhow::Result<()> {
        let mut users = self.users();
        let replay = self.replay();
        let mut world = saved.world.clone();
        self.copy_stores(&mut world)?;
        let (now, stall) = (clock::now(), clock::seconds(self.scenario.lag_ms.max(self.scenario.stall_ms)));
        world.links.iter_mut().for_each(|link| (link.restored_at, link.resumes_at) = (now, now + stall));
        let old: Vec<Arc<Store>> =
            self.world().databases.values().filter_map(|database| database.store.clone()).collect();
        *users = saved.users.clone();
        *self.ledger() = saved.ledger.clone();
        *self.queue() = saved.queue.clone();
        *self.findings() = saved.findings.clone();
        *self.issued() = saved.issued.clone();
        *self.world() = world;
        drop(replay);
        self.pools.clear();
        old.iter().for_each(|store| store.kill_all());
        drop(users);
        self.notify();
        Ok(())
    }

    /// Replaces every store by a copy. A copy has no log: what is on its way to a secondary is kept with the link.
    fn copy_stores(&self, world: &mut World) -> anyhow::Result<()> {
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
                let copy = self.storage.copy(store)?;
                copy.continue_instance_of(store);
                database.store = Some(copy);
            }
        }
        Ok(())
    }

    /// Waits for a condition; `None` if there is no such condition.
    pub(crate) fn wait(&self, condition: &str, timeout: Duration) -> Option<bool> {
        let limit = clock::now() + timeout.as_secs_f64();
        loop {
            if self.holds(condition)? {
                return Some(true);
            }
            if clock::now() >= limit || self.stopping() {
                return Some(false);
            }
            self.pause(clock::until(limit).min(Duration::from_millis(20)));
        }
    }

    fn holds(&self, condition: &str) -> Option<bool> {
        let world = self.world();
        if let Some(name) = condition.strip_prefix("endpoint-online:") {
            let mut endpoints = world.profiles.values().flat_map(|profile| &profile.endpoints);
            return Some(endpoints.any(|endpoint| endpoint.name == *name && endpoint.status() == "Online"));
        }
        match condition {
            "fault" => Some(self.faults.has_fired()),
            "quiet" => Some(self.wire.is_quiet()),
            "link-catch-up" => Some(!world.links.is_empty() && caught_up(&world)),
            "idle" => Some(caught_up(&world) && at_rest(&world)),
            _ => None,
        }
    }
}

/// Every link is in operation and its target has everything.
fn caught_up(world: &World) -> bool {
    world.links.iter().all(|link| {
        stores(world, link).is_some_and(|(source, target)| pending(&source, &target, &link.backlog).is_empty())
    })
}

/// No operation is under way, no site or WebJob is starting or stopping, no endpoint is being checked.
fn at_rest(world: &World) -> bool {
    let now = clock::now();
    let mut endpoints = world.profiles.values().flat_map(|profile| &profile.endpoints);
    world.operations.values().all(|operation| operation.done)
        && world.sites.values().all(|site| {
            site.ready_at <= now && site.deployments.iter().all(|deployment| deployment.done) && site.settled(now)
        })
        && !endpoints.any(|endpoint| endpoint.status() == "CheckingEndpoint")
}
