//! Service tier and size of both sides.
//!
//! Seen in `sku` and `maxSizeBytes` of the databases (`Databases.json`, 2021-11-01). Prepare names no size, so a new secondary
//! gets the primary's; this is about one that is there already, and about tiers that have no geo-replication. Both sides of a
//! link are of one tier: a change of it is refused with 409 `UnableToAlterDatabaseInReplication`, a secondary of another one
//! with 400 `SourceDatabaseEditionCouldNotBeUpgraded` or `TargetDatabaseEditionCouldNotBeDowngraded`. A smaller secondary makes
//! Azure slow the primary's log down (wait type `HADR_THROTTLE_LOG_RATE_MISMATCHED_SLO`).

use super::{Found, blocking, notice};
use crate::{facts::Database, ids::eq_azure_name, plan::Preflight, upgrade::Upgrade, world::World};

/// Both sides are of one tier that can be replicated.
pub(super) fn tier(upgrade: &Upgrade, world: &World, _: &Preflight) -> Option<Found> {
    let production = world.production.database.as_ref()?;
    if eq_azure_name(&production.sku_tier, "DataWarehouse") {
        let what = format!("`{}` is a dedicated SQL pool, which has no geo-secondaries", upgrade.production.database);
        return blocking(what, "this software cannot upgrade it, because it needs active geo-replication");
    }
    let stage = world.stage.database.as_ref()?;
    if eq_azure_name(&production.sku_tier, &stage.sku_tier) {
        return None;
    }
    let what = format!(
        "stage database `{}` is of tier {}, production of {}: both sides of a link must be of one tier, and Azure \
         refuses a change with 409 `UnableToAlterDatabaseInReplication`",
        upgrade.stage.database, stage.sku_tier, production.sku_tier
    );
    blocking(
        what,
        "run cleanup with `remove: <stage database>`, then prepare: a new geo-secondary gets production's tier and \
         size",
    )
}

/// The stage database is as large as production's.
pub(super) fn size(upgrade: &Upgrade, world: &World, _: &Preflight) -> Option<Found> {
    let (production, stage) = (world.production.database.as_ref()?, world.stage.database.as_ref()?);
    let smaller =
        |of: fn(&Database) -> Option<i64>| of(stage).zip(of(production)).is_some_and(|(stage, all)| stage < all);
    if !smaller(|database| database.sku_capacity) && !smaller(|database| database.max_size) {
        return None;
    }
    let what = format!(
        "stage database `{}` ({}) is smaller than production ({}): Azure slows production's log down to what the copy \
         keeps up with (wait `HADR_THROTTLE_LOG_RATE_MISMATCHED_SLO`), and V2 would have less capacity for users",
        upgrade.stage.database,
        describe(stage),
        describe(production)
    );
    notice(what, "scale the stage database to production's size before the freeze")
}

fn describe(database: &Database) -> String {
    let capacity = database.sku_capacity.map(|capacity| format!(" {capacity}")).unwrap_or_default();
    let gigabytes = database.max_size.map(|bytes| format!(", {} GB at most", bytes >> 30)).unwrap_or_default();
    format!("{}{capacity}{gigabytes}", database.sku_name)
}

#[cfg(test)]
#[path = "size_test.rs"]
#[allow(clippy::unwrap_used)]
mod tests;
