//! Where things lead: an endpoint of a profile to a site, a connection string of a site to a database.
//!
//! A name or an id proves nothing of that: anybody may edit the target of an endpoint or the value of a setting, and add another
//! endpoint for the same site.

use secrecy::ExposeSecret;
use serde::Serialize;

use crate::{
    connection::ConnectionString,
    facts::{Endpoint, Site},
    ids::{DatabaseId, SiteId, eq_azure_name},
    upgrade::{Slot, Upgrade},
    world::{SlotView, World},
};

/// A site, and the host name that Azure gave it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// Which site.
    pub site: SiteId,
    /// Its default host name.
    pub host: String,
}

impl Place {
    /// Where this site is.
    pub fn of(site: &Site) -> Self {
        Self { site: site.id.clone(), host: site.default_host.clone() }
    }
}

impl Endpoint {
    /// It names this site, or its host.
    pub fn leads_to(&self, place: &Place) -> bool {
        match &self.site {
            Some(site) => *site == place.site,
            None => eq_azure_name(self.target.trim_end_matches('.'), &place.host),
        }
    }

    /// Why it is wrong that it leads elsewhere, and what to do about it.
    pub fn astray_from(&self, place: &Place) -> (String, String) {
        let leads_to = self.site.as_ref().map_or_else(|| self.target.clone(), ToString::to_string);
        let why = format!("endpoint `{}` points to `{leads_to}`, not to site `{}`", self.id, place.site);
        let hint =
            format!("find out who changed its target; point it to `{}` again, then run this step again", place.host);
        (why, hint)
    }

    /// The same of a site with all its host names, which an endpoint may name as well.
    pub fn leads_to_any_name_of(&self, site: &Site) -> bool {
        let by_name =
            || site.host_names.iter().any(|host| eq_azure_name(&host.name, self.target.trim_end_matches('.')));
        self.leads_to(&Place::of(site)) || (self.site.is_none() && by_name())
    }
}

impl SlotView {
    /// The connection string of this name leads to the database.
    pub fn leads_to(&self, setting: &str, database: &DatabaseId) -> bool {
        self.setting(setting).is_some_and(|setting| leads_to(setting.value.expose_secret(), database))
    }

    /// Some connection string of the site does.
    pub fn works_on(&self, database: &DatabaseId) -> bool {
        self.settings.iter().any(|setting| {
            !Upgrade::is_kept_setting(&setting.name) && leads_to(setting.value.expose_secret(), database)
        })
    }
}

fn leads_to(value: &str, database: &DatabaseId) -> bool {
    ConnectionString::parse(value).is_ok_and(|string| {
        let server = string.host().split('.').next().unwrap_or_default();
        string.leads_to(string.host(), &database.name) && eq_azure_name(server, &database.server)
    })
}

impl World {
    /// An endpoint of this upgrade that leads to another place than its site, and where it should lead. Of a site that is not there
    /// nobody can tell.
    pub fn astray(&self, upgrade: &Upgrade) -> Option<(&Endpoint, Place)> {
        self.production_astray(upgrade).or_else(|| self.stage_astray(upgrade))
    }

    /// The same of production's endpoint alone.
    pub fn production_astray(&self, upgrade: &Upgrade) -> Option<(&Endpoint, Place)> {
        self.leads_astray(&upgrade.production, &self.production)
    }

    /// The same of stage's endpoint alone.
    pub fn stage_astray(&self, upgrade: &Upgrade) -> Option<(&Endpoint, Place)> {
        self.leads_astray(&upgrade.stage, &self.stage)
    }

    fn leads_astray(&self, slot: &Slot, view: &SlotView) -> Option<(&Endpoint, Place)> {
        let (endpoint, place) = (self.endpoint(slot)?, Place::of(view.site.as_ref()?));
        (!endpoint.leads_to(&place)).then_some((endpoint, place))
    }

    /// An enabled endpoint sends users to the stage site, or would if production did not answer: the upgrade's own, or one of another
    /// name.
    pub fn reaches_stage(&self, upgrade: &Upgrade) -> Option<&Endpoint> {
        let own = &upgrade.stage.endpoint;
        let production = &upgrade.production.endpoint;
        let leads = |endpoint: &&Endpoint| {
            let by_site = || self.stage.site.as_ref().is_some_and(|site| self.leads_to_stage_alone(endpoint, site));
            endpoint.id == *own || (endpoint.id != *production && by_site())
        };
        self.profile.endpoints.iter().filter(|endpoint| endpoint.enabled).find(leads)
    }

    /// Users' own host names are bound to both sites, so they tell nothing.
    fn leads_to_stage_alone(&self, endpoint: &Endpoint, stage: &Site) -> bool {
        let production = self.production.site.as_ref();
        endpoint.leads_to_any_name_of(stage) && !production.is_some_and(|site| endpoint.leads_to_any_name_of(site))
    }
}

#[cfg(test)]
#[path = "leads_test.rs"]
#[allow(clippy::unwrap_used)]
mod tests;
