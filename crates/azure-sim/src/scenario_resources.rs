//! What a scenario can say of production's database, the servers, the plans and the rights of whoever asks: each rule of Azure that a
//! preflight has to find can be produced here.

use std::{collections::BTreeMap, net::Ipv4Addr};

use serde::{Deserialize, Serialize};

/// The production database.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ProductionDatabase {
    /// Its size, e.g. `GP_Gen5_2`, `HS_Gen5_4`.
    pub sku: String,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// Name of the elastic pool that it is in.
    pub elastic_pool: Option<String>,
    /// Name of the failover group that it is in: no link of it can be ended.
    pub failover_group: Option<String>,
    /// It uploads ledger digests: no link of it can be ended.
    pub ledger_digest_uploads: bool,
}

impl Default for ProductionDatabase {
    fn default() -> Self {
        Self {
            sku: "GP_Gen5_2".to_owned(),
            tags: BTreeMap::new(),
            elastic_pool: None,
            failover_group: None,
            ledger_digest_uploads: false,
        }
    }
}

/// What a logical server is set to. It is shown; the key has an effect, and where the scenario says from which addresses the
/// runner comes, firewall and public access have one too.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ServerSettings {
    /// `keyId`: a customer-managed key. A server without it cannot have a secondary of a database on one with it.
    pub customer_managed_key: Option<String>,
    /// `minimalTlsVersion`
    pub minimal_tls: Option<String>,
    /// `publicNetworkAccess` is Disabled.
    pub no_public_access: bool,
    /// `administrators.login`
    pub entra_administrator: Option<String>,
    /// Server-level firewall rules.
    pub firewall_rules: Vec<FirewallRule>,
}

/// A server-level firewall rule.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FirewallRule {
    /// Its name.
    pub name: String,
    /// `startIpAddress`
    pub start: Ipv4Addr,
    /// `endIpAddress`
    pub end: Ipv4Addr,
}

/// A role assignment of the holder of the ARM token.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct RoleAssignment {
    /// Where, below the subscription: empty for the subscription itself, `resourceGroups/contoso-rg`, or a resource.
    pub scope: String,
    /// What it allows; `*` stands for any text.
    pub actions: Vec<String>,
    /// What it does not.
    pub not_actions: Vec<String>,
}

/// Which servers have the log-in `app`, whose user production's site is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AppLogIn {
    /// All, with one SID.
    Everywhere,
    /// Production's alone.
    ProductionOnly,
    /// All, with another SID on the others: it was created there without `WITH SID`.
    OtherSid,
}
