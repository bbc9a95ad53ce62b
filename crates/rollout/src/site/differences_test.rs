use serde_json::json;

use super::*;
use crate::{decide::tests::model, facts::HostName};

fn site() -> Site {
    model::fresh().production.site.unwrap()
}

fn plan() -> Plan {
    model::preflight().production_plan.unwrap()
}

fn map(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

/// What every site of Azure shows without having any of it (recording `webapp_config_2023`, 8 and 10).
fn plain() -> SiteModel {
    let properties = json!({
        "state": "Running", "keyVaultReferenceIdentity": "SystemAssigned", "redundancyMode": "None", "containerSize": 0,
        "dnsConfiguration": {}, "vnetRouteAllEnabled": false, "privateEndpointConnections": [], "siteDisabledReason": 0,
    });
    let web = json!({
        "alwaysOn": true, "publishingUsername": "$contoso-1", "scmType": "None", "storageType": "StorageVolume",
        "experiments": {"rampUpRules": []}, "vnetName": "", "azureStorageAccounts": {}, "winAuthAdminState": 0,
        "siteAuthSettings": {"enabled": null, "isAadAutoProvisioned": false}, "routingRules": [],
    });
    SiteModel { kind: "app".to_owned(), properties: map(properties), web: map(web), ..SiteModel::default() }
}

fn names(model: &SiteModel) -> Vec<String> {
    differences(model, &site(), &plan(), &plan()).into_iter().map(|difference| difference.name).collect()
}

#[track_caller]
fn differs(change: impl FnOnce(&mut SiteModel), name: &str, what: &str) {
    let mut model = plain();
    change(&mut model);
    let found = differences(&model, &site(), &plan(), &plan());
    assert_eq!(found, [Difference::new(name, what)]);
}

#[test]
fn a_plain_site_has_no_differences() {
    assert!(names(&plain()).is_empty(), "{:?}", names(&plain()));
}

#[test]
fn a_managed_identity() {
    let what = "production has a managed identity (SystemAssigned): a new site has none, and none of its rights";
    differs(|model| model.identity = Some("SystemAssigned".to_owned()), "identity", what);
    let mut model = plain();
    model.identity = Some("None".to_owned());
    assert!(names(&model).is_empty());
    model.properties.insert("keyVaultReferenceIdentity".to_owned(), json!("/subscriptions/s/…/vault-reader"));
    assert_eq!(names(&model), ["identity"]);
}

#[test]
fn a_virtual_network_and_private_endpoints() {
    let what =
        "production is integrated with a virtual network (`virtualNetworkSubnetId`, `vnetName`): a new site is in none";
    differs(
        |model| {
            model.properties.insert("virtualNetworkSubnetId".to_owned(), json!("/subscriptions/s/…/subnets/web"));
            model.web.insert("vnetName".to_owned(), json!("net_web"));
        },
        "network",
        what,
    );
    differs(
        |model| {
            model.properties.insert("privateEndpointConnections".to_owned(), json!([{"id": "/subscriptions/s/…/pe"}]));
        },
        "private-endpoints",
        "production has private endpoints: a new site has none",
    );
}

#[test]
fn mounts_sign_in_and_slots() {
    differs(
        |model| {
            model.web.insert("azureStorageAccounts".to_owned(), json!({"files": {"type": "AzureFiles"}}));
        },
        "mounts",
        "production mounts storage accounts (`files`): a new site mounts none",
    );
    let sign_in = "App Service signs production's users in (Easy Auth): a new site would let every request through to \
                   the application";
    differs(|model| model.signs_users_in = true, "authentication", sign_in);
    differs(|model| _ = model.web.insert("siteAuthEnabled".to_owned(), json!(true)), "authentication", sign_in);
    differs(
        |model| model.slots = vec!["next".to_owned()],
        "slots",
        "production has deployment slots (`next`): a new site has none",
    );
    differs(
        |model| model.sticky = vec!["Shop__Theme".to_owned()],
        "slot-settings",
        "settings stay with production's deployment slot (`Shop__Theme`): a new site gets them as settings like all \
         others",
    );
}

#[test]
fn what_acts_by_itself() {
    differs(
        |model| model.kind = "functionapp".to_owned(),
        "kind",
        "production is of kind `functionapp`, which acts by itself: a second one would do everything twice, or nothing \
         without its storage account",
    );
}

#[test]
fn plans_of_another_size_or_with_fewer_instances() {
    let small = Plan { size: "B1".to_owned(), tier: "Basic".to_owned(), ..plan() };
    let found = differences(&plain(), &site(), &plan(), &small);
    assert_eq!(found, [Difference::new("plan-size", "production's plan is Standard S1, stage's Basic B1")]);
    let many = Plan { instances: Some(3), ..plan() };
    let found = differences(&plain(), &site(), &many, &plan());
    assert_eq!(found, [Difference::new("plan-instances", "production's plan has 3 instances, stage's 1")]);
    assert!(differences(&plain(), &site(), &plan(), &many).is_empty(), "more are no lack");
}

#[test]
fn a_certificate_at_an_address_of_its_own() {
    let mut site = site();
    site.host_names.push(HostName { name: "old.example".to_owned(), tls: true, ip_based: true, ..HostName::default() });
    let found = differences(&plain(), &site, &plan(), &plan());
    assert_eq!((found.len(), found[0].name.as_str()), (1, "ip-based-tls"));
}

#[test]
fn what_is_set_and_cannot_be_set_by_a_creation_differs_by_its_own_name() {
    differs(
        |model| _ = model.web.insert("windowsConfiguredStacks".to_owned(), json!(["dotnet"])),
        "windowsConfiguredStacks",
        "production has `windowsConfiguredStacks` set, which this software cannot set when it creates a site",
    );
    let mut model = plain();
    model.web.insert("scmType".to_owned(), json!("GitHubAction"));
    model.properties.insert("hostNamesDisabled".to_owned(), json!(true));
    model.properties.insert("redundancyMode".to_owned(), json!("ActiveActive"));
    assert_eq!(names(&model), ["hostNamesDisabled", "redundancyMode", "scmType"]);
}
