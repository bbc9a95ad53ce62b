//! Endpoints of the profile, changed by hand.

use crate::{
    Hand,
    world::{Endpoint, EndpointKind, Monitor, Name, Profile, Site, World},
};

/// The foreign page that a hand puts into the profile.
const STRANGER: &str = "stranger.contoso.example";

impl World {
    pub(super) fn change_endpoint(&mut self, hand: Hand) -> Result<(), String> {
        let production = self.production_host();
        let hosts: Vec<String> = self.sites.values().map(Site::default_host).collect();
        self.foreign_hosts.insert(STRANGER.to_owned());
        let profile = self.profiles.values_mut().next().ok_or("there is no profile")?;
        let is_production = |endpoint: &Endpoint| endpoint.target.eq_ignore_ascii_case(&production);
        let leads_to_a_site = |endpoint: &Endpoint| hosts.iter().any(|host| endpoint.target.eq_ignore_ascii_case(host));
        let is_stage = |endpoint: &Endpoint| leads_to_a_site(endpoint) && !is_production(endpoint);
        match hand {
            Hand::EnableProduction => profile.set(is_production, true),
            Hand::DisableProduction => profile.set(is_production, false),
            Hand::EnableStage => profile.set(is_stage, true),
            Hand::DisableStage => profile.set(is_stage, false),
            Hand::DeleteProduction => profile.take_away(is_production),
            Hand::DeleteStage => profile.take_away(is_stage),
            Hand::ProductionLast => profile.put_last(is_production),
            Hand::StageFirst => profile.put_first(is_stage),
            Hand::StageTarget => profile.lead_astray(is_stage),
            Hand::StrangerFirst => profile.add(0, "stranger", STRANGER.to_owned()),
            other => {
                let stage = profile.one(is_stage).map(|endpoint| endpoint.target.clone());
                let after = profile.endpoints.iter().find(|endpoint| is_production(endpoint));
                let after = after.ok_or("production has no endpoint")?.priority;
                match other {
                    Hand::StageAlias => profile.add(after, "v2", stage?),
                    _ => profile.add(after, "stranger", STRANGER.to_owned()),
                }
            }
        }
    }

    fn production_host(&self) -> String {
        self.sites.get(&self.production_site).map_or_else(
            || format!("{}.azurewebsites.net", self.production_site.as_str().to_ascii_lowercase()),
            Site::default_host,
        )
    }
}

impl Profile {
    fn one(&mut self, which: impl Fn(&Endpoint) -> bool) -> Result<&mut Endpoint, String> {
        self.endpoints.iter_mut().find(|endpoint| which(endpoint)).ok_or_else(|| "there is no such endpoint".to_owned())
    }

    fn set(&mut self, which: impl Fn(&Endpoint) -> bool, enabled: bool) -> Result<(), String> {
        let endpoint = self.one(which)?;
        if endpoint.enabled == enabled {
            return Err(format!("`{}` is so already", endpoint.name));
        }
        endpoint.set_enabled(enabled);
        Ok(())
    }

    fn take_away(&mut self, which: impl Fn(&Endpoint) -> bool) -> Result<(), String> {
        let name = self.one(which)?.name.clone();
        self.endpoints.retain(|endpoint| endpoint.name != name);
        Ok(())
    }

    fn put_last(&mut self, which: impl Fn(&Endpoint) -> bool) -> Result<(), String> {
        let last = self.endpoints.iter().map(|endpoint| endpoint.priority).max().unwrap_or_default();
        let endpoint = self.one(which)?;
        if endpoint.priority == last {
            return Err(format!("`{}` is the last one", endpoint.name));
        }
        endpoint.priority = last + 1;
        Ok(())
    }

    fn put_first(&mut self, which: impl Fn(&Endpoint) -> bool) -> Result<(), String> {
        self.one(&which)?;
        self.make_room_behind(0);
        self.one(which)?.priority = 1;
        Ok(())
    }

    fn lead_astray(&mut self, which: impl Fn(&Endpoint) -> bool) -> Result<(), String> {
        let endpoint = self.one(which)?;
        (endpoint.target_resource, endpoint.target) = (None, STRANGER.to_owned());
        Ok(())
    }

    /// With the number after this one, which others make free.
    fn add(&mut self, after: i64, name: &str, target: String) -> Result<(), String> {
        self.make_room_behind(after);
        self.endpoints.push(Endpoint {
            name: Name::from(name),
            kind: EndpointKind::External,
            enabled: true,
            target_resource: None,
            target,
            weight: 1,
            priority: after + 1,
            location: None,
            always_serve: false,
            monitor: Monitor::Online,
            failures: 0,
        });
        Ok(())
    }

    fn make_room_behind(&mut self, priority: i64) {
        let behind = self.endpoints.iter_mut().filter(|endpoint| endpoint.priority > priority);
        behind.for_each(|endpoint| endpoint.priority += 1);
    }
}
