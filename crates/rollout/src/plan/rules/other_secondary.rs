//! No geo-secondary beside the one that the upgrade makes.
//!
//! Seen in the replication links of both databases (`ReplicationLinks.json`, 2021-11-01). Whether a database that has a
//! geo-secondary may be set READ_WRITE is not documented: error 1468 "involved in a database mirroring session or an availability
//! group" would keep users from writing until somebody removes that link, for nobody else may. So nobody begins with one.

use super::{Found, blocking, hyperscale, secondary_count};
use crate::{
    DatabaseId,
    plan::Preflight,
    upgrade::Upgrade,
    world::{SlotView, World},
};

/// Production has none, and the copy has none of its own. Where another rule blocks for the same link it says more.
pub(super) fn check(upgrade: &Upgrade, world: &World, preflight: &Preflight) -> Option<Found> {
    let others = [secondary_count::check, hyperscale::check];
    if others.into_iter().filter_map(|rule| rule(upgrade, world, preflight)).any(|found| found.blocks) {
        return None;
    }
    let (production, stage) = (&upgrade.production.database, &upgrade.stage.database);
    let found = other(&world.production, production, stage).or_else(|| other(&world.stage, stage, production))?;
    blocking(
        format!("{found}: the server may refuse to give write access back (error 1468) while that link is there"),
        "remove it for the upgrade, and add it to the new production afterwards",
    )
}

fn other(view: &SlotView, own: &DatabaseId, partner: &DatabaseId) -> Option<String> {
    let mut links = view.links.iter().filter(|link| link.is_primary());
    let link = links.find(|link| !crate::ids::eq_azure_name(&link.partner_server, &partner.server))?;
    Some(format!("`{own}` has another geo-secondary, on server `{}`", link.partner_server))
}

#[cfg(test)]
#[path = "other_secondary_test.rs"]
#[allow(clippy::unwrap_used)]
mod tests;
