//! What a new site is made after, and what the inputs say about it.

use secrecy::SecretString;
use serde_json::{Map, Value};

use crate::ids::{PlanId, eq_azure_name};

/// What the inputs ask for the stage site.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SiteOptions {
    /// The plan in which prepare creates the site, where it is not there.
    pub plan: Option<PlanId>,
    /// Names of the differences to production's site that are accepted.
    pub accepted: Vec<String>,
    /// Names of the settings that both sites may share, though they look like connections to queues, storage or buses.
    pub shared: Vec<String>,
    /// SHA-256 of V2's package, in lower-case hex, where prepare deploys one.
    pub package: Option<String>,
    /// Where the package is; `None` in a step that does not deploy it.
    pub source: Option<PackageSource>,
}

/// Where a package is, which decides how it is deployed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PackageSource {
    /// At an https address, from which Azure takes it.
    Address,
    /// In a file, which is sent to the publish API of the site.
    File,
}

impl SiteOptions {
    /// The difference of this name is accepted.
    pub fn accepts(&self, difference: &str) -> bool {
        self.accepted.iter().any(|name| eq_azure_name(name, difference))
    }
}

/// Production's site, as Azure Resource Manager shows it. Values that are credentials of the platform's own are not kept.
#[derive(Debug, Clone, Default)]
pub struct SiteModel {
    /// `kind`, e.g. `app`.
    pub kind: String,
    /// `identity.type`; `None` where the site has no managed identity.
    pub identity: Option<String>,
    /// `properties` of the site.
    pub properties: Map<String, Value>,
    /// `properties` of its `config/web`.
    pub web: Map<String, Value>,
    /// Its application settings.
    pub settings: Vec<AppSetting>,
    /// Names of settings that stay with their slot (`config/slotConfigNames`).
    pub sticky: Vec<String>,
    /// Names of its deployment slots.
    pub slots: Vec<String>,
    /// The platform signs users in (`config/authsettingsV2`: `platform.enabled`).
    pub signs_users_in: bool,
}

/// An application setting.
#[derive(Debug, Clone)]
pub struct AppSetting {
    /// Its name.
    pub name: String,
    /// Its value, which is a secret more often than not.
    pub value: SecretString,
}
