//! Web sites, their slots, settings and plans (Microsoft.Web 2023-12-01).

use reqwest::Method;
use rollout::{
    SiteId,
    facts::{ConnectionSetting, HostName, Plan, Site},
    ids::eq_azure_name,
    site::AppSetting,
};
use secrecy::ExposeSecret;
use serde_json::{Map, Value, json};

use crate::{
    arm_id::{ArmId, Scope},
    json::{Node, ReadError},
    request::Request,
};

/// The version of the interface that these requests and readers are written for.
pub const API_VERSION: &str = "2023-12-01";

/// A site or slot, `None` where there is none.
pub fn site(scope: &Scope, id: &SiteId) -> Request<Option<Site>> {
    let (tried, asked) = (format!("read the site `{id}`"), id.clone());
    Request::look(tried, &scope.site(id), API_VERSION, move |response| response.read(|node| read_site(&asked, node)))
}

/// The connection strings of a site, with their values.
pub fn connection_settings(scope: &Scope, id: &SiteId) -> Request<Vec<ConnectionSetting>> {
    let tried = format!("list the connection strings of the site `{id}`");
    let list = scope.site(id).join(&["config", "connectionstrings", "list"]);
    Request::new(Method::POST, tried, &list, API_VERSION, |response| response.read(read_connections)).repeatable()
}

/// Replaces **all** connection strings of a site by these. The site restarts.
pub fn put_connection_settings(scope: &Scope, id: &SiteId, settings: &[ConnectionSetting]) -> Request<()> {
    let tried = format!("set the connection strings of the site `{id}`");
    let setting = |setting: &ConnectionSetting| {
        (setting.name.clone(), json!({ "value": setting.value.expose_secret(), "type": setting.kind }))
    };
    let settings: Map<String, Value> = settings.iter().map(setting).collect();
    let path = scope.site(id).join(&["config", "connectionstrings"]);
    Request::new(Method::PUT, tried, &path, API_VERSION, |_| Ok(())).with_body(json!({ "properties": settings }))
}

/// Replaces **all** application settings of a site by these. The site restarts.
pub fn put_app_settings(scope: &Scope, id: &SiteId, settings: &[AppSetting]) -> Request<()> {
    let tried = format!("set the application settings of the site `{id}`");
    let setting = |setting: &AppSetting| (setting.name.clone(), json!(setting.value.expose_secret()));
    let settings: Map<String, Value> = settings.iter().map(setting).collect();
    let path = scope.site(id).join(&["config", "appsettings"]);
    Request::new(Method::PUT, tried, &path, API_VERSION, |_| Ok(())).with_body(json!({ "properties": settings }))
}

/// Starts a site; one that runs goes on.
pub fn start(scope: &Scope, id: &SiteId) -> Request<()> {
    act(scope, id, "start")
}

/// Stops a site; one that is stopped stays so.
pub fn stop(scope: &Scope, id: &SiteId) -> Request<()> {
    act(scope, id, "stop")
}

fn act(scope: &Scope, id: &SiteId, verb: &str) -> Request<()> {
    let tried = format!("{verb} the site `{id}`");
    Request::new(Method::POST, tried, &scope.site(id).join(&[verb]), API_VERSION, |_| Ok(())).repeatable()
}

/// Deletes a site or slot, and never the plan that it leaves empty; one that is not there is deleted already.
pub fn delete_site(scope: &Scope, id: &SiteId) -> Request<()> {
    let tried = format!("delete the site `{id}`");
    Request::new(Method::DELETE, tried, &scope.site(id), API_VERSION, |_| Ok(()))
        .with_query("deleteEmptyServerFarm", "false")
}

/// An App Service plan, by the id that its sites name; `None` where there is none.
pub fn plan(id: &ArmId) -> Request<Option<Plan>> {
    let tried = format!("read the App Service plan `{}`", id.get("serverfarms").unwrap_or_default());
    Request::look(tried, id, API_VERSION, |response| response.read(read_plan))
}

fn read_site(id: &SiteId, node: &Node<'_>) -> Result<Site, ReadError> {
    let default_host = node.text("properties.defaultHostName")?;
    Ok(Site {
        id: id.clone(),
        running: node.text("properties.state")?.eq_ignore_ascii_case("Running"),
        location: node.text("location")?,
        plan: node.text("properties.serverFarmId")?,
        host_names: read_host_names(&default_host, node)?,
        publish_host: read_publish_host(node)?,
        default_host,
        tags: node.tags()?,
    })
}

/// `hostNameSslStates` tells names and certificates, and which name is that of the publish API (`Repository`: it serves
/// no users). Names of `hostNames` and `enabledHostNames` beyond these have no certificate of their own. The default
/// name has Azure's, though its `sslState` is Disabled.
fn read_host_names(default_host: &str, node: &Node<'_>) -> Result<Vec<HostName>, ReadError> {
    let (mut names, mut repositories) = (Vec::<HostName>::new(), Vec::new());
    for state in &node.list("properties.hostNameSslStates")? {
        let name = state.text("name")?;
        if says(state, "hostType", "Repository")? {
            repositories.push(name);
            continue;
        }
        let ip_based = says(state, "sslState", "IpBasedEnabled")?;
        let tls = ip_based || says(state, "sslState", "SniEnabled")? || eq_azure_name(&name, default_host);
        names.push(HostName { name, tls, certificate: state.optional_text("thumbprint")?, ip_based });
    }
    let further = ["properties.hostNames", "properties.enabledHostNames"].map(|path| node.texts(path));
    for name in further.into_iter().collect::<Result<Vec<_>, _>>()?.concat() {
        let known = names.iter().any(|known| eq_azure_name(&known.name, &name));
        if !known && !repositories.iter().any(|repository| eq_azure_name(repository, &name)) {
            names.push(HostName { tls: eq_azure_name(&name, default_host), name, ..HostName::default() });
        }
    }
    Ok(names)
}

fn read_publish_host(node: &Node<'_>) -> Result<Option<String>, ReadError> {
    for state in &node.list("properties.hostNameSslStates")? {
        if says(state, "hostType", "Repository")? {
            return state.text("name").map(Some);
        }
    }
    Ok(None)
}

fn says(node: &Node<'_>, field: &str, word: &str) -> Result<bool, ReadError> {
    Ok(node.optional_text(field)?.is_some_and(|text| eq_azure_name(&text, word)))
}

fn read_connections(node: &Node<'_>) -> Result<Vec<ConnectionSetting>, ReadError> {
    let setting = |(name, node): (String, Node<'_>)| {
        Ok(ConnectionSetting { name, kind: node.text("type")?, value: node.text("value")?.into() })
    };
    node.entries("properties")?.into_iter().map(setting).collect()
}

fn read_plan(node: &Node<'_>) -> Result<Plan, ReadError> {
    Ok(Plan {
        id: node.text("id")?,
        tier: node.text("sku.tier")?,
        size: node.text("sku.name")?,
        instances: node.optional_number("sku.capacity")?,
        location: node.text("location")?,
        linux: node.optional_bool("properties.reserved")?.unwrap_or_default(),
    })
}

#[cfg(test)]
#[path = "web_test.rs"]
mod tests;
