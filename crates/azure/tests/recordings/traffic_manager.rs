//! Traffic Manager: what is asked and what is read.

use azure::traffic_manager::{self, NewEndpoint, Target};
use rollout::{
    EndpointId,
    facts::{Endpoint, EndpointKind, Monitor, MonitorStatus, Profile},
};
use serde_json::{Value, json};

use crate::{
    cassette::Interaction,
    checker::{Checker, Reader, read, scope},
};

pub const PROFILE: Reader = Reader {
    name: "the reader of a profile",
    drops: &[
        ("id name type location", "the answer repeats what was asked for; every profile is global"),
        ("properties.dnsConfig.relativeName", "the first part of the name that is kept"),
        ("properties.monitorConfig.profileMonitorStatus", "the endpoints tell their own"),
        ("properties.monitorConfig.timeoutInSeconds", "the probes are Azure's, not ours"),
        ("properties.trafficViewEnrollmentStatus properties.maxReturn", "of no effect where routing is by priority"),
    ],
};

pub const ENDPOINT: Reader = Reader {
    name: "the reader of an endpoint",
    drops: &[
        ("id", "the answer repeats what was asked for"),
        (
            "properties.weight properties.minChildEndpoints",
            "of no effect where routing is by priority, without nesting",
        ),
    ],
};

fn endpoint_id(seen: &Interaction, name: &str) -> EndpointId {
    let (group, profile) = (seen.name_of("resourceGroups"), seen.name_of("trafficManagerProfiles"));
    EndpointId { group: group.to_owned(), profile: profile.to_owned(), name: name.to_owned() }
}

fn external(seen: &Interaction) -> EndpointId {
    endpoint_id(seen, seen.name_of("externalEndpoints"))
}

pub fn profile_is_read(seen: &Interaction, checker: &mut Checker) {
    let asked = endpoint_id(seen, "").profile_id();
    let profile = checker.check(seen, &traffic_manager::profile(&scope(), &asked)).unwrap();
    let body = seen.received();
    let Profile { id, enabled, routing, fqdn, ttl, monitor, tags, endpoints } = profile;
    assert_eq!(id, asked, "{}", seen.place);
    let Monitor { protocol, port, path, interval, tolerated_failures } = monitor;
    let kept = [
        ("properties.profileStatus", json!(word(enabled))),
        ("properties.trafficRoutingMethod", json!(routing)),
        ("properties.dnsConfig.fqdn", json!(fqdn)),
        ("properties.dnsConfig.ttl", json!(ttl.as_secs())),
        ("properties.monitorConfig.protocol", json!(protocol)),
        ("properties.monitorConfig.port", json!(port)),
        ("properties.monitorConfig.path", json!(path)),
        ("properties.monitorConfig.intervalInSeconds", json!(interval.as_secs())),
        ("properties.monitorConfig.toleratedNumberOfFailures", json!(tolerated_failures)),
        ("tags", json!(tags)),
        ("properties.endpoints", body["properties"]["endpoints"].clone()),
    ];
    checker.lossless(&seen.place, &PROFILE, &body, &kept);
    let recorded = body["properties"]["endpoints"].as_array().unwrap();
    assert_eq!(endpoints.len(), recorded.len(), "{}", seen.place);
    for (endpoint, recorded) in endpoints.into_iter().zip(recorded) {
        is_lossless(seen, endpoint, recorded, checker);
    }
}

fn is_lossless(seen: &Interaction, endpoint: Endpoint, recorded: &Value, checker: &mut Checker) {
    let Endpoint { id, kind, target, site, location, priority, enabled, monitor, always_serve } = endpoint;
    let full = recorded["type"].as_str().unwrap();
    let own = format!("Microsoft.Network/trafficManagerProfiles/{}", kind.segment());
    assert!(own.eq_ignore_ascii_case(full), "{}: {full}", seen.place);
    assert_eq!(id, endpoint_id(seen, &id.name), "{}", seen.place);
    let kept = [
        ("name", json!(id.name)),
        ("type", json!(full)),
        ("properties.target", json!(target)),
        ("properties.targetResourceId", json!(site.map(|site| scope().site(&site).to_string()))),
        ("properties.endpointLocation", json!(location)),
        ("properties.priority", json!(priority)),
        ("properties.endpointStatus", json!(word(enabled))),
        ("properties.endpointMonitorStatus", json!(status(&monitor))),
        ("properties.alwaysServe", json!(word(always_serve))),
    ];
    checker.lossless(&seen.place, &ENDPOINT, recorded, &kept);
}

fn word(enabled: bool) -> &'static str {
    if enabled { "Enabled" } else { "Disabled" }
}

fn status(monitor: &MonitorStatus) -> &str {
    match monitor {
        MonitorStatus::Online => "Online",
        MonitorStatus::CheckingEndpoint => "CheckingEndpoint",
        MonitorStatus::Degraded => "Degraded",
        MonitorStatus::Disabled => "Disabled",
        MonitorStatus::Inactive => "Inactive",
        MonitorStatus::Stopped => "Stopped",
        MonitorStatus::Unmonitored => "Unmonitored",
        MonitorStatus::Other(word) => word,
    }
}

/// No step asks for an endpoint alone; the answer is what the readers of PUT and PATCH know.
pub fn endpoint_is_read(seen: &Interaction, checker: &mut Checker) {
    let request = traffic_manager::set_endpoint_status(&scope(), &external(seen), EndpointKind::External, true);
    assert!(request.path.eq_ignore_ascii_case(seen.uri.path()), "{}", seen.place);
    is_lossless(seen, read(seen, &request), &seen.received(), checker);
}

pub fn endpoint_is_put(seen: &Interaction, checker: &mut Checker) {
    let (id, host) = (external(seen), seen.sent["properties"]["target"].as_str().unwrap());
    let priority = seen.sent.pointer("/properties/priority").map_or(1, |priority| priority.as_u64().unwrap());
    let (target, priority) = (Target::Host(host), u32::try_from(priority).unwrap());
    let new = NewEndpoint { id: &id, target, priority, enabled: true, location: None };
    let endpoint = checker.check(seen, &traffic_manager::put_endpoint(&scope(), &new));
    is_lossless(seen, endpoint, &seen.received(), checker);
}

pub fn endpoint_is_deleted(seen: &Interaction, checker: &mut Checker) {
    assert_eq!(seen.received(), Value::Null, "{}: nothing to read", seen.place);
    checker.check(seen, &traffic_manager::delete_endpoint(&scope(), &external(seen), EndpointKind::External));
}
