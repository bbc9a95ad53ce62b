//! The identity of this run may do all that an upgrade does, from plan to switch and back.
//!
//! Seen in `…/providers/Microsoft.Authorization/permissions` (2022-04-01) of each resource, against the table of
//! [`crate::actions`]. A later step would get 403 `AuthorizationFailed`, prepare without rights on the source of the copy 400
//! `InvalidAddSecondaryPermission`.

use super::{Found, blocking, list};
use crate::{
    actions::{self, Resource, granted},
    plan::Preflight,
    upgrade::Upgrade,
    world::World,
};

/// Every action is granted where it is needed.
pub(super) fn check(_: &Upgrade, _: &World, preflight: &Preflight) -> Option<Found> {
    let lacks: Vec<String> = preflight.granted.iter().filter_map(|granted| lacking(preflight, granted.on)).collect();
    if lacks.is_empty() {
        return None;
    }
    let what = format!(
        "this identity may not do all that the upgrade does: {}. Azure would answer 403 `AuthorizationFailed`, and 400 \
         `InvalidAddSecondaryPermission` to a geo-secondary without rights on its source",
        lacks.join("; ")
    );
    blocking(what, "assign a role with these actions, on the resources or on their resource groups")
}

fn lacking(preflight: &Preflight, resource: Resource) -> Option<String> {
    let (on, grants) = preflight.grants_on(resource)?;
    let needed = needed(preflight).into_iter().filter(|(needed_on, _)| *needed_on == resource);
    let missing: Vec<_> = needed.map(|(_, action)| action).filter(|action| !granted(grants, action)).collect();
    (!missing.is_empty()).then(|| format!("on {} it lacks {}", on.name, list(missing)))
}

/// What is needed on a stage site that is to be created is asked for on its resource group: there is no site to ask about.
fn needed(preflight: &Preflight) -> Vec<(Resource, &'static str)> {
    let creates = preflight.model.is_some();
    let all =
        actions::of_upgrade().into_iter().chain(actions::each(actions::of_site(creates, &preflight.site_options)));
    let place = |on| if creates && on == Resource::StageSite { Resource::StageGroup } else { on };
    all.map(|(on, action)| (place(on), action)).collect()
}

#[cfg(test)]
#[path = "permissions_test.rs"]
#[allow(clippy::unwrap_used)]
mod tests;
