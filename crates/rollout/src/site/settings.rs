//! Which settings of production's site a new site gets, judged by name and value.
//!
//! Two sites that read one queue take each other's messages, and V2 would do so while V1 serves users. So what looks like a
//! connection to a queue, a storage account or a bus is shared only where its name is given; and a setting that leads to
//! production's own database never leads a new site there by accident.

use std::fmt;

use secrecy::ExposeSecret;

use super::{AppSetting, SiteOptions};
use crate::{
    connection::ConnectionString,
    facts::ConnectionSetting,
    ids::{DatabaseId, eq_azure_name},
    upgrade::Upgrade,
};

/// The setting that keeps all WebJobs of a site from running.
pub const WEBJOBS_STOPPED: &str = "WEBJOBS_STOPPED";

/// Parts of names, in lower case and without separators.
const NAMES: [&str; 9] = [
    "queue",
    "storage",
    "blob",
    "servicebus",
    "eventhub",
    "notificationhub",
    "azurewebjobs",
    "contentshare",
    "contentazurefile",
];

/// Parts of values, in lower case.
const VALUES: [&str; 13] = [
    "accountkey=",
    "accountname=",
    "defaultendpointsprotocol=",
    "usedevelopmentstorage=",
    ".queue.core.",
    ".blob.core.",
    ".table.core.",
    ".file.core.",
    ".servicebus.",
    "sb://",
    "amqp://",
    "amqps://",
    "sharedaccesskey",
];

/// Types of connection strings.
const KINDS: [&str; 3] = ["ServiceBus", "EventHub", "NotificationHub"];

/// Why a setting is not copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// It looks like a connection to a queue, a storage account or a bus.
    Messages,
    /// It leads to production's database.
    Database,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Messages => "looks like a connection to a queue, a storage account or a bus",
            Self::Database => "points to production's database",
        })
    }
}

/// A setting that is not copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Its name.
    pub name: String,
    /// Why.
    pub reason: Reason,
}

/// Decides on settings for one upgrade.
#[derive(Debug, Clone, Copy)]
pub struct Sharing<'s> {
    /// The upgrade.
    pub upgrade: &'s Upgrade,
    /// What the inputs say.
    pub site_options: &'s SiteOptions,
}

impl Sharing<'_> {
    /// Names of the application settings that are copied. `WEBJOBS_STOPPED` is set, whatever production has.
    pub fn app_settings(&self, all: &[AppSetting]) -> Vec<String> {
        let copied = all.iter().filter(|setting| !eq_azure_name(&setting.name, WEBJOBS_STOPPED));
        let copied = copied.filter(|setting| self.against(&setting.name, "", setting.value.expose_secret()).is_none());
        copied.map(|setting| setting.name.clone()).collect()
    }

    /// Names of the connection strings that are copied, without the one of the upgrade, which is pointed at stage. What
    /// earlier upgrades kept of a stage site is no part of an application.
    pub fn connections(&self, all: &[ConnectionSetting]) -> Vec<String> {
        let others = self.other_connections(all);
        let copied = others.filter(|setting| self.against_connection(setting).is_none());
        copied.map(|setting| setting.name.clone()).collect()
    }

    /// All that is not copied, application settings first.
    pub fn left_out(&self, settings: &[AppSetting], connections: &[ConnectionSetting]) -> Vec<LeftOut> {
        let left_out =
            |name: &str, reason: Option<Reason>| reason.map(|reason| LeftOut { name: name.to_owned(), reason });
        let settings = settings.iter().filter(|setting| !eq_azure_name(&setting.name, WEBJOBS_STOPPED));
        let settings = settings.filter_map(|setting| {
            left_out(&setting.name, self.against(&setting.name, "", setting.value.expose_secret()))
        });
        let connections = self.other_connections(connections);
        let connections = connections.filter_map(|setting| left_out(&setting.name, self.against_connection(setting)));
        settings.chain(connections).collect()
    }

    fn other_connections<'c>(&self, all: &'c [ConnectionSetting]) -> impl Iterator<Item = &'c ConnectionSetting> {
        let own = self.upgrade.connection_name.clone();
        let other = move |setting: &&ConnectionSetting| !eq_azure_name(&setting.name, &own);
        all.iter().filter(other).filter(|setting| !Upgrade::is_kept_setting(&setting.name))
    }

    fn against_connection(&self, setting: &ConnectionSetting) -> Option<Reason> {
        self.against(&setting.name, &setting.kind, setting.value.expose_secret())
    }

    fn against(&self, name: &str, kind: &str, value: &str) -> Option<Reason> {
        if self.site_options.shared.iter().any(|shared| eq_azure_name(shared, name)) {
            return None;
        }
        if leads_to(value, &self.upgrade.production.database) {
            return Some(Reason::Database);
        }
        let typed = KINDS.iter().any(|known| eq_azure_name(known, kind));
        (typed || carries_messages(name, value)).then_some(Reason::Messages)
    }
}

/// A flag or a number connects to nothing, whatever its name. Of a Key Vault reference only the names in it can be judged.
fn carries_messages(name: &str, value: &str) -> bool {
    let value = value.trim().to_ascii_lowercase();
    if matches!(value.as_str(), "" | "true" | "false" | "disabled" | "enabled") || value.parse::<f64>().is_ok() {
        return false;
    }
    let plain = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let named = |text: &str| NAMES.iter().any(|part| plain(text).contains(part));
    let reference =
        value.starts_with("@microsoft.keyvault(") && named(value.trim_start_matches("@microsoft.keyvault("));
    named(name) || reference || VALUES.iter().any(|part| value.contains(part))
}

/// An ADO.NET connection string to this database. The server is told by the first label of its host name.
fn leads_to(value: &str, database: &DatabaseId) -> bool {
    ConnectionString::parse(value).is_ok_and(|string| {
        let server = string.host().split('.').next().unwrap_or_default();
        eq_azure_name(server, &database.server) && eq_azure_name(string.database(), &database.name)
    })
}

#[cfg(test)]
#[path = "settings_test.rs"]
#[allow(clippy::unwrap_used)]
mod tests;
