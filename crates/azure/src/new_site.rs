//! A site that is made, and its host names (Microsoft.Web 2023-12-01).

use reqwest::Method;
use rollout::{SiteId, effect::NewSite, site::AppSetting};
use secrecy::ExposeSecret;
use serde_json::{Map, Value, json};

use crate::{
    arm_id::Scope,
    operation::{STARTED, Started, started},
    request::Request,
    web::API_VERSION,
};

/// Makes a site with these application settings beside its own. They are part of the same request, so that no WebJob ever
/// runs on it. Sending it again sets the same again.
pub fn create(scope: &Scope, new: &NewSite, copied: &[AppSetting]) -> Request<Started> {
    let own = new.own_settings.iter().map(|(name, value)| json!({ "name": name, "value": value }));
    let copied = copied.iter().map(|setting| json!({ "name": setting.name, "value": setting.value.expose_secret() }));
    let mut configuration = new.configuration.clone();
    configuration.insert("appSettings".to_owned(), copied.chain(own).collect());
    let mut properties = new.properties.clone();
    properties.insert("serverFarmId".to_owned(), json!(scope.plan(&new.plan).to_string()));
    properties.insert("siteConfig".to_owned(), Value::Object(configuration));
    let body = json!({ "location": new.location, "kind": new.kind, "tags": new.tags, "properties": properties });
    let tried = format!("create the site `{}`", new.site);
    Request::new(Method::PUT, tried, &scope.site(&new.site), API_VERSION, started).with_body(body).expecting(STARTED)
}

/// Binds a host name to a site, with the certificate of this thumbprint by SNI; one that is bound is bound again.
pub fn bind_host(scope: &Scope, site: &SiteId, host: &str, certificate: Option<&str>) -> Request<()> {
    let tried = format!("bind the host name `{host}` to the site `{site}`");
    let mut properties = Map::from_iter([("siteName".to_owned(), json!(site.name))]);
    if let Some(thumbprint) = certificate {
        properties.insert("sslState".to_owned(), json!("SniEnabled"));
        properties.insert("thumbprint".to_owned(), json!(thumbprint));
    }
    let path = scope.site(site).join(&["hostNameBindings", host]);
    Request::new(Method::PUT, tried, &path, API_VERSION, |_| Ok(())).with_body(json!({ "properties": properties }))
}

#[cfg(test)]
#[path = "new_site_test.rs"]
#[allow(clippy::unwrap_used)]
mod tests;
