//! Users may come past the profile: by a host name that leads elsewhere, or by another profile with the same site. The switch moves
//! none of them.
//!
//! Seen in what DNS answers for the host names of production's site and for the profile's own name, and in the list of the
//! subscription's profiles (`TrafficManagerProfiles_ListBySubscription`, `trafficmanager.json`, 2022-04-01). That addresses are equal
//! proves little, for a host name can lead to the site directly; that they differ is worth a look.

use super::{Found, list, notice};
use crate::{
    facts::Endpoint,
    plan::{Elsewhere, Preflight},
    upgrade::Upgrade,
    world::World,
};

/// Each host name of users resolves to what the profile resolves to.
pub(super) fn host_names(_: &Upgrade, world: &World, preflight: &Preflight) -> Option<Found> {
    let Elsewhere { hosts, profile, .. } = preflight.elsewhere.as_ref()?;
    let fqdn = &world.profile.fqdn;
    let unknown = |host: &str, why: &str| Some(format!("`{host}` was not resolved ({why})"));
    let differs = |(host, found): &(String, Result<Vec<String>, String>)| match (found, profile) {
        (Err(why), _) => unknown(host, why),
        (Ok(_), Err(why)) => unknown(fqdn, why),
        (Ok(theirs), Ok(ours)) if theirs == ours => None,
        (Ok(theirs), Ok(ours)) => {
            Some(format!("`{host}` resolves to {}, and `{fqdn}` to {}", list(theirs), list(ours)))
        }
    };
    let mut all: Vec<_> = hosts.iter().filter_map(differs).collect();
    all.dedup();
    if all.is_empty() {
        return None;
    }
    let what =
        format!("users may bypass profile `{}`, and would then stay on V1: {}", world.profile.id, all.join("; "));
    notice(what, format!("make each a CNAME of `{fqdn}`; behind a gateway or a CDN let that ask for `{fqdn}`"))
}

/// No other profile sends users to production's site or to stage's.
pub(super) fn profiles(upgrade: &Upgrade, world: &World, preflight: &Preflight) -> Option<Found> {
    let Elsewhere { endpoints, .. } = preflight.elsewhere.as_ref()?;
    let endpoints = match endpoints {
        Ok(endpoints) => endpoints,
        Err(why) => {
            let what = format!("plan could not check whether other profiles send users to these sites: {why}");
            return notice(
                what,
                "run plan with an identity that may list the subscription's profiles, or check yourself",
            );
        }
    };
    let others = endpoints.iter().filter(|endpoint| endpoint.id.profile_id() != world.profile.id);
    let found: Vec<_> = others.filter_map(|endpoint| leads(upgrade, world, endpoint)).collect();
    if found.is_empty() {
        return None;
    }
    let hint =
        "this upgrade moves the users of one profile: take the site out of the other, or move those users by hand";
    notice(format!("another profile sends users to the same site: {}", found.join("; ")), hint)
}

fn leads(upgrade: &Upgrade, world: &World, endpoint: &Endpoint) -> Option<String> {
    let views = [(&upgrade.production, &world.production), (&upgrade.stage, &world.stage)];
    let there = views.into_iter().find(|(slot, view)| {
        let by_name = view.site.as_ref().is_some_and(|site| endpoint.leads_to_any_name_of(site));
        endpoint.site.as_ref() == Some(&slot.site) || by_name
    });
    there.map(|(slot, _)| format!("endpoint `{}` to `{}`", endpoint.id, slot.site))
}

#[cfg(test)]
#[path = "other_ways_test.rs"]
#[allow(clippy::unwrap_used)]
mod tests;
