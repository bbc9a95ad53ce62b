use proptest::prelude::*;
use rollout::facts::tag;
use serde_json::{Value, json};

use super::*;
use crate::{Response, arbitrary_json::arbitrary_json};

fn scope() -> Scope {
    Scope::new("sub")
}

const PROFILE: &str =
    "/subscriptions/sub/resourceGroups/contoso-rg/providers/Microsoft.Network/trafficManagerProfiles/contoso";

fn profile_id() -> ProfileId {
    "contoso-rg/contoso".parse().unwrap()
}

fn endpoint_id() -> EndpointId {
    profile_id().endpoint("contoso-2")
}

fn ok(body: impl Into<String>) -> Response {
    Response { status: 200, headers: Default::default(), body: body.into().into() }
}

#[test]
fn an_endpoint_of_a_host_is_external_and_one_of_a_site_is_azure() {
    let id = endpoint_id();
    let target = Target::Host("contoso-2.azurewebsites.net");
    let new = NewEndpoint { id: &id, target, priority: 2, enabled: false, location: None };
    let request = put_endpoint(&scope(), &new);
    assert_eq!((request.method.as_str(), request.path), ("PUT", format!("{PROFILE}/ExternalEndpoints/contoso-2")));
    assert_eq!(request.query, [("api-version", "2022-04-01".to_owned())]);
    let properties = json!({ "endpointStatus": "Disabled", "priority": 2, "target": "contoso-2.azurewebsites.net" });
    assert_eq!(request.body.unwrap(), json!({ "properties": properties }));

    let site = "contoso-rg/contoso-2/stage".parse().unwrap();
    let new = NewEndpoint { target: Target::Site(&site), enabled: true, location: Some("West Europe"), ..new };
    let request = put_endpoint(&scope(), &new);
    assert_eq!(request.path, format!("{PROFILE}/AzureEndpoints/contoso-2"));
    let resource = "/subscriptions/sub/resourceGroups/contoso-rg/providers/Microsoft.Web/sites/contoso-2/slots/stage";
    let properties = json!({
        "endpointStatus": "Enabled", "priority": 2, "targetResourceId": resource, "endpointLocation": "West Europe",
    });
    assert_eq!(request.body.unwrap(), json!({ "properties": properties }));
}

#[test]
fn a_change_of_status_says_nothing_else() {
    let request = set_endpoint_status(&scope(), &endpoint_id(), EndpointKind::Azure, false);
    assert_eq!(request.tried, "disable the endpoint `contoso-rg/contoso/contoso-2`");
    assert_eq!((request.method.as_str(), request.path), ("PATCH", format!("{PROFILE}/AzureEndpoints/contoso-2")));
    assert_eq!(request.body.unwrap(), json!({ "properties": { "endpointStatus": "Disabled" } }));
    let body = set_endpoint_status(&scope(), &endpoint_id(), EndpointKind::External, true).body.unwrap();
    assert_eq!(body, json!({ "properties": { "endpointStatus": "Enabled" } }));
}

#[test]
fn deletes_an_endpoint_and_sets_the_tags_of_a_profile() {
    let request = delete_endpoint(&scope(), &endpoint_id(), EndpointKind::External);
    assert_eq!(
        (request.method.as_str(), request.path.as_str()),
        ("DELETE", &*format!("{PROFILE}/ExternalEndpoints/contoso-2"))
    );
    assert_eq!(request.read(&ok("")), Ok(()), "the answer has no body");
    let request = set_profile_tags(&scope(), &profile_id(), &Tags::from([("a".into(), "b".into())]));
    assert_eq!((request.method.as_str(), request.path.as_str()), ("PATCH", PROFILE));
    assert_eq!(request.body.unwrap(), json!({ "tags": { "a": "b" } }));
}

/// As the service writes it: slashes escaped, nulls explicit, another casing of ids.
const BODY: &str = r#"{"id":"\/subscriptions\/sub\/resourceGroups\/contoso-rg\/providers\/Microsoft.Network\/trafficManagerProfiles\/contoso",
"name":"contoso","type":"Microsoft.Network\/trafficManagerProfiles","location":"global","tags":{"Rolling-Upgrade":"7"},
"properties":{"profileStatus":"Enabled","trafficRoutingMethod":"Priority",
"dnsConfig":{"relativeName":"contoso","fqdn":"contoso.trafficmanager.net","ttl":30},
"monitorConfig":{"profileMonitorStatus":"Online","protocol":"HTTPS","port":443,"path":"\/health","intervalInSeconds":10,"toleratedNumberOfFailures":2,"timeoutInSeconds":5},
"endpoints":[
{"id":"x","name":"contoso-1","type":"Microsoft.Network\/trafficManagerProfiles\/azureEndpoints","properties":{"endpointStatus":"Enabled","endpointMonitorStatus":"Online",
"targetResourceId":"\/subscriptions\/SUB\/resourcegroups\/contoso-rg\/providers\/microsoft.web\/sites\/contoso-1","target":"contoso-1.azurewebsites.net","weight":1,"priority":1,"endpointLocation":"West Europe","minChildEndpoints":null,"alwaysServe":"Disabled"}},
{"id":"y","name":"contoso-2","type":"Microsoft.Network\/trafficManagerProfiles\/externalEndpoints","properties":{"endpointStatus":"Disabled","endpointMonitorStatus":"CheckingEndpoint",
"targetResourceId":null,"target":"contoso-2.azurewebsites.net","weight":1,"priority":2,"endpointLocation":null,"minChildEndpoints":null,"alwaysServe":"Enabled"}}],
"trafficViewEnrollmentStatus":"Disabled","maxReturn":null}}"#;

#[test]
fn reads_a_profile() {
    let profile = profile(&scope(), &profile_id()).read(&ok(BODY)).unwrap().unwrap();
    assert!(profile.enabled);
    assert_eq!((profile.routing.as_str(), profile.fqdn.as_str()), ("Priority", "contoso.trafficmanager.net"));
    assert_eq!((profile.ttl.as_secs(), tag(&profile.tags, "rolling-upgrade")), (30, Some("7")));
    let monitor = &profile.monitor;
    assert_eq!((monitor.protocol.as_str(), monitor.port, monitor.path.as_deref()), ("HTTPS", 443, Some("/health")));
    assert_eq!((monitor.interval.as_secs(), monitor.tolerated_failures), (10, 2));
}

#[test]
fn reads_the_endpoints_of_a_profile() {
    let profile = profile(&scope(), &profile_id()).read(&ok(BODY)).unwrap().unwrap();
    let [first, second] = profile.endpoints.as_slice() else { panic!("two endpoints") };
    assert_eq!((first.kind, first.enabled, first.priority), (EndpointKind::Azure, true, Some(1)));
    assert_eq!((&first.monitor, first.always_serve), (&MonitorStatus::Online, false));
    assert_eq!(first.site, Some("contoso-rg/contoso-1".parse().unwrap()));
    assert_eq!(first.location.as_deref(), Some("West Europe"));
    assert_eq!((second.kind, second.enabled, &second.site), (EndpointKind::External, false, &None));
    assert_eq!((&second.monitor, second.always_serve), (&MonitorStatus::CheckingEndpoint, true));
    assert_eq!(second.id, endpoint_id());
    let alone = serde_json::from_str::<Value>(BODY).unwrap()["properties"]["endpoints"][1].to_string();
    let request = set_endpoint_status(&scope(), &endpoint_id(), EndpointKind::External, true);
    assert_eq!(&request.read(&ok(alone)).unwrap(), second);
}

#[test]
fn lists_the_endpoints_of_all_profiles() {
    let request = endpoints_of_all(&scope());
    let path = "/subscriptions/sub/providers/Microsoft.Network/trafficManagerProfiles";
    assert_eq!((request.method.as_str(), request.path.as_str(), request.paged), ("GET", path, true));
    let own = serde_json::from_str::<Value>(BODY).unwrap();
    let mut other = own.clone();
    other["id"] = own["id"].as_str().unwrap().replace("Profiles/contoso", "Profiles/other").into();
    let found = request.read(&ok(json!({ "value": [own, other] }).to_string())).unwrap();
    let ids: Vec<_> = found.iter().map(|endpoint| endpoint.id.to_string()).collect();
    let expected = ["contoso/contoso-1", "contoso/contoso-2", "other/contoso-1", "other/contoso-2"];
    assert_eq!(ids, expected.map(|id| format!("contoso-rg/{id}")));
    assert_eq!(found[2].site, Some("contoso-rg/contoso-1".parse().unwrap()));
    let strange = json!({ "value": [{ "id": "/subscriptions/sub", "properties": { "endpoints": [] } }] });
    let error = request.read(&ok(strange.to_string())).unwrap_err().to_string();
    assert_eq!(error, "`id` in the answer should be the id of a profile and is another text");
}

#[test]
fn every_state_of_the_probes_is_known_and_a_new_one_kept() {
    use MonitorStatus::{CheckingEndpoint, Degraded, Disabled, Inactive, Online, Other, Stopped, Unmonitored};
    let status = |word: &str| read_status(Some(word.to_owned()));
    let words = ["Online", "checkingendpoint", "Degraded", "Disabled", "Inactive", "STOPPED", "Unmonitored", "New"];
    let wanted =
        [Online, CheckingEndpoint, Degraded, Disabled, Inactive, Stopped, Unmonitored, Other("New".to_owned())];
    assert_eq!(words.map(status), wanted);
}

#[test]
fn an_unknown_kind_of_endpoint_is_refused() {
    let body = json!({ "name": "x", "type": "a/newEndpoints", "properties": {} }).to_string();
    let request = set_endpoint_status(&scope(), &endpoint_id(), EndpointKind::Azure, true);
    let error = request.read(&ok(body)).unwrap_err().to_string();
    assert_eq!(error, "`type` in the answer should be a kind of endpoint and is another text");
}

proptest! {
    #[test]
    fn any_json_is_read_or_refused(body in arbitrary_json(&[
        "properties", "endpoints", "dnsConfig", "monitorConfig", "ttl", "fqdn", "port", "protocol", "type", "name",
        "trafficRoutingMethod", "tags", "priority", "targetResourceId", "value", "id",
    ])) {
        let _ = profile(&scope(), &profile_id()).read(&ok(body.to_string()));
        let _ = endpoints_of_all(&scope()).read(&ok(body.to_string()));
        let _ = set_endpoint_status(&scope(), &endpoint_id(), EndpointKind::Azure, true).read(&ok(body.to_string()));
    }
}
