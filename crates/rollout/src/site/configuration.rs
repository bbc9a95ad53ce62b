//! What of production's site a new site is made with: the properties that a creation can set.
//!
//! Names are those of `Site` and `SiteConfig` (`CommonDefinitions.json`, 2023-12-01). What is neither here nor without effect is a
//! [difference](super::differences()).

use serde_json::{Map, Value};

use super::SiteModel;

/// Properties of a site.
const SITE: [&str; 10] = [
    "reserved",
    "isXenon",
    "hyperV",
    "httpsOnly",
    "clientAffinityEnabled",
    "clientCertEnabled",
    "clientCertMode",
    "clientCertExclusionPaths",
    "publicNetworkAccess",
    "scmSiteAlsoStopped",
];

/// Properties of `config/web`.
pub(super) const WEB: [&str; 54] = [
    "numberOfWorkers",
    "defaultDocuments",
    "netFrameworkVersion",
    "phpVersion",
    "pythonVersion",
    "nodeVersion",
    "powerShellVersion",
    "linuxFxVersion",
    "windowsFxVersion",
    "requestTracingEnabled",
    "requestTracingExpirationTime",
    "remoteDebuggingEnabled",
    "remoteDebuggingVersion",
    "httpLoggingEnabled",
    "logsDirectorySizeLimit",
    "detailedErrorLoggingEnabled",
    "handlerMappings",
    "documentRoot",
    "use32BitWorkerProcess",
    "webSocketsEnabled",
    "alwaysOn",
    "javaVersion",
    "javaContainer",
    "javaContainerVersion",
    "appCommandLine",
    "managedPipelineMode",
    "virtualApplications",
    "loadBalancing",
    "limits",
    "autoHealEnabled",
    "autoHealRules",
    "tracingOptions",
    "cors",
    "push",
    "apiDefinition",
    "apiManagementConfig",
    "localMySqlEnabled",
    "ipSecurityRestrictions",
    "ipSecurityRestrictionsDefaultAction",
    "scmIpSecurityRestrictions",
    "scmIpSecurityRestrictionsDefaultAction",
    "scmIpSecurityRestrictionsUseMain",
    "http20Enabled",
    "minTlsVersion",
    "minTlsCipherSuite",
    "scmMinTlsVersion",
    "ftpsState",
    "preWarmedInstanceCount",
    "functionAppScaleLimit",
    "elasticWebAppScaleLimit",
    "healthCheckPath",
    "functionsRuntimeScaleMonitoringEnabled",
    "websiteTimeZone",
    "publicNetworkAccess",
];

/// The rule that stands for "no rule": Azure shows it, and takes it from nobody.
const ALLOW_ALL: (&str, &str) = ("Any", "Allow all");

/// The properties that a new site is created with.
pub fn site_properties(model: &SiteModel) -> Map<String, Value> {
    copied(&model.properties, &SITE)
}

/// The `siteConfig` that a new site is created with, but for its settings.
pub fn configuration(model: &SiteModel) -> Map<String, Value> {
    copied(&model.web, &WEB)
}

/// Names of the copied properties of `config/web` in which a site differs from production's.
pub fn not_taken_over(production: &Map<String, Value>, stage: &Map<String, Value>) -> Vec<&'static str> {
    let (production, stage) = (copied(production, &WEB), copied(stage, &WEB));
    WEB.into_iter().filter(|name| production.get(*name) != stage.get(*name)).collect()
}

/// The host name that a new site of this name gets: the domain is that of production's, e.g. `azurewebsites.net`.
pub fn host_name_of(site: &str, production: &str) -> String {
    let mut labels: Vec<&str> = production.rsplit('.').take(2).collect();
    labels.reverse();
    format!("{}.{}", site, labels.join(".")).to_ascii_lowercase()
}

/// Without what is not set: Azure shows it as null or empty, and takes it in that form from nobody.
fn copied(from: &Map<String, Value>, names: &[&str]) -> Map<String, Value> {
    let set = |name: &&str| Some(((*name).to_owned(), without_nulls(rules_of(from.get(*name)?))));
    names.iter().filter_map(set).filter(|(_, value)| !is_unset(value)).collect()
}

fn rules_of(value: &Value) -> Value {
    let implied = |rule: &Value| rule["ipAddress"] == ALLOW_ALL.0 && rule["name"] == ALLOW_ALL.1;
    match value.as_array() {
        Some(rules) => rules.iter().filter(|rule| !implied(rule)).cloned().collect(),
        None => value.clone(),
    }
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let set = fields.into_iter().filter(|(_, value)| !value.is_null());
            set.map(|(name, value)| (name, without_nulls(value))).collect()
        }
        Value::Array(elements) => elements.into_iter().map(without_nulls).collect(),
        value => value,
    }
}

/// A false or a zero is set.
fn is_unset(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(elements) => elements.is_empty(),
        Value::Object(fields) => fields.values().all(is_unset),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
#[path = "configuration_test.rs"]
#[allow(clippy::unwrap_used)]
mod tests;
