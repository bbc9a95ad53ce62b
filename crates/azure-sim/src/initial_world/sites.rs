//! App Service: the plans, the sites and what belongs to them.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Value, json};

use super::{GROUP, Passwords, REGION, STAGE_GROUP};
use crate::{
    Scenario, clock,
    world::{App, ConnectionString, Name, Plan, Site},
};

/// The certificate of the users' host name.
const THUMBPRINT: &str = "3F0A9C51D27E48B6A1C4F7D0925B6E83A4D1570C";

/// The host name under which users come.
const USERS_HOST: &str = "www.contoso.example";

pub(super) fn plans(scenario: &Scenario) -> [Plan; 2] {
    [
        plan(GROUP, "contoso-plan-1", 1, &scenario.production_plan),
        plan(STAGE_GROUP, "contoso-plan-2", 2, &scenario.stage_plan),
    ]
}

/// Production's site, and stage's unless whoever upgrades creates it.
pub(super) fn sites(scenario: &Scenario, plans: &[Plan; 2], passwords: &Passwords, apps: [App; 2]) -> Vec<Site> {
    let [v1, v2] = apps;
    let mut sites = vec![site("contoso-1", &plans[0], v1)];
    extend(&mut sites[0], scenario);
    if !scenario.no_stage_site {
        sites.push(site("contoso-2", &plans[1], v2));
        if scenario.stage_beside_production {
            share_plan(&mut sites[1], &plans[0]);
        }
    }
    for (site, server) in sites.iter_mut().zip(["contoso-sql-1", "contoso-dev"]) {
        site.connection_strings.insert("Shop".to_owned(), connection(server, passwords));
        site.restart(0.0);
    }
    sites
}

/// Resource groups with the thumbprints of the certificates in them.
pub(super) fn certificates(scenario: &Scenario) -> Vec<(Name, String)> {
    let groups = [GROUP].into_iter().chain(scenario.stage_certificate.then_some(STAGE_GROUP));
    groups.map(|group| (group.into(), THUMBPRINT.to_owned())).collect()
}

fn plan(group: &str, name: &str, unit: u32, size: &str) -> Plan {
    Plan {
        name: name.into(),
        group: group.into(),
        location: REGION.to_owned(),
        sku: size.to_owned(),
        tier: tier(size).to_owned(),
        unit: format!("waws-prod-am2-{unit:03}"),
    }
}

/// The tier that a plan's size begins with.
fn tier(size: &str) -> &'static str {
    match size.chars().next().unwrap_or_default() {
        'F' => "Free",
        'D' => "Shared",
        'B' => "Basic",
        'P' => "PremiumV3",
        _ => "Standard",
    }
}

fn site(name: &str, plan: &Plan, app: App) -> Site {
    let settings = [("WEBSITE_TIME_ZONE", "W. Europe Standard Time"), ("Shop__Theme", "autumn")];
    let hosts = [&format!("{name}.azurewebsites.net"), USERS_HOST, "contoso.trafficmanager.net"];
    Site {
        host_names: hosts.map(str::to_owned).to_vec(),
        app_settings: settings.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        running: true,
        app: Some(Arc::new(app)),
        certificates: BTreeMap::from([(USERS_HOST.to_owned(), THUMBPRINT.to_owned())]),
        ..Site::new(name, plan, clock::now())
    }
}

/// What the scenario gives to production's site.
fn extend(site: &mut Site, scenario: &Scenario) {
    let more = &scenario.production_site;
    site.app_settings.extend(more.app_settings.clone());
    site.web.extend(more.web.clone());
    if more.identity {
        let id = |last: char| format!("00000000-0000-0000-0000-00000000000{last}");
        site.identity = Some(json!({"type": "SystemAssigned", "tenantId": id('a'), "principalId": id('b')}));
    }
    let set = |name: &str, value: Value| (name.to_owned(), value);
    if more.network {
        let subnet =
            "/subscriptions/s/resourceGroups/contoso-rg/providers/Microsoft.Network/virtualNetworks/net/subnets/web";
        let endpoint = json!({"id": "/subscriptions/s/resourceGroups/contoso-rg/providers/Microsoft.Web/sites/contoso-1/\
            privateEndpointConnections/web"});
        site.properties.extend([set("virtualNetworkSubnetId", json!(subnet)), set("vnetRouteAllEnabled", json!(true))]);
        site.properties.extend([set("privateEndpointConnections", json!([endpoint]))]);
        site.web.extend([set("vnetName", json!("net_web")), set("vnetRouteAllEnabled", json!(true))]);
    }
    if more.storage_mount {
        let mount =
            json!({"type": "AzureFiles", "accountName": "contosostorage", "shareName": "files", "mountPath": "/files"});
        site.web.extend([set("azureStorageAccounts", json!({ "files": mount }))]);
    }
}

/// Moves a site to a plan whose scale unit has its custom host names already.
fn share_plan(site: &mut Site, plan: &Plan) {
    site.plan = (plan.group.clone(), plan.name.clone());
    site.unit.clone_from(&plan.unit);
    site.host_names.truncate(1);
    site.certificates.clear();
}

fn connection(server: &str, passwords: &Passwords) -> ConnectionString {
    let value = format!(
        "Server=tcp:{server}.database.windows.net,1433;Initial Catalog=shop;User ID=app;Password={};Encrypt=True",
        passwords.app
    );
    ConnectionString { value, kind: "SQLAzure".to_owned() }
}
