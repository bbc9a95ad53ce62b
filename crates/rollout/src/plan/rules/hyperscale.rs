//! Hyperscale databases have one geo-secondary.
//!
//! Seen in `sku.tier` of the database and in its replication links. Geo-replication of Hyperscale is generally available with
//! one geo-replica; several are a preview (documentation of Hyperscale secondary replicas), so prepare may get 400
//! `GeoReplicaLimitReached`. Named replicas share the primary's storage and are no use as stage.

use super::{Found, blocking, notice};
use crate::{ids::eq_azure_name, plan::Preflight, upgrade::Upgrade, world::World};

/// The stage copy is the only geo-secondary.
pub(super) fn check(upgrade: &Upgrade, world: &World, _: &Preflight) -> Option<Found> {
    let database = world.production.database.as_ref()?;
    if !eq_azure_name(&database.sku_tier, "Hyperscale") {
        return None;
    }
    let id = &upgrade.production.database;
    let others = world.production.secondaries_beside(&upgrade.stage.database);
    if others == 0 {
        let what =
            format!("`{id}` is a Hyperscale database: the stage copy takes its only generally available geo-secondary");
        return notice(
            what,
            "set disaster recovery up again after the upgrade; until then there is no other geo-secondary",
        );
    }
    let what = format!(
        "`{id}` is a Hyperscale database and has a geo-secondary already: Azure would answer 400 \
         `GeoReplicaLimitReached`, because more than one is a preview feature"
    );
    blocking(what, "remove the other geo-secondary for the upgrade; a named replica cannot serve as stage")
}

#[cfg(test)]
#[path = "hyperscale_test.rs"]
#[allow(clippy::unwrap_used)]
mod tests;
