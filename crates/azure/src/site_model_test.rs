#![allow(clippy::unwrap_used)]
use proptest::prelude::*;
use secrecy::ExposeSecret;
use serde_json::json;

use super::*;
use crate::{Response, arbitrary_json::arbitrary_json};

const SITE: &str = "/subscriptions/sub/resourceGroups/contoso-rg/providers/Microsoft.Web/sites/contoso-1";

fn scope() -> Scope {
    Scope::new("sub")
}

fn id() -> SiteId {
    "contoso-rg/contoso-1".parse().unwrap()
}

fn ok(body: &Value) -> Response {
    Response { status: 200, headers: Default::default(), body: body.to_string().into() }
}

#[test]
fn reads_what_a_site_is() {
    let body = json!({"kind": "app,linux", "identity": {"type": "SystemAssigned"}, "properties": {"httpsOnly": true}});
    let model = definition(&scope(), &id()).read(&ok(&body)).unwrap();
    assert_eq!((model.kind.as_str(), model.identity.as_deref()), ("app,linux", Some("SystemAssigned")));
    assert_eq!(model.properties["httpsOnly"], true);
    let bare = definition(&scope(), &id()).read(&ok(&json!({"kind": null, "identity": null}))).unwrap();
    assert_eq!((bare.kind.as_str(), bare.identity, bare.properties.len()), ("app", None, 0));
}

#[test]
fn credentials_in_a_configuration_are_dropped() {
    let request = configuration(&scope(), &id());
    assert_eq!((request.method.as_str(), &request.path), ("GET", &format!("{SITE}/config/web")));
    let body =
        json!({"properties": {"alwaysOn": true, "machineKey": {"validationKey": "k"}, "publishingPassword": "p"}});
    let read = request.read(&ok(&body)).unwrap();
    assert_eq!(Value::Object(read), json!({"alwaysOn": true}));
}

#[test]
fn application_settings_are_secrets() {
    let request = app_settings(&scope(), &id());
    assert_eq!((request.method.as_str(), request.safe_to_repeat), ("POST", true));
    let settings = request.read(&ok(&json!({"properties": {"Api": "key-1"}}))).unwrap();
    assert_eq!((settings[0].name.as_str(), settings[0].value.expose_secret()), ("Api", "key-1"));
    assert!(!format!("{settings:?}").contains("key-1"));
    let wrong = app_settings(&scope(), &id()).read(&ok(&json!({"properties": {"Api": 7}}))).unwrap_err();
    assert_eq!(wrong.to_string(), "`properties.Api` in the answer should be a text and is a number");
}

#[test]
fn reads_names_of_slots_and_of_what_stays_with_them() {
    let body = json!({"value": [{"name": "contoso-1/next"}], "nextLink": null});
    assert_eq!(slots(&scope(), &id()).read(&ok(&body)).unwrap(), ["next"]);
    let body = json!({"properties": {"appSettingNames": ["A"], "connectionStringNames": null, "azureStorageConfigNames": ["S"]}});
    let request = sticky_settings(&scope(), &id());
    assert_eq!(request.path, format!("{SITE}/config/slotConfigNames"));
    assert_eq!(request.read(&ok(&body)).unwrap(), ["A", "S"]);
}

#[test]
fn reads_whether_the_platform_signs_users_in() {
    let read = |body| signs_users_in(&scope(), &id()).read(&ok(&body)).unwrap();
    assert!(read(json!({"properties": {"platform": {"enabled": true}}})));
    assert!(!read(json!({"properties": {"platform": {"enabled": false}}})) && !read(json!({"properties": {}})));
}

proptest! {
    #[test]
    fn any_json_is_read_or_refused(body in arbitrary_json(&[
        "properties", "kind", "identity", "type", "value", "name", "appSettingNames", "platform", "enabled", "nextLink",
    ])) {
        let (scope, id, body) = (scope(), id(), ok(&body));
        let _ = definition(&scope, &id).read(&body);
        let _ = configuration(&scope, &id).read(&body);
        let _ = app_settings(&scope, &id).read(&body);
        let _ = sticky_settings(&scope, &id).read(&body);
        let _ = slots(&scope, &id).read(&body);
        let _ = signs_users_in(&scope, &id).read(&body);
    }
}
