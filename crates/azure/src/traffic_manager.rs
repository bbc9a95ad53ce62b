//! Traffic Manager profiles and their endpoints (Microsoft.Network 2022-04-01). Everything here is synchronous, and
//! nothing has an ETag.

use reqwest::Method;
use rollout::{
    EndpointId, ProfileId, SiteId,
    facts::{Endpoint, EndpointKind, Monitor, MonitorStatus, Profile, Tags},
};
use serde_json::{Value, json};

use crate::{
    arm_id::{ArmId, Scope},
    json::{Node, ReadError},
    request::{Request, seconds},
};

/// The version of the interface that these requests and readers are written for.
pub const API_VERSION: &str = "2022-04-01";

/// A profile with its endpoints, `None` where there is none.
pub fn profile(scope: &Scope, id: &ProfileId) -> Request<Option<Profile>> {
    let (tried, reader) = (format!("read the Traffic Manager profile `{id}`"), Reader::of(scope, id));
    Request::look(tried, &scope.profile(id), API_VERSION, move |response| response.read(|node| reader.profile(node)))
}

/// An endpoint to create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEndpoint<'a> {
    /// Which one.
    pub id: &'a EndpointId,
    /// What it leads to, which decides its kind.
    pub target: Target<'a>,
    /// Priority, from 1 to 1000, unique in the profile.
    pub priority: u32,
    /// Whether it takes part in the routing at once.
    pub enabled: bool,
    /// The region of what it leads to.
    pub location: Option<&'a str>,
}

/// What an endpoint leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target<'a> {
    /// A web site of ours: an Azure endpoint, whose host name and region Azure finds out.
    Site(&'a SiteId),
    /// A host name: an external endpoint.
    Host(&'a str),
}

impl Target<'_> {
    /// The kind of an endpoint that leads there.
    pub fn kind(&self) -> EndpointKind {
        match self {
            Self::Site(_) => EndpointKind::Azure,
            Self::Host(_) => EndpointKind::External,
        }
    }
}

/// Creates an endpoint, or replaces the one of this name and kind. Azure answers 201 to both.
pub fn put_endpoint(scope: &Scope, new: &NewEndpoint<'_>) -> Request<Endpoint> {
    let tried = format!("create the endpoint `{}`", new.id);
    let path = endpoint_path(scope, new.id, new.target.kind());
    let reader = Reader::of(scope, &new.id.profile_id());
    Request::new(Method::PUT, tried, &path, API_VERSION, move |response| response.read(|node| reader.endpoint(node)))
        .with_body(json!({ "properties": properties(scope, new) }))
}

fn properties(scope: &Scope, new: &NewEndpoint<'_>) -> Value {
    let mut properties = json!({ "endpointStatus": status_word(new.enabled), "priority": new.priority });
    match new.target {
        Target::Site(site) => properties["targetResourceId"] = scope.site(site).to_string().into(),
        Target::Host(host) => properties["target"] = host.into(),
    }
    if let Some(location) = new.location {
        properties["endpointLocation"] = location.into();
    }
    properties
}

/// Enables or disables an endpoint, and changes nothing else of it.
pub fn set_endpoint_status(scope: &Scope, id: &EndpointId, kind: EndpointKind, enabled: bool) -> Request<Endpoint> {
    let tried = format!("{} the endpoint `{id}`", if enabled { "enable" } else { "disable" });
    let reader = Reader::of(scope, &id.profile_id());
    let path = endpoint_path(scope, id, kind);
    Request::new(Method::PATCH, tried, &path, API_VERSION, move |response| response.read(|node| reader.endpoint(node)))
        .with_body(json!({ "properties": { "endpointStatus": status_word(enabled) } }))
}

/// Deletes an endpoint; one that is not there is deleted already.
pub fn delete_endpoint(scope: &Scope, id: &EndpointId, kind: EndpointKind) -> Request<()> {
    let tried = format!("delete the endpoint `{id}`");
    Request::new(Method::DELETE, tried, &endpoint_path(scope, id, kind), API_VERSION, |_| Ok(()))
}

/// Replaces all tags of a profile; its endpoints have none of their own.
pub fn set_profile_tags(scope: &Scope, id: &ProfileId, tags: &Tags) -> Request<Profile> {
    let (tried, reader) = (format!("set the tags of the Traffic Manager profile `{id}`"), Reader::of(scope, id));
    let path = scope.profile(id);
    Request::new(Method::PATCH, tried, &path, API_VERSION, move |response| response.read(|node| reader.profile(node)))
        .with_body(json!({ "tags": tags }))
}

/// The endpoints of all profiles of the subscription.
pub fn endpoints_of_all(scope: &Scope) -> Request<Vec<Endpoint>> {
    let (tried, reader) = ("list the Traffic Manager profiles of the subscription".to_owned(), scope.clone());
    let read = move |node: &Node<'_>| read_profiles(&reader, node);
    Request::new(Method::GET, tried, &scope.profiles(), API_VERSION, move |response| response.read(|node| read(node)))
        .paged()
}

fn read_profiles(scope: &Scope, node: &Node<'_>) -> Result<Vec<Endpoint>, ReadError> {
    let mut all = Vec::new();
    for profile in node.list("value")? {
        let id = ArmId::parse(&profile.text("id")?).ok();
        let named = id.as_ref().and_then(|id| id.get("resourceGroups").zip(id.get("trafficManagerProfiles")));
        let (group, name) = named.ok_or_else(|| ReadError::Field {
            field: "id".to_owned(),
            expected: "the id of a profile",
            found: "another text",
        })?;
        let reader = Reader::of(scope, &ProfileId { group: group.to_owned(), name: name.to_owned() });
        for endpoint in profile.list("properties.endpoints")? {
            all.push(reader.endpoint(&endpoint)?);
        }
    }
    Ok(all)
}

fn endpoint_path(scope: &Scope, id: &EndpointId, kind: EndpointKind) -> ArmId {
    scope.profile(&id.profile_id()).join(&[kind.segment(), &id.name])
}

fn status_word(enabled: bool) -> &'static str {
    if enabled { "Enabled" } else { "Disabled" }
}

/// Knows which profile was asked for, and in which subscription.
struct Reader {
    scope: Scope,
    profile: ProfileId,
}

impl Reader {
    fn of(scope: &Scope, profile: &ProfileId) -> Self {
        Self { scope: scope.clone(), profile: profile.clone() }
    }

    fn profile(&self, node: &Node<'_>) -> Result<Profile, ReadError> {
        let endpoints = node.list("properties.endpoints")?;
        Ok(Profile {
            id: self.profile.clone(),
            enabled: is_enabled(node.optional_text("properties.profileStatus")?),
            routing: node.text("properties.trafficRoutingMethod")?,
            fqdn: node.text("properties.dnsConfig.fqdn")?,
            ttl: seconds(node.number("properties.dnsConfig.ttl")?),
            monitor: read_monitor(node)?,
            tags: node.tags()?,
            endpoints: endpoints.iter().map(|node| self.endpoint(node)).collect::<Result<_, _>>()?,
        })
    }

    fn endpoint(&self, node: &Node<'_>) -> Result<Endpoint, ReadError> {
        let resource = node.optional_text("properties.targetResourceId")?;
        Ok(Endpoint {
            id: self.profile.endpoint(&node.text("name")?),
            kind: read_kind(node)?,
            target: node.optional_text("properties.target")?.unwrap_or_default(),
            site: resource.and_then(|id| self.scope.site_of(&id)),
            location: node.optional_text("properties.endpointLocation")?,
            priority: node.optional_number("properties.priority")?,
            enabled: is_enabled(node.optional_text("properties.endpointStatus")?),
            monitor: read_status(node.optional_text("properties.endpointMonitorStatus")?),
            always_serve: is_enabled(node.optional_text("properties.alwaysServe")?),
        })
    }
}

fn is_enabled(word: Option<String>) -> bool {
    word.is_some_and(|word| word.eq_ignore_ascii_case("Enabled"))
}

/// The time between probes and the failures that are tolerated have documented defaults: 30 seconds and 3.
fn read_monitor(node: &Node<'_>) -> Result<Monitor, ReadError> {
    let interval = node.optional_number("properties.monitorConfig.intervalInSeconds")?;
    let failures = node.optional_number("properties.monitorConfig.toleratedNumberOfFailures")?;
    Ok(Monitor {
        protocol: node.text("properties.monitorConfig.protocol")?,
        port: node.number("properties.monitorConfig.port")?,
        path: node.optional_text("properties.monitorConfig.path")?,
        interval: seconds(interval.unwrap_or(30)),
        tolerated_failures: failures.unwrap_or(3),
    })
}

/// The last segment of `type`, e.g. `Microsoft.Network/trafficManagerProfiles/azureEndpoints`.
fn read_kind(node: &Node<'_>) -> Result<EndpointKind, ReadError> {
    let full = node.text("type")?;
    let segment = full.rsplit('/').next().unwrap_or_default();
    let kinds = [EndpointKind::Azure, EndpointKind::External, EndpointKind::Nested];
    let found = kinds.into_iter().find(|kind| kind.segment().eq_ignore_ascii_case(segment));
    found.ok_or(ReadError::Field { field: "type".to_owned(), expected: "a kind of endpoint", found: "another text" })
}

fn read_status(word: Option<String>) -> MonitorStatus {
    let word = word.unwrap_or_default();
    match word.to_ascii_lowercase().as_str() {
        "online" => MonitorStatus::Online,
        "checkingendpoint" => MonitorStatus::CheckingEndpoint,
        "degraded" => MonitorStatus::Degraded,
        "disabled" => MonitorStatus::Disabled,
        "inactive" => MonitorStatus::Inactive,
        "stopped" => MonitorStatus::Stopped,
        "unmonitored" => MonitorStatus::Unmonitored,
        _ => MonitorStatus::Other(word),
    }
}

#[cfg(test)]
#[path = "traffic_manager_test.rs"]
mod tests;
