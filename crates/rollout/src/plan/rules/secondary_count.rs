//! A database has at most four geo-secondaries.
//!
//! Seen in the replication links of production (`ReplicationLinks.json`, 2021-11-01). Prepare would get 400
//! `GeoReplicaLimitReached`, "the per-replica replication limit was reached".

use super::{Found, blocking};
use crate::{plan::Preflight, upgrade::Upgrade, world::World};

/// Azure's limit.
const MOST: usize = 4;

/// One more fits.
pub(super) fn check(upgrade: &Upgrade, world: &World, _: &Preflight) -> Option<Found> {
    let count = world.production.secondaries_beside(&upgrade.stage.database);
    if count < MOST {
        return None;
    }
    let what = format!(
        "`{}` has {count} geo-secondaries, and Azure allows four: it would answer 400 `GeoReplicaLimitReached`",
        upgrade.production.database
    );
    blocking(what, "remove one of them first")
}

#[cfg(test)]
#[path = "secondary_count_test.rs"]
#[allow(clippy::unwrap_used)]
mod tests;
