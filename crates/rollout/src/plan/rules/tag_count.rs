//! The tags of production, which prepare copies to the stage database beside its own.
//!
//! Seen in `tags` of the database. A resource has at most 50 tags (Azure Resource Manager's documentation of tags).

use super::{Found, blocking};
use crate::{facts::TAG, ids::eq_azure_name, plan::Preflight, upgrade::Upgrade, world::World};

/// Azure's limit.
const MOST: usize = 50;

/// One more fits.
pub(super) fn check(upgrade: &Upgrade, world: &World, _: &Preflight) -> Option<Found> {
    let tags = &world.production.database.as_ref()?.tags;
    let count = tags.keys().filter(|name| !eq_azure_name(name, TAG)).count();
    if count < MOST || world.stage.database.is_some() {
        return None;
    }
    let what = format!(
        "production database `{}` has {count} tags, a resource has {MOST} at most, and prepare copies them to the stage \
         database and adds `{TAG}`",
        upgrade.production.database
    );
    blocking(what, "remove a tag from the production database")
}

/// The same of production's site, whose tags a new stage site gets.
pub(super) fn of_site(_: &Upgrade, world: &World, preflight: &Preflight) -> Option<Found> {
    let site = world.production.site.as_ref().filter(|_| preflight.model.is_some())?;
    let count = site.tags.keys().filter(|name| !eq_azure_name(name, TAG)).count();
    if count < MOST {
        return None;
    }
    let what = format!(
        "production's site `{}` has {count} tags, a resource has {MOST} at most, and prepare copies them to the stage site and \
         adds `{TAG}`",
        site.id
    );
    blocking(what, "remove a tag from production's site")
}

#[cfg(test)]
#[path = "tag_count_test.rs"]
#[allow(clippy::unwrap_used)]
mod tests;
