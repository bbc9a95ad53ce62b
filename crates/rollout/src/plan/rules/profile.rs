//! The Traffic Manager profile itself.
//!
//! Seen in `profileStatus` and `dnsConfig.ttl` of the profile (`trafficmanager.json`, 2022-04-01). A disabled profile answers
//! NXDOMAIN to everybody, whatever its endpoints are; a long time to live keeps users on V1 after switch.

use super::{Found, blocking, notice};
use crate::{plan::Preflight, upgrade::Upgrade, world::World};

/// The profile answers DNS queries at all.
pub(super) fn enabled(_: &Upgrade, world: &World, _: &Preflight) -> Option<Found> {
    let profile = &world.profile;
    if profile.enabled {
        return None;
    }
    blocking(format!("profile `{}` is disabled: Azure answers no DNS query for it", profile.id), "enable the profile")
}

/// Users follow the switch within a minute.
pub(super) fn time_to_live(_: &Upgrade, world: &World, _: &Preflight) -> Option<Found> {
    let (profile, ttl) = (&world.profile, world.profile.ttl.as_secs());
    if ttl <= 60 {
        return None;
    }
    let what = format!(
        "DNS answers of profile `{}` have a TTL of {ttl} s: users stay on V1 that long after the switch",
        profile.id
    );
    notice(what, "set the profile's TTL to 60 s or less, at least the old TTL before the upgrade")
}

#[cfg(test)]
#[path = "profile_test.rs"]
#[allow(clippy::unwrap_used)]
mod tests;
