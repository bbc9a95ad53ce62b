//! What surrounds the slots and is looked at before the freeze only.

use crate::{
    actions::{Grant, Resource},
    facts::{Endpoint, FirewallRule, OtherSession, Plan, Server},
    site::{SiteModel, SiteOptions},
};

/// What was seen, or why it could not be: some of it takes rights that an upgrade does not need.
pub type Seen<T> = Result<T, String>;

/// Servers, plans, principals and rights around the slots.
#[derive(Debug, Clone)]
pub struct Preflight {
    /// Production's logical server.
    pub production_server: Server,
    /// Stage's logical server.
    pub stage_server: Option<Server>,
    /// The plan of production's site.
    pub production_plan: Option<Plan>,
    /// The plan of stage's site, or the one that prepare shall create it in.
    pub stage_plan: Option<Plan>,
    /// What the inputs ask for the stage site.
    pub site_options: SiteOptions,
    /// Production's site in full, where the stage site is not there and prepare shall create it.
    pub model: Option<SiteModel>,
    /// Id of the deployment that is active on the stage site; looked at where a package is to be there.
    pub deployment: Option<String>,
    /// SHA-256 of V2's package as it is now, where it is still to be deployed.
    pub package: Option<String>,
    /// Server-level firewall rules of production's server.
    pub production_firewall: Seen<Vec<FirewallRule>>,
    /// Server-level firewall rules of stage's server; none where there is no such server.
    pub stage_firewall: Seen<Vec<FirewallRule>>,
    /// What this identity may do, resource by resource.
    pub granted: Vec<Granted>,
    /// Who may log in where.
    pub principals: Principals,
    /// Sessions on the production database, but that of this run and those of Azure's own.
    pub sessions: Seen<Vec<OtherSession>>,
    /// The production database uploads ledger digests (a current row in `sys.database_ledger_digest_locations`).
    pub digest_uploads: Seen<bool>,
    /// Ways of users past the profile; looked at by plan only.
    pub elsewhere: Option<Elsewhere>,
}

/// How else users may come to the sites.
#[derive(Debug, Clone)]
pub struct Elsewhere {
    /// The host names of users that are not the profile's own, each with the addresses that it resolves to, in order.
    pub hosts: Vec<(String, Seen<Vec<String>>)>,
    /// The addresses of the profile's own name, in order.
    pub profile: Seen<Vec<String>>,
    /// The endpoints of all profiles of the subscription.
    pub endpoints: Seen<Vec<Endpoint>>,
}

/// What this identity may do on one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Granted {
    /// Which of the resources of an upgrade.
    pub on: Resource,
    /// As a message names it, e.g. ``server `rg/sql-1` ``.
    pub name: String,
    /// The entries of its permissions.
    pub grants: Seen<Vec<Grant>>,
}

/// A SQL log-in, or a user that stands for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogIn {
    /// Its name.
    pub name: String,
    /// Its security identifier as T-SQL writes it, `0x…`: it ties users of databases to log-ins of servers, and is no secret.
    pub sid: String,
}

/// Log-ins of the servers, users of production, and the identity of this run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principals {
    /// SQL users of production's database that stand for a log-in of its server (`sys.database_principals`, type S,
    /// `authentication_type` 1); users with a password of their own are replicated whole.
    pub users: Seen<Vec<LogIn>>,
    /// SQL log-ins of production's server.
    pub production: Seen<Vec<LogIn>>,
    /// SQL log-ins of stage's server.
    pub stage: Seen<Vec<LogIn>>,
    /// What this identity lacks in production's database.
    pub lacks: Vec<String>,
    /// This identity may end replication links by T-SQL: it is in `dbmanager` of production's `master`.
    pub dbmanager: Seen<bool>,
}

impl Preflight {
    /// The rights on one resource, where they could be seen.
    pub fn grants_on(&self, resource: Resource) -> Option<(&Granted, &[Grant])> {
        let granted = self.granted.iter().find(|granted| granted.on == resource)?;
        granted.grants.as_ref().ok().map(|grants| (granted, grants.as_slice()))
    }
}
