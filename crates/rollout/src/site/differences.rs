//! What production's site has that a new site beside it would not have: facts in, differences out.
//!
//! Each has a name by which it can be accepted. Seen in the site and its `config/web` (`WebApps.json`, 2023-12-01), its slots,
//! `config/slotConfigNames`, `config/authsettingsV2` and both plans. A property that a creation cannot set, that is set on
//! production and that nothing is known of is a difference by its own name.

use serde_json::{Map, Value};

use super::{SiteModel, configuration::WEB};
use crate::{
    facts::{Plan, Site},
    ids::eq_azure_name,
};

/// Something that a new site would not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The name by which it is accepted, e.g. `identity`.
    pub name: String,
    /// What production has, and what stage would lack.
    pub what: String,
}

impl Difference {
    fn new(name: &str, what: impl Into<String>) -> Self {
        Self { name: name.to_owned(), what: what.into() }
    }
}

const IDENTITY: [&str; 5] = [
    "keyVaultReferenceIdentity",
    "managedServiceIdentityId",
    "xManagedServiceIdentityId",
    "acrUserManagedIdentityID",
    "acrUseManagedIdentityCreds",
];
const NETWORK: [&str; 8] = [
    "virtualNetworkSubnetId",
    "vnetRouteAllEnabled",
    "vnetImagePullEnabled",
    "vnetContentShareEnabled",
    "vnetBackupRestoreEnabled",
    "dnsConfiguration",
    "vnetName",
    "vnetPrivatePortsCount",
];
const SLOTS: [&str; 2] = ["experiments", "autoSwapSlotName"];

/// Properties of a site that are a difference by their own name; what else a site shows describes it and no feature.
const OF_SITE: [&str; 9] = [
    "hostNamesDisabled",
    "storageAccountRequired",
    "dailyMemoryTimeQuota",
    "hostingEnvironmentProfile",
    "managedEnvironmentId",
    "functionAppConfig",
    "daprConfig",
    "workloadProfileName",
    "resourceConfig",
];

/// Properties of `config/web` without effect of their own, or with another place in which they are judged.
const NOT_JUDGED: [&str; 9] = [
    "publishingUsername",
    "publishingPassword",
    "appSettings",
    "connectionStrings",
    "metadata",
    "storageType",
    "siteAuthEnabled",
    "siteAuthSettings",
    "azureStorageAccounts",
];

/// Everything that a new site in the plan `stage` would not have of `site`, which `model` describes and which is in the plan
/// `production`.
pub fn differences(model: &SiteModel, site: &Site, production: &Plan, stage: &Plan) -> Vec<Difference> {
    let named = [
        kind(model),
        identity(model),
        network(model),
        private_endpoints(model),
        mounts(model),
        authentication(model),
        slots(model),
        slot_settings(model),
        ip_based_tls(site),
        plan_size(production, stage),
        plan_instances(production, stage),
    ];
    named.into_iter().flatten().chain(others(model)).collect()
}

fn kind(model: &SiteModel) -> Option<Difference> {
    let kind = model.kind.to_ascii_lowercase();
    let runs_by_itself = ["functionapp", "workflowapp"].into_iter().any(|part| kind.contains(part));
    let what = format!(
        "production is of kind `{}`, which acts by itself: a second one would do everything twice, or nothing without its \
         storage account",
        model.kind
    );
    runs_by_itself.then(|| Difference::new("kind", what))
}

fn identity(model: &SiteModel) -> Option<Difference> {
    let usual = says(&model.properties, "keyVaultReferenceIdentity", "SystemAssigned");
    let used = set_in(model, if usual { &IDENTITY[1..] } else { &IDENTITY });
    let managed = model.identity.clone().filter(|kind| !eq_azure_name(kind, "None"));
    let has: Vec<_> = managed.into_iter().chain(used).collect();
    let what = || {
        format!("production has a managed identity ({}): a new site has none, and none of its rights", has.join(", "))
    };
    (!has.is_empty()).then(|| Difference::new("identity", what()))
}

fn network(model: &SiteModel) -> Option<Difference> {
    let used = set_in(model, &NETWORK);
    let what =
        || format!("production is integrated with a virtual network ({}): a new site is in none", used.join(", "));
    (!used.is_empty()).then(|| Difference::new("network", what()))
}

fn private_endpoints(model: &SiteModel) -> Option<Difference> {
    let has = model.properties.get("privateEndpointConnections").is_some_and(|value| !is_empty(value));
    has.then(|| Difference::new("private-endpoints", "production has private endpoints: a new site has none"))
}

fn mounts(model: &SiteModel) -> Option<Difference> {
    let names: Vec<_> = model.web.get("azureStorageAccounts")?.as_object()?.keys().map(|name| ticked(name)).collect();
    let what = format!("production mounts storage accounts ({}): a new site mounts none", names.join(", "));
    (!names.is_empty()).then(|| Difference::new("mounts", what))
}

fn authentication(model: &SiteModel) -> Option<Difference> {
    let is_true = |value: Option<&Value>| value.and_then(Value::as_bool).unwrap_or_default();
    let settings = model.web.get("siteAuthSettings");
    let classic = is_true(model.web.get("siteAuthEnabled")) || is_true(settings.and_then(|all| all.get("enabled")));
    let what = "App Service signs production's users in (Easy Auth): a new site would let every request through to the \
                application";
    (classic || model.signs_users_in).then(|| Difference::new("authentication", what))
}

fn slots(model: &SiteModel) -> Option<Difference> {
    let slots = model.slots.iter().map(|name| ticked(name));
    let used: Vec<_> = slots.chain(set_in(model, &SLOTS)).collect();
    let what = format!("production has deployment slots ({}): a new site has none", used.join(", "));
    (!used.is_empty()).then(|| Difference::new("slots", what))
}

fn slot_settings(model: &SiteModel) -> Option<Difference> {
    let names: Vec<_> = model.sticky.iter().map(|name| ticked(name)).collect();
    let what = format!(
        "settings stay with production's deployment slot ({}): a new site gets them as settings like all others",
        names.join(", ")
    );
    (!names.is_empty()).then(|| Difference::new("slot-settings", what))
}

fn ip_based_tls(site: &Site) -> Option<Difference> {
    let names: Vec<_> = site.host_names.iter().filter(|host| host.ip_based).map(|host| ticked(&host.name)).collect();
    let what = format!(
        "certificates are bound to an address of production's own for {}: a new site tells names apart by SNI",
        names.join(", ")
    );
    (!names.is_empty()).then(|| Difference::new("ip-based-tls", what))
}

fn plan_size(production: &Plan, stage: &Plan) -> Option<Difference> {
    let what = || {
        format!("production's plan is {} {}, stage's {} {}", production.tier, production.size, stage.tier, stage.size)
    };
    (!eq_azure_name(&production.size, &stage.size)).then(|| Difference::new("plan-size", what()))
}

fn plan_instances(production: &Plan, stage: &Plan) -> Option<Difference> {
    let (ours, theirs) = (production.instances?, stage.instances?);
    let what = format!("production's plan has {ours} instances, stage's {theirs}");
    (ours > theirs).then(|| Difference::new("plan-instances", what))
}

fn others(model: &SiteModel) -> Vec<Difference> {
    let of_site = OF_SITE.iter().filter(|name| model.properties.get(**name).is_some_and(|value| !is_empty(value)));
    let redundancy = ["redundancyMode"].iter().filter(|name| is_other_than(&model.properties, name, "None"));
    let deployments = ["scmType"].iter().filter(|name| is_other_than(&model.web, name, "None"));
    let judged = |name: &str| {
        [&WEB[..], &IDENTITY, &NETWORK, &SLOTS, &NOT_JUDGED, &["scmType"]].iter().any(|names| names.contains(&name))
    };
    let of_web = model.web.iter().filter(|(name, value)| !judged(name) && !is_empty(value)).map(|(name, _)| name);
    let named = of_site.chain(redundancy).chain(deployments).map(|name| (*name).to_owned());
    named.chain(of_web.cloned()).map(|name| other(&name)).collect()
}

fn other(name: &str) -> Difference {
    Difference::new(name, format!("production has `{name}` set, which this software cannot set when it creates a site"))
}

/// Names of the properties that are set on the site or in its `config/web`, each once.
fn set_in(model: &SiteModel, names: &[&str]) -> Vec<String> {
    let set = |name: &&&str| {
        [&model.properties, &model.web].iter().any(|map| map.get(**name).is_some_and(|value| !is_empty(value)))
    };
    names.iter().filter(set).map(|name| ticked(name)).collect()
}

fn says(map: &Map<String, Value>, name: &str, word: &str) -> bool {
    map.get(name).and_then(Value::as_str).is_some_and(|text| eq_azure_name(text, word))
}

fn is_other_than(map: &Map<String, Value>, name: &str, word: &str) -> bool {
    map.get(name).is_some_and(|value| !is_empty(value)) && !says(map, name, word)
}

/// Nothing is switched on by it.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(on) => !on,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(elements) => elements.iter().all(is_empty),
        Value::Object(fields) => fields.values().all(is_empty),
    }
}

fn ticked(name: &str) -> String {
    format!("`{name}`")
}

#[cfg(test)]
#[path = "differences_test.rs"]
#[allow(clippy::unwrap_used)]
mod tests;
