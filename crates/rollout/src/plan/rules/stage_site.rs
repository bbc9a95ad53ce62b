//! The stage site is there, apart from production's, and answers to the users' host names.
//!
//! Seen in the site, its connection strings and its `hostNameSslStates` (`WebApps.json`, 2023-12-01). A host name belongs to
//! one site of a scale unit; under another name App Service answers 404 "Web Site not found", which users would get after
//! switch.

use super::{Found, blocking, list, notice, region};
use crate::{
    facts::{Site, TAG, tag},
    ids::eq_azure_name,
    plan::Preflight,
    status::which_upgrade,
    upgrade::Upgrade,
    world::World,
};

/// The site that runs V2 exists and has the connection string that prepare changes.
pub(super) fn is_there(upgrade: &Upgrade, world: &World, preflight: &Preflight) -> Option<Found> {
    let (stage, id) = (&world.stage, &upgrade.stage.site);
    let Some(site) = &stage.site else {
        let hint = "pass an App Service plan as `stage-plan`, in which prepare creates the site; or create the site \
                    and deploy V2 to it yourself";
        return preflight
            .site_options
            .plan
            .is_none()
            .then(|| blocking(format!("stage site `{id}` does not exist"), hint))?;
    };
    if let Some(owner) = tag(&site.tags, TAG).filter(|owner| !upgrade.id.is(owner)) {
        let what = format!("stage site `{id}` was created by upgrade `{owner}`, and this is upgrade `{}`", upgrade.id);
        let which = which_upgrade(&world.profile.id);
        let hint = format!(
            "to go on with upgrade `{owner}` pass `upgrade-id: {owner}` ({which} shows where it stands); otherwise run \
             cleanup with that id and `remove: {}`, or remove the tag `{TAG}` from the site if that upgrade no longer \
             needs it",
            upgrade.stage.database
        );
        return blocking(what, hint);
    }
    if stage.setting(&upgrade.connection_name).is_some() || stage.site_is_created_by(upgrade) {
        return None;
    }
    let what = format!("stage site `{id}` has no connection string `{}`", upgrade.connection_name);
    blocking(what, "add a connection string of that name; prepare points it to the stage database")
}

/// Two sites of one plan are in one scale unit.
pub(super) fn is_elsewhere(upgrade: &Upgrade, world: &World, _: &Preflight) -> Option<Found> {
    let (production, stage) = (world.production.site.as_ref()?, world.stage.site.as_ref()?);
    if eq_azure_name(&production.plan, &stage.plan) {
        let what = format!(
            "sites `{}` and `{}` are in one App Service plan, so they cannot share a host name",
            production.id, stage.id
        );
        return blocking(what, "put the stage site in another plan of another resource group");
    }
    if region(&production.location) == region(&stage.location) {
        return None;
    }
    let what =
        format!("stage site `{}` is in {}, production in {}", upgrade.stage.site, stage.location, production.location);
    notice(what, "put the stage site in production's region, unless you accept a higher latency to the database")
}

/// Users come under a name that the stage site is bound to, with a certificate where production has one.
pub(super) fn answers_users_names(upgrade: &Upgrade, world: &World, _: &Preflight) -> Option<Found> {
    let (production, stage) = (world.production.site.as_ref()?, world.stage.site.as_ref()?);
    let bound = |site: &Site, host: &str| {
        site.host_names.iter().find(|name| eq_azure_name(&name.name, host)).map(|name| name.tls)
    };
    let answers = |host: &str| match (bound(production, host), bound(stage, host)) {
        (Some(true), Some(tls)) => tls,
        (_, there) => there.is_some(),
    };
    let missing: Vec<_> = users_hosts(world).into_iter().filter(|host| !answers(host)).collect();
    // A site that this upgrade created gets its names from prepare, and freeze looks whether it has them.
    if missing.is_empty() || world.stage.site_is_created_by(upgrade) {
        return None;
    }
    let what = format!(
        "stage site `{}` is not bound to {} with a certificate as production is: users would get an error after the switch",
        upgrade.stage.site,
        list(missing)
    );
    blocking(
        what,
        "bind your own domain names with their certificate to the stage site too (it needs another scale unit)",
    )
}

/// The host names under which users reach production: its custom ones, or the profile's own where it has none.
pub fn users_hosts(world: &World) -> Vec<String> {
    let Some(site) = &world.production.site else { return vec![world.profile.fqdn.clone()] };
    let suffixes = [parent(&site.default_host), parent(&world.profile.fqdn)];
    let own = |name: &String| !suffixes.iter().any(|suffix| eq_azure_name(parent(name), suffix));
    let hosts: Vec<_> = site.host_names.iter().map(|host| host.name.clone()).filter(own).collect();
    if hosts.is_empty() { vec![world.profile.fqdn.clone()] } else { hosts }
}

fn parent(host: &str) -> &str {
    host.split_once('.').map_or(host, |(_, parent)| parent)
}

#[cfg(test)]
#[path = "stage_site_test.rs"]
#[allow(clippy::unwrap_used)]
mod tests;
