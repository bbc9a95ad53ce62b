//! Looks at what surrounds the slots: servers, plans, rights, log-ins. It matters before the freeze only, and nothing of it is
//! read after it.

use azure::{ArmId, authorization, sql, web};
use futures_util::future::try_join_all;
use rollout::{
    DatabaseId, PlanId, Refusal, ServerId, SlotView, Upgrade, World,
    actions::{Grant, Resource},
    facts::{FirewallRule, OtherSession, Plan, Server},
    plan::{Granted, LogIn, Preflight, Principals, Seen},
    site::SiteOptions,
};
use tokio::{join, try_join};
use tsql::{
    Session, SqlError,
    error::Kind,
    statements::{ledger, permissions, principals, sessions},
};

mod stage_site;

use crate::{
    cloud::{Cloud, NotConnected},
    failure::{Failure, failed_at_azure, failed_at_sql},
};
use stage_site::SeenSite;
pub(crate) use stage_site::{Asked, active_deployment, mask};

/// Everything that the rules of plan look at besides the slots. `production` is a session on production's database.
///
/// # Errors
/// Something could not be read. What this identity is not allowed to see is no error: rules tell it.
pub async fn look(
    cloud: &Cloud,
    upgrade: &Upgrade,
    world: &World,
    production: Option<&mut Session>,
    asked: Asked<'_>,
) -> Result<Preflight, Failure> {
    let (ours, theirs) = (upgrade.production.database.server_id(), upgrade.stage.database.server_id());
    let (production_server, stage_server, production_plan, stage_plan) = try_join!(
        server(cloud, &upgrade.production.database),
        server(cloud, &upgrade.stage.database),
        plan(cloud, &world.production),
        stage_plan(cloud, world, asked.site_options),
    )?;
    let production_server = production_server.ok_or_else(|| no_server(&ours))?;
    let stage = stage_server.as_ref().map(|_| &theirs);
    let wanted = asked.site_options.plan.as_ref().filter(|_| world.stage.site.is_none() && stage_plan.is_some());
    let (production_firewall, stage_firewall, granted, inside, site) = try_join!(
        firewall(cloud, Some(&ours)),
        firewall(cloud, stage),
        granted(cloud, upgrade, world, stage.is_some(), wanted),
        inside(cloud, production, &ours, stage),
        stage_site::look(cloud, upgrade, world, asked),
    )?;
    let Inside { principals, sessions, digest_uploads } = inside;
    let SeenSite { model, deployment, package } = site;
    Ok(Preflight {
        production_server,
        stage_server,
        production_plan,
        stage_plan,
        site_options: asked.site_options.clone(),
        model,
        deployment,
        package,
        production_firewall,
        stage_firewall,
        granted,
        principals,
        sessions,
        digest_uploads,
        elsewhere: None,
    })
}

fn no_server(id: &ServerId) -> Refusal {
    let hint = "check the identifier of production's database";
    Refusal::new(format!("read server `{id}`"), "there is no such server", hint)
}

async fn server(cloud: &Cloud, database: &DatabaseId) -> Result<Option<Server>, Failure> {
    let request = sql::server(cloud.arm.scope(), &database.server_id());
    cloud.arm.send(&request).await.map_err(failed_at_azure)
}

async fn plan(cloud: &Cloud, view: &SlotView) -> Result<Option<Plan>, Failure> {
    let Some(id) = view.site.as_ref().and_then(|site| ArmId::parse(&site.plan).ok()) else { return Ok(None) };
    cloud.arm.send(&web::plan(&id)).await.map_err(failed_at_azure)
}

/// The plan of the stage site, or the one that it is to be created in.
async fn stage_plan(cloud: &Cloud, world: &World, site_options: &SiteOptions) -> Result<Option<Plan>, Failure> {
    match (&world.stage.site, &site_options.plan) {
        (None, Some(wanted)) => {
            cloud.arm.send(&web::plan(&cloud.arm.scope().plan(wanted))).await.map_err(failed_at_azure)
        }
        _ => plan(cloud, &world.stage).await,
    }
}

async fn firewall(cloud: &Cloud, server: Option<&ServerId>) -> Result<Seen<Vec<FirewallRule>>, Failure> {
    let Some(server) = server else { return Ok(Ok(Vec::new())) };
    seen_at_azure(cloud.arm.send(&sql::firewall_rules(cloud.arm.scope(), server)).await)
}

/// Azure said no to a look: that is told. Any other failure of a look is a failure of the step.
pub(crate) fn seen_at_azure<T>(looked: Result<T, azure::Error>) -> Result<Seen<T>, Failure> {
    match looked {
        Ok(seen) => Ok(Ok(seen)),
        Err(error) if error.status() == Some(403) => Ok(Err(format!("403 `{}`", error.code().unwrap_or("Forbidden")))),
        Err(error) => Err(failed_at_azure(error)),
    }
}

/// The resources whose rights matter, with the names that messages give them.
fn resources(
    cloud: &Cloud,
    upgrade: &Upgrade,
    world: &World,
    stage_server: bool,
    new_in: Option<&PlanId>,
) -> Vec<(Resource, String, ArmId)> {
    let scope = cloud.arm.scope();
    let (production, stage) = (&upgrade.production, &upgrade.stage);
    let (ours, theirs) = (production.database.server_id(), stage.database.server_id());
    let profile = production.endpoint.profile_id();
    let server = |id: &ServerId| (format!("server `{id}`"), scope.server(id));
    let site = |view: &SlotView| view.site.as_ref().map(|site| (format!("site `{}`", site.id), scope.site(&site.id)));
    let database = (format!("database `{}`", production.database), scope.database(&production.database));
    let group = &stage.site.group;
    let all = [
        (Resource::Profile, Some((format!("profile `{profile}`"), scope.profile(&profile)))),
        (Resource::ProductionServer, Some(server(&ours))),
        (Resource::ProductionDatabase, world.production.database.as_ref().map(|_| database)),
        (Resource::ProductionSite, site(&world.production)),
        (Resource::ProductionPlan, plan_of(&world.production)),
        (Resource::StageServer, stage_server.then(|| server(&theirs))),
        (Resource::StageSite, site(&world.stage)),
        (
            Resource::StagePlan,
            plan_of(&world.stage).or_else(|| new_in.map(|id| (format!("plan `{id}`"), scope.plan(id)))),
        ),
        (Resource::StageGroup, new_in.map(|_| (format!("resource group `{group}`"), scope.group(group)))),
    ];
    all.into_iter().filter_map(|(on, there)| there.map(|(name, id)| (on, name, id))).collect()
}

fn plan_of(view: &SlotView) -> Option<(String, ArmId)> {
    let id = ArmId::parse(&view.site.as_ref()?.plan).ok()?;
    let name = format!("plan `{}/{}`", id.get("resourceGroups")?, id.get("serverfarms")?);
    Some((name, id))
}

/// All at a time, told in the order of the resources.
async fn granted(
    cloud: &Cloud,
    upgrade: &Upgrade,
    world: &World,
    stage_server: bool,
    new_in: Option<&PlanId>,
) -> Result<Vec<Granted>, Failure> {
    let resources = resources(cloud, upgrade, world, stage_server, new_in);
    let looks = resources.into_iter().map(|(on, name, id)| async move {
        let grants: Seen<Vec<Grant>> = seen_at_azure(cloud.arm.send(&authorization::permissions(&id, &name)).await)?;
        Ok(Granted { on, name, grants })
    });
    try_join_all(looks).await
}

/// What log-ins show.
struct Inside {
    principals: Principals,
    sessions: Seen<Vec<OtherSession>>,
    digest_uploads: Seen<bool>,
}

/// Log-ins to production's database and to both `master`s.
async fn inside(
    cloud: &Cloud,
    production: Option<&mut Session>,
    ours: &ServerId,
    theirs: Option<&ServerId>,
) -> Result<Inside, Failure> {
    let (database, production, stage) =
        join!(in_database(cloud, production), in_master(cloud, Some(ours)), in_master(cloud, theirs),);
    let (Database { users, lacks, sessions, digest_uploads }, production, stage) = (database?, production?, stage?);
    let principals = Principals {
        users,
        production: production.log_ins,
        stage: stage.log_ins,
        lacks,
        dbmanager: production.dbmanager,
    };
    Ok(Inside { principals, sessions, digest_uploads })
}

/// What a session on production's database shows.
struct Database {
    users: Seen<Vec<LogIn>>,
    lacks: Vec<String>,
    sessions: Seen<Vec<OtherSession>>,
    digest_uploads: Seen<bool>,
}

async fn in_database(cloud: &Cloud, session: Option<&mut Session>) -> Result<Database, Failure> {
    let limit = cloud.pace.request;
    let Some(session) = session else {
        let none = || "no log-in".to_owned();
        let (users, sessions, digest_uploads) = (Err(none()), Err(none()), Err(none()));
        return Ok(Database { users, lacks: Vec::new(), sessions, digest_uploads });
    };
    let lacks = permissions::missing_in_database(session, limit).await.map_err(failed_at_sql)?;
    // Without the permission the server answers all the same, and shows nobody but us.
    let sessions = match lacks.contains(&permissions::VIEW_STATE) {
        true => Err(format!("it takes {}", permissions::VIEW_STATE)),
        false => seen_in_sql(sessions::others(session, limit).await)?,
    };
    Ok(Database {
        sessions,
        lacks: lacks.into_iter().map(str::to_owned).collect(),
        users: seen_in_sql(principals::users(session, limit).await)?,
        digest_uploads: seen_in_sql(ledger::uploads_digests(session, limit).await)?,
    })
}

/// What a session on a server's `master` shows.
struct Master {
    log_ins: Seen<Vec<LogIn>>,
    dbmanager: Seen<bool>,
}

async fn in_master(cloud: &Cloud, server: Option<&ServerId>) -> Result<Master, Failure> {
    let Some(server) = server else { return Ok(Master { log_ins: Ok(Vec::new()), dbmanager: Ok(false) }) };
    let limit = cloud.pace.request;
    let connected = match cloud.connect_to_master(server).await {
        Err(NotConnected::SignIn(error)) => return Err(failed_at_azure(error)),
        Err(NotConnected::Sql(error)) => Err(error),
        Ok(session) => Ok(session),
    };
    let mut session = match seen_in_sql(connected)? {
        Ok(session) => session,
        Err(why) => return Ok(Master { log_ins: Err(why.clone()), dbmanager: Err(why) }),
    };
    let log_ins = seen_in_sql(principals::log_ins(&mut session, limit).await)?;
    let hidden = || "it takes the role loginmanager in `master`".to_owned();
    let dbmanager = seen_in_sql(permissions::may_remove_secondaries(&mut session, limit).await)?;
    Ok(Master { log_ins: log_ins.and_then(|all| all.ok_or_else(hidden)), dbmanager })
}

/// The server said no to a look: that is told. A broken connection, or a server that is busy, is a failure of the step.
fn seen_in_sql<T>(looked: Result<T, SqlError>) -> Result<Seen<T>, Failure> {
    match looked {
        Ok(seen) => Ok(Ok(seen)),
        Err(error) if error.refused_address().is_some() => {
            Ok(Err("error 40615: `upgrade-firewall open` lets this runner in".to_owned()))
        }
        Err(error) if error.connecting_again_may_help() && !error.not_permitted() => Err(failed_at_sql(error)),
        Err(error) if matches!(error.kind, Kind::Login | Kind::Server) => {
            Ok(Err(error.number().map_or_else(|| error.message.clone(), |number| format!("error {number}"))))
        }
        Err(error) => Err(failed_at_sql(error)),
    }
}
