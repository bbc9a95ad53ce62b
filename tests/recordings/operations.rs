//! What each recorded interaction is an example of. Every one falls under the first row that fits it; one that falls
//! under none and a row that nothing falls under both fail, so neither the recordings nor the operations that are used
//! can grow past the tests unseen.

use crate::cassette::Interaction;

/// A kind of recorded interaction, and what is done with it.
pub struct Operation {
    /// What it does, as documents name it.
    pub name: &'static str,
    /// The method; `*` for any.
    pub method: &'static str,
    /// The path, compared without case: `*` stands for one segment, `…` for the path to the
    /// providers of a resource group.
    pub path: &'static str,
    /// What more must be so.
    pub when: fn(&Interaction) -> bool,
    /// Whether the client's requests and readers are held against it.
    pub client: Part,
    /// Whether the simulator's answers are held against it.
    pub simulator: Part,
}

/// Whether a side takes part.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Checked,
    /// It does not, for this reason.
    Not(&'static str),
}

use Part::{Checked, Not};

const UNUSED: Part = Not("no step sends it, and the simulator does not answer it");
const NO_STEP: Part = Not("no step sends it");
const NO_OPERATION_OF_OURS: Part = Not("the simulator has no operation of this kind");
const OLD: Part = Not("version 2014-04-01: an older shape, of an interface that is being retired");

fn always(_: &Interaction) -> bool {
    true
}

fn old(seen: &Interaction) -> bool {
    seen.api_version() == "2014-04-01"
}

fn secondary(seen: &Interaction) -> bool {
    seen.sent.pointer("/properties/createMode").is_some_and(|mode| mode == "Secondary")
}

fn accepted(seen: &Interaction) -> bool {
    seen.status == 202
}

fn in_progress(seen: &Interaction) -> bool {
    seen.received()["status"] == "InProgress"
}

const fn row(
    name: &'static str,
    method: &'static str,
    path: &'static str,
    when: fn(&Interaction) -> bool,
    parts: (Part, Part),
) -> Operation {
    Operation { name, method, path, when, client: parts.0, simulator: parts.1 }
}

const fn unused(name: &'static str, method: &'static str, path: &'static str) -> Operation {
    row(name, method, path, always, (UNUSED, UNUSED))
}

const BOTH: (Part, Part) = (Checked, Checked);
const POLL: (Part, Part) = (Checked, NO_OPERATION_OF_OURS);

/// All rows, the first one that fits counts.
pub const OPERATIONS: &[Operation] = &[
    unused("resource groups", "*", "/subscriptions/*/resourceGroups/*"),
    row("read a server, 2014", "GET", "…/Microsoft.Sql/servers/*", old, (Checked, OLD)),
    row("read a server", "GET", "…/Microsoft.Sql/servers/*", always, BOTH),
    unused("create a server", "PUT", "…/Microsoft.Sql/servers/*"),
    row("list the databases of a server", "GET", "…/Microsoft.Sql/servers/*/databases", always, (NO_STEP, Checked)),
    row("read a database, 2014", "GET", "…/Microsoft.Sql/servers/*/databases/*", old, (OLD, OLD)),
    row("read a database", "GET", "…/Microsoft.Sql/servers/*/databases/*", always, BOTH),
    row("create a secondary", "PUT", "…/Microsoft.Sql/servers/*/databases/*", secondary, BOTH),
    row("create, copy or resize a database, 2014", "PUT", "…/Microsoft.Sql/servers/*/databases/*", old, (OLD, OLD)),
    unused("create, copy or resize a database", "PUT", "…/Microsoft.Sql/servers/*/databases/*"),
    row("delete a database", "DELETE", "…/Microsoft.Sql/servers/*/databases/*", accepted, BOTH),
    row("delete a database that is not there", "DELETE", "…/Microsoft.Sql/servers/*/databases/*", always, BOTH),
    unused("rename a database", "POST", "…/Microsoft.Sql/servers/*/databases/*/move"),
    unused("usages of a database", "GET", "…/Microsoft.Sql/servers/*/databases/*/usages"),
    row("list replication links", "GET", "…/Microsoft.Sql/servers/*/databases/*/replicationLinks", always, BOTH),
    row(
        "end a replication link by force",
        "DELETE",
        "…/Microsoft.Sql/servers/*/databases/*/replicationLinks/*",
        always,
        BOTH,
    ),
    row(
        "fail over, 2014",
        "POST",
        "…/Microsoft.Sql/servers/*/databases/*/replicationLinks/*/failover",
        always,
        // `unlink` of the same version is answered alike, and was not recorded itself.
        (Not("no step fails over"), Checked),
    ),
    unused(
        "fail over by force",
        "POST",
        "…/Microsoft.Sql/servers/*/databases/*/replicationLinks/*/forceFailoverAllowDataLoss",
    ),
    row(
        "poll an operation of a link, 2014",
        "GET",
        "…/Microsoft.Sql/servers/*/databases/*/replicationLinks/*/operationResults/*",
        always,
        BOTH,
    ),
    row(
        "poll an operation of a database, 2014",
        "GET",
        "…/Microsoft.Sql/servers/*/databases/*/azureAsyncOperation/*",
        always,
        POLL,
    ),
    row(
        "poll a database that goes on",
        "GET",
        "…/Microsoft.Sql/locations/*/databaseAzureAsyncOperation/*",
        in_progress,
        BOTH,
    ),
    row(
        "poll a database that has come to its end",
        "GET",
        "…/Microsoft.Sql/locations/*/databaseAzureAsyncOperation/*",
        always,
        BOTH,
    ),
    row(
        "the result of an operation of a database",
        "GET",
        "…/Microsoft.Sql/locations/*/databaseOperationResults/*",
        always,
        BOTH,
    ),
    row("poll a server", "GET", "…/Microsoft.Sql/locations/*/serverAzureAsyncOperation/*", always, POLL),
    row("poll an elastic pool", "GET", "…/Microsoft.Sql/locations/*/elasticPoolAzureAsyncOperation/*", always, POLL),
    unused("capabilities of a region", "GET", "/subscriptions/*/providers/Microsoft.Sql/locations/*/capabilities"),
    unused("elastic pools", "*", "…/Microsoft.Sql/servers/*/elasticPools/*"),
    row("list firewall rules", "GET", "…/Microsoft.Sql/servers/*/firewallRules", always, BOTH),
    row("read a firewall rule", "GET", "…/Microsoft.Sql/servers/*/firewallRules/*", always, (NO_STEP, Checked)),
    row("put a firewall rule", "PUT", "…/Microsoft.Sql/servers/*/firewallRules/*", always, BOTH),
    row("delete a firewall rule", "DELETE", "…/Microsoft.Sql/servers/*/firewallRules/*", always, BOTH),
    unused("names of profiles", "POST", "/providers/Microsoft.Network/checkTrafficManagerNameAvailability"),
    unused("geographic hierarchy", "GET", "/providers/Microsoft.Network/trafficManagerGeographicHierarchies/default"),
    row("list profiles", "GET", "…/Microsoft.Network/trafficManagerProfiles", always, (NO_STEP, Checked)),
    row("read a profile", "GET", "…/Microsoft.Network/trafficManagerProfiles/*", always, BOTH),
    row(
        "create or replace a profile",
        "PUT",
        "…/Microsoft.Network/trafficManagerProfiles/*",
        always,
        (Not("a PUT would replace all endpoints: no step sends it"), NO_OPERATION_OF_OURS),
    ),
    unused("delete a profile", "DELETE", "…/Microsoft.Network/trafficManagerProfiles/*"),
    row("read an endpoint", "GET", "…/Microsoft.Network/trafficManagerProfiles/*/externalEndpoints/*", always, BOTH),
    row(
        "create or replace an endpoint",
        "PUT",
        "…/Microsoft.Network/trafficManagerProfiles/*/externalEndpoints/*",
        always,
        BOTH,
    ),
    row(
        "delete an endpoint",
        "DELETE",
        "…/Microsoft.Network/trafficManagerProfiles/*/externalEndpoints/*",
        always,
        BOTH,
    ),
    unused("names of sites", "POST", "/subscriptions/*/providers/Microsoft.Web/checknameavailability"),
    unused("stacks of sites", "GET", "/providers/Microsoft.Web/webAppStacks"),
    unused("publishing user", "GET", "/providers/Microsoft.Web/publishingUsers/web"),
    row("read a plan", "GET", "…/Microsoft.Web/serverfarms/*", always, BOTH),
    unused("create a plan", "PUT", "…/Microsoft.Web/serverfarms/*"),
    row("read a site", "GET", "…/Microsoft.Web/sites/*", always, BOTH),
    row("create a site", "PUT", "…/Microsoft.Web/sites/*", always, BOTH),
    unused("publish profile", "POST", "…/Microsoft.Web/sites/*/publishxml"),
    row("read the configuration of a site", "GET", "…/Microsoft.Web/sites/*/config/web", always, BOTH),
    row(
        "change the configuration of a site",
        "PATCH",
        "…/Microsoft.Web/sites/*/config/web",
        always,
        (NO_STEP, Checked),
    ),
    row("list application settings", "POST", "…/Microsoft.Web/sites/*/config/appsettings/list", always, BOTH),
    row("replace application settings", "PUT", "…/Microsoft.Web/sites/*/config/appsettings", always, BOTH),
    row("list connection strings", "POST", "…/Microsoft.Web/sites/*/config/connectionstrings/list", always, BOTH),
    row("replace connection strings", "PUT", "…/Microsoft.Web/sites/*/config/connectionstrings", always, BOTH),
    row(
        "list settings that stay with their slot",
        "GET",
        "…/Microsoft.Web/sites/*/config/slotConfigNames",
        always,
        BOTH,
    ),
    unused("replace settings that stay with their slot", "PUT", "…/Microsoft.Web/sites/*/config/slotConfigNames"),
    unused("list storage mounts", "POST", "…/Microsoft.Web/sites/*/config/azurestorageaccounts/list"),
    unused("replace storage mounts", "PUT", "…/Microsoft.Web/sites/*/config/azurestorageaccounts"),
    row(
        "list host name bindings",
        "GET",
        "…/Microsoft.Web/sites/*/hostNameBindings",
        always,
        (Not("the names of a site are read from the site itself"), Checked),
    ),
    unused("basic authentication of a site", "GET", "…/Microsoft.Web/sites/*/basicPublishingCredentialsPolicies/scm"),
    row("deploy a package", "PUT", "…/Microsoft.Web/sites/*/extensions/onedeploy", always, BOTH),
];

impl Operation {
    /// Whether a request of this method, at the segments of this path, asks for it.
    pub fn is_asked(&self, method: &str, path: &[&str]) -> bool {
        (self.method == "*" || self.method == method) && matches(self.path, path)
    }
}

/// The operation that an interaction is an example of.
pub fn operation_of(seen: &Interaction) -> &'static Operation {
    let fits = |row: &&Operation| row.is_asked(&seen.method, &seen.segments()) && (row.when)(seen);
    let found = OPERATIONS.iter().find(fits);
    found.unwrap_or_else(|| panic!("{} falls under no row: {} {}", seen.place, seen.method, seen.uri))
}

fn matches(pattern: &str, path: &[&str]) -> bool {
    let whole = pattern.replace('…', "/subscriptions/*/resourceGroups/*/providers");
    let wanted: Vec<&str> = whole.trim_start_matches('/').split('/').collect();
    let same = |(wanted, segment): (&&str, &&str)| *wanted == "*" || wanted.eq_ignore_ascii_case(segment);
    wanted.len() == path.len() && wanted.iter().zip(path).all(same)
}
