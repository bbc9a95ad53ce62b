//! The logical server that gets the stage database.
//!
//! Seen in the servers (`Servers.json`, 2021-11-01). That it must be another one than production's
//! (400 `ReplicationSourceAndTargetMustBeInDifferentServers`) is refused before, when the slots are put together.

use super::{Found, blocking, notice, region};
use crate::{plan::Preflight, upgrade::Upgrade, world::World};

/// It exists; prepare makes no servers.
pub(super) fn is_there(upgrade: &Upgrade, _: &World, preflight: &Preflight) -> Option<Found> {
    if preflight.stage_server.is_some() {
        return None;
    }
    let what = format!("stage server `{}` does not exist", upgrade.stage.database.server_id());
    blocking(what, "create a logical server in production's region; it costs nothing by itself")
}

/// It is in production's region: a secondary elsewhere would put every query of V2 on the road.
pub(super) fn is_near(_: &Upgrade, _: &World, preflight: &Preflight) -> Option<Found> {
    let (production, stage) = (&preflight.production_server, preflight.stage_server.as_ref()?);
    if region(&stage.location) == region(&production.location) {
        return None;
    }
    let what = format!("stage server `{}` is in {}, production in {}", stage.id, stage.location, production.location);
    blocking(what, "use a logical server in production's region")
}

/// A runner of GitHub's reaches it.
pub(super) fn is_reachable(_: &Upgrade, _: &World, preflight: &Preflight) -> Option<Found> {
    let servers = [Some(&preflight.production_server), preflight.stage_server.as_ref()];
    let closed = servers.into_iter().flatten().find(|server| server.public_access_disabled)?;
    let what = format!("server `{}` refuses public network access", closed.id);
    notice(what, "use a runner inside the network, and `connect-to` for its private endpoint")
}

#[cfg(test)]
#[path = "stage_server_test.rs"]
#[allow(clippy::unwrap_used)]
mod tests;
