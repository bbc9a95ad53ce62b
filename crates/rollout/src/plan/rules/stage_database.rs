//! The name of the stage database is free on the stage server, or the database is this upgrade's own.
//!
//! Seen in the database and its tags (`Databases.json`, 2021-11-01). Prepare would be refused: "The destination database
//! name '…' already exists on the server '…'" (MicrosoftDocs/azure-docs issue 46145); a database of somebody else must not be
//! taken for ours either way.

use super::{Found, blocking};
use crate::{
    facts::{TAG, tag},
    plan::Preflight,
    status::which_upgrade,
    upgrade::Upgrade,
    world::World,
};

/// Nobody else's database is in the way.
pub(super) fn check(upgrade: &Upgrade, world: &World, _: &Preflight) -> Option<Found> {
    let database = world.stage.database.as_ref()?;
    let owner = tag(&database.tags, TAG);
    if owner.is_some_and(|owner| upgrade.id.is(owner)) {
        return None;
    }
    let which = which_upgrade(&world.profile.id);
    let hint = match owner {
        Some(other) => format!(
            "to go on with upgrade `{other}` pass `upgrade-id: {other}` ({which} shows where it stands); otherwise \
             finish it, or run rollback and cleanup for it; or pass another `stage-server`"
        ),
        None => format!(
            "if it is the copy of an upgrade that has begun, pass the `upgrade-id` of that upgrade ({which} shows it); \
             otherwise pass another `stage-server`, or delete that database if it is unused: a geo-secondary needs a \
             free name"
        ),
    };
    let owner = owner.map_or("carries no `rolling-upgrade` tag".to_owned(), |id| format!("belongs to upgrade `{id}`"));
    let id = &upgrade.stage.database;
    let what = format!(
        "stage database `{id}` exists and {owner}; this is upgrade `{}`: Azure would answer that \"the destination database \
         name '{}' already exists on the server '{}'\"",
        upgrade.id, id.name, id.server
    );
    blocking(what, hint)
}

#[cfg(test)]
#[path = "stage_database_test.rs"]
#[allow(clippy::unwrap_used)]
mod tests;
