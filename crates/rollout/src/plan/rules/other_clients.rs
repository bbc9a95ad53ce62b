//! Clients that work on production's database beside its site.
//!
//! Seen in `sys.dm_exec_sessions`, which takes VIEW DATABASE STATE (else `unseen` says so). The freeze ends their transactions
//! and refuses their writes (3906), and after the switch they still work on V1. Freeze refuses unless each was accepted by name.

use super::{Found, notice};
use crate::{
    clients::{self, SiteClient},
    plan::Preflight,
    upgrade::Upgrade,
    world::World,
};

/// Nobody is logged in but the site.
pub(super) fn check(upgrade: &Upgrade, world: &World, preflight: &Preflight) -> Option<Found> {
    let site = SiteClient::of(upgrade, world);
    let others = clients::others(&site, preflight.sessions.as_ref().ok()?);
    if others.is_empty() {
        return None;
    }
    let hint = format!(
        "stop them before the freeze, or let freeze accept each by program, host or log-in: `accept-client: {}`",
        clients::accepting(&site, &others)
    );
    notice(clients::describe(&upgrade.production.database, &site, &others), hint)
}

#[cfg(test)]
#[path = "other_clients_test.rs"]
#[allow(clippy::unwrap_used)]
mod tests;
