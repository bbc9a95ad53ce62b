//! Production's database is in a failover group.
//!
//! Seen in `failoverGroupId` of the database (`Databases.json`, 2021-11-01). Ending a link of such a database can be refused
//! with 409 `FailoverGroupAlreadySetup`, "the geo-replication link is part of a Failover Group"; that a further link outside
//! the group is exempt follows from the words and is stated nowhere. Terminate would learn it inside the read-only time. A
//! failover of the group would also turn the roles round in the midst of an upgrade, and its listener would lead to V1 after
//! it. So this blocks: taking the database out of the group leaves its geo-secondary as it is.

use super::{Found, blocking};
use crate::{plan::Preflight, upgrade::Upgrade, world::World};

/// Neither side is in a group.
pub(super) fn check(upgrade: &Upgrade, world: &World, _: &Preflight) -> Option<Found> {
    let slots = [(&upgrade.production, &world.production), (&upgrade.stage, &world.stage)];
    let group = |(slot, view): (_, &crate::SlotView)| Some((slot, view.database.as_ref()?.failover_group.clone()?));
    let (slot, group): (&crate::Slot, String) = slots.into_iter().find_map(group)?;
    let name = group.rsplit('/').next().unwrap_or_default();
    let what = format!(
        "database `{}` is in failover group `{name}`: Azure may answer 409 `FailoverGroupAlreadySetup` to the end of a \
         link, and a failover during the upgrade would swap the roles of the databases",
        slot.database
    );
    let hint = "take the database out of the group for the upgrade, its geo-secondary stays; put V2's database into \
                the group after the upgrade: until then the listener leads to V1";
    blocking(what, hint)
}

#[cfg(test)]
#[path = "failover_group_test.rs"]
#[allow(clippy::unwrap_used)]
mod tests;
