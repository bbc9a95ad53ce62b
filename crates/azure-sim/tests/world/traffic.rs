//! Traffic Manager.

use azure_sim::Scenario;
use serde_json::json;

use crate::bench::{Bench, PATIENCE, TRAFFIC, WEB, small};

fn profile(bench: &Bench) -> serde_json::Value {
    bench.get(&bench.id("Microsoft.Network/trafficManagerProfiles/contoso"), TRAFFIC)
}

fn status(bench: &Bench, at: usize) -> String {
    profile(bench)["properties"]["endpoints"][at]["properties"]["endpointMonitorStatus"].as_str().unwrap().to_owned()
}

#[test]
fn an_endpoint_is_added_enabled_and_deleted() {
    let bench = Bench::new(Scenario { probe_interval_ms: 3_600_000, ..small() });
    let added = bench.add_stage_endpoint();
    assert_eq!((added.status, status(&bench, 1).as_str()), (201, "Disabled"));
    assert_eq!(bench.add_stage_endpoint().status, 201);
    bench.enable("ExternalEndpoints", "contoso-2", true);
    assert_eq!(status(&bench, 1), "CheckingEndpoint");
    let deleted = bench.arm("DELETE", &bench.endpoint("externalEndpoints", "contoso-2"), TRAFFIC, None);
    assert_eq!((deleted.status, deleted.text.as_str(), deleted.header("content-type")), (200, "", ""));
    assert_eq!(bench.arm("DELETE", &bench.endpoint("externalEndpoints", "contoso-2"), TRAFFIC, None).status, 204);
}

/// A freshly enabled endpoint is served before it was probed.
#[test]
fn what_is_being_checked_is_served() {
    let bench = Bench::new(Scenario { probe_interval_ms: 3_600_000, ..small() });
    bench.add_stage_endpoint();
    bench.enable("ExternalEndpoints", "contoso-2", true);
    assert_eq!(bench.simulator.report().serving.site.as_deref(), Some("contoso-1"));
    bench.enable("AzureEndpoints", "contoso-1", false);
    assert_eq!(status(&bench, 1), "CheckingEndpoint");
    assert_eq!(bench.simulator.report().serving.site.as_deref(), Some("contoso-2"));
}

#[test]
fn probes_find_out_who_is_online() {
    let bench = Bench::small();
    bench.make_stage();
    bench.add_stage();
    bench.put_stage_online();
    assert_eq!(profile(&bench)["properties"]["monitorConfig"]["profileMonitorStatus"], "Online");
}

#[test]
fn a_sick_endpoint_is_degraded_and_a_stopped_app_is_stopped() {
    let bench = Bench::small();
    bench.add_stage_endpoint();
    bench.enable("ExternalEndpoints", "contoso-2", true);
    assert!(bench.simulator.wait("idle", PATIENCE));
    assert_eq!(status(&bench, 1), "Degraded");
    assert_eq!(profile(&bench)["properties"]["monitorConfig"]["profileMonitorStatus"], "Degraded");
    bench.arm("POST", &bench.id("Microsoft.Web/sites/contoso-1/stop"), WEB, None);
    bench.until(|| status(&bench, 0) == "Stopped");
}

#[test]
fn all_endpoints_disabled_is_inactive() {
    let bench = Bench::small();
    bench.enable("AzureEndpoints", "contoso-1", false);
    assert_eq!(profile(&bench)["properties"]["monitorConfig"]["profileMonitorStatus"], "Inactive");
    assert_eq!(bench.simulator.report().serving.site, None);
    assert_eq!(bench.broken().first().map(|(number, _)| *number), Some(3));
}

#[test]
fn an_azure_endpoint_leaves_its_host_name_behind() {
    let bench = Bench::small();
    bench.arm("DELETE", &bench.endpoint("AzureEndpoints", "contoso-1"), TRAFFIC, None);
    let names = bench.get(&bench.id("Microsoft.Web/sites/contoso-1"), WEB)["properties"]["hostNames"].clone();
    assert!(names.as_array().unwrap().contains(&json!("contoso.trafficmanager.net")));
    let body = json!({"properties": {"targetResourceId": bench.id("Microsoft.Web/sites/contoso-1"), "priority": 1}});
    let added = bench.arm("PUT", &bench.endpoint("AzureEndpoints", "again"), TRAFFIC, Some(body));
    assert_eq!(
        (added.status, added.json()["properties"]["target"].clone()),
        (201, json!("contoso-1.azurewebsites.net"))
    );
}

/// In one scale unit a host name belongs to one site.
#[test]
fn a_site_beside_production_cannot_have_its_names() {
    let bench = Bench::new(Scenario { stage_beside_production: true, ..small() });
    let stage = bench.stage_id("Microsoft.Web/sites/contoso-2");
    assert_eq!(bench.get(&stage, WEB)["properties"]["hostNames"], json!(["contoso-2.azurewebsites.net"]));
    let reached = bench.send("GET", "https://contoso-2.azurewebsites.net/", &[("host", "www.contoso.example")], None);
    assert_eq!(reached.header("x-app-version"), "1");
    bench.arm("DELETE", &bench.endpoint("AzureEndpoints", "contoso-1"), TRAFFIC, None);
    let body = json!({"properties": {"targetResourceId": stage, "priority": 1}});
    let refused = bench.arm("PUT", &bench.endpoint("AzureEndpoints", "contoso-2"), TRAFFIC, Some(body));
    assert_eq!(refused.status, 400);
    assert!(refused.message().starts_with("Hostname 'contoso.trafficmanager.net' already exists"), "{}", refused.text);
}

#[test]
fn tags_of_a_profile_are_replaced() {
    let bench = Bench::small();
    let path = bench.id("Microsoft.Network/trafficManagerProfiles/contoso");
    for tags in [json!({"a": "1", "b": "2"}), json!({"a": "3"})] {
        let answer = bench.arm("PATCH", &path, TRAFFIC, Some(json!({"tags": tags})));
        assert_eq!((answer.status, answer.json()["tags"].clone()), (200, tags.clone()));
        assert_eq!(profile(&bench)["tags"], tags);
    }
}

/// A client that reads an endpoint, changes one thing and puts it all back.
#[test]
fn a_whole_endpoint_can_be_put_back() {
    let bench = Bench::small();
    bench.add_stage_endpoint();
    let path = bench.endpoint("ExternalEndpoints", "contoso-2");
    let mut endpoint = bench.get(&path, TRAFFIC);
    let properties = endpoint["properties"].as_object_mut().unwrap();
    properties.retain(|_, value| !value.is_null());
    properties.insert("endpointStatus".into(), json!("Enabled"));
    let put = bench.arm("PUT", &path, TRAFFIC, Some(endpoint));
    assert_eq!(
        (put.status, put.json()["properties"]["endpointStatus"].clone()),
        (201, json!("Enabled")),
        "{}",
        put.text
    );
}
