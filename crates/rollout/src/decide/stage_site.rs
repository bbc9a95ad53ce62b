//! The stage site: adopted where it is there, created where it is not, with V2's package on it.
//!
//! A site that this upgrade created carries its tag. It is made in steps that can each be missing: the site with its
//! application settings, its connection strings, its host names, the package.

use super::DecisionInput;
use crate::{
    Effect, ReplicationEffect, SiteEffect,
    effect::NewSite,
    facts::{HostName, Site, TAG, Tags},
    ids::eq_azure_name,
    plan::users_hosts,
    site::{self, Sharing, SiteModel, WEBJOBS_STOPPED},
};

/// What is missing of the stage site.
pub(super) fn missing(case: &DecisionInput<'_>) -> Vec<Effect> {
    let view = &case.world.stage;
    match &view.site {
        None => created(case),
        Some(_) if view.site_is_created_by(case.upgrade) => completed(case),
        Some(_) => adopted(case),
    }
}

/// The site is pointed at stage only once the secondary can be read: before, V2 would only fail.
fn adopted(case: &DecisionInput<'_>) -> Vec<Effect> {
    if is_pointed(case) {
        return Vec::new();
    }
    let stage = case.stage();
    let setting = case.upgrade.connection_name.clone();
    let keep = case.upgrade.kept_setting();
    let point =
        Effect::Site(SiteEffect::Point { site: stage.site.clone(), setting, database: stage.database.clone(), keep });
    vec![await_catch_up(case), point]
}

/// Nothing where the site may not be created: a rule says so.
fn created(case: &DecisionInput<'_>) -> Vec<Effect> {
    let Some(new) = new_site(case) else { return Vec::new() };
    let site = [await_catch_up(case), Effect::Site(SiteEffect::Create(Box::new(new))), copy_connections(case)];
    site.into_iter().chain(bind(case)).collect()
}

fn completed(case: &DecisionInput<'_>) -> Vec<Effect> {
    let copy = (!is_pointed(case)).then(|| [await_catch_up(case), copy_connections(case)]);
    copy.into_iter().flatten().chain(bind(case)).collect()
}

fn new_site(case: &DecisionInput<'_>) -> Option<NewSite> {
    let (preflight, production) = (case.preflight?, case.world.production.site.as_ref()?);
    let (model, plan) = (preflight.model.as_ref()?, preflight.site_options.plan.clone()?);
    let site = case.stage().site.clone();
    Some(NewSite {
        host: site::host_name_of(&site.name, &production.default_host),
        site,
        like: production.id.clone(),
        plan,
        location: production.location.clone(),
        kind: model.kind.clone(),
        tags: tags(case, production),
        properties: site::site_properties(model),
        configuration: site::configuration(model),
        settings: settings(case, model),
        own_settings: vec![(WEBJOBS_STOPPED.to_owned(), "1".to_owned())],
    })
}

fn tags(case: &DecisionInput<'_>, production: &Site) -> Tags {
    let others = production.tags.iter().filter(|(name, _)| !eq_azure_name(name, TAG));
    let own = (TAG.to_owned(), case.upgrade.id.to_string());
    others.map(|(name, value)| (name.clone(), value.clone())).chain([own]).collect()
}

fn sharing<'c>(case: &DecisionInput<'c>) -> Sharing<'c> {
    Sharing { upgrade: case.upgrade, site_options: &case.policy.site }
}

fn settings(case: &DecisionInput<'_>, model: &SiteModel) -> Vec<String> {
    sharing(case).app_settings(&model.settings)
}

fn copy_connections(case: &DecisionInput<'_>) -> Effect {
    Effect::Site(SiteEffect::CopyConnections {
        from: case.production().site.clone(),
        to: case.stage().site.clone(),
        setting: case.upgrade.connection_name.clone(),
        database: case.stage().database.clone(),
        others: sharing(case).connections(&case.world.production.settings),
    })
}

/// The setting leads to the stage database. On an adopted site the old value is kept.
pub(crate) fn is_pointed(case: &DecisionInput<'_>) -> bool {
    let view = &case.world.stage;
    let leads_there = view.leads_to(&case.upgrade.connection_name, &case.stage().database);
    let kept = view.setting(&case.upgrade.kept_setting()).is_some();
    leads_there && (kept || view.site_is_created_by(case.upgrade))
}

fn bind(case: &DecisionInput<'_>) -> Vec<Effect> {
    let bind = |host: String| {
        Effect::Site(SiteEffect::BindHost {
            site: case.stage().site.clone(),
            certificate: production_host(case, &host).and_then(|name| name.certificate.clone()),
            host,
        })
    };
    unbound_names(case).into_iter().map(bind).collect()
}

/// Users' host names that a site of our making does not have yet; whether an adopted one has them is a rule of plan.
pub(super) fn unbound(case: &DecisionInput<'_>) -> Vec<String> {
    if case.world.stage.site_is_created_by(case.upgrade) { unbound_names(case) } else { Vec::new() }
}

fn unbound_names(case: &DecisionInput<'_>) -> Vec<String> {
    let there = |host: &str| {
        let mut names = case.world.stage.site.iter().flat_map(|site| &site.host_names);
        let wants_tls = production_host(case, host).is_some_and(|name| name.tls);
        names.any(|name| eq_azure_name(&name.name, host) && (name.tls || !wants_tls))
    };
    users_hosts(case.world).into_iter().filter(|host| !there(host)).collect()
}

fn production_host<'w>(case: &DecisionInput<'w>, host: &str) -> Option<&'w HostName> {
    let mut names = case.world.production.site.iter().flat_map(|site| &site.host_names);
    names.find(|name| eq_azure_name(&name.name, host))
}

/// The stage site answers under every name of the users that has a certificate on production.
pub(super) fn proof(case: &DecisionInput<'_>) -> Option<Effect> {
    let secured = |host: &String| production_host(case, host).is_some_and(|name| name.tls);
    let hosts: Vec<_> = users_hosts(case.world).into_iter().filter(secured).collect();
    let address = address(case).filter(|_| !hosts.is_empty())?;
    Some(Effect::Site(SiteEffect::ProveHostNames { site: case.stage().site.clone(), address, hosts }))
}

/// The package goes to whatever site there will be.
pub(super) fn package(case: &DecisionInput<'_>) -> Option<Effect> {
    let digest = case.policy.site.package.clone().filter(|_| !package_is_there(case))?;
    let profile = case.world.profile.id.clone();
    Some(Effect::Site(SiteEffect::Deploy { site: case.stage().site.clone(), digest, profile }))
}

/// No package is asked for, or the label says that this one was deployed, and nothing else was deployed since. Once production
/// is read-only the label alone is looked at.
pub(super) fn package_is_there(case: &DecisionInput<'_>) -> bool {
    let Some(digest) = &case.policy.site.package else { return true };
    let labelled = case.world.package(case.upgrade);
    labelled.filter(|(of, _)| of == digest).is_some_and(|(_, deployment)| match case.preflight {
        Some(preflight) => preflight.deployment.as_deref() == Some(deployment),
        None => true,
    })
}

/// Host name of the stage site's own, also of one that is to be created.
pub(super) fn address(case: &DecisionInput<'_>) -> Option<String> {
    let there = case.world.stage.site.as_ref().map(|site| site.default_host.clone());
    there.or_else(|| new_site(case).map(|new| new.host))
}

/// What is done to the stage site follows what is done to its database.
pub(super) fn await_catch_up(case: &DecisionInput<'_>) -> Effect {
    Effect::Replication(ReplicationEffect::AwaitCatchUp {
        source: case.production().database.clone(),
        target: case.stage().database.clone(),
        readings: case.policy.catch_up_readings,
    })
}
