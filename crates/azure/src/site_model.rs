//! Everything of a site that another would be made after (Microsoft.Web 2023-12-01).
//!
//! Credentials of the platform's own are dropped where they are read: nothing of ours has a use for them.

use reqwest::Method;
use rollout::{
    SiteId,
    site::{AppSetting, SiteModel},
};
use serde_json::{Map, Value};

use crate::{
    arm_id::Scope,
    json::{Node, ReadError},
    request::Request,
    web::API_VERSION,
};

/// Properties of `config/web` that hold credentials.
const CREDENTIALS: [&str; 4] = ["machineKey", "publishingPassword", "runtimeADUserPassword", "metadata"];

/// Kind, identity and properties of a site; the rest of the model is empty.
pub fn definition(scope: &Scope, id: &SiteId) -> Request<SiteModel> {
    let tried = format!("read the properties of the site `{id}`");
    Request::new(Method::GET, tried, &scope.site(id), API_VERSION, |response| response.read(read_definition))
}

/// `config/web` of a site.
pub fn configuration(scope: &Scope, id: &SiteId) -> Request<Map<String, Value>> {
    let tried = format!("read the configuration of the site `{id}`");
    let path = scope.site(id).join(&["config", "web"]);
    Request::new(Method::GET, tried, &path, API_VERSION, |response| response.read(read_configuration))
}

/// The application settings of a site, with their values.
pub fn app_settings(scope: &Scope, id: &SiteId) -> Request<Vec<AppSetting>> {
    let tried = format!("list the application settings of the site `{id}`");
    let list = scope.site(id).join(&["config", "appsettings", "list"]);
    Request::new(Method::POST, tried, &list, API_VERSION, |response| response.read(read_settings)).repeatable()
}

/// Names of the settings that stay with their slot.
pub fn sticky_settings(scope: &Scope, id: &SiteId) -> Request<Vec<String>> {
    let tried = format!("list the settings of the site `{id}` that stay with their slot");
    let path = scope.site(id).join(&["config", "slotConfigNames"]);
    Request::new(Method::GET, tried, &path, API_VERSION, |response| response.read(read_sticky))
}

/// Names of the deployment slots of a site.
pub fn slots(scope: &Scope, id: &SiteId) -> Request<Vec<String>> {
    let tried = format!("list the deployment slots of the site `{id}`");
    let list = scope.site(id).join(&["slots"]);
    Request::new(Method::GET, tried, &list, API_VERSION, |response| response.read(read_slots)).paged()
}

/// The platform signs the users of a site in.
pub fn signs_users_in(scope: &Scope, id: &SiteId) -> Request<bool> {
    let tried = format!("look whether the platform signs the users of the site `{id}` in");
    let path = scope.site(id).join(&["config", "authsettingsV2"]);
    let read = |node: &Node<'_>| Ok(node.optional_bool("properties.platform.enabled")?.unwrap_or_default());
    Request::new(Method::GET, tried, &path, API_VERSION, move |response| response.read(read))
}

fn read_definition(node: &Node<'_>) -> Result<SiteModel, ReadError> {
    Ok(SiteModel {
        kind: node.optional_text("kind")?.unwrap_or_else(|| "app".to_owned()),
        identity: node.optional_text("identity.type")?,
        properties: node.object("properties")?,
        ..SiteModel::default()
    })
}

fn read_configuration(node: &Node<'_>) -> Result<Map<String, Value>, ReadError> {
    let mut properties = node.object("properties")?;
    properties.retain(|name, _| !CREDENTIALS.contains(&name.as_str()));
    Ok(properties)
}

fn read_settings(node: &Node<'_>) -> Result<Vec<AppSetting>, ReadError> {
    let setting = |(name, node): (String, Node<'_>)| {
        let value = node.as_text().ok_or_else(|| node.unlike("a text"))?;
        Ok(AppSetting { name, value: value.into() })
    };
    node.present("properties", "an object")?;
    node.entries("properties")?.into_iter().map(setting).collect()
}

fn read_sticky(node: &Node<'_>) -> Result<Vec<String>, ReadError> {
    let kinds = ["appSettingNames", "connectionStringNames", "azureStorageConfigNames"];
    let names = kinds.map(|kind| node.texts(&format!("properties.{kind}")));
    Ok(names.into_iter().collect::<Result<Vec<_>, _>>()?.concat())
}

/// A slot is named `<site>/<slot>`.
fn read_slots(node: &Node<'_>) -> Result<Vec<String>, ReadError> {
    if node.optional_text("nextLink")?.is_some_and(|link| !link.is_empty()) {
        return Err(ReadError::MorePages);
    }
    let name = |slot: &Node<'_>| Ok(slot.text("name")?.rsplit('/').next().unwrap_or_default().to_owned());
    node.list("value")?.iter().map(name).collect()
}

#[cfg(test)]
#[path = "site_model_test.rs"]
mod tests;
