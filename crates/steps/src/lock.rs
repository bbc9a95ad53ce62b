//! The one lock of an upgrade: an application lock in production's database, held by the session that acts.

use std::time::Duration;

use rollout::{DatabaseId, Refusal, Step, facts::Holder};
use tsql::{
    Session,
    statements::{
        lock::{self, Lock},
        state,
    },
};

use crate::{
    cloud::{Cloud, PROGRAM},
    failure::{Failure, Outcome, failed_at_sql},
    wait::Poller,
};

/// Between two attempts to take the lock that an ended session of this step still has.
const BETWEEN_ATTEMPTS: Duration = Duration::from_millis(100);

/// Takes the lock for this step. What a runner left behind that has vanished ends by itself, so the way back waits for it.
///
/// # Errors
/// Another run still has it when the time is over.
pub async fn take(cloud: &Cloud, step: Step, database: &DatabaseId, session: &mut Session) -> Result<(), Failure> {
    let (limit, wait) = (cloud.pace.request, cloud.pace.lock);
    let mut polls = Poller::new("the lock is free", cloud.pace.poll, wait);
    let mut announced = wait.is_zero();
    loop {
        let by = match lock::take(session, limit).await.map_err(failed_at_sql)? {
            Lock::Taken => return Ok(()),
            Lock::Held { by } => by,
        };
        let ours = by.as_ref().is_none_or(|holder| holder.program.starts_with(PROGRAM));
        let who = who_holds(session, by, limit).await?;
        if !announced {
            cloud.notice(format!(
                "the lock on `{database}` is held by {who}: {} waits up to {wait:?} for it",
                step.name()
            ));
            announced = true;
        }
        if polls.next().await.is_err() {
            return Err(taken(step, database, &who, ours, wait).into());
        }
    }
}

fn taken(step: Step, database: &DatabaseId, who: &str, ours: bool, wait: Duration) -> Refusal {
    let waited = if wait.is_zero() { String::new() } else { format!("; this run waited {wait:?} for it") };
    let why = format!("the lock on `{database}` is held by {who}{waited}");
    let hint = match ours {
        true => {
            "wait until that run has ended: two runs at once would undo each other; if its runner is dead, the \
                     server frees the lock once it notices that the connection is gone, or you end the session: \
                     connect to that database as the server's administrator, find it with `SELECT session_id, \
                     host_name, login_time FROM sys.dm_exec_sessions WHERE program_name LIKE 'rolling-upgrade/%'`, and \
                     run `KILL <session_id>`"
        }
        false => {
            "that session is not a step of an upgrade: close it, or connect to that database as the server's \
                     administrator, find it in `sys.dm_exec_sessions`, and run `KILL <session_id>`"
        }
    };
    Refusal::new(format!("run {}", step.name()), why, hint)
}

/// The holder and its age, by the server's clock.
async fn who_holds(session: &mut Session, by: Option<Holder>, limit: Duration) -> Result<String, Failure> {
    let Some(holder) = by else { return Ok("another session".to_owned()) };
    let now = state::now(session, limit).await.map_err(failed_at_sql)?;
    let age = now.duration_since(holder.since).as_secs().max(0);
    Ok(format!("{holder}, for {age} s"))
}

/// Takes the lock for a session that replaces a lost one. The server may not have noticed yet that the lost one has ended. Once
/// it has let the lock go, nothing that the lost session had sent can take effect any more.
///
/// # Errors
/// Another run has the lock by now: then this one is stuck.
pub async fn take_again(cloud: &Cloud, database: &DatabaseId, session: &mut Session) -> Result<(), Failure> {
    let limit = cloud.pace.request;
    let mut polls = Poller::new("the session before this one has ended", BETWEEN_ATTEMPTS, limit);
    loop {
        let by = match lock::take(session, limit).await.map_err(failed_at_sql)? {
            Lock::Taken => return Ok(()),
            Lock::Held { by } => by,
        };
        let foreign = by.as_ref().is_some_and(|holder| holder.program != cloud.application());
        if foreign || polls.next().await.is_err() {
            return Err(lost(database, by));
        }
    }
}

/// The step acts although another run holds the lock now.
pub fn lost(database: &DatabaseId, by: Option<Holder>) -> Failure {
    let who = by.map_or_else(|| "another session".to_owned(), |holder| holder.to_string());
    let error = anyhow::anyhow!("this run lost the lock on `{database}`, and {who} holds it now");
    let hint = "two runs work on one upgrade: stop one of them, run `upgrade-status` to see where the upgrade stands, \
                then run this step again or rollback";
    Failure { outcome: Outcome::Stuck, error, hint: hint.to_owned() }
}
