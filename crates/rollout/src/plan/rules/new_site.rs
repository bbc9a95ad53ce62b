//! The stage site that is not there, and that prepare is to create in the plan of `stage-plan`.
//!
//! Seen in both plans (`AppServicePlans.json`, 2023-12-01), in production's site, its settings and its host names (`WebApps.json`).
//! A plan of production's own plan's resource group and region has its scale unit, in which a host name belongs to one site;
//! Azure would answer 409 `Conflict` "Hostname '…' already exists" to the binding. App Service makes a plan of another
//! resource group in another scale unit as a rule, and promises it nowhere.

use super::{Finding, Found, blocking, list, notice, region};
use crate::{
    Upgrade, World,
    facts::{Plan, Site},
    ids::{PlanId, eq_azure_name},
    plan::{Preflight, users_hosts},
    site::{self, Difference, Sharing},
};

/// The rule under which each difference is told.
pub(super) const DIFFERENCE: &str = "difference";

/// What is wrong with the plan, or with the wish.
pub(super) fn plan(upgrade: &Upgrade, world: &World, preflight: &Preflight) -> Option<Found> {
    let (wanted, production) = (wanted(world, preflight)?, world.production.site.as_ref()?);
    if upgrade.stage.site.slot.is_some() {
        let what =
            format!("stage site `{}` does not exist, and prepare does not create deployment slots", upgrade.stage.site);
        return blocking(what, "pass a site without a slot as `stage-site`, or create the slot yourself");
    }
    let Some(plan) = &preflight.stage_plan else {
        let what = format!("plan `{wanted}` does not exist, or this identity may not read it");
        return blocking(what, "check the resource group and the name in the input `stage-plan`");
    };
    shares_scale_unit(wanted, production)
        .or_else(|| cannot_hold(wanted, plan, production, preflight))
        .or_else(|| nameless(upgrade, world))
}

/// The plan that prepare is to create the site in; `None` where the site is there or no plan was named.
fn wanted<'a>(world: &World, preflight: &'a Preflight) -> Option<&'a PlanId> {
    preflight.site_options.plan.as_ref().filter(|_| world.stage.site.is_none())
}

fn shares_scale_unit(wanted: &PlanId, production: &Site) -> Option<Found> {
    let (group, name) = group_and_name(&production.plan).filter(|(group, _)| eq_azure_name(group, &wanted.group))?;
    let which = if eq_azure_name(name, &wanted.name) { "is the plan" } else { "is in the resource group of the plan" };
    let what = format!(
        "plan `{wanted}` {which} of production's site `{}` (`{group}/{name}`): a site in it would be in the same scale unit, \
         where it cannot have production's host names",
        production.id
    );
    blocking(what, "pass a plan in another resource group: it is likely to be in another scale unit")
}

fn cannot_hold(wanted: &PlanId, plan: &Plan, production: &Site, preflight: &Preflight) -> Option<Found> {
    if region(&plan.location) != region(&production.location) {
        let what = format!("plan `{wanted}` is in {}, production's site in {}", plan.location, production.location);
        return blocking(what, "pass a plan in production's region");
    }
    let ours = preflight.production_plan.as_ref()?;
    let system = |plan: &Plan| if plan.linux { "Linux" } else { "Windows" };
    let what = format!("plan `{wanted}` is for {}, production's for {}", system(plan), system(ours));
    (ours.linux != plan.linux).then(|| blocking(what, "pass a plan for the same operating system"))?
}

/// A new site would be added as an external endpoint, to which the profile's own name is not bound.
fn nameless(upgrade: &Upgrade, world: &World) -> Option<Found> {
    let hosts = users_hosts(world);
    let what = format!(
        "users come to `{}` by the profile's own name, which a site of an external endpoint cannot have",
        upgrade.production.site
    );
    let own = hosts.iter().all(|host| eq_azure_name(host, &world.profile.fqdn));
    own.then(|| blocking(what, "give the application a domain name of its own, bound to production's site"))?
}

fn group_and_name(plan: &str) -> Option<(&str, &str)> {
    let of = |kind: &str| {
        let mut segments = plan.split('/').skip_while(|segment| !eq_azure_name(segment, kind));
        segments.nth(1)
    };
    of("resourceGroups").zip(of("serverfarms"))
}

/// What cannot be known before prepare has bound the names.
pub(super) fn scale_unit(upgrade: &Upgrade, world: &World, preflight: &Preflight) -> Option<Found> {
    let wanted = wanted(world, preflight)?;
    let hosts = users_hosts(world);
    let deployed = match preflight.site_options.source {
        Some(_) => "",
        None => "; nothing is deployed to it without `package`: deploy V2 to it before freeze",
    };
    let what = format!(
        "prepare creates site `{}` in plan `{wanted}` and binds {} to it: another resource group makes another scale unit \
         likely, not certain, and in production's own Azure refuses the binding{deployed}",
        upgrade.stage.site,
        list(&hosts)
    );
    let records: Vec<_> = hosts.iter().map(|host| format!("asuid.{host}")).collect();
    let hint = format!(
        "create the TXT records {} of the domain, and put the certificate into stage's resource group; a refused \
         binding does no harm, because nothing is read-only before freeze",
        list(records)
    );
    notice(what, hint)
}

/// Settings that are not copied, by name and never by value.
pub(super) fn settings(upgrade: &Upgrade, world: &World, preflight: &Preflight) -> Option<Found> {
    let model = preflight.model.as_ref()?;
    let sharing = Sharing { upgrade, site_options: &preflight.site_options };
    let left_out = sharing.left_out(&model.settings, &world.production.settings);
    if left_out.is_empty() {
        return None;
    }
    let each: Vec<_> = left_out.iter().map(|left| format!("`{}` {}", left.name, left.reason)).collect();
    let what = format!("settings that the new site does not get: {}", each.join("; "));
    notice(
        what,
        "pass in `share-setting` those that both sites may use at the same time, set others on stage after prepare, \
         and omit what only V1 needs",
    )
}

/// One finding for each thing that production's site has and a new one would not have. Those that are accepted are told too.
pub(super) fn differences(world: &World, preflight: &Preflight) -> Vec<Finding> {
    let found = preflight.model.as_ref().zip(world.production.site.as_ref()).zip(preflight.production_plan.as_ref());
    let Some((((model, site), ours), theirs)) = found.zip(preflight.stage_plan.as_ref()) else { return Vec::new() };
    let differences = site::differences(model, site, ours, theirs).into_iter();
    differences.map(|difference| finding_of(&difference, preflight)).collect()
}

fn finding_of(difference: &Difference, preflight: &Preflight) -> Finding {
    let Difference { name, what } = difference;
    let accepted = preflight.site_options.accepts(name);
    let hint = if accepted {
        format!("you accepted `{name}`: before switch give stage what V2 needs of it")
    } else {
        format!(
            "create the site yourself with what V2 needs of it, or accept the difference: `accept-difference: {name}`"
        )
    };
    Finding { rule: DIFFERENCE, blocks: !accepted, what: format!("difference `{name}`: {what}"), hint }
}

#[cfg(test)]
#[path = "new_site_test.rs"]
#[allow(clippy::unwrap_used)]
mod tests;
