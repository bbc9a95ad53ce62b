use jiff::SignedDuration;

use super::*;
use crate::facts::{EndpointKind, Monitor};

/// `name priority state`, the state in the words of Azure; `off` is a disabled endpoint, a `+` says `alwaysServe`.
fn endpoint(line: &str) -> Endpoint {
    let words: Vec<_> = line.split_whitespace().collect();
    let [name, priority, state] = words[..] else { panic!("{line}") };
    let (state, always_serve) = state.strip_suffix('+').map_or((state, false), |state| (state, true));
    let monitor = match state {
        "Online" => MonitorStatus::Online,
        "Checking" => MonitorStatus::CheckingEndpoint,
        "Degraded" => MonitorStatus::Degraded,
        "Stopped" => MonitorStatus::Stopped,
        "Unmonitored" => MonitorStatus::Unmonitored,
        "Inactive" => MonitorStatus::Inactive,
        "Disabled" | "off" => MonitorStatus::Disabled,
        other => MonitorStatus::Other(other.to_owned()),
    };
    Endpoint {
        id: id(name),
        kind: EndpointKind::Azure,
        target: format!("{name}.azurewebsites.net"),
        site: None,
        location: None,
        priority: priority.parse().ok(),
        enabled: state != "off",
        monitor,
        always_serve,
    }
}

fn id(name: &str) -> EndpointId {
    format!("rg/contoso/{name}").parse().unwrap()
}

fn profile(endpoints: &[&str]) -> Profile {
    Profile {
        id: "rg/contoso".parse().unwrap(),
        enabled: true,
        routing: "Priority".to_owned(),
        fqdn: "contoso.trafficmanager.net".to_owned(),
        ttl: SignedDuration::from_secs(30),
        monitor: Monitor {
            protocol: "HTTPS".to_owned(),
            port: 443,
            path: None,
            interval: SignedDuration::from_secs(10),
            tolerated_failures: 3,
        },
        tags: crate::facts::Tags::new(),
        endpoints: endpoints.iter().map(|line| endpoint(line)).collect(),
    }
}

#[test]
fn the_profile_is_resolved_as_traffic_manager_does() {
    let table: [(&[&str], &str); 22] = [
        (&[], "no endpoint (none is enabled)"),
        (&["v1 1 off", "v2 2 off"], "no endpoint (none is enabled)"),
        (&["v1 1 Online", "v2 2 off"], "`v1`"),
        (&["v2 2 Online", "v1 1 Online"], "`v1`"),
        (&["v1 1 off", "v2 2 Online"], "`v2`"),
        // A freshly enabled endpoint is served while it is checked.
        (&["v1 1 Checking", "v2 2 Online"], "`v1`"),
        (&["v1 1 Degraded", "v2 2 Checking"], "`v2`"),
        (&["v1 1 Stopped", "v2 2 Online"], "`v2`"),
        (&["v1 1 Stopped", "v2 2 off"], "no endpoint (the site of every enabled endpoint is stopped)"),
        // A sorry page is always served, before what comes behind it and before what is degraded.
        (&["v1 1 Online", "sorry 2 Unmonitored+", "v2 3 Online"], "`v1`"),
        (&["v1 1 off", "sorry 2 Unmonitored+", "v2 3 Online"], "`sorry`"),
        (&["v1 1 Degraded", "sorry 9 Unmonitored+"], "`sorry`"),
        (&["v1 1 Degraded+", "v2 2 Online"], "`v1`"),
        // All degraded counts as all online.
        (&["v1 1 Degraded", "v2 2 Degraded"], "`v1`"),
        (&["v1 1 Stopped", "standby 2 Degraded", "v2 3 Degraded"], "`standby`"),
        // What cannot be told may be served.
        (&["v1 1 Overheated", "v2 2 Online", "v3 3 Online"], "one of `v1`, `v2`"),
        (&["v1 1 Online", "v2 2 Overheated"], "`v1`"),
        (&["v1 1 Degraded", "v2 2 Degraded", "v3 3 Overheated"], "one of `v1`, `v3`"),
        (&["v1 1 Inactive", "v2 2 Disabled"], "one of `v1`, `v2`"),
        (&["v1 1 Stopped+", "v2 2 Online"], "one of `v1`, `v2`"),
        (&["v1 - Online", "v2 1 Online", "v3 2 Online"], "one of `v1`, `v2`"),
        (&["v1 1 Online", "v2 1 Online", "v3 2 Online"], "one of `v1`, `v2`"),
    ];
    for (endpoints, expected) in table {
        assert_eq!(served(&profile(endpoints)).to_string(), expected, "{endpoints:?}");
    }
}

#[test]
fn a_disabled_profile_answers_nobody() {
    let disabled = Profile { enabled: false, ..profile(&["v1 1 Online"]) };
    assert_eq!(served(&disabled).to_string(), "no endpoint (the profile is disabled)");
    assert_eq!(served_if(&disabled, &[(&id("v1"), true)]), Served::Nobody(Unserved::ProfileDisabled));
}

#[test]
fn another_routing_method_may_serve_everybody_who_is_enabled() {
    let spread = |endpoints: &[&str]| {
        let profile = Profile { routing: "Weighted".to_owned(), ..profile(endpoints) };
        served(&profile).to_string()
    };
    assert_eq!(spread(&["v1 1 Online", "v2 2 Online", "v3 3 off", "v4 4 Degraded"]), "one of `v1`, `v2`");
    assert_eq!(spread(&["v1 1 Degraded", "v2 2 Degraded"]), "one of `v1`, `v2`");
    assert_eq!(spread(&["v1 1 off", "v2 2 Online"]), "`v2`");
}

#[test]
fn a_change_is_resolved_before_it_is_made() {
    let profile = profile(&["v1 1 Online", "sorry 2 Unmonitored+", "v2 3 off"]);
    let with = |v1: bool, v2: bool| served_if(&profile, &[(&id("v1"), v1), (&id("V2"), v2)]).to_string();
    assert_eq!(with(true, true), "`v1`");
    assert_eq!(with(false, true), "`sorry`");
    let without_sorry = [(&id("sorry"), false), (&id("v1"), false), (&id("v2"), true)];
    assert_eq!(served_if(&profile, &without_sorry).to_string(), "`v2`");
    let twice = [(&id("v1"), false), (&id("v1"), true)];
    assert_eq!(served_if(&profile, &twice).to_string(), "`v1`", "the last change counts");
}

#[test]
fn who_is_served_is_asked_by_name() {
    let profile = profile(&["v1 1 Overheated", "v2 2 Online", "v3 3 Online"]);
    let now = served(&profile);
    assert!(now.may_be(&id("v1")) && now.may_be(&id("V2")) && !now.may_be(&id("v3")));
    assert!(!now.is(&id("v1")) && !now.is(&id("v2")));
    let then = served_if(&profile, &[(&id("v1"), false)]);
    assert!(then.is(&id("v2")) && then.may_be(&id("v2")) && !then.is(&id("v3")));
}
