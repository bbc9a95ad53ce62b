//! One upgrade at a time per profile.
//!
//! Seen in the labels that an upgrade leaves in the tags of the profile ([`crate::labels`]).

use super::{Found, blocking};
use crate::{
    facts::{TAG, tag},
    ids::eq_azure_name,
    labels,
    plan::Preflight,
    status::which_upgrade,
    upgrade::Upgrade,
    world::World,
};

/// No other upgrade is under way.
pub(super) fn check(upgrade: &Upgrade, world: &World, _: &Preflight) -> Option<Found> {
    let tags = &world.profile.tags;
    let other = tag(tags, TAG).filter(|id| !upgrade.id.is(id))?;
    let unfinished = tag(tags, labels::SWITCHED).is_none();
    let endpoint = tag(tags, labels::ENDPOINT).unwrap_or_default();
    let there = world.profile.endpoints.iter().any(|known| eq_azure_name(&known.id.name, endpoint));
    if !(unfinished && there) {
        return None;
    }
    let what =
        format!("profile `{}` is in use by upgrade `{other}`; this is upgrade `{}`", world.profile.id, upgrade.id);
    let which = which_upgrade(&world.profile.id);
    let hint = format!(
        "to go on with upgrade `{other}` pass `upgrade-id: {other}` ({which} shows where it stands); otherwise finish \
         it, or run rollback and cleanup for it"
    );
    blocking(what, hint)
}

#[cfg(test)]
#[path = "another_upgrade_test.rs"]
#[allow(clippy::unwrap_used)]
mod tests;
