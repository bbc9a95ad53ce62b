//! The world that a scenario starts with.

mod sites;

use std::{collections::BTreeMap, fs, path::Path, sync::Arc};

use anyhow::Context;
use sha2::{Digest, Sha256};
use sim_sql::Store;

use crate::{
    AppLogIn, Credentials, FirewallRule, ForeignEndpoint, Scenario, SqlLogin,
    capture::Capture,
    clock,
    cloud::Parts,
    data,
    deploy::{Packages, pack},
    random::Random,
    sign_in::{GITHUB, GITHUB_TARGET},
    storage::Storage,
    world::{
        App, Database, Endpoint, EndpointKind, Fate, Login, Monitor, Name, Profile, Rule, Server, Site, Sku, User,
        World,
    },
};

const GROUP: &str = "contoso-rg";
const STAGE_GROUP: &str = "contoso-stage-rg";
const REGION: &str = "West Europe";

/// Builds what the fronts need from a scenario.
///
/// # Errors
/// A file of the scenario cannot be read, or its T-SQL fails.
pub(crate) fn parts(scenario: Scenario) -> anyhow::Result<Parts> {
    let random = Random::new(scenario.seed);
    let storage = Storage::new().context("making a folder for the databases")?;
    let script = text(scenario.database_script.as_deref(), data::SAMPLE)?;
    let store = data::load(&script, scenario.cache_dir.as_deref(), &storage.database())?;
    store.make_passing();
    let apps = [app(scenario.app_v1.as_deref(), data::SAMPLE_V1)?, app(scenario.app_v2.as_deref(), data::SAMPLE_V2)?];
    let passwords = Passwords { admin: random.password(), app: random.password() };
    let world = world(&scenario, &random, store, &passwords, apps)?;
    let mut credentials = credentials(&scenario, &random, &world, &passwords);
    // Drawn last, so that all other secrets of a seed stay the same.
    let packages = packages(&scenario, &random, &storage)?;
    credentials.package_address = packages.address();
    let secrets = secrets(&scenario, &world, &passwords, &credentials, &packages);
    let capture = Capture::open(scenario.capture.as_deref())?;
    Ok(Parts { scenario, credentials, secrets, random, storage, packages, capture, world })
}

/// V2's package is made anew, and the blob host gives out that or the scenario's.
fn packages(scenario: &Scenario, random: &Random, storage: &Storage) -> anyhow::Result<Packages> {
    let package = storage.file("v2.zip");
    let app = text(scenario.app_v2.as_deref(), data::SAMPLE_V2)?;
    fs::write(&package, pack(&app)?).with_context(|| format!("writing `{}`", package.display()))?;
    Ok(Packages::new(scenario.package.clone().unwrap_or(package), random))
}

struct Passwords {
    admin: String,
    app: String,
}

fn text(path: Option<&Path>, default: &str) -> anyhow::Result<String> {
    path.map_or_else(
        || Ok(default.to_owned()),
        |path| fs::read_to_string(path).with_context(|| format!("reading `{}`", path.display())),
    )
}

fn app(path: Option<&Path>, default: &str) -> anyhow::Result<App> {
    let origin = path.map_or_else(|| "the built-in one".to_owned(), |path| path.display().to_string());
    App::read(&text(path, default)?, &origin)
}

fn world(
    scenario: &Scenario,
    random: &Random,
    store: Arc<Store>,
    passwords: &Passwords,
    apps: [App; 2],
) -> anyhow::Result<World> {
    let sid = || random.guid().replace('-', "").to_uppercase();
    let (admin_sid, app_sid) = (sid(), sid());
    let names = ["contoso-sql-1", "contoso-sql-2"].into_iter().chain(scenario.servers.iter().map(String::as_str));
    let servers = names.map(|name| server(name, scenario, passwords, (&admin_sid, &app_sid)));
    let database = database(scenario, random, store, &app_sid)?;
    let plans = sites::plans(scenario);
    let sites = sites::sites(scenario, &plans, passwords, apps);
    let profile = profile(scenario, &sites[0]);
    let mut world = World {
        subscription: random.guid(),
        groups: vec![GROUP.into(), STAGE_GROUP.into()],
        servers: servers.map(|server| (server.name.clone(), server)).collect(),
        links: Vec::new(),
        partings: Vec::new(),
        operations: BTreeMap::new(),
        next_fate: Fate::Succeeds,
        profiles: BTreeMap::from([(profile.name.clone(), profile)]),
        certificates: sites::certificates(scenario),
        creations: BTreeMap::new(),
        plans: plans.into_iter().map(|plan| ((plan.group.clone(), plan.name.clone()), plan)).collect(),
        sites: BTreeMap::new(),
        runner: scenario.runner_addresses.clone(),
        foreign_hosts: scenario.endpoints.iter().map(|endpoint| endpoint.host.clone()).collect(),
        production_site: sites[0].name.clone(),
        production: database.guid.clone(),
        databases: BTreeMap::from([(database.key(), database)]),
    };
    world.sites = sites.into_iter().map(|site| (site.name.clone(), site)).collect();
    let target = world.sites.get(&world.production_site).map(|site| world.site_id(site));
    let of_azure = |endpoint: &&mut Endpoint| endpoint.kind == EndpointKind::Azure;
    for endpoint in world.profiles.values_mut().flat_map(|profile| &mut profile.endpoints).filter(of_azure) {
        endpoint.target_resource.clone_from(&target);
    }
    Ok(world)
}

fn server(name: &str, scenario: &Scenario, passwords: &Passwords, sids: (&str, &str)) -> Server {
    let login = |name: &str, password: &str, sid: &str, admin: bool| Login {
        name: name.to_owned(),
        password: password.to_owned(),
        sid: sid.to_owned(),
        server_admin: admin,
        master_roles: Vec::new(),
    };
    let mut logins = vec![login("sqladmin", &passwords.admin, sids.0, true)];
    logins.extend(app_sid(name, scenario, sids.1).map(|sid| login("app", &passwords.app, &sid, false)));
    let here = |extra: &&SqlLogin| {
        extra.servers.is_empty() || extra.servers.iter().any(|server| server.eq_ignore_ascii_case(name))
    };
    logins.extend(scenario.logins.iter().filter(here).map(|extra| Login {
        master_roles: extra.master_roles.clone(),
        ..login(&extra.name, &extra.password, &sid_of(extra), false)
    }));
    let settings = scenario.server_settings.iter().find(|(server, _)| server.eq_ignore_ascii_case(name));
    let mut settings = settings.map(|(_, settings)| settings.clone()).unwrap_or_default();
    let rules = std::mem::take(&mut settings.firewall_rules);
    let rule = |rule: FirewallRule| (rule.name.as_str().into(), Rule::since_ever(rule.start, rule.end));
    Server {
        rules: rules.into_iter().map(rule).collect(),
        name: name.into(),
        group: GROUP.into(),
        location: "westeurope".to_owned(),
        admin: "sqladmin".to_owned(),
        logins,
        settings,
    }
}

/// The SID of the application's log-in on a server that has it.
fn app_sid(server: &str, scenario: &Scenario, sid: &str) -> Option<String> {
    match scenario.app_log_in {
        _ if server == "contoso-sql-1" => Some(sid.to_owned()),
        AppLogIn::Everywhere => Some(sid.to_owned()),
        AppLogIn::ProductionOnly => None,
        AppLogIn::OtherSid => Some(sid.chars().rev().collect()),
    }
}

/// The same on every server, as a log-in made `WITH SID` has it.
fn sid_of(login: &SqlLogin) -> String {
    let digest = Sha256::digest(login.name.to_ascii_lowercase());
    digest.iter().take(16).map(|byte| format!("{byte:02X}")).collect()
}

fn database(scenario: &Scenario, random: &Random, store: Arc<Store>, app_sid: &str) -> anyhow::Result<Database> {
    let user = |name: &str, sid: &str, roles: &[String]| User {
        name: name.to_owned(),
        sid: sid.to_owned(),
        roles: roles.to_vec(),
    };
    let mut users = vec![user("app", app_sid, &["db_datareader".to_owned(), "db_datawriter".to_owned()])];
    users.extend(scenario.logins.iter().map(|extra| user(&extra.name, &sid_of(extra), &extra.database_roles)));
    let (now, like) = (clock::now(), &scenario.production_database);
    let sku = Sku::read(&like.sku, None, None).map_err(|refusal| anyhow::anyhow!(refusal.message))?;
    let guid = random.guid();
    Ok(Database {
        server: "contoso-sql-1".into(),
        name: "shop".into(),
        origin: guid.clone(),
        guid,
        number: 5,
        sku,
        tags: like.tags.clone(),
        created: now,
        online: true,
        store: Some(store),
        users,
        elastic_pool: like.elastic_pool.clone(),
        failover_group: like.failover_group.clone(),
        digest_uploads: like.ledger_digest_uploads,
        commit_floor: now,
    })
}

fn profile(scenario: &Scenario, production: &Site) -> Profile {
    let own = Endpoint {
        name: "contoso-1".into(),
        kind: EndpointKind::Azure,
        enabled: true,
        target_resource: None,
        target: production.default_host(),
        weight: 1,
        priority: 1,
        location: Some(production.location.clone()),
        always_serve: false,
        monitor: Monitor::Online,
        failures: 0,
    };
    let others = scenario.endpoints.iter().map(|foreign| foreign_endpoint(&own, foreign));
    let endpoints = std::iter::once(own.clone()).chain(others).collect();
    Profile {
        name: Name::from("contoso"),
        group: GROUP.into(),
        tags: BTreeMap::new(),
        enabled: true,
        relative_name: "contoso".to_owned(),
        routing: scenario.routing_method.clone(),
        ttl: scenario.ttl_seconds.map_or(30, |ttl| ttl.ceil() as i64),
        path: "/health".to_owned(),
        tolerated_failures: 3,
        endpoints,
    }
}

fn foreign_endpoint(own: &Endpoint, foreign: &ForeignEndpoint) -> Endpoint {
    Endpoint {
        name: foreign.name.as_str().into(),
        kind: EndpointKind::External,
        enabled: foreign.enabled,
        target: foreign.host.clone(),
        priority: foreign.priority,
        location: None,
        always_serve: foreign.always_serve,
        ..own.clone()
    }
}

fn credentials(scenario: &Scenario, random: &Random, world: &World, passwords: &Passwords) -> Credentials {
    let token = |audience: &str| format!("ey{}.{audience}{}.{}", random.word(24), random.word(60), random.word(43));
    let (arm_token, sql_token) = (token("arm"), token("sql"));
    let id_token_request_token = token("request");
    let client_secret =
        scenario.sign_in.client_secret.clone().unwrap_or_else(|| format!("{}~{}", random.word(5), random.word(34)));
    Credentials {
        subscription_id: world.subscription.clone(),
        arm_token,
        sql_token,
        tenant_id: scenario.sign_in.tenant.clone(),
        client_id: scenario.sign_in.client_id.clone(),
        client_secret,
        id_token_request_url: format!("https://{GITHUB}{GITHUB_TARGET}"),
        id_token_request_token,
        sql_user: "sqladmin".to_owned(),
        sql_password: passwords.admin.clone(),
        package_address: String::new(),
    }
}

/// What must never be shown: tokens, passwords, connection strings.
fn secrets(
    scenario: &Scenario,
    world: &World,
    passwords: &Passwords,
    credentials: &Credentials,
    packages: &Packages,
) -> Vec<String> {
    let Credentials { arm_token, sql_token, id_token_request_token, client_secret, .. } = credentials;
    let tokens = [arm_token, sql_token, &passwords.admin, &passwords.app, id_token_request_token, client_secret];
    let mut secrets: Vec<String> = tokens.into_iter().cloned().collect();
    secrets.extend(scenario.logins.iter().map(|login| login.password.clone()).filter(|password| !password.is_empty()));
    let settings = world.sites.values().flat_map(|site| site.connection_strings.values());
    secrets.extend(settings.map(|setting| setting.value.clone()));
    // The longest first: a connection string is replaced as a whole, not only the password within it.
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    secrets.push(packages.signature().to_owned());
    secrets
}
