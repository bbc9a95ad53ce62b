//! Conditions of the world that somebody outside waits for.

use std::time::Duration;

use crate::{
    azure::Azure,
    clock,
    faults::{Faults, Wire},
    replication::{pending, stores},
    world::World,
};

/// Who waits, with what he looks at.
#[derive(Clone, Copy)]
pub(crate) struct Waiting<'a> {
    pub(crate) azure: &'a Azure,
    pub(crate) faults: &'a Faults,
    pub(crate) wire: &'a Wire,
}

impl Waiting<'_> {
    /// Waits for a condition; `None` if there is no such condition.
    pub(crate) fn wait(self, condition: &str, timeout: Duration) -> Option<bool> {
        let limit = clock::now() + timeout.as_secs_f64();
        loop {
            if self.holds(condition)? {
                return Some(true);
            }
            if clock::now() >= limit || self.azure.changes.ended() {
                return Some(false);
            }
            self.azure.changes.wait(clock::until(limit).min(Duration::from_millis(20)));
        }
    }

    fn holds(self, condition: &str) -> Option<bool> {
        let world = self.azure.world();
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
