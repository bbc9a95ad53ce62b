//! What was observed: plain data, as the cloud gave it, before any judgement.

use std::{collections::BTreeMap, ops::RangeInclusive};

use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use serde::Serialize;

use crate::{
    background::{HookRow, Worker},
    ids::{DatabaseId, EndpointId, ProfileId, ServerId, SiteId, UpgradeId, eq_azure_name},
    policy::ScriptName,
    upgrade::Upgrade,
};

/// A tag set on what this software creates; its value is the upgrade id.
pub const TAG: &str = "rolling-upgrade";

/// The version of the schema `rolling_upgrade` that this release writes and reads.
pub const SCHEMA_VERSION: i32 = 3;

/// Since this version of the schema the stage copy has the folder that migrate ran, and a script's row says that it has begun.
pub(crate) const FOLDER_SINCE: i32 = 3;

/// Tags of a resource. Azure compares tag names without case.
pub type Tags = BTreeMap<String, String>;

/// The value of a tag, its name compared without case.
pub fn tag<'t>(tags: &'t Tags, name: &str) -> Option<&'t str> {
    tags.iter().find(|(key, _)| eq_azure_name(key, name)).map(|(_, value)| value.as_str())
}

/// The priorities that an endpoint can have (`trafficmanager.json`, 2022-04-01).
pub const PRIORITIES: RangeInclusive<u32> = 1..=1000;

/// A Traffic Manager profile with its endpoints.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// Which one.
    pub id: ProfileId,
    /// `profileStatus` is Enabled.
    pub enabled: bool,
    /// `trafficRoutingMethod` as Azure says it, e.g. `Priority`.
    pub routing: String,
    /// The DNS name of the profile, e.g. `contoso.trafficmanager.net`.
    pub fqdn: String,
    /// Time to live of DNS answers.
    pub ttl: SignedDuration,
    /// How endpoints are probed.
    pub monitor: Monitor,
    /// Its tags.
    pub tags: Tags,
    /// Its endpoints, in the order of the answer.
    pub endpoints: Vec<Endpoint>,
}

impl Profile {
    /// The endpoint of this name, if the profile has it.
    pub fn endpoint(&self, id: &EndpointId) -> Option<&Endpoint> {
        self.endpoints.iter().find(|endpoint| endpoint.id == *id)
    }

    /// No endpoint has this priority.
    pub fn is_free(&self, priority: u32) -> bool {
        !self.endpoints.iter().any(|endpoint| endpoint.priority == Some(priority))
    }

    /// The first free priority behind this endpoint's; `None` where none is left.
    pub fn free_priority_behind(&self, id: &EndpointId) -> Option<u32> {
        let own = self.endpoint(id).and_then(|endpoint| endpoint.priority);
        let behind = own.map_or(*PRIORITIES.start(), |priority| priority + 1);
        (behind..=*PRIORITIES.end()).find(|priority| self.is_free(*priority))
    }
}

/// How a profile probes its endpoints (`monitorConfig`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Monitor {
    /// `HTTP`, `HTTPS` or `TCP`.
    pub protocol: String,
    /// The port.
    pub port: u16,
    /// The path, for HTTP and HTTPS.
    pub path: Option<String>,
    /// Time between two probes.
    pub interval: SignedDuration,
    /// Probes that may fail before an endpoint is Degraded.
    pub tolerated_failures: u32,
}

/// The three kinds of endpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EndpointKind {
    /// `azureEndpoints`: names a resource.
    Azure,
    /// `externalEndpoints`: names a host.
    External,
    /// `nestedEndpoints`: names another profile.
    Nested,
}

impl EndpointKind {
    /// Its path segment as the official specification spells it.
    pub fn segment(self) -> &'static str {
        match self {
            Self::Azure => "AzureEndpoints",
            Self::External => "ExternalEndpoints",
            Self::Nested => "NestedEndpoints",
        }
    }
}

/// An endpoint of a profile.
#[derive(Debug, Clone, PartialEq)]
pub struct Endpoint {
    /// Which one.
    pub id: EndpointId,
    /// Its kind.
    pub kind: EndpointKind,
    /// Host name that DNS answers with.
    pub target: String,
    /// The site behind it, where it is an Azure endpoint of a web site.
    pub site: Option<SiteId>,
    /// Region, as Azure writes it.
    pub location: Option<String>,
    /// Priority: the lowest enabled one is served.
    pub priority: Option<u32>,
    /// `endpointStatus` is Enabled.
    pub enabled: bool,
    /// `endpointMonitorStatus`.
    pub monitor: MonitorStatus,
    /// `alwaysServe` is Enabled: never probed, always served.
    pub always_serve: bool,
}

/// What Traffic Manager's probes say of an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MonitorStatus {
    /// The probes succeed.
    Online,
    /// Probing has begun; the endpoint is served already.
    CheckingEndpoint,
    /// The probes fail.
    Degraded,
    /// The endpoint is disabled.
    Disabled,
    /// The profile is disabled.
    Inactive,
    /// The site is stopped, or below the Standard tier.
    Stopped,
    /// `alwaysServe`: not probed.
    Unmonitored,
    /// A word that this version does not know.
    Other(String),
}

/// A web site or a slot.
#[derive(Debug, Clone)]
pub struct Site {
    /// Which one.
    pub id: SiteId,
    /// `state` is Running.
    pub running: bool,
    /// Region, as Azure writes it.
    pub location: String,
    /// ARM id of its App Service plan.
    pub plan: String,
    /// `defaultHostName`, e.g. `contoso-1.azurewebsites.net`.
    pub default_host: String,
    /// All host names that it answers to, the default one among them.
    pub host_names: Vec<HostName>,
    /// Host name of its publish API (Kudu), e.g. `contoso-1.scm.azurewebsites.net`.
    pub publish_host: Option<String>,
    /// Its tags.
    pub tags: Tags,
}

/// A host name of a site.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HostName {
    /// The name.
    pub name: String,
    /// A certificate is bound to it.
    pub tls: bool,
    /// Thumbprint of the owner's certificate that is bound to it.
    pub certificate: Option<String>,
    /// That certificate is bound to an address of the site's own, and not by SNI.
    pub ip_based: bool,
}

/// An App Service plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// ARM id, as Azure writes it.
    pub id: String,
    /// `sku.tier`, e.g. `Standard`.
    pub tier: String,
    /// `sku.name`, e.g. `S1`.
    pub size: String,
    /// `sku.capacity`: its instances.
    pub instances: Option<i64>,
    /// Region, as Azure writes it.
    pub location: String,
    /// `properties.reserved`: its sites run on Linux.
    pub linux: bool,
}

/// A named connection string of a site.
#[derive(Debug, Clone)]
pub struct ConnectionSetting {
    /// Name of the setting.
    pub name: String,
    /// Type as Azure spells it, e.g. `SQLAzure`.
    pub kind: String,
    /// The connection string.
    pub value: SecretString,
}

/// A logical SQL server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Which one.
    pub id: ServerId,
    /// Region, as Azure writes it.
    pub location: String,
    /// `fullyQualifiedDomainName`.
    pub fqdn: String,
    /// `publicNetworkAccess` is Disabled.
    pub public_access_disabled: bool,
    /// `keyId`: the customer-managed key of transparent data encryption; `None` for a key that the service manages.
    pub key: Option<String>,
    /// `minimalTlsVersion`, e.g. `1.2`.
    pub minimal_tls: Option<String>,
    /// `administrators.login`: the Microsoft Entra administrator.
    pub administrator: Option<String>,
}

/// A server-level firewall rule (Microsoft.Sql 2021-11-01, `FirewallRules.json`). Geo-replication does not copy it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirewallRule {
    /// Its name.
    pub name: String,
    /// `startIpAddress`; `0.0.0.0` lets Azure's services in.
    pub start: String,
    /// `endIpAddress`.
    pub end: String,
}

/// A database as Azure Resource Manager shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Database {
    /// Region, as Azure writes it.
    pub location: String,
    /// `status`, e.g. `Online`, `Creating`.
    pub status: String,
    /// `sku.name`, e.g. `GP_Gen5`.
    pub sku_name: String,
    /// `sku.tier`, e.g. `GeneralPurpose`.
    pub sku_tier: String,
    /// `sku.capacity`.
    pub sku_capacity: Option<i64>,
    /// `secondaryType` of a geo-secondary, e.g. `Geo`.
    pub secondary_type: Option<String>,
    /// `elasticPoolId`, as Azure writes it.
    pub elastic_pool: Option<String>,
    /// `failoverGroupId`, as Azure writes it.
    pub failover_group: Option<String>,
    /// `maxSizeBytes`.
    pub max_size: Option<i64>,
    /// Its tags.
    pub tags: Tags,
}

impl Database {
    /// It takes log-ins.
    pub fn online(&self) -> bool {
        eq_azure_name(&self.status, "Online")
    }
}

/// A geo-replication link as Azure Resource Manager shows it on one side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The link's guid, the same on both sides.
    pub name: String,
    /// Short name of the partner's server.
    pub partner_server: String,
    /// Name of the partner database.
    pub partner_database: String,
    /// This side's role, e.g. `Primary`.
    pub role: String,
    /// `replicationState`, e.g. `CATCH_UP`.
    pub state: String,
}

impl Link {
    /// Its other side is this database.
    pub fn leads_to(&self, partner: &DatabaseId) -> bool {
        eq_azure_name(&self.partner_server, &partner.server) && eq_azure_name(&self.partner_database, &partner.name)
    }

    /// This side is the source of the data.
    pub fn is_primary(&self) -> bool {
        eq_azure_name(&self.role, "Primary")
    }

    /// Seeding is complete and the secondary follows.
    pub fn caught_up(&self) -> bool {
        eq_azure_name(&self.state, "CATCH_UP")
    }
}

/// What a log-in to one database shows, read in one query so that it belongs together.
#[derive(Debug, Clone, PartialEq)]
pub struct SqlState {
    /// The server's clock, UTC.
    pub now: Timestamp,
    /// `sys.databases.is_read_only`: the option, whatever the replication role.
    pub read_only: bool,
    /// `DATABASEPROPERTYEX(…,'Updateability')` is READ_WRITE: neither the option nor the role forbids writes.
    pub updateable: bool,
    /// Rows of `sys.dm_geo_replication_link_status`.
    pub links: Vec<LinkStatus>,
    /// `rolling_upgrade.version`; `None` where the schema is not there.
    pub schema: Option<i32>,
    /// Table `rolling_upgrade.fence` is there: an upgrade was prepared, and not cleaned up. Without it the schema may still have
    /// the journal, which outlives upgrades.
    pub fence_table: bool,
    /// Rows of `rolling_upgrade.fence`.
    pub fences: Vec<Fence>,
    /// Rows of `rolling_upgrade.journal`, in the order they ran.
    pub journal: Vec<JournalRow>,
    /// Rows of `rolling_upgrade.folder`, in the order of the folder.
    pub folder: Vec<FolderRow>,
    /// Rows of `rolling_upgrade.worker`.
    pub workers: Vec<Worker>,
    /// Rows of `rolling_upgrade.hook`.
    pub hooks: Vec<HookRow>,
    /// Rows of `rolling_upgrade.upgrade`.
    pub upgrades: Vec<Upgrade>,
    /// The package that each of them has deployed to its stage site, as the label of the profile has it; by upgrade id.
    pub packages: Vec<(String, String)>,
    /// Rows of `rolling_upgrade.milestone`.
    pub milestones: Vec<Milestone>,
}

impl SqlState {
    /// The tables of an upgrade are not there, or an older release has made them.
    pub fn lacks_schema(&self) -> bool {
        !self.fence_table || self.schema.is_none_or(|version| version < SCHEMA_VERSION)
    }

    /// The release that made the schema writes milestones, so one that is absent was not reached. Versions 1 and 2 had none.
    pub fn has_milestones(&self) -> bool {
        self.schema.is_some_and(|version| version >= 3)
    }

    /// When an upgrade reached a milestone, by the server's clock.
    pub fn reached(&self, run: &UpgradeId, moment: Moment) -> Option<Timestamp> {
        let of = |milestone: &&Milestone| run.is(&milestone.run) && milestone.moment == moment;
        self.milestones.iter().find(of).map(|milestone| milestone.at)
    }

    /// The database is the primary of a link to this one.
    pub fn is_primary_of(&self, partner: &DatabaseId) -> bool {
        self.links.iter().any(|link| link.is_primary() && link.leads_to(partner))
    }

    /// The fence row of an upgrade.
    pub fn fence(&self, run: &UpgradeId) -> Option<&Fence> {
        self.fences.iter().find(|fence| run.is(&fence.run))
    }

    /// Its fence row, if it is open.
    pub fn open_fence(&self, run: &UpgradeId) -> Option<&Fence> {
        self.fence(run).filter(|fence| fence.closed_at.is_none())
    }

    /// Another upgrade has its fence row open here.
    pub fn is_fenced_by_another(&self, run: &UpgradeId) -> bool {
        self.fences.iter().any(|fence| !run.is(&fence.run) && fence.closed_at.is_none())
    }

    /// The upgrade of this id, as prepare has written it down.
    pub fn upgrade(&self, run: &UpgradeId) -> Option<&Upgrade> {
        self.upgrades.iter().find(|upgrade| upgrade.id == *run)
    }
}

/// How far an upgrade has come. Each is written into the stage copy, for there it cannot be lost as a label can.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Moment {
    /// The copy was proved to hold every write of production; written by the batch that closes the copy's fence row.
    Synchronised,
    /// The stage endpoint is about to be enabled: from here on users may be on V2.
    Served,
    /// Production's endpoint is about to be disabled.
    Switching,
    /// Users were sent to V2.
    Switched,
}

impl Moment {
    /// All of them, in their order.
    pub const ALL: [Self; 4] = [Self::Synchronised, Self::Served, Self::Switching, Self::Switched];

    /// Its word in the table.
    pub fn word(self) -> &'static str {
        match self {
            Self::Synchronised => "synchronised",
            Self::Served => "served",
            Self::Switching => "switching",
            Self::Switched => "switched",
        }
    }
}

/// A row of the milestone table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Milestone {
    /// Upgrade id.
    pub run: String,
    /// What was reached.
    pub moment: Moment,
    /// When, by the server's clock.
    pub at: Timestamp,
}

/// A row of `sys.dm_geo_replication_link_status` (facts of the view: docs of Azure SQL Database).
#[derive(Debug, Clone, PartialEq)]
pub struct LinkStatus {
    /// Short name of the partner's server.
    pub partner_server: String,
    /// Name of the partner database.
    pub partner_database: String,
    /// `replication_state_desc`, e.g. `CATCH_UP`.
    pub state: String,
    /// `role_desc`: PRIMARY or SECONDARY.
    pub role: String,
    /// `replication_lag_sec`; `None` while the server does not know, and always on a secondary.
    pub lag: Option<SignedDuration>,
    /// `last_commit`.
    pub last_commit: Option<Timestamp>,
}

impl LinkStatus {
    /// Seeding is complete, and the secondary follows.
    pub fn caught_up(&self) -> bool {
        eq_azure_name(&self.state, "CATCH_UP")
    }

    /// This side is the source of the data.
    pub fn is_primary(&self) -> bool {
        eq_azure_name(&self.role, "PRIMARY")
    }

    /// Its other side is this database.
    pub fn leads_to(&self, partner: &DatabaseId) -> bool {
        eq_azure_name(&self.partner_server, &partner.server) && eq_azure_name(&self.partner_database, &partner.name)
    }
}

/// A row of the fence table: who made production read-only, and until when at most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fence {
    /// Upgrade id.
    pub run: String,
    /// When it was opened, by the server's clock.
    pub opened_at: Timestamp,
    /// When production must have its write access back at the latest.
    pub deadline: Timestamp,
    /// When it was closed; `None` while it is open.
    pub closed_at: Option<Timestamp>,
}

/// A row of the journal: a script that has begun, committed together with the script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalRow {
    /// Upgrade id.
    pub run: String,
    /// File name of the script.
    pub script: String,
    /// SHA-256 of its bytes, in lower-case hex.
    pub digest: String,
    /// Its last batch is through. A row that is committed without that is of a script that ended our transaction itself, so that
    /// a part of it is committed.
    pub finished: bool,
    /// How long it ran.
    pub took: SignedDuration,
}

/// A row of the folder that migrate ran: written once each of its scripts is finished, in this upgrade or in an earlier one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderRow {
    /// Upgrade id.
    pub run: String,
    /// The file, with the digest of its bytes.
    pub script: ScriptName,
    /// It is a check.
    pub is_check: bool,
}

/// A session of another client on a database (`sys.dm_exec_sessions`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherSession {
    /// `session_id`.
    pub id: i32,
    /// `program_name`.
    pub program: String,
    /// `host_name`.
    pub host: String,
    /// `login_name`.
    pub login: String,
}

impl OtherSession {
    /// It is a step's: each names itself and its upgrade.
    pub fn is_ours(&self) -> bool {
        self.program.starts_with("rolling-upgrade/")
    }

    /// It is Azure's own: backup, metrics and tuning log in as these accounts of Windows, which no client of a logical server
    /// can have.
    pub fn is_of_the_service(&self) -> bool {
        let prefix = |account: &str| self.login.get(..account.len()).is_some_and(|start| eq_azure_name(start, account));
        prefix("NT AUTHORITY\\") || prefix("NT SERVICE\\")
    }
}

/// The session that holds the lock in production's database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Holder {
    /// Its `program_name`: `rolling-upgrade/<step>/<upgrade-id>` if it is one of ours.
    pub program: String,
    /// Its `host_name`.
    pub host: String,
    /// Its `login_name`.
    pub login: String,
    /// Since when it has been logged in, by the server's clock.
    pub since: Timestamp,
}

impl Holder {
    /// The step and the upgrade that it works for; `None` where it is none of ours.
    pub fn step(&self) -> Option<(&str, &str)> {
        self.program.strip_prefix("rolling-upgrade/")?.split_once('/')
    }
}
