//! A site as Microsoft.Web shows it.

use serde_json::{Value, json};

use crate::{
    clock,
    world::{Site, World},
};

const SITE: &str = include_str!("data/site.json");

/// The recorded form: another text whenever the site was changed.
pub(super) fn etag(site: &Site) -> String {
    format!("\"{:X}\"", (site.modified * 1e6) as u64)
}

/// The recorded answer (`webapp_config_2023`, 10) with this site's values.
pub(super) fn show(world: &World, site: &Site) -> Value {
    let mut shown: Value = serde_json::from_str(SITE).unwrap_or_default();
    let (name, group) = (site.name.as_str(), site.group.as_str());
    shown["id"] = json!(world.site_id(site));
    shown["name"] = json!(name);
    shown["location"] = json!(site.location);
    shown["kind"] = json!(site.kind);
    if let Some(identity) = &site.identity {
        shown["identity"] = identity.clone();
    }
    if !site.tags.is_empty() {
        shown["tags"] = json!(site.tags);
    }
    let space = format!("{group}-WestEuropewebspace");
    let stamp = format!("https://{}.api.azurewebsites.windows.net:454", site.unit);
    // The name of the publish API, which serves no users, is enabled but not among the host names.
    let publish = site.publish_host();
    let states = site.host_names.iter().map(|host| host_state(site, host, "Standard"));
    let states: Vec<Value> = states.chain([host_state(site, &publish, "Repository")]).collect();
    let enabled: Vec<&String> = site.host_names.iter().chain([&publish]).collect();
    let set = [
        ("name", json!(name)),
        ("state", json!(if site.running { "Running" } else { "Stopped" })),
        ("hostNames", json!(site.host_names)),
        ("enabledHostNames", json!(enabled)),
        ("hostNameSslStates", json!(states)),
        ("webSpace", json!(space)),
        ("selfLink", json!(format!("{stamp}/subscriptions/{}/webspaces/{space}/sites/{name}", world.subscription))),
        ("repositorySiteName", json!(name)),
        ("serverFarmId", json!(world.plan_id(&site.plan))),
        ("lastModifiedTimeUtc", json!(clock::iso(site.modified).trim_end_matches('Z'))),
        ("deploymentId", json!(name)),
        ("ftpUsername", json!(format!("{name}\\${name}"))),
        ("ftpsHostName", json!(format!("ftps://{}.ftp.azurewebsites.windows.net/site/wwwroot", site.unit))),
        ("homeStamp", json!(site.unit)),
        ("resourceGroup", json!(group)),
        ("defaultHostName", json!(site.default_host())),
    ];
    for (property, value) in set {
        shown["properties"][property] = value;
    }
    shown["properties"]["kind"] = json!(site.kind);
    for (property, value) in &site.properties {
        shown["properties"][property] = value.clone();
    }
    shown
}

/// The profile's own name has the platform's certificate.
fn host_state(site: &Site, host: &str, kind: &str) -> Value {
    let thumbprint = site.certificates.get(host);
    let bound = thumbprint.is_some() || host.ends_with(".trafficmanager.net");
    json!({
        "name": host,
        "sslState": if bound { "SniEnabled" } else { "Disabled" },
        "ipBasedSslResult": null,
        "virtualIP": null,
        "thumbprint": thumbprint,
        "toUpdate": null,
        "toUpdateIpBasedSsl": null,
        "ipBasedSslState": "NotConfigured",
        "hostType": kind,
    })
}
