//! Which actions of Azure Resource Manager each step needs, and whether an identity is granted them.
//!
//! An operation's action follows from its method and path ("Azure resource provider operations", one page per provider):
//! GET is `…/read`, PUT and PATCH are `…/write`, DELETE is `…/delete`, POST is `…/<verb>/action`.

use crate::{
    Step,
    ids::eq_azure_name,
    site::{PackageSource, SiteOptions},
};

/// What an action is needed on. Actions on the stage database are asked for on its server: before prepare there is no
/// stage database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resource {
    /// The Traffic Manager profile with its endpoints.
    Profile,
    /// Production's logical server.
    ProductionServer,
    /// Production's database.
    ProductionDatabase,
    /// Production's site.
    ProductionSite,
    /// The plan of production's site.
    ProductionPlan,
    /// Stage's logical server, with the databases to be.
    StageServer,
    /// The stage site.
    StageSite,
    /// The plan of the stage site.
    StagePlan,
    /// The resource group of a stage site that is not there yet: what is needed on the site is asked for on it.
    StageGroup,
}

/// To follow a long operation of a database. Its address is below the resource group of the server, not below the server.
pub const POLL: &str = "Microsoft.Sql/locations/databaseAzureAsyncOperation/read";

/// Actions on one resource.
pub type Needed = (Resource, &'static [&'static str]);

/// The action that tells an identity what it may do. Without it plan cannot know, and says so.
pub const READ_PERMISSIONS: &str = "Microsoft.Authorization/permissions/read";

/// What looking at both slots takes, in every step.
const OBSERVE: &[Needed] = &[
    (Resource::Profile, &["Microsoft.Network/trafficManagerProfiles/read"]),
    (
        Resource::ProductionDatabase,
        &["Microsoft.Sql/servers/databases/read", "Microsoft.Sql/servers/databases/replicationLinks/read"],
    ),
    (Resource::ProductionSite, &["Microsoft.Web/sites/read", "Microsoft.Web/sites/config/list/action"]),
    (
        Resource::StageServer,
        &["Microsoft.Sql/servers/databases/read", "Microsoft.Sql/servers/databases/replicationLinks/read"],
    ),
    (Resource::StageSite, &["Microsoft.Web/sites/read", "Microsoft.Web/sites/config/list/action"]),
];

const SEE_WEBJOBS: &[&str] =
    &["Microsoft.Web/sites/continuouswebjobs/read", "Microsoft.Web/sites/triggeredwebjobs/read"];
/// To stop or to start a WebJob and to see that it did.
const STOP_WEBJOBS: &[&str] =
    &["Microsoft.Web/sites/continuouswebjobs/read", "Microsoft.Web/sites/continuouswebjobs/stop/action"];
const START_WEBJOBS: &[&str] =
    &["Microsoft.Web/sites/continuouswebjobs/read", "Microsoft.Web/sites/continuouswebjobs/start/action"];

/// What the rules of plan look at besides; prepare and freeze check them again.
const PREFLIGHT: &[Needed] = &[
    (Resource::ProductionServer, &["Microsoft.Sql/servers/read", READ_RULES]),
    (Resource::ProductionPlan, &["Microsoft.Web/serverfarms/read"]),
    (Resource::ProductionSite, SEE_WEBJOBS),
    (Resource::StageSite, SEE_WEBJOBS),
    (Resource::StageServer, &["Microsoft.Sql/servers/read", READ_RULES]),
    (Resource::StagePlan, &["Microsoft.Web/serverfarms/read"]),
];

/// Labels of the profile, and the state of its endpoints.
const LABEL: Needed = (Resource::Profile, &["Microsoft.Network/trafficManagerProfiles/write"]);
const ENDPOINTS: Needed = (
    Resource::Profile,
    &[
        "Microsoft.Network/trafficManagerProfiles/azureEndpoints/write",
        "Microsoft.Network/trafficManagerProfiles/externalEndpoints/write",
    ],
);

/// The write on production's database is Azure's condition for naming it as the source of a geo-secondary: without it the
/// answer is 400 `InvalidAddSecondaryPermission` (facts of `Databases.json`; the roles that its documentation names,
/// SQL DB Contributor and higher, have it).
const PREPARE: &[Needed] = &[
    LABEL,
    ENDPOINTS,
    (Resource::ProductionDatabase, &["Microsoft.Sql/servers/databases/write"]),
    (Resource::StageServer, &["Microsoft.Sql/servers/databases/write", POLL]),
    (Resource::StageSite, &["Microsoft.Web/sites/config/write"]),
];
/// What is stopped is started again where freeze takes itself back.
const FREEZE: &[Needed] = &[
    (Resource::ProductionSite, STOP_WEBJOBS),
    (Resource::ProductionSite, START_WEBJOBS),
    (Resource::StageSite, STOP_WEBJOBS),
    (Resource::StageSite, START_WEBJOBS),
];
const MIGRATE: &[Needed] = &[(
    Resource::StageSite,
    &["Microsoft.Web/sites/stop/action", "Microsoft.Web/sites/start/action", "Microsoft.Web/sites/config/write"],
)];
const SWITCH: &[Needed] = &[LABEL, ENDPOINTS, (Resource::StageSite, START_WEBJOBS)];
const ROLLBACK: &[Needed] = &[
    LABEL,
    ENDPOINTS,
    (Resource::StageSite, &["Microsoft.Web/sites/stop/action", "Microsoft.Web/sites/config/write"]),
    (Resource::ProductionSite, START_WEBJOBS),
    (Resource::StageSite, STOP_WEBJOBS),
    (Resource::StageSite, START_WEBJOBS),
];
const CLEANUP: &[Needed] = &[
    LABEL,
    (
        Resource::Profile,
        &[
            "Microsoft.Network/trafficManagerProfiles/azureEndpoints/delete",
            "Microsoft.Network/trafficManagerProfiles/externalEndpoints/delete",
        ],
    ),
    (Resource::ProductionSite, &["Microsoft.Web/sites/stop/action", "Microsoft.Web/sites/delete"]),
    (Resource::ProductionServer, &[POLL, READ_RULES, DELETE_RULES]),
    (Resource::ProductionDatabase, &["Microsoft.Sql/servers/databases/delete"]),
    (
        Resource::StageSite,
        &["Microsoft.Web/sites/stop/action", "Microsoft.Web/sites/config/write", "Microsoft.Web/sites/delete"],
    ),
    (Resource::StageSite, START_WEBJOBS),
    (Resource::StageServer, &["Microsoft.Sql/servers/databases/delete", POLL, READ_RULES, DELETE_RULES]),
];

const READ_RULES: &str = "Microsoft.Sql/servers/firewallRules/read";
const DELETE_RULES: &str = "Microsoft.Sql/servers/firewallRules/delete";

/// What plan and prepare need besides, where prepare creates the stage site. `join` is asked for on the plan of a site that is
/// made (built-in role Website Contributor), `operationresults` where a creation takes its time.
const CREATION: &[Needed] = &[
    (Resource::ProductionSite, &["Microsoft.Web/sites/config/read", "Microsoft.Web/sites/slots/read"]),
    (
        Resource::StageSite,
        &[
            "Microsoft.Web/sites/write",
            "Microsoft.Web/sites/config/read",
            "Microsoft.Web/sites/hostNameBindings/write",
            "Microsoft.Web/sites/operationresults/read",
        ],
    ),
    (Resource::StagePlan, &["Microsoft.Web/serverfarms/join/action"]),
];

/// To see which deployment is active on the stage site.
const DEPLOYMENTS: &[Needed] = &[(Resource::StageSite, &["Microsoft.Web/sites/deployments/read"])];
const FROM_ADDRESS: &[Needed] = &[(Resource::StageSite, &["Microsoft.Web/sites/extensions/write"])];
/// What the publish API asks for (Kudu's authorization of Microsoft Entra tokens).
const FROM_FILE: &[Needed] = &[(Resource::StageSite, &["Microsoft.Web/sites/publish/action"])];

/// What plan needs.
pub fn of_plan() -> Vec<Needed> {
    [OBSERVE, PREFLIGHT].concat()
}

/// What a step needs.
pub fn of_step(step: Step) -> Vec<Needed> {
    let own: &[&[Needed]] = match step {
        Step::Prepare => &[PREFLIGHT, PREPARE],
        Step::Freeze => &[PREFLIGHT, FREEZE],
        Step::Terminate => &[&[LABEL]],
        Step::Migrate => &[MIGRATE],
        Step::Switch => &[SWITCH],
        Step::Rollback => &[ROLLBACK],
        Step::Cleanup => &[CLEANUP],
    };
    [&[OBSERVE], own].concat().concat()
}

/// What a stage site takes that prepare creates, or that it deploys a package to.
pub fn of_site(creates: bool, site_options: &SiteOptions) -> Vec<Needed> {
    let deploys = site_options.package.is_some() || site_options.source.is_some();
    let deployments = if deploys { DEPLOYMENTS } else { &[] };
    let package = match site_options.source {
        None => &[],
        Some(PackageSource::Address) => FROM_ADDRESS,
        Some(PackageSource::File) => FROM_FILE,
    };
    [if creates { CREATION } else { &[] }, deployments, package].concat()
}

/// What an upgrade needs from plan to switch, and to be rolled back, each action once. Cleanup is another day's work and may
/// be another identity's.
pub fn of_upgrade() -> Vec<(Resource, &'static str)> {
    let steps = Step::ALL.into_iter().filter(|step| *step != Step::Cleanup).flat_map(of_step);
    each(of_plan().into_iter().chain(steps))
}

/// Single actions, each once.
pub fn each(needed: impl IntoIterator<Item = Needed>) -> Vec<(Resource, &'static str)> {
    let all = needed.into_iter();
    let mut each: Vec<_> = all.flat_map(|(on, actions)| actions.iter().map(move |action| (on, *action))).collect();
    each.sort();
    each.dedup();
    each
}

/// One entry of `…/providers/Microsoft.Authorization/permissions` (2022-04-01): a role that is assigned at the resource or
/// above it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grant {
    /// `actions`; `*` stands for any text.
    pub actions: Vec<String>,
    /// `notActions`: taken out of the actions of this entry, not of those of others.
    pub not_actions: Vec<String>,
}

impl Grant {
    /// This entry allows the action.
    pub fn allows(&self, action: &str) -> bool {
        let within = |patterns: &[String]| patterns.iter().any(|pattern| matches(pattern, action));
        within(&self.actions) && !within(&self.not_actions)
    }
}

/// Some entry allows the action.
pub fn granted(grants: &[Grant], action: &str) -> bool {
    grants.iter().any(|grant| grant.allows(action))
}

/// Without case; each `*` of the pattern stands for any text, slashes among it.
fn matches(pattern: &str, action: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return eq_azure_name(pattern, action) };
    let begins = action.get(..head.len()).is_some_and(|start| eq_azure_name(start, head));
    let tails = || action.char_indices().map(|(at, _)| at).chain([action.len()]).filter(|at| *at >= head.len());
    begins && tails().any(|at| matches(rest, &action[at..]))
}

#[cfg(test)]
#[path = "actions_test.rs"]
#[allow(clippy::unwrap_used)]
mod tests;
