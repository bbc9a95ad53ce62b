//! Traffic Manager takes one web app per region as an Azure endpoint of a profile.
//!
//! Seen in the profile's endpoints and their `endpointLocation` (`trafficmanager.json`, 2022-04-01). Adding a second one is
//! refused: "Some of the provided Azure Website endpoints are not valid: One or more conflicts detected in traffic manager
//! configuration. Multiple domains point to region …" (MicrosoftDocs/azure-docs issue 16469). Whether disabled ones count is
//! not known, so they do. Prepare adds the stage site as an external endpoint then, which asks for what `host-names` checks.

use super::{Found, notice, region};
use crate::{SiteId, facts::EndpointKind, plan::Preflight, upgrade::Upgrade, world::World};

/// The stage site is added in another way than production's.
pub(super) fn check(upgrade: &Upgrade, world: &World, preflight: &Preflight) -> Option<Found> {
    let new = world.production.site.as_ref().filter(|_| preflight.model.is_some());
    let location = &world.stage.site.as_ref().or(new)?.location;
    if stage_kind(world, &upgrade.stage.site, location) != EndpointKind::External {
        return None;
    }
    let what = format!(
        "profile `{}` has an Azure endpoint of a web site in {} already, and Azure allows one per region (\"Multiple domains \
         point to region\"): `{}` is added as an external endpoint",
        world.profile.id, location, upgrade.stage.endpoint.name
    );
    notice(what, "this asks for users' host names bound to both sites, which must be in different scale units")
}

/// How the stage site, which is at `location` or will be, must be added.
pub fn stage_kind(world: &World, stage: &SiteId, location: &str) -> EndpointKind {
    let same_region = |other: &Option<String>| other.as_deref().is_none_or(|at| region(at) == region(location));
    let others = world.profile.endpoints.iter().filter(|endpoint| endpoint.site.as_ref() != Some(stage));
    let mut azure = others.filter(|endpoint| endpoint.kind == EndpointKind::Azure && endpoint.site.is_some());
    if azure.any(|endpoint| same_region(&endpoint.location)) { EndpointKind::External } else { EndpointKind::Azure }
}

#[cfg(test)]
#[path = "same_region_test.rs"]
#[allow(clippy::unwrap_used)]
mod tests;
