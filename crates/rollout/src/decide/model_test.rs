//! A pure model of the cloud: what each effect does to a [`World`], so that whole upgrades run without one.

#[path = "webjobs_test.rs"]
pub mod webjobs;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};

use super::*;
use crate::{
    AccessEffect, DatabaseId, FenceEffect, Hooks, Permissions, RecordEffect, RemovalEffect, ReplicationEffect,
    Resource, ScriptName, ScriptsEffect, SiteEffect, SlotView, TrafficEffect,
    background::WebJobs,
    connection::ConnectionString,
    facts::*,
    labels::label_time,
    measure::{Mark, Reading, Written},
    plan::{self, Facts, Principals},
    rows::Counted,
    site::SiteOptions,
};

pub fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

pub fn upgrade() -> Upgrade {
    let slot = |group: &str, server: &str, site: &str| Slot {
        database: format!("rg/{server}/shop").parse().unwrap(),
        site: format!("{group}/{site}").parse().unwrap(),
        endpoint: format!("rg/contoso/{site}").parse().unwrap(),
    };
    let (production, stage) = (slot("rg", "sql-1", "contoso-1"), slot("rg-2", "sql-2", "contoso-2"));
    Upgrade::new("7".parse().unwrap(), production, stage, "Shop".to_owned()).unwrap()
}

pub fn policy(world: &World) -> Policy {
    let scripts = vec![ScriptName { name: "1.sql".to_owned(), digest: "d1".to_owned() }];
    let hooks = Hooks { quiesce: true, resume: true, activate: true };
    let policy = Policy { scripts, hooks, ..Policy::default() };
    let (upgrade, scripts) = (upgrade(), policy.digest_of_scripts());
    let plan_digest = world.production.database.as_ref().map(|database| {
        let (profile, package) = (&world.profile, None);
        plan::digest(&Facts { upgrade: &upgrade, profile, database, scripts: &scripts, package, hooks })
    });
    Policy { scripts_digest: Some(scripts), plan_digest, ..policy }
}

pub fn preflight() -> Preflight {
    let server = |name: &str| Server {
        id: format!("rg/{name}").parse().unwrap(),
        location: "westeurope".to_owned(),
        fqdn: format!("{name}.database.windows.net"),
        public_access_disabled: false,
        key: None,
        minimal_tls: Some("1.2".to_owned()),
        administrator: None,
    };
    let plan = |id: &str| Plan {
        id: id.to_owned(),
        tier: "Standard".to_owned(),
        size: "S1".to_owned(),
        instances: Some(1),
        location: "West Europe".to_owned(),
        linux: false,
    };
    Preflight {
        production_server: server("sql-1"),
        stage_server: Some(server("sql-2")),
        production_plan: Some(plan("p1")),
        stage_plan: Some(plan("p2")),
        site_options: SiteOptions::default(),
        model: None,
        deployment: None,
        package: None,
        production_firewall: Ok(Vec::new()),
        stage_firewall: Ok(Vec::new()),
        granted: Vec::new(),
        principals: Principals {
            users: Ok(Vec::new()),
            production: Ok(Vec::new()),
            stage: Ok(Vec::new()),
            lacks: Vec::new(),
            dbmanager: Ok(true),
        },
        sessions: Ok(Vec::new()),
        digest_uploads: Ok(false),
        elsewhere: None,
    }
}

fn sql() -> SqlState {
    SqlState {
        now: at(0),
        read_only: false,
        updateable: true,
        links: Vec::new(),
        schema: None,
        fence_table: false,
        fences: Vec::new(),
        journal: Vec::new(),
        folder: Vec::new(),
        workers: Vec::new(),
        hooks: Vec::new(),
        upgrades: Vec::new(),
        packages: Vec::new(),
        milestones: Vec::new(),
    }
}

fn database(tags: Tags) -> Database {
    Database {
        location: "West Europe".to_owned(),
        status: "Online".to_owned(),
        sku_name: "GP_Gen5".to_owned(),
        sku_tier: "GeneralPurpose".to_owned(),
        sku_capacity: Some(2),
        secondary_type: None,
        elastic_pool: None,
        failover_group: None,
        max_size: Some(34_359_738_368),
        tags,
    }
}

fn site(slot: &Slot, plan: &str) -> Site {
    let name = |name: String| HostName { name, tls: true, ..HostName::default() };
    let default_host = format!("{}.azurewebsites.net", slot.site.name);
    let own = HostName { certificate: Some("C0FFEE".to_owned()), ..name("www.contoso.example".to_owned()) };
    Site {
        id: slot.site.clone(),
        running: true,
        location: "West Europe".to_owned(),
        plan: plan.to_owned(),
        host_names: vec![name(default_host.clone()), own],
        publish_host: Some(format!("{}.scm.azurewebsites.net", slot.site.name)),
        default_host,
        tags: Tags::new(),
    }
}

pub(crate) fn setting(host: &str) -> ConnectionSetting {
    let value = format!("Server=tcp:{host}.database.windows.net,1433;Database=shop;User ID=app;Password=p");
    ConnectionSetting { name: "Shop".to_owned(), kind: "SQLAzure".to_owned(), value: value.into() }
}

fn endpoint(slot: &Slot, kind: EndpointKind, priority: u32, enabled: bool) -> Endpoint {
    Endpoint {
        id: slot.endpoint.clone(),
        kind,
        target: format!("{}.azurewebsites.net", slot.site.name),
        site: (kind == EndpointKind::Azure).then(|| slot.site.clone()),
        location: (kind == EndpointKind::Azure).then(|| "West Europe".to_owned()),
        priority: Some(priority),
        enabled,
        monitor: if enabled { MonitorStatus::Online } else { MonitorStatus::Disabled },
        always_serve: false,
    }
}

/// Before the upgrade: V1 serves, V2 is deployed to its site and works on a database for development.
pub fn fresh() -> World {
    let upgrade = upgrade();
    let view = |slot: &Slot, plan: &str, host: &str| SlotView {
        site: Some(site(slot, plan)),
        settings: vec![setting(host)],
        ..SlotView::default()
    };
    let production = SlotView {
        database: Some(database(Tags::new())),
        sql: Some(sql()),
        webjobs: webjobs::named(&[("fulfil", "Running"), ("retired", "Stopped")]),
        webjob_settings: vec![webjobs::mark("retired")],
        ..view(&upgrade.production, "p1", "sql-1")
    };
    let stage = SlotView {
        webjobs: webjobs::named(&[("fulfil", "Running"), ("retired", "Running"), ("waiting", "Stopped")]),
        webjob_settings: vec![webjobs::mark("waiting")],
        ..view(&upgrade.stage, "p2", "dev")
    };
    let profile = Profile {
        id: upgrade.production.endpoint.profile_id(),
        enabled: true,
        routing: "Priority".to_owned(),
        fqdn: "contoso.trafficmanager.net".to_owned(),
        ttl: SignedDuration::from_secs(30),
        monitor: Monitor {
            protocol: "HTTPS".to_owned(),
            port: 443,
            path: Some("/health".to_owned()),
            interval: SignedDuration::from_secs(10),
            tolerated_failures: 3,
        },
        tags: BTreeMap::from([("owner".to_owned(), "shop".to_owned())]),
        endpoints: vec![endpoint(&upgrade.production, EndpointKind::Azure, 1, true)],
    };
    World {
        profile,
        production,
        stage,
        permissions: Some(Permissions::default()),
        counted: None,
        written: Some(Written::No),
        mark: Mark { log_end: Some("a".to_owned()), reading: Some(Reading { instance: at(0), updates: 7, canary: 1 }) },
        firewalls: Vec::new(),
    }
}

/// Time passes.
pub fn later(world: &mut World, seconds: i64) {
    for sql in [&mut world.production.sql, &mut world.stage.sql].into_iter().flatten() {
        sql.now += SignedDuration::from_secs(seconds);
    }
}

pub fn apply(world: &mut World, effect: &Effect) {
    let upgrade = upgrade();
    let now = world.now().unwrap_or(at(0));
    match effect.clone() {
        Effect::Fence(FenceEffect::CreateTables { database }) => on(world, &database, |sql| {
            (sql.schema, sql.fence_table) = (Some(SCHEMA_VERSION), true);
        }),
        Effect::Fence(FenceEffect::UpdateTables { database }) => {
            on(world, &database, |sql| sql.schema = Some(SCHEMA_VERSION))
        }
        Effect::Scripts(ScriptsEffect::KeepFolder { database, upgrade, scripts, checks }) => {
            on(world, &database, |sql| {
                let row = |is_check: bool| {
                    let run = upgrade.to_string();
                    move |script| FolderRow { run: run.clone(), script, is_check }
                };
                sql.folder =
                    scripts.iter().cloned().map(row(false)).chain(checks.iter().cloned().map(row(true))).collect();
            })
        }
        Effect::Record(RecordEffect::Upgrade { database, upgrade }) => {
            on(world, &database, |sql| sql.upgrades.push(*upgrade))
        }
        Effect::Record(RecordEffect::Milestone { database, upgrade, moment }) => {
            reach(world, &database, &upgrade, moment)
        }
        Effect::Record(RecordEffect::EraseMilestone { database, upgrade, moment }) => on(world, &database, |sql| {
            sql.milestones.retain(|row| !upgrade.is(&row.run) || row.moment != moment);
        }),
        Effect::Record(RecordEffect::BeginServing { database, upgrade, .. }) => {
            reach(world, &database, &upgrade, Moment::Served)
        }
        Effect::Fence(FenceEffect::CloseInCopy { database, upgrade }) => {
            reach(world, &database, &upgrade, Moment::Synchronised);
            apply(world, &Effect::Fence(FenceEffect::Close { database, upgrade }));
        }
        Effect::Access(AccessEffect::CloseUnlessWritten { database, upgrade, .. }) => on(world, &database, |sql| {
            (sql.read_only, sql.updateable) = (true, false);
            let ours = sql.fences.iter_mut().filter(|fence| fence.run == upgrade.as_str());
            ours.for_each(|fence| fence.closed_at = None);
        }),
        Effect::Once { what, .. } => apply(world, &what),
        // No request comes late in this model.
        Effect::Traffic(TrafficEffect::UndoLateRequests { .. }) => {}
        Effect::Traffic(TrafficEffect::ServeProduction { production, stage }) => {
            for endpoint in &mut world.profile.endpoints {
                endpoint.enabled = (endpoint.enabled || endpoint.id == production) && endpoint.id != stage;
            }
        }
        Effect::Traffic(TrafficEffect::Label { set, remove, .. }) => {
            world.profile.tags.retain(|name, _| !remove.contains(name));
            world.profile.tags.extend(set);
        }
        Effect::Traffic(TrafficEffect::LabelSwitched { upgrade, .. }) => {
            world.profile.tags.extend(crate::labels::signposts(&upgrade));
            world.profile.tags.insert(crate::labels::SWITCHED.to_owned(), label_time(now));
        }
        Effect::Replication(ReplicationEffect::CreateSecondary { tags, .. }) => {
            link(world);
            world.stage.database = Some(database(tags));
            let copy = world.production.sql.clone().unwrap();
            world.stage.sql = Some(SqlState { updateable: false, links: vec![status("sql-1", "SECONDARY")], ..copy });
        }
        Effect::Site(SiteEffect::Create(new)) => {
            let made = site(&upgrade.stage, "p2");
            let host_names = made.host_names.into_iter().take(1).collect();
            world.stage.site = Some(Site { host_names, tags: new.tags, ..made });
            world.stage.webjob_settings = new.own_settings;
        }
        Effect::Site(SiteEffect::CopyConnections { database, .. }) => {
            world.stage.settings = vec![setting(&database.server)]
        }
        Effect::Site(SiteEffect::BindHost { host, certificate, .. }) => {
            let bound = HostName { name: host, tls: certificate.is_some(), certificate, ..HostName::default() };
            world.stage.site.as_mut().unwrap().host_names.push(bound);
        }
        Effect::Site(SiteEffect::Deploy { digest, .. }) => {
            let value = crate::labels::package_value(&digest, "deployment-1");
            world.profile.tags.insert(crate::labels::PACKAGE.to_owned(), value.clone());
            on(world, &upgrade.production.database, |sql| sql.packages = vec![(upgrade.id.to_string(), value)]);
            webjobs::deploy(world);
        }
        Effect::Site(SiteEffect::Point { database, keep, .. }) => {
            let old = world.stage.setting("Shop").unwrap().clone();
            world.stage.settings = vec![setting(&database.server), ConnectionSetting { name: keep, ..old }];
        }
        Effect::Site(SiteEffect::RestoreSetting { setting, kept, .. }) => {
            let old = world.stage.setting(&kept).unwrap().clone();
            world.stage.settings = vec![ConnectionSetting { name: setting, ..old }];
        }
        Effect::Traffic(TrafficEffect::AddEndpoint { kind, priority, .. }) => {
            world.profile.endpoints.push(endpoint(&upgrade.stage, kind, priority, false));
        }
        Effect::Fence(FenceEffect::Open { database, upgrade, within }) => on(world, &database, |sql| {
            let fence =
                Fence { run: upgrade.to_string(), opened_at: sql.now, deadline: sql.now + within, closed_at: None };
            sql.fences.iter_mut().for_each(|other| other.closed_at = other.closed_at.or(Some(sql.now)));
            sql.fences.retain(|other| other.run != fence.run);
            sql.fences.push(fence);
        }),
        Effect::Fence(FenceEffect::Close { database, upgrade }) => on(world, &database, |sql| {
            let now = sql.now;
            let ours = sql.fences.iter_mut().filter(|fence| fence.run == upgrade.as_str());
            ours.for_each(|fence| fence.closed_at = Some(now));
        }),
        Effect::Fence(FenceEffect::DropTables { database }) => on(world, &database, |sql| {
            sql.schema = sql.schema.filter(|_| !sql.journal.is_empty() || !sql.milestones.is_empty());
            sql.fence_table = false;
            sql.fences.clear();
            sql.upgrades.clear();
            sql.packages.clear();
            sql.folder.clear();
            sql.workers.clear();
            sql.hooks.clear();
        }),
        Effect::Access(AccessEffect::SetReadOnly { database, .. }) => {
            on(world, &database, |sql| (sql.read_only, sql.updateable) = (true, false))
        }
        Effect::Access(AccessEffect::SetReadWrite { database, .. }) => {
            on(world, &database, |sql| (sql.read_only, sql.updateable) = (false, true))
        }
        Effect::Replication(ReplicationEffect::End { ending, .. }) => {
            ending.proofs.iter().for_each(|proof| apply(world, proof));
            world.production.links.clear();
            world.stage.links.clear();
            on(world, &upgrade.production.database, |sql| sql.links.clear());
            on(world, &upgrade.stage.database, |sql| sql.links.clear());
        }
        Effect::Site(SiteEffect::Stop { site }) => run_site(world, &site, false),
        Effect::Site(SiteEffect::Start { site }) => run_site(world, &site, true),
        Effect::Scripts(ScriptsEffect::Run { database, upgrade, .. }) => on(world, &database, |sql| {
            let row = JournalRow {
                run: upgrade.to_string(),
                script: "1.sql".to_owned(),
                digest: "d1".to_owned(),
                finished: true,
                took: SignedDuration::from_secs(2),
            };
            sql.journal = vec![row];
        }),
        Effect::Traffic(TrafficEffect::Enable { endpoint, .. }) => set_endpoint(world, &endpoint, true),
        Effect::Traffic(TrafficEffect::Disable { endpoint, .. }) => set_endpoint(world, &endpoint, false),
        Effect::Removal(RemovalEffect::Delete(Resource::Endpoint { endpoint, .. })) => {
            world.profile.endpoints.retain(|other| other.id != endpoint)
        }
        Effect::Removal(RemovalEffect::Delete(Resource::Site { site })) => {
            let production = site == upgrade.production.site;
            let view = if production { &mut world.production } else { &mut world.stage };
            (view.site, view.settings, view.webjob_settings) = (None, Vec::new(), Vec::new());
            view.webjobs = Some(Ok(WebJobs::default()));
        }
        Effect::Removal(RemovalEffect::Delete(Resource::Database { database })) => delete(world, &database),
        background if webjobs::apply(world, &background) => {}
        // Nobody writes in this model.
        Effect::Record(RecordEffect::Rows { .. }) => world.counted = Some(Counted::default()),
        proof => assert!(proof.is_proof(), "the model does not know {proof:?}"),
    }
    replicate(world);
}

fn reach(world: &mut World, database: &DatabaseId, run: &crate::UpgradeId, moment: Moment) {
    on(world, database, |sql| sql.milestones.push(Milestone { run: run.to_string(), moment, at: sql.now }));
}

fn run_site(world: &mut World, id: &crate::SiteId, running: bool) {
    let view = if *id == upgrade().production.site { &mut world.production } else { &mut world.stage };
    view.site.as_mut().unwrap().running = running;
}

fn delete(world: &mut World, database: &DatabaseId) {
    world.production.links.clear();
    world.stage.links.clear();
    if let Some(sql) = &mut world.production.sql {
        sql.links.clear();
    }
    let view = if *database == upgrade().production.database { &mut world.production } else { &mut world.stage };
    (view.database, view.sql) = (None, None);
}

/// A linked secondary has the rows and the READ_ONLY option of its primary.
fn replicate(world: &mut World) {
    let linked = !world.stage.links.is_empty();
    if let (true, Some(source), Some(target)) = (linked, &world.production.sql, &mut world.stage.sql) {
        let own = (std::mem::take(&mut target.links), target.now);
        *target = SqlState { updateable: false, links: own.0, now: own.1, ..source.clone() };
    }
}

fn on(world: &mut World, database: &DatabaseId, change: impl FnOnce(&mut SqlState)) {
    let view = if *database == upgrade().production.database { &mut world.production } else { &mut world.stage };
    change(view.sql.as_mut().unwrap());
}

fn set_endpoint(world: &mut World, id: &crate::EndpointId, enabled: bool) {
    let endpoint = world.profile.endpoints.iter_mut().find(|endpoint| endpoint.id == *id).unwrap();
    endpoint.enabled = enabled;
    endpoint.monitor = if enabled { MonitorStatus::Online } else { MonitorStatus::Disabled };
}

fn status(partner: &str, role: &str) -> LinkStatus {
    LinkStatus {
        partner_server: partner.to_owned(),
        partner_database: "shop".to_owned(),
        state: "CATCH_UP".to_owned(),
        role: role.to_owned(),
        lag: Some(SignedDuration::ZERO),
        last_commit: Some(at(0)),
    }
}

fn link(world: &mut World) {
    let side = |partner: &str, role: &str| Link {
        name: "g".to_owned(),
        partner_server: partner.to_owned(),
        partner_database: "shop".to_owned(),
        role: role.to_owned(),
        state: "CATCH_UP".to_owned(),
    };
    world.production.links = vec![side("sql-2", "Primary")];
    world.stage.links = vec![side("sql-1", "Secondary")];
    on(world, &upgrade().production.database, |sql| sql.links = vec![status("sql-2", "PRIMARY")]);
}

/// Users could write to this slot: its database takes writes, its site runs on it.
fn takes_user_writes(view: &SlotView, id: &DatabaseId) -> bool {
    let runs = view.site.as_ref().is_some_and(|site| site.running);
    view.writable() && runs && leads_to(view, id)
}

fn leads_to(view: &SlotView, id: &DatabaseId) -> bool {
    view.setting("Shop").is_some_and(|setting: &ConnectionSetting| {
        let value: &SecretString = &setting.value;
        let string = ConnectionString::parse(value.expose_secret()).unwrap();
        string.leads_to(&format!("{}.database.windows.net", id.server), &id.name)
    })
}

/// Invariants 2 and 3, as far as a model can see them.
pub fn assert_invariants(world: &World, cause: &str) {
    let upgrade = upgrade();
    let production =
        takes_user_writes(&world.production, &upgrade.production.database) && world.enabled(&upgrade.production);
    let stage = takes_user_writes(&world.stage, &upgrade.stage.database) && world.enabled(&upgrade.stage);
    assert!(!(production && stage), "two databases take users' writes after {cause}");
    let astray = production && world.enabled(&upgrade.stage);
    assert!(
        !astray,
        "users may be sent to stage, where they do not see what others write to production, after {cause}"
    );
    webjobs::assert_workers(world, cause);
    assert!(world.profile.endpoints.iter().any(|endpoint| endpoint.enabled), "none is enabled after {cause}");
}
