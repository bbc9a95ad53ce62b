use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{Response, arbitrary_json::arbitrary_json, site_model};

fn scope() -> Scope {
    Scope::new("sub")
}

const SITE: &str = "/subscriptions/sub/resourceGroups/contoso-rg/providers/Microsoft.Web/sites/contoso-1";

fn id() -> SiteId {
    "contoso-rg/contoso-1".parse().unwrap()
}

fn slot() -> SiteId {
    "contoso-rg/contoso-1/stage".parse().unwrap()
}

fn ok(body: &Value) -> Response {
    Response { status: 200, headers: Default::default(), body: body.to_string().into() }
}

#[test]
fn a_slot_has_a_path_of_its_own() {
    assert_eq!(site(&scope(), &id()).path, SITE);
    assert_eq!(site(&scope(), &slot()).path, format!("{SITE}/slots/stage"));
    assert_eq!(stop(&scope(), &slot()).path, format!("{SITE}/slots/stage/stop"));
    assert_eq!(
        connection_settings(&scope(), &slot()).path,
        format!("{SITE}/slots/stage/config/connectionstrings/list")
    );
}

#[test]
fn posts_that_twice_do_what_they_do_once_are_safe_to_repeat() {
    let posts = [start(&scope(), &id()), stop(&scope(), &id())];
    for (post, verb) in posts.iter().zip(["start", "stop"]) {
        assert_eq!((post.method.as_str(), &post.path), ("POST", &format!("{SITE}/{verb}")));
        assert_eq!(post.tried, format!("{verb} the site `contoso-rg/contoso-1`"));
        assert_eq!((post.safe_to_repeat, &post.body), (true, &None));
        assert_eq!((&post.query[..], post.expected), (&[("api-version", "2023-12-01".to_owned())][..], &[200][..]));
    }
    assert!(connection_settings(&scope(), &id()).safe_to_repeat);
}

#[test]
fn a_plan_outlives_its_last_site() {
    let request = delete_site(&scope(), &id());
    assert_eq!((request.method.as_str(), request.path.as_str()), ("DELETE", SITE));
    assert_eq!(request.query[1], ("deleteEmptyServerFarm", "false".to_owned()));
    assert_eq!(request.expected, [200, 204, 404]);
}

#[test]
fn connection_settings_are_read_and_put_back_as_they_were() {
    let properties = json!({
        "Shop": { "value": "Server=tcp:a;Password=p'\"\\;", "type": "SQLAzure" },
        "Cache": { "value": "redis", "type": "Custom" },
    });
    let body = json!({ "id": "x", "name": "connectionstrings", "location": "West Europe", "properties": properties });
    let settings = connection_settings(&scope(), &id()).read(&ok(&body)).unwrap();
    assert_eq!(settings.iter().map(|setting| setting.name.as_str()).collect::<Vec<_>>(), ["Shop", "Cache"]);
    assert!(!format!("{settings:?}").contains("Password"));
    let request = put_connection_settings(&scope(), &id(), &settings);
    assert_eq!((request.method.as_str(), &request.path), ("PUT", &format!("{SITE}/config/connectionstrings")));
    assert!(!format!("{request:?}").contains("Password"));
    assert_eq!(request.body.unwrap(), json!({ "properties": properties }));
}

#[test]
fn application_settings_are_read_and_put_back_as_they_were() {
    let properties = json!({ "WEBJOBS_STOPPED": "1", "Api": "k'\"\\;" });
    let settings = site_model::app_settings(&scope(), &id()).read(&ok(&json!({ "properties": properties }))).unwrap();
    assert!(!format!("{settings:?}").contains("k'"));
    let request = put_app_settings(&scope(), &id(), &settings);
    assert_eq!((request.method.as_str(), &request.path), ("PUT", &format!("{SITE}/config/appsettings")));
    assert_eq!(request.body.unwrap(), json!({ "properties": properties }));
    let error =
        site_model::app_settings(&scope(), &id()).read(&ok(&json!({ "properties": { "Api": 7 } }))).unwrap_err();
    assert_eq!(error.to_string(), "`properties.Api` in the answer should be a text and is a number");
}

#[test]
fn a_setting_without_a_value_is_refused_by_name() {
    let body = json!({ "properties": { "Shop": { "value": null, "type": "SQLAzure" } } });
    let error = connection_settings(&scope(), &id()).read(&ok(&body)).unwrap_err().to_string();
    assert_eq!(error, "`properties.Shop.value` in the answer should be a text and is missing");
}

fn site_body() -> Value {
    let state = |name: &str, tls: &str, kind: &str| json!({ "name": name, "sslState": tls, "hostType": kind });
    json!({
        "name": "contoso-1", "location": "West Europe", "tags": { "rolling-upgrade": "7" },
        "properties": {
            "state": "Running",
            "hostNames": ["www.contoso.example", "contoso.trafficmanager.net", "contoso-1.azurewebsites.net"],
            "enabledHostNames": ["WWW.contoso.example", "contoso-1.scm.azurewebsites.net"],
            "hostNameSslStates": [
                state("www.contoso.example", "SniEnabled", "Standard"),
                state("contoso-1.azurewebsites.net", "Disabled", "Standard"),
                state("contoso-1.scm.azurewebsites.net", "Disabled", "Repository"),
            ],
            "serverFarmId": "/subscriptions/sub/resourceGroups/contoso-rg/providers/Microsoft.Web/serverfarms/plan",
            "defaultHostName": "contoso-1.azurewebsites.net", "cloningInfo": null,
        },
    })
}

#[test]
fn reads_a_site_and_the_names_that_users_can_come_by() {
    let site = site(&scope(), &id()).read(&ok(&site_body())).unwrap().unwrap();
    assert!(site.running);
    assert_eq!((site.location.as_str(), site.default_host.as_str()), ("West Europe", "contoso-1.azurewebsites.net"));
    assert!(site.plan.ends_with("/serverfarms/plan"));
    let names: Vec<_> = site.host_names.iter().map(|host| (host.name.as_str(), host.tls)).collect();
    assert_eq!(
        names,
        [("www.contoso.example", true), ("contoso-1.azurewebsites.net", true), ("contoso.trafficmanager.net", false)]
    );
}

#[test]
fn reads_certificates_and_the_host_of_the_publish_api() {
    let mut body = site_body();
    body["properties"]["hostNameSslStates"][0]["thumbprint"] = "C0FFEE".into();
    body["properties"]["hostNameSslStates"][0]["sslState"] = "IpBasedEnabled".into();
    let site = site(&scope(), &id()).read(&ok(&body)).unwrap().unwrap();
    let own = &site.host_names[0];
    assert_eq!((own.certificate.as_deref(), own.tls, own.ip_based), (Some("C0FFEE"), true, true));
    assert!(!site.host_names[1].ip_based && site.host_names[1].certificate.is_none());
    assert_eq!(site.publish_host.as_deref(), Some("contoso-1.scm.azurewebsites.net"));
}

#[test]
fn reads_a_stopped_site_without_the_lists() {
    let mut body = site_body();
    body["properties"]["state"] = "Stopped".into();
    for list in ["hostNames", "enabledHostNames", "hostNameSslStates"] {
        body["properties"][list] = Value::Null;
    }
    let site = site(&scope(), &id()).read(&ok(&body)).unwrap().unwrap();
    assert!(!site.running && site.host_names.is_empty());
}

#[test]
fn reads_a_plan_by_the_id_of_its_site() {
    let arm_id = ArmId::parse("/subscriptions/s/resourceGroups/rg/providers/Microsoft.Web/serverfarms/plan 1").unwrap();
    let request = plan(&arm_id);
    assert_eq!(request.tried, "read the App Service plan `plan 1`");
    assert_eq!(request.path, "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Web/serverfarms/plan%201");
    let sku = json!({ "name": "S1", "tier": "Standard", "capacity": 2 });
    let body = json!({ "id": "/x", "location": "West Europe", "sku": sku, "properties": { "reserved": true } });
    let read = request.read(&ok(&body)).unwrap().unwrap();
    let (id, tier, size) = ("/x".into(), "Standard".into(), "S1".into());
    assert_eq!(read, Plan { id, tier, size, instances: Some(2), location: "West Europe".into(), linux: true });
}

proptest! {
    #[test]
    fn any_json_is_read_or_refused(body in arbitrary_json(&[
        "properties", "defaultHostName", "state", "location", "serverFarmId", "hostNameSslStates", "hostNames", "name",
        "sku", "id", "tier", "type", "value", "sslState", "hostType",
    ])) {
        let _ = site(&scope(), &id()).read(&ok(&body));
        let _ = connection_settings(&scope(), &id()).read(&ok(&body));
        let _ = plan(&ArmId::parse("/subscriptions/s").unwrap()).read(&ok(&body));
    }
}
