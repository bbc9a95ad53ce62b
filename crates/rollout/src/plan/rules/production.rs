//! Production is in order before anything is done to it.
//!
//! Seen in `endpointStatus` and `endpointMonitorStatus` of its endpoint, in `state` of its site, and in `sys.databases` and
//! `DATABASEPROPERTYEX` of its database. Freeze would fail with 3906 on a database that takes no writes.

use super::{Found, blocking};
use crate::{facts::MonitorStatus, plan::Preflight, upgrade::Upgrade, world::World};

/// Users reach production now.
pub(super) fn answers(upgrade: &Upgrade, world: &World, _: &Preflight) -> Option<Found> {
    let endpoint = world.endpoint(&upgrade.production);
    let good = endpoint.is_some_and(|endpoint| {
        endpoint.enabled && matches!(endpoint.monitor, MonitorStatus::Online | MonitorStatus::Unmonitored)
    });
    if good && world.production.site.as_ref().is_some_and(|site| site.running) {
        return None;
    }
    let state = endpoint.map_or_else(|| "not there".to_owned(), |endpoint| format!("{:?}", endpoint.monitor));
    let what =
        format!("production's endpoint `{}` is {state}: it must be enabled and Online", upgrade.production.endpoint);
    blocking(what, "repair production before upgrading it")
}

/// Production takes writes now.
pub(super) fn writable(upgrade: &Upgrade, world: &World, _: &Preflight) -> Option<Found> {
    if world.production.writable() {
        return None;
    }
    let what = format!("production database `{}` takes no writes", upgrade.production.database);
    blocking(
        what,
        "if an upgrade left it read-only, run rollback; if it is a geo-secondary, plan the upgrade of its primary",
    )
}

#[cfg(test)]
#[path = "production_test.rs"]
#[allow(clippy::unwrap_used)]
mod tests;
