//! What kind of world the simulator starts with, and how it behaves where Azure's behaviour is not established.

use std::{collections::BTreeMap, net::Ipv4Addr, path::PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    scenario_resources::{AppLogIn, ProductionDatabase, RoleAssignment, ServerSettings},
    scenario_sign_in::SignIn,
};

/// A scenario file: JSON with kebab-case names. Every field has a default, an unknown one is refused.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Scenario {
    /// Fixes names, passwords, tokens and identifiers.
    pub seed: u64,
    /// How many simulated users read and write; 0 for none.
    pub users: u32,
    /// How many of them keep a cached DNS answer for twice its time to live.
    pub stale_dns_users: u32,
    /// Pause between two ticks of the users' own timer, in milliseconds; 0: they act only around changes of state.
    pub user_interval_ms: u64,
    /// How long a user keeps the address of the application, in seconds, if it differs from the profile's `ttl`.
    pub ttl_seconds: Option<f64>,
    /// Time from the creation of a secondary until it can be reached, in milliseconds.
    pub seeding_ms: u64,
    /// Time until a secondary has a committed transaction, in milliseconds.
    pub lag_ms: u64,
    /// How long links stand still when a saved world was restored, unless somebody waits for the copy, in milliseconds; the lag if
    /// that is longer.
    pub stall_ms: u64,
    /// How many readings of `replication_lag_sec` answer NULL after seeding.
    pub lag_null_polls: u32,
    /// Duration of a long operation of Azure Resource Manager, in milliseconds.
    pub operation_ms: u64,
    /// The pace of polling that the service asks for, in milliseconds.
    pub retry_after_ms: u64,
    /// Whether a database that is the source of a link can be set read-only and read-write.
    pub alter_on_geo_primary: AlterOnGeoPrimary,
    /// What `sp_wait_for_database_copy_sync` does in a read-only database.
    pub copy_sync_on_read_only: CopySync,
    /// Whether the tier shows what tells who has written.
    pub write_measure: WriteMeasure,
    /// Whether the end of a link is a record in the logs of both databases.
    pub end_of_link_is_logged: bool,
    /// How long `sp_wait_for_database_copy_sync` blocks at most, in milliseconds.
    pub copy_sync_timeout_ms: u64,
    /// What becomes of `unlink`, the friendly end of a link in the version of 2014.
    pub unlink: Unlink,
    /// Whether the copy is still read-only after the link to a read-only source was removed.
    pub read_only_replicates: bool,
    /// Pause between two probes of Traffic Manager, in milliseconds. It stands for `intervalInSeconds` of the profile.
    pub probe_interval_ms: u64,
    /// Time that a site needs to come up after start, restart or new settings, in milliseconds.
    pub site_start_ms: u64,
    /// How long a site waits for its database, in milliseconds.
    pub site_timeout_ms: u64,
    /// Time that a continuous WebJob needs to come up, and that its process has to end, in milliseconds.
    pub webjob_ms: u64,
    /// How long after the deadline of a read-only time whoever holds the upgrade's lock may leave it so, in milliseconds.
    pub deadline_margin_ms: u64,
    /// T-SQL that makes the production database; the built-in sample if absent.
    pub database_script: Option<PathBuf>,
    /// `app.json` of the production site; the built-in sample if absent.
    pub app_v1: Option<PathBuf>,
    /// `app.json` of the stage site; the built-in sample if absent.
    pub app_v2: Option<PathBuf>,
    /// Folder in which loaded databases are kept between runs; none: the script is loaded each time.
    pub cache_dir: Option<PathBuf>,
    /// The stage site shares the plan, and so the scale unit, of production's: it cannot have the users' host name.
    pub stage_beside_production: bool,
    /// There is no stage site at the start: whoever upgrades creates it.
    pub no_stage_site: bool,
    /// How long a new site takes, in milliseconds; 0: the request answers 200 with the site.
    pub site_creation_ms: u64,
    /// Somebody can show that the users' domain is the subscription's: its TXT record `asuid` is there.
    pub domain_verified: bool,
    /// The certificate of the users' host name is in the stage plan's resource group too.
    pub stage_certificate: bool,
    /// How long the deployment of a package takes, in milliseconds; 0: `onedeploy` answers with its end.
    pub deployment_ms: u64,
    /// Every deployment fails.
    pub failing_deployment: bool,
    /// The package that the blob host gives out; that of `app-v2` if absent.
    pub package: Option<PathBuf>,
    /// What production's site has beside its settings.
    pub production_site: ProductionSite,
    /// Names of further logical servers beside `contoso-sql-1` and `contoso-sql-2`, in the same resource group and region.
    pub servers: Vec<String>,
    /// Further SQL log-ins beside `sqladmin` and `app`.
    pub logins: Vec<SqlLogin>,
    /// Azure's connection policy "Redirect": log-ins are sent on to other hosts.
    pub redirect: Option<Redirect>,
    /// Log-ins are sent from the gateway to a worker and from there back to the gateway, for ever.
    pub redirect_loop: bool,
    /// Errors that the first log-ins over the wire are refused with, e.g. 40613.
    pub refuse_log_ins: Vec<u32>,
    /// How long a SQL session over the wire may be idle before it is dropped without a word, in milliseconds. A batch that
    /// runs is not idle, as on a connection with TCP keep-alive.
    pub idle_timeout_ms: Option<u64>,
    /// The addresses that SQL clients come from over the wire: the first connection from the first one, the next from the
    /// next, in turns. With one or more the firewalls of the servers are enforced, for sites too; with none everybody comes
    /// through private endpoints.
    pub runner_addresses: Vec<Ipv4Addr>,
    /// How long a firewall rule takes until it lets somebody in, in milliseconds.
    pub firewall_delay_ms: u64,
    /// A SQL batch whose connection is cut, once.
    pub cut_batch: Option<CutBatch>,
    /// Who may sign in, and for how long.
    pub sign_in: SignIn,
    /// What production's database is like.
    pub production_database: ProductionDatabase,
    /// What servers are set to, by their names.
    pub server_settings: BTreeMap<String, ServerSettings>,
    /// Size of the plan of production's site, e.g. `S1`, `B1`.
    pub production_plan: String,
    /// Size of the plan of the stage site.
    pub stage_plan: String,
    /// `trafficRoutingMethod` of the profile. Users are routed by priority whatever it is, so with any other method than
    /// `Priority` its endpoints cannot be changed.
    pub routing_method: String,
    /// Further endpoints of the profile, which lead outside of Azure: a standby, a page that says sorry.
    pub endpoints: Vec<ForeignEndpoint>,
    /// Which servers have the log-in of production's site.
    pub app_log_in: AppLogIn,
    /// What the holder of the ARM token may do; none: everything.
    pub permissions: Option<Vec<RoleAssignment>>,
    /// File that every request is written to, for later inspection. It holds secrets.
    pub capture: Option<PathBuf>,
}

/// An endpoint that leads to somebody else's page. It answers probes and users, and is no part of the application.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ForeignEndpoint {
    /// Its name in the profile.
    pub name: String,
    /// The host that it leads to.
    pub host: String,
    /// Its priority.
    pub priority: i64,
    /// Whether it is enabled.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// `alwaysServe`: it is not probed, and served all the same.
    #[serde(default)]
    pub always_serve: bool,
}

fn yes() -> bool {
    true
}

/// What a production site may have that a new site beside it would not.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ProductionSite {
    /// A managed identity.
    pub identity: bool,
    /// Integration with a virtual network, and a private endpoint.
    pub network: bool,
    /// A storage account that is mounted into its file system.
    pub storage_mount: bool,
    /// Sign-in of users by the platform.
    pub authentication: bool,
    /// A deployment slot.
    pub slot: bool,
    /// Further application settings.
    pub app_settings: BTreeMap<String, String>,
    /// Further properties of its `config/web`.
    pub web: BTreeMap<String, Value>,
}

/// Whether `ALTER DATABASE … SET READ_ONLY | READ_WRITE` works on the source of a geo-replication link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AlterOnGeoPrimary {
    /// Both work.
    Allowed,
    /// `SET READ_ONLY` answers 1468.
    RefuseReadOnly,
    /// `SET READ_WRITE` answers 1468.
    RefuseReadWrite,
}

/// What becomes of `POST …/replicationLinks/{linkId}/unlink`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unlink {
    /// The link ends, after everything has arrived.
    Works,
    /// The version has retired.
    Retired,
    /// The client may not do it.
    Forbidden,
}

/// What `sp_wait_for_database_copy_sync` does in a read-only database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CopySync {
    /// As in a writable one.
    Works,
    /// It answers with an error at once.
    Refused,
    /// It blocks until its time limit and returns an error number.
    TimesOut,
}

/// What becomes of a look at `sys.dm_db_index_usage_stats`, `sys.dm_os_sys_info` and `sys.dm_db_log_stats`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WriteMeasure {
    /// Whoever owns the database sees them.
    Shown,
    /// Error 300 for everybody, as on Basic, S0, S1 and in elastic pools for those who are not the server's administrator.
    Refused,
}

/// A SQL log-in that a scenario adds.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SqlLogin {
    /// Its name, the same on every server that has it.
    pub name: String,
    /// Its password.
    pub password: String,
    /// The servers that have it; empty for all.
    #[serde(default)]
    pub servers: Vec<String>,
    /// Roles in `master`, e.g. `dbmanager`.
    #[serde(default)]
    pub master_roles: Vec<String>,
    /// Roles in the production database, e.g. `db_owner`.
    #[serde(default)]
    pub database_roles: Vec<String>,
}

/// How often a log-in is sent on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Redirect {
    /// From the gateway to a worker, and from one worker to the next: so many times.
    pub hops: u32,
}

/// Where a connection is cut.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CutBatch {
    /// The first batch with this text is meant.
    pub containing: String,
    /// Of a client whose application name begins like this; of any where it is empty.
    #[serde(default)]
    pub application: String,
    /// Before it is run, or after that.
    pub when: Cut,
}

/// When a connection is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cut {
    /// The batch is not run.
    Before,
    /// The batch is run, and its answer never comes.
    After,
}

impl Default for Scenario {
    fn default() -> Self {
        Self {
            seed: 1,
            users: 0,
            stale_dns_users: 2,
            user_interval_ms: 0,
            ttl_seconds: None,
            seeding_ms: 100,
            lag_ms: 20,
            stall_ms: 0,
            lag_null_polls: 0,
            operation_ms: 50,
            retry_after_ms: 20,
            alter_on_geo_primary: AlterOnGeoPrimary::Allowed,
            copy_sync_on_read_only: CopySync::Works,
            write_measure: WriteMeasure::Shown,
            end_of_link_is_logged: false,
            copy_sync_timeout_ms: 60_000,
            unlink: Unlink::Works,
            read_only_replicates: true,
            probe_interval_ms: 50,
            site_start_ms: 50,
            site_timeout_ms: 5_000,
            webjob_ms: 30,
            deadline_margin_ms: 20_000,
            database_script: None,
            app_v1: None,
            app_v2: None,
            cache_dir: None,
            stage_beside_production: false,
            no_stage_site: false,
            site_creation_ms: 0,
            domain_verified: true,
            stage_certificate: true,
            deployment_ms: 0,
            failing_deployment: false,
            package: None,
            production_site: ProductionSite::default(),
            servers: Vec::new(),
            logins: Vec::new(),
            redirect: None,
            redirect_loop: false,
            refuse_log_ins: Vec::new(),
            idle_timeout_ms: None,
            runner_addresses: Vec::new(),
            firewall_delay_ms: 0,
            cut_batch: None,
            sign_in: SignIn::default(),
            production_database: ProductionDatabase::default(),
            server_settings: BTreeMap::new(),
            production_plan: "S1".to_owned(),
            stage_plan: "S1".to_owned(),
            routing_method: "Priority".to_owned(),
            endpoints: Vec::new(),
            app_log_in: AppLogIn::Everywhere,
            permissions: None,
            capture: None,
        }
    }
}
