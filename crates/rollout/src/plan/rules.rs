//! The rules of Azure that a later step would hit, checked before anything is touched.

use crate::{
    facts::{EndpointKind, MonitorStatus, Plan, Server, Site, TAG, tag},
    ids::same,
    labels,
    upgrade::Upgrade,
    world::World,
};

/// What surrounds the slots and is looked at before the freeze only.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// Production's logical server.
    pub production_server: Server,
    /// Stage's logical server.
    pub stage_server: Option<Server>,
    /// The plan of production's site.
    pub production_plan: Option<Plan>,
    /// The plan of stage's site.
    pub stage_plan: Option<Plan>,
}

/// One thing that a rule found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The upgrade cannot work like this.
    pub blocks: bool,
    /// What was seen, and why it matters.
    pub what: String,
    /// What to do.
    pub hint: String,
}

impl Finding {
    fn blocking(what: impl Into<String>, hint: impl Into<String>) -> Option<Self> {
        Some(Self { blocks: true, what: what.into(), hint: hint.into() })
    }

    fn notice(what: impl Into<String>, hint: impl Into<String>) -> Option<Self> {
        Some(Self { blocks: false, what: what.into(), hint: hint.into() })
    }
}

/// A rule looks at everything and finds at most one thing.
type Rule = fn(&Upgrade, &World, &Surroundings) -> Option<Finding>;

/// Everything that the rules find; a step may go on if nothing of it blocks.
pub fn check(upgrade: &Upgrade, world: &World, around: &Surroundings) -> Vec<Finding> {
    let rules: [Rule; 12] = [
        profile_is_served,
        production_answers,
        production_is_writable,
        sites_can_be_probed,
        stage_site_is_there,
        stage_site_is_elsewhere,
        stage_answers_users_names,
        stage_endpoint_is_external,
        stage_server_is_there,
        stage_database_is_free,
        secondaries_left,
        another_upgrade,
    ];
    rules.iter().filter_map(|rule| rule(upgrade, world, around)).collect()
}

fn profile_is_served(_: &Upgrade, world: &World, _: &Surroundings) -> Option<Finding> {
    let profile = &world.profile;
    if !profile.enabled {
        return Finding::blocking(format!("profile `{}` is disabled", profile.id), "enable the profile");
    }
    let ttl = profile.ttl.as_secs();
    if ttl <= 60 {
        return None;
    }
    let what =
        format!("DNS answers of profile `{}` live {ttl} s: users stay on V1 that long after the switch", profile.id);
    Finding::notice(what, "set the profile's TTL to 60 s or less, at least the old TTL before the upgrade")
}

fn production_answers(upgrade: &Upgrade, world: &World, _: &Surroundings) -> Option<Finding> {
    let endpoint = world.endpoint(&upgrade.production);
    let good = endpoint.is_some_and(|endpoint| {
        endpoint.enabled && matches!(endpoint.monitor, MonitorStatus::Online | MonitorStatus::Unmonitored)
    });
    if good && world.production.site.as_ref().is_some_and(|site| site.running) {
        return None;
    }
    let state = endpoint.map_or_else(|| "not there".to_owned(), |endpoint| format!("{:?}", endpoint.monitor));
    let what =
        format!("production's endpoint `{}` is {state}: it must be enabled and Online", upgrade.production.endpoint);
    Finding::blocking(what, "repair production before upgrading it")
}

fn production_is_writable(upgrade: &Upgrade, world: &World, _: &Surroundings) -> Option<Finding> {
    if world.production.writable() {
        return None;
    }
    let what = format!("production database `{}` takes no writes", upgrade.production.database);
    Finding::blocking(what, "run rollback if an upgrade left it read-only; a geo-secondary cannot be upgraded")
}

fn sites_can_be_probed(_: &Upgrade, _: &World, around: &Surroundings) -> Option<Finding> {
    let low = |plan: &&Plan| ["Free", "Shared", "Basic", "Dynamic"].iter().any(|tier| same(tier, &plan.tier));
    let plans = [around.production_plan.as_ref(), around.stage_plan.as_ref()];
    let plan = plans.into_iter().flatten().find(low)?;
    let what = format!("plan `{}` is of tier {}: Traffic Manager needs Standard or higher", plan.id, plan.tier);
    Finding::blocking(what, "scale the plan up to Standard or higher")
}

fn stage_site_is_there(upgrade: &Upgrade, world: &World, _: &Surroundings) -> Option<Finding> {
    let (stage, id) = (&world.stage, &upgrade.stage.site);
    if stage.site.is_none() {
        return Finding::blocking(format!("stage site `{id}` does not exist"), "deploy V2 to a site of its own first");
    }
    if stage.setting(&upgrade.connection_name).is_some() {
        return None;
    }
    let what = format!("stage site `{id}` has no connection string `{}`", upgrade.connection_name);
    Finding::blocking(what, "give it one of that name; prepare points it at the stage database")
}

fn stage_site_is_elsewhere(upgrade: &Upgrade, world: &World, _: &Surroundings) -> Option<Finding> {
    let (production, stage) = (world.production.site.as_ref()?, world.stage.site.as_ref()?);
    if same(&production.plan, &stage.plan) {
        let what = format!(
            "sites `{}` and `{}` are in one App Service plan, so they cannot share a host name",
            production.id, stage.id
        );
        return Finding::blocking(what, "put the stage site in another plan of another resource group");
    }
    if region(&production.location) == region(&stage.location) {
        return None;
    }
    let what =
        format!("stage site `{}` is in {}, production in {}", upgrade.stage.site, stage.location, production.location);
    Finding::notice(what, "put the stage site in production's region unless the longer way to the database is meant")
}

fn stage_answers_users_names(upgrade: &Upgrade, world: &World, _: &Surroundings) -> Option<Finding> {
    let (production, stage) = (world.production.site.as_ref()?, world.stage.site.as_ref()?);
    let bound =
        |site: &Site, host: &str| site.host_names.iter().find(|name| same(&name.name, host)).map(|name| name.tls);
    let answers = |host: &str| match (bound(production, host), bound(stage, host)) {
        (Some(true), Some(tls)) => tls,
        (_, there) => there.is_some(),
    };
    let hosts = users_hosts(world);
    let missing: Vec<_> = hosts.iter().filter(|host| !answers(host)).map(|host| format!("`{host}`")).collect();
    if missing.is_empty() {
        return None;
    }
    let what = format!(
        "stage site `{}` is not bound to {} with a certificate as production is: users would get an error after the switch",
        upgrade.stage.site,
        missing.join(", ")
    );
    Finding::blocking(
        what,
        "bind your own domain names with their certificate to the stage site too (it needs another scale unit)",
    )
}

fn stage_endpoint_is_external(upgrade: &Upgrade, world: &World, _: &Surroundings) -> Option<Finding> {
    let stage = world.stage.site.as_ref()?;
    if stage_kind(world, stage) != EndpointKind::External {
        return None;
    }
    let what = format!(
        "profile `{}` has an Azure endpoint of a web site in {} already, and Azure allows one per region: `{}` is added as an external endpoint",
        world.profile.id, stage.location, upgrade.stage.endpoint.name
    );
    Finding::notice(what, "this asks for users' host names bound to both sites, which must be in different scale units")
}

fn stage_server_is_there(upgrade: &Upgrade, _: &World, around: &Surroundings) -> Option<Finding> {
    let Some(server) = &around.stage_server else {
        let what = format!("stage server `{}` does not exist", upgrade.stage.database.server_id());
        return Finding::blocking(what, "create a logical server in production's region; it costs nothing by itself");
    };
    let closed = [&around.production_server, server].into_iter().find(|server| server.public_access_disabled);
    if let Some(server) = closed {
        let what = format!("server `{}` refuses public network access", server.id);
        return Finding::notice(what, "use a runner inside the network, and `connect-to` for its private endpoint");
    }
    if region(&server.location) == region(&around.production_server.location) {
        return None;
    }
    let what = format!(
        "stage server `{}` is in {}, production in {}",
        server.id, server.location, around.production_server.location
    );
    Finding::blocking(what, "use a logical server in production's region")
}

fn stage_database_is_free(upgrade: &Upgrade, world: &World, _: &Surroundings) -> Option<Finding> {
    let database = world.stage.database.as_ref()?;
    let owner = tag(&database.tags, TAG);
    if owner == Some(upgrade.id.as_str()) {
        return None;
    }
    let owner = owner.map_or("carries no `rolling-upgrade` tag".to_owned(), |id| format!("belongs to upgrade `{id}`"));
    let what =
        format!("stage database `{}` exists and {owner}; this is upgrade `{}`", upgrade.stage.database, upgrade.id);
    Finding::blocking(what, "remove that database or name another stage server: a geo-secondary needs a free name")
}

fn secondaries_left(upgrade: &Upgrade, world: &World, _: &Surroundings) -> Option<Finding> {
    let others =
        world.production.links.iter().filter(|link| !same(&link.partner_server, &upgrade.stage.database.server));
    let count = others.count();
    if count < 4 {
        return None;
    }
    let what = format!("`{}` has {count} geo-secondaries, and Azure allows four", upgrade.production.database);
    Finding::blocking(what, "remove one of them first")
}

fn another_upgrade(upgrade: &Upgrade, world: &World, _: &Surroundings) -> Option<Finding> {
    let tags = &world.profile.tags;
    let other = tag(tags, TAG).filter(|id| *id != upgrade.id.as_str())?;
    let unfinished = tag(tags, labels::SWITCHED).is_none();
    let endpoint = tag(tags, labels::ENDPOINT).unwrap_or_default();
    let there = world.profile.endpoints.iter().any(|known| same(&known.id.name, endpoint));
    if !(unfinished && there) {
        return None;
    }
    let what =
        format!("profile `{}` is in use by upgrade `{other}`; this is upgrade `{}`", world.profile.id, upgrade.id);
    Finding::blocking(what, format!("finish upgrade `{other}`, or roll it back and clean it up"))
}

/// How the stage site must be added: Azure allows one web site per region as an Azure endpoint of a profile.
pub fn stage_kind(world: &World, stage: &Site) -> EndpointKind {
    let same_region =
        |location: &Option<String>| location.as_deref().is_none_or(|at| region(at) == region(&stage.location));
    let others = world.profile.endpoints.iter().filter(|endpoint| endpoint.site.as_ref() != Some(&stage.id));
    let mut azure = others.filter(|endpoint| endpoint.kind == EndpointKind::Azure && endpoint.site.is_some());
    if azure.any(|endpoint| same_region(&endpoint.location)) { EndpointKind::External } else { EndpointKind::Azure }
}

/// The host names under which users reach production: its custom ones, or the profile's own where it has none.
pub fn users_hosts(world: &World) -> Vec<String> {
    let Some(site) = &world.production.site else { return vec![world.profile.fqdn.clone()] };
    let suffixes = [parent(&site.default_host), parent(&world.profile.fqdn)];
    let own = |name: &String| !suffixes.iter().any(|suffix| same(parent(name), suffix));
    let hosts: Vec<_> = site.host_names.iter().map(|host| host.name.clone()).filter(own).collect();
    if hosts.is_empty() { vec![world.profile.fqdn.clone()] } else { hosts }
}

fn parent(host: &str) -> &str {
    host.split_once('.').map_or(host, |(_, parent)| parent)
}

/// `West Europe` and `westeurope` are one region.
fn region(name: &str) -> String {
    name.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase()
}
