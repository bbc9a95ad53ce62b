use serde_json::json;

use super::*;

fn map(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

#[test]
fn what_is_set_is_copied_and_what_is_not_is_left_to_azure() {
    let web = map(json!({
        "alwaysOn": false,
        "phpVersion": "",
        "linuxFxVersion": null,
        "numberOfWorkers": 0,
        "handlerMappings": [],
        "virtualApplications": [{"virtualPath": "/", "preloadEnabled": true, "virtualDirectories": null}],
        "limits": {"maxDiskSizeInMb": null},
        "machineKey": {"validationKey": "k"},
        "publishingUsername": "$contoso-1",
    }));
    let model = SiteModel { web, ..SiteModel::default() };
    let expected = json!({
        "alwaysOn": false,
        "numberOfWorkers": 0,
        "virtualApplications": [{"virtualPath": "/", "preloadEnabled": true}],
    });
    assert_eq!(Value::Object(configuration(&model)), expected);
}

#[test]
fn the_rule_that_stands_for_none_is_not_copied() {
    let all = json!({"ipAddress": "Any", "action": "Allow", "priority": 2_147_483_647, "name": "Allow all"});
    let office = json!({"ipAddress": "203.0.113.0/24", "action": "Allow", "priority": 100, "name": "office"});
    let restricted = |rules: Value| {
        let model = SiteModel { web: map(json!({ "ipSecurityRestrictions": rules })), ..SiteModel::default() };
        Value::Object(configuration(&model))
    };
    assert_eq!(restricted(json!([all])), json!({}));
    assert_eq!(restricted(json!([office, all])), json!({"ipSecurityRestrictions": [office]}));
}

#[test]
fn properties_of_the_site_are_copied_by_name() {
    let properties = map(json!({"httpsOnly": true, "clientCertExclusionPaths": null, "state": "Running"}));
    let model = SiteModel { properties, ..SiteModel::default() };
    assert_eq!(Value::Object(site_properties(&model)), json!({"httpsOnly": true}));
}

#[test]
fn a_property_that_azure_has_not_taken_over_is_named() {
    let production = map(json!({"alwaysOn": true, "minTlsVersion": "1.3", "cors": null}));
    let stage = map(json!({"alwaysOn": true, "minTlsVersion": "1.2", "cors": {"allowedOrigins": null}}));
    assert_eq!(not_taken_over(&production, &stage), ["minTlsVersion"]);
    assert!(not_taken_over(&production, &production).is_empty());
}

#[test]
fn a_new_site_is_in_the_domain_of_productions() {
    assert_eq!(host_name_of("Contoso-2", "contoso-1.azurewebsites.net"), "contoso-2.azurewebsites.net");
    assert_eq!(host_name_of("a", "b-x1.westeurope-01.azurewebsites.us"), "a.azurewebsites.us");
}
