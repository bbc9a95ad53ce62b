//! Production's database is in an elastic pool.
//!
//! Seen in `elasticPoolId` of the database (`Databases.json`, 2021-11-01). Each replica is in a pool of its own server or in
//! none; without a pool in the request, which size Azure would choose is not established, and with one the stage server
//! must have it (400 `TargetElasticPoolDoesNotExist`). Prepare names neither pool nor size, so it blocks.

use super::{Found, blocking};
use crate::{plan::Preflight, upgrade::Upgrade, world::World};

/// Production is a single database.
pub(super) fn check(upgrade: &Upgrade, world: &World, _: &Preflight) -> Option<Found> {
    let pool = world.production.database.as_ref()?.elastic_pool.as_ref()?;
    let name = pool.rsplit('/').next().unwrap_or_default();
    let what = format!(
        "production database `{}` is in elastic pool `{name}`: a geo-secondary is in a pool of its own server or in none, and \
         prepare makes one of the primary's own size only",
        upgrade.production.database
    );
    blocking(what, "move the database out of the pool before the upgrade, and V2's database into one after it")
}

#[cfg(test)]
#[path = "elastic_pool_test.rs"]
#[allow(clippy::unwrap_used)]
mod tests;
