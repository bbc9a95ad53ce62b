//! Looks at the live state: one look per step, as much at a time as the cloud allows.

use std::time::Duration;

use azure::{site_model, sql, traffic_manager, web};
use futures_util::future::try_join_all;
use rollout::{
    DatabaseId, Exposure, NoLogIn, Permissions, Refusal, SiteId, Slot, SlotView, Termination, Upgrade, World,
    background::Side,
    connection,
    facts::{ConnectionSetting, Database, Profile, SqlState},
    firewall::Watch,
    ids::eq_azure_name,
    measure::{Mark, Written},
    rows::{Changes, Counted},
    site::{AppSetting, WEBJOBS_STOPPED},
};
use secrecy::ExposeSecret;
use tokio::try_join;
use tsql::{
    Session,
    statements::{
        self,
        copy_sync::{self, CopySync},
        log_end, measure, permissions, rows,
    },
};

use crate::{
    apply::{firewall, wait::confirm_absent},
    cloud::{Cloud, NotConnected, failed_at_azure, failed_at_sql},
    failure::Failure,
    sessions::{self, HoldsLock},
    termination_probe::unavailable_methods,
};

/// The sessions that a step keeps.
#[derive(Default)]
pub struct Sessions {
    /// On the production database.
    pub production: Option<Session>,
    /// On the stage database, as soon as it takes log-ins.
    pub stage: Option<Session>,
    /// Whether the one on production holds the lock. It does in every step that changes something, until production's
    /// database is removed.
    pub lock: HoldsLock,
}

/// Everything that decisions look at.
///
/// # Errors
/// Something could not be read. What does not exist is no error.
pub async fn observe(cloud: &Cloud, upgrade: &Upgrade, sessions: &mut Sessions) -> Result<World, Failure> {
    let (profile, mut production, mut stage) = try_join!(
        profile(cloud, upgrade),
        slot(cloud, &upgrade.production, Side::Production),
        slot(cloud, &upgrade.stage, Side::Stage)
    )?;
    if sessions.lock != HoldsLock::No {
        production.sql = Some(production_state(cloud, upgrade, sessions).await?);
    } else if takes_log_ins(&production) {
        match look_into(cloud, &upgrade.production.database, &mut sessions.production).await? {
            Ok(state) => production.sql = Some(state),
            Err(why) => production.no_log_in = Some(why),
        }
    }
    if takes_log_ins(&stage) {
        match look_into(cloud, &upgrade.stage.database, &mut sessions.stage).await? {
            Ok(state) => stage.sql = Some(state),
            Err(why) => stage.no_log_in = Some(why),
        }
    }
    Ok(World { stage, ..without_stage(profile, production) })
}

/// The firewalls of both servers, as far as this identity may see them; a server that is gone has no rules.
///
/// # Errors
/// A list could not be read for another reason.
pub async fn firewalls(cloud: &Cloud, upgrade: &Upgrade) -> Result<Vec<Watch>, Failure> {
    let servers = [&upgrade.production, &upgrade.stage].map(|slot| slot.database.server_id());
    let looks = servers.map(|server| async move {
        match firewall::watch(cloud, server.clone()).await {
            Err(error) if error.forbidden() => {
                cloud.notice(format!(
                    "this step could not check server `{server}` for firewall rules that runners left: {error}"
                ));
                Ok(None)
            }
            Err(error) => Err(failed_at_azure(error)),
            Ok(watch) => Ok(watch),
        }
    });
    Ok(try_join_all(looks).await?.into_iter().flatten().collect())
}

/// The profile and production alone, under the lock: what is needed to give production back when there is little time, and
/// nothing that could be waited for longer. Of stage nothing is seen.
///
/// # Errors
/// Something could not be read.
pub async fn observe_production(cloud: &Cloud, upgrade: &Upgrade, sessions: &mut Sessions) -> Result<World, Failure> {
    let state = production_state(cloud, upgrade, sessions);
    let (profile, production, sql) =
        try_join!(profile(cloud, upgrade), slot(cloud, &upgrade.production, Side::Production), state)?;
    Ok(without_stage(profile, SlotView { sql: Some(sql), ..production }))
}

fn without_stage(profile: Profile, production: SlotView) -> World {
    World {
        profile,
        production,
        stage: SlotView::default(),
        permissions: None,
        counted: None,
        written: None,
        mark: Mark::default(),
        firewalls: Vec::new(),
    }
}

/// What the session that holds the lock shows.
///
/// # Errors
/// It could not be read.
pub async fn production_state(cloud: &Cloud, upgrade: &Upgrade, sessions: &mut Sessions) -> Result<SqlState, Failure> {
    let (database, Sessions { production: kept, lock, .. }) = (&upgrade.production.database, sessions);
    let session = sessions::open(cloud, database, kept, lock).await?;
    let state = statements::state::read(session, cloud.pace.request).await.map_err(failed_at_sql)?;
    // Decisions follow from what this session shows, whichever sessions were lost before it.
    *lock = HoldsLock::Yes;
    Ok(state)
}

/// The profile of both endpoints.
///
/// # Errors
/// It could not be read, or is not there.
pub async fn profile(cloud: &Cloud, upgrade: &Upgrade) -> Result<Profile, Failure> {
    let id = upgrade.production.endpoint.profile_id();
    let found = cloud.arm.send(&traffic_manager::profile(cloud.arm.scope(), &id)).await.map_err(failed_at_azure)?;
    found.ok_or_else(|| {
        let hint = "check the identifiers of the endpoints";
        Refusal::new(format!("read profile `{id}`"), "there is no such profile", hint).into()
    })
}

async fn slot(cloud: &Cloud, slot: &Slot, side: Side) -> Result<SlotView, Failure> {
    let (arm, scope) = (&cloud.arm, cloud.arm.scope());
    let database = async { arm.send(&sql::database(scope, &slot.database)).await.map_err(failed_at_azure) };
    let links = async { arm.send(&sql::links(scope, &slot.database)).await.map_err(failed_at_azure) };
    let site = async { site(cloud, &slot.site, side).await };
    let (database, links, site) = try_join!(database, links, site)?;
    Ok(SlotView { database, links: links.unwrap_or_default(), ..site })
}

/// Site and settings of a slot.
async fn site(cloud: &Cloud, id: &SiteId, side: Side) -> Result<SlotView, Failure> {
    let request = web::site(cloud.arm.scope(), id);
    // Of a site that is not there, a rollback would leave everything as it is.
    let site = confirm_absent(cloud.pace.poll, || cloud.arm.send(&request)).await.map_err(failed_at_azure)?;
    let (settings, webjob_settings) = match (&site, side) {
        (None, _) => (Vec::new(), Vec::new()),
        (Some(_), Side::Production) => (settings(cloud, id).await.map_err(failed_at_azure)?, Vec::new()),
        (Some(_), Side::Stage) => {
            try_join!(settings(cloud, id), webjob_settings(cloud, id)).map_err(failed_at_azure)?
        }
    };
    Ok(SlotView { site, settings, webjob_settings, ..SlotView::default() })
}

/// The application settings that concern WebJobs. No value of another is kept.
async fn webjob_settings(cloud: &Cloud, id: &SiteId) -> Result<Vec<(String, String)>, azure::Error> {
    let all = cloud.arm.send(&site_model::app_settings(cloud.arm.scope(), id)).await?;
    let concerns = |setting: &AppSetting| {
        let start = setting.name.get(..WEBJOBS_STOPPED.len());
        start.is_some_and(|start| eq_azure_name(start, WEBJOBS_STOPPED))
    };
    let of_ours = all.into_iter().filter(concerns);
    Ok(of_ours.map(|setting| (setting.name, setting.value.expose_secret().to_owned())).collect())
}

/// The connection strings of a site; their values are secrets from here on.
///
/// # Errors
/// They could not be read.
pub async fn settings(cloud: &Cloud, id: &SiteId) -> Result<Vec<ConnectionSetting>, azure::Error> {
    let settings = cloud.arm.send(&web::connection_settings(cloud.arm.scope(), id)).await?;
    for setting in &settings {
        let value = setting.value.expose_secret();
        let password = connection::value_of(value, &["password", "pwd"]);
        for secret in password.iter().map(String::as_str).chain([value]).filter(|secret| !secret.is_empty()) {
            // A mask that cannot be written shows itself at the next command; the value is redacted here all the same.
            let _ = cloud.runner_io.mask(secret);
        }
    }
    Ok(settings)
}

/// A database that is being seeded takes none.
pub fn takes_log_ins(view: &SlotView) -> bool {
    let online = view.database.as_ref().is_some_and(Database::online);
    online && view.links.iter().all(|link| link.is_primary() || link.caught_up())
}

/// What a session on the database shows; why, where no log-in succeeds, which decisions take as "not to be reached".
///
/// # Errors
/// The log-in succeeded, and the state could not be read.
pub async fn look_into(
    cloud: &Cloud,
    database: &DatabaseId,
    kept: &mut Option<Session>,
) -> Result<Result<SqlState, NoLogIn>, Failure> {
    if let Some(session) = kept.as_mut()
        && let Ok(state) = statements::state::read(session, cloud.pace.request).await
    {
        return Ok(Ok(state));
    }
    *kept = None;
    let mut session = match cloud.connect(database).await {
        Ok(session) => session,
        Err(NotConnected::SignIn(error)) => return Err(failed_at_azure(error)),
        Err(NotConnected::Sql(error)) => {
            cloud.notice(format!("this run cannot read `{database}`: {error}"));
            let hint = error
                .hint()
                .unwrap_or_else(|| "resolve what the server's answer reports, then run this step again".to_owned());
            return Ok(Err(NoLogIn { why: error.to_string(), hint }));
        }
    };
    let state = statements::state::read(&mut session, cloud.pace.request).await.map_err(failed_at_sql)?;
    *kept = Some(session);
    Ok(Ok(state))
}

/// What changed in the two databases since migrate counted their rows; with `log` the end of production's log too.
///
/// # Errors
/// The counts could not be read.
pub async fn counted(
    upgrade: &Upgrade,
    sessions: &mut Sessions,
    limit: Duration,
    log: bool,
) -> Result<Option<Counted>, Failure> {
    let (Some(production), Some(stage)) = (sessions.production.as_mut(), sessions.stage.as_mut()) else {
        return Ok(None);
    };
    let Some(kept) = rows::kept(stage, &upgrade.id, limit).await.map_err(failed_at_sql)? else { return Ok(None) };
    let (here, there) = try_join!(rows::count(production, limit), rows::count(stage, limit)).map_err(failed_at_sql)?;
    let log_end = match log {
        true => {
            let (kept, now) = try_join!(log_end::kept(stage, &upgrade.id, limit), log_end::read(production, limit))
                .map_err(failed_at_sql)?;
            Some(kept.compared_with(now))
        }
        false => None,
    };
    let changes = (Changes::between(&kept.production, &here), Changes::between(&kept.stage, &there));
    Ok(Some(Counted { production: changes.0, stage: changes.1, log_end }))
}

/// What users wrote to the stage copy since they may have been on it; asked only where they may have been.
///
/// # Errors
/// It could not be asked for.
pub async fn written(
    upgrade: &Upgrade,
    world: &World,
    sessions: &mut Sessions,
    limit: Duration,
) -> Result<Option<Written>, Failure> {
    let perhaps = world.exposure(upgrade) == Exposure::Perhaps;
    let Some(stage) = sessions.stage.as_mut().filter(|_| perhaps) else { return Ok(None) };
    measure::written(stage, &upgrade.id, limit).await.map(Some).map_err(failed_at_sql)
}

/// What shows later whether production took writes.
///
/// # Errors
/// It could not be read.
pub async fn mark(sessions: &mut Sessions, limit: Duration) -> Result<Mark, Failure> {
    let Some(production) = sessions.production.as_mut() else { return Ok(Mark::default()) };
    measure::mark(production, limit).await.map_err(failed_at_sql)
}

/// Tries what later steps need, as the identity that will need it: inside the read-only time it would be too late.
///
/// # Errors
/// Something could not be tried at all.
pub async fn permissions(
    cloud: &Cloud,
    upgrade: &Upgrade,
    sessions: &mut Sessions,
    termination: Termination,
) -> Result<Permissions, Failure> {
    let (limit, mut missing) = (cloud.pace.request, Vec::new());
    let databases = [
        (&upgrade.production.database, sessions.production.as_mut()),
        (&upgrade.stage.database, sessions.stage.as_mut()),
    ];
    for (database, session) in databases {
        let Some(session) = session else {
            missing.push(format!("a log-in to `{database}`"));
            continue;
        };
        let lacks = permissions::missing_in_database(session, limit).await.map_err(failed_at_sql)?;
        missing.extend(lacks.iter().map(|lacks| format!("{lacks} in `{database}`")));
    }
    tell_unseen_writes(cloud, upgrade, sessions).await?;
    missing.extend(copy_sync_fails(cloud, upgrade, sessions).await?);
    let closed = unavailable_methods(cloud, &upgrade.production.database, termination).await?;
    Ok(Permissions { missing, closed })
}

/// What this identity cannot see of writes is known before it is needed. An upgrade goes on without it: then a rollback once users may
/// have been on V2 takes `accept-loss`.
async fn tell_unseen_writes(cloud: &Cloud, upgrade: &Upgrade, sessions: &mut Sessions) -> Result<(), Failure> {
    let limit = cloud.pace.request;
    if let Some(stage) = sessions.stage.as_mut()
        && let Err(error) = measure::read(stage, limit).await
    {
        let what = format!("this identity cannot see who writes to `{}` ({error})", upgrade.stage.database);
        cloud.notice(format!("{what}: once users may have been on V2, rollback needs `accept-loss`"));
    }
    if let Some(production) = sessions.production.as_mut()
        && log_end::read(production, limit).await.map_err(failed_at_sql)?.is_none()
    {
        let what = format!("this identity cannot read the end of the log of `{}`", upgrade.production.database);
        cloud.notice(format!(
            "{what}: the steps cannot detect an UPDATE made while production takes writes for a moment"
        ));
    }
    Ok(())
}

/// One wait for the copy while production is writable: whether it works is known before it is needed.
async fn copy_sync_fails(cloud: &Cloud, upgrade: &Upgrade, sessions: &mut Sessions) -> Result<Option<String>, Failure> {
    let (Some(session), target) = (sessions.production.as_mut(), &upgrade.stage.database) else { return Ok(None) };
    let waited = copy_sync::wait(session, &target.server, &target.name, cloud.pace.request).await;
    Ok(match waited.map_err(failed_at_sql)? {
        CopySync::Synchronised => None,
        CopySync::Refused { number, message } => Some(format!(
            "sys.sp_wait_for_database_copy_sync on `{}` (error {number}: {message})",
            upgrade.production.database
        )),
        CopySync::TimedOut => Some(format!("replication to `{target}` that keeps up: a wait for it timed out")),
    })
}
