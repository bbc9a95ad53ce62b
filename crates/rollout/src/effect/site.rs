//! The sites: made, set up, deployed to, stopped, started and asked.

use std::fmt;

use serde_json::{Map, Value};

use crate::{
    facts::Tags,
    ids::{DatabaseId, PlanId, ProfileId, SiteId},
};

/// A site to create. Values of application settings are no part of it, for they are secrets: they are read when it is made.
#[derive(Debug, Clone, PartialEq)]
pub struct NewSite {
    /// The site to be.
    pub site: SiteId,
    /// Production's site, from which settings are copied.
    pub like: SiteId,
    /// The plan that it runs in.
    pub plan: PlanId,
    /// Region, as Azure writes it.
    pub location: String,
    /// `kind`, e.g. `app`.
    pub kind: String,
    /// Its tags: those of production's site, and the one that names the upgrade.
    pub tags: Tags,
    /// Properties of the site.
    pub properties: Map<String, Value>,
    /// Its `siteConfig`, but for settings.
    pub configuration: Map<String, Value>,
    /// Names of the application settings that are copied.
    pub settings: Vec<String>,
    /// Application settings of its own.
    pub own_settings: Vec<(String, String)>,
    /// The host name that it is expected to get.
    pub host: String,
}

/// The sites: made, set up, deployed to, stopped, started and asked.
#[derive(Debug, Clone, PartialEq)]
pub enum SiteEffect {
    /// Create the stage site, with nothing deployed to it.
    Create(Box<NewSite>),
    /// Copy connection strings to a site that was created; the upgrade's one leads to stage there.
    CopyConnections {
        /// Production's site.
        from: SiteId,
        /// The created site.
        to: SiteId,
        /// Name of the upgrade's connection string.
        setting: String,
        /// The database that it shall lead to.
        database: DatabaseId,
        /// Names of the others that are copied as they are.
        others: Vec<String>,
    },
    /// Bind a host name to a site that was created.
    BindHost {
        /// The site.
        site: SiteId,
        /// The host name.
        host: String,
        /// Thumbprint of the certificate to bind to it.
        certificate: Option<String>,
    },
    /// Deploy the package of V2, wait until it is done, and label the profile with it.
    Deploy {
        /// The stage site.
        site: SiteId,
        /// SHA-256 of the package, in lower-case hex.
        digest: String,
        /// The profile that is labelled.
        profile: ProfileId,
    },
    /// Prove that a site answers under each of the users' host names, with a certificate that is right for it.
    ProveHostNames {
        /// The site.
        site: SiteId,
        /// Its own address.
        address: String,
        /// The users' host names that have a certificate.
        hosts: Vec<String>,
    },
    /// Point the connection setting of an adopted site at a database; the old value is kept beside it.
    Point {
        /// The site.
        site: SiteId,
        /// Name of the setting.
        setting: String,
        /// The database that it shall lead to.
        database: DatabaseId,
        /// Name under which the old value is kept.
        keep: String,
    },
    /// Give an adopted site its old connection setting back.
    RestoreSetting {
        /// The site.
        site: SiteId,
        /// Name of the setting.
        setting: String,
        /// Name under which the old value was kept; removed.
        kept: String,
    },
    /// Stop a site.
    Stop {
        /// Which.
        site: SiteId,
    },
    /// Start a site.
    Start {
        /// Which.
        site: SiteId,
    },
    /// Wait until a site answers well several times in a row, under each of the users' host names.
    AwaitHealthy {
        /// The site.
        site: SiteId,
        /// Its own address.
        address: String,
        /// The users' host names.
        hosts: Vec<String>,
        /// The path to ask for.
        path: String,
        /// Good answers in a row.
        repeats: u32,
    },
    /// Prove that the connection string of a site leads to a database.
    ProvePointed {
        /// The site.
        site: SiteId,
        /// Name of the setting.
        setting: String,
        /// The database.
        database: DatabaseId,
    },
}

impl SiteEffect {
    /// It only waits or proves.
    pub(super) fn is_proof(&self) -> bool {
        matches!(self, Self::ProveHostNames { .. } | Self::AwaitHealthy { .. } | Self::ProvePointed { .. })
    }

    pub(super) fn undo(&self) -> Option<Self> {
        match self.clone() {
            Self::Stop { site } => Some(Self::Start { site }),
            _ => None,
        }
    }

    /// The site that it stops, starts or gives other settings.
    pub(super) fn changed_site(&self) -> Option<&SiteId> {
        match self {
            Self::Stop { site } | Self::Start { site } | Self::RestoreSetting { site, .. } => Some(site),
            _ => None,
        }
    }
}

impl fmt::Display for SiteEffect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ProvePointed { site, database, .. } => write!(f, "prove that site `{site}` uses `{database}`"),
            Self::Create(new) => write!(f, "create site `{}` in plan `{}` like `{}`", new.site, new.plan, new.like),
            Self::CopyConnections { from, to, setting, database, .. } => {
                write!(f, "copy the connection strings of site `{from}` to `{to}`, `{setting}` pointed at `{database}`")
            }
            Self::BindHost { site, host, certificate: Some(_) } => {
                write!(f, "bind host name `{host}` with its certificate to site `{site}`")
            }
            Self::BindHost { site, host, certificate: None } => write!(f, "bind host name `{host}` to site `{site}`"),
            Self::Deploy { site, digest, .. } => write!(f, "deploy package `{digest}` to site `{site}`"),
            Self::ProveHostNames { site, hosts, .. } => {
                let hosts: Vec<_> = hosts.iter().map(|host| format!("`{host}`")).collect();
                write!(f, "prove that site `{site}` answers as {} with its certificate", hosts.join(", "))
            }
            Self::Point { site, setting, database, .. } => {
                write!(f, "point connection string `{setting}` of site `{site}` at `{database}`")
            }
            Self::RestoreSetting { site, setting, .. } => {
                write!(f, "restore the old connection string `{setting}` of site `{site}`")
            }
            Self::Stop { site } => write!(f, "stop site `{site}`"),
            Self::Start { site } => write!(f, "start site `{site}`"),
            Self::AwaitHealthy { site, repeats, .. } => {
                write!(f, "wait until site `{site}` is healthy {repeats} times in a row")
            }
        }
    }
}
