//! What later steps may do, tried before users have to wait for it.

use rollout::{Permissions, Termination, Upgrade};
use tsql::statements::{
    copy_sync::{self, CopySync},
    log_end, measure, permissions,
};

use super::termination_probe::unavailable_methods;
use crate::{
    cloud::Cloud,
    failure::{Failure, failed_at_sql},
    sessions::Sessions,
};

/// Tries what later steps need, as the identity that will need it: inside the read-only time it would be too late.
///
/// # Errors
/// Something could not be tried at all.
pub async fn look(
    cloud: &Cloud,
    upgrade: &Upgrade,
    sessions: &mut Sessions,
    termination: Termination,
) -> Result<Permissions, Failure> {
    let (limit, mut missing) = (cloud.pace.request, Vec::new());
    for database in [&upgrade.production.database, &upgrade.stage.database] {
        let Some(session) = sessions.get(database) else {
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
    if let Some(stage) = sessions.get(&upgrade.stage.database)
        && let Err(error) = measure::read(stage, limit).await
    {
        let what = format!("this identity cannot see who writes to `{}` ({error})", upgrade.stage.database);
        cloud.notice(format!("{what}: once users may have been on V2, rollback needs `accept-loss`"));
    }
    if let Some(production) = sessions.get(&upgrade.production.database)
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
    let (Some(session), target) = (sessions.get(&upgrade.production.database), &upgrade.stage.database) else {
        return Ok(None);
    };
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
