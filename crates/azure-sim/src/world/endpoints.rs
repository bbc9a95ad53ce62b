//! Transitions of Traffic Manager endpoints.

use super::{Endpoint, EndpointKind, Monitor, Name, Profile, Refusal, World};

/// The properties that a PUT or PATCH of an endpoint sets.
#[derive(Debug, Default, Clone)]
pub(crate) struct EndpointChange {
    pub(crate) target_resource: Option<String>,
    pub(crate) target: Option<String>,
    pub(crate) enabled: Option<bool>,
    pub(crate) weight: Option<i64>,
    pub(crate) priority: Option<i64>,
    pub(crate) location: Option<String>,
    pub(crate) always_serve: Option<bool>,
}

impl World {
    pub(crate) fn endpoint(
        &self,
        group: &str,
        profile: &str,
        kind: EndpointKind,
        name: &str,
    ) -> Result<(&Profile, &Endpoint), Refusal> {
        let found = self.profile_in(group, profile)?;
        let wanted = |endpoint: &&Endpoint| endpoint.kind == kind && endpoint.name == *name;
        let endpoint =
            found.endpoints.iter().find(wanted).ok_or_else(|| endpoint_not_found(kind, group, profile, name))?;
        Ok((found, endpoint))
    }

    /// Makes an endpoint, or replaces the one of this kind and name.
    pub(crate) fn put_endpoint(
        &mut self,
        group: &str,
        profile: &str,
        kind: EndpointKind,
        name: &str,
        change: &EndpointChange,
    ) -> Result<(), Refusal> {
        let old = self.endpoint(group, profile, kind, name).ok().map(|(_, endpoint)| endpoint.clone());
        let found = self.profile_in(group, profile)?;
        if found.endpoints.iter().any(|endpoint| endpoint.name == *name && endpoint.kind != kind) {
            return Err(bad(format!("An endpoint with name '{name}' of another type already exists in the profile.")));
        }
        let mut endpoint = Endpoint {
            name: old.as_ref().map_or_else(|| Name::from(name), |old| old.name.clone()),
            kind,
            enabled: old.as_ref().is_some_and(|old| old.enabled),
            target_resource: None,
            target: String::new(),
            weight: 1,
            priority: next_priority(found, name),
            location: None,
            always_serve: false,
            monitor: old.as_ref().map_or(Monitor::Checking, |old| old.monitor),
            failures: 0,
        };
        apply(&mut endpoint, &EndpointChange { enabled: change.enabled.or(Some(true)), ..change.clone() });
        self.store_endpoint(group, profile, endpoint, change)
    }

    /// Changes the properties that are given.
    pub(crate) fn patch_endpoint(
        &mut self,
        group: &str,
        profile: &str,
        kind: EndpointKind,
        name: &str,
        change: &EndpointChange,
    ) -> Result<(), Refusal> {
        let mut endpoint = self.endpoint(group, profile, kind, name)?.1.clone();
        apply(&mut endpoint, change);
        self.store_endpoint(group, profile, endpoint, change)
    }

    /// Takes an endpoint away; the host name that it added to its web app stays there (facts 5).
    pub(crate) fn delete_endpoint(
        &mut self,
        group: &str,
        profile: &str,
        kind: EndpointKind,
        name: &str,
    ) -> Result<bool, Refusal> {
        let endpoints = &mut self.profile_mut(group, profile)?.endpoints;
        let before = endpoints.len();
        endpoints.retain(|endpoint| endpoint.kind != kind || endpoint.name != *name);
        Ok(endpoints.len() < before)
    }

    fn store_endpoint(
        &mut self,
        group: &str,
        profile: &str,
        mut endpoint: Endpoint,
        change: &EndpointChange,
    ) -> Result<(), Refusal> {
        self.check_target_of(&mut endpoint, change)?;
        let found = self.profile_in(group, profile)?;
        if !found.routing.eq_ignore_ascii_case("Priority") {
            return Err(Refusal::not_modelled("a change of the endpoints of a profile without priority routing"));
        }
        check_priority(found, &endpoint)?;
        self.check_regions(found, &endpoint)?;
        let host = found.host();
        if endpoint.kind == EndpointKind::Azure {
            self.add_host_name(&endpoint.target, &host)?;
        }
        let endpoints = &mut self.profile_mut(group, profile)?.endpoints;
        match endpoints.iter_mut().find(|old| old.name == endpoint.name) {
            Some(old) => *old = endpoint,
            None => endpoints.push(endpoint),
        }
        Ok(())
    }

    /// An Azure endpoint names a web app by its identifier, an external one a host by its name.
    fn check_target_of(&self, endpoint: &mut Endpoint, change: &EndpointChange) -> Result<(), Refusal> {
        if endpoint.kind == EndpointKind::External {
            let refused = endpoint.target_resource.is_some() || endpoint.target.is_empty();
            let text = "An external endpoint needs 'target' and takes no 'targetResourceId'.";
            return if refused { Err(bad(text)) } else { Ok(()) };
        }
        let id = endpoint.target_resource.clone().unwrap_or_default();
        let site = self.sites.values().find(|site| self.site_id(site).eq_ignore_ascii_case(&id));
        let Some(site) = site else {
            let text = format!("The target resource '{id}' of the endpoint could not be found.");
            return Err(bad(text));
        };
        let host = site.default_host();
        if change.target.as_ref().is_some_and(|target| !target.eq_ignore_ascii_case(&host)) {
            return Err(bad("The 'target' of an Azure endpoint is given by its 'targetResourceId'."));
        }
        endpoint.target = host;
        endpoint.location = Some(site.location.clone());
        Ok(())
    }

    /// Two web apps of one region as Azure endpoints of one profile (facts 0.4); disabled ones count (facts 5).
    fn check_regions(&self, profile: &Profile, endpoint: &Endpoint) -> Result<(), Refusal> {
        if endpoint.kind != EndpointKind::Azure {
            return Ok(());
        }
        let other = profile.endpoints.iter().find(|other| {
            other.kind == EndpointKind::Azure && other.name != endpoint.name && other.location == endpoint.location
        });
        let Some(other) = other else { return Ok(()) };
        let region = endpoint.location.as_deref().unwrap_or_default();
        Err(bad(format!(
            "Some of the provided Azure Website endpoints are not valid: One or more conflicts detected in traffic \
             manager configuration. Multiple domains point to region \"{region}\": {}, {}",
            other.target, endpoint.target
        )))
    }

    /// The web app of an Azure endpoint gets the profile's host name, which must be free in its scale unit.
    fn add_host_name(&mut self, address: &str, host: &str) -> Result<(), Refusal> {
        let Some(site) = self.site_of_address(address) else { return Ok(()) };
        let (name, unit) = (site.name.clone(), site.unit.clone());
        match self.site_of_host(&unit, host) {
            Some(owner) if owner.name == name => Ok(()),
            Some(owner) => {
                let text =
                    format!("Hostname '{host}' already exists in the scale unit, on the web app '{}'.", owner.name);
                Err(bad(text))
            }
            None => {
                self.sites.entry(name).and_modify(|site| site.host_names.push(host.to_owned()));
                Ok(())
            }
        }
    }
}

fn apply(endpoint: &mut Endpoint, change: &EndpointChange) {
    if let Some(enabled) = change.enabled {
        endpoint.set_enabled(enabled);
    }
    endpoint.target_resource = change.target_resource.clone().or(endpoint.target_resource.take());
    endpoint.target = change.target.clone().unwrap_or_else(|| std::mem::take(&mut endpoint.target));
    endpoint.weight = change.weight.unwrap_or(endpoint.weight);
    endpoint.priority = change.priority.unwrap_or(endpoint.priority);
    endpoint.location = change.location.clone().or(endpoint.location.take());
    endpoint.always_serve = change.always_serve.unwrap_or(endpoint.always_serve);
}

/// The service numbers endpoints itself if no request does; a profile with priority routing always shows one.
fn next_priority(profile: &Profile, name: &str) -> i64 {
    let others = profile.endpoints.iter().filter(|endpoint| endpoint.name != *name);
    others.map(|endpoint| endpoint.priority).max().unwrap_or(0) + 1
}

fn check_priority(profile: &Profile, endpoint: &Endpoint) -> Result<(), Refusal> {
    if !(1..=1000).contains(&endpoint.priority) || !(1..=1000).contains(&endpoint.weight) {
        return Err(bad("The priority and the weight of an endpoint must be between 1 and 1000."));
    }
    let clash =
        profile.endpoints.iter().find(|other| other.name != endpoint.name && other.priority == endpoint.priority);
    match clash {
        None => Ok(()),
        Some(other) => Err(bad(format!(
            "The endpoints '{}' and '{}' have the same priority {}. If specified, a priority must be specified on all \
             endpoints, and no two endpoints can share the same priority value.",
            other.name, endpoint.name, endpoint.priority
        ))),
    }
}

fn bad(message: impl Into<String>) -> Refusal {
    Refusal::bad_request("BadRequest", message)
}

fn endpoint_not_found(kind: EndpointKind, group: &str, profile: &str, name: &str) -> Refusal {
    let path = format!("Microsoft.Network/trafficManagerProfiles/{profile}/{}", kind.segment());
    Refusal::not_found(&path, group, name)
}
