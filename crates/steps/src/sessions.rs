//! Sessions that a step keeps, and what becomes of one that was lost.

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
    apply::{held, wait::Poller},
    cloud::{Cloud, PROGRAM, failed_at_sql},
    failure::Failure,
};

/// Whether a session is the one that holds the lock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum HoldsLock {
    /// It is, so it has to have the lock before it is used.
    Yes,
    /// It is, after the session that had held it was lost: what was seen before that may not be so any more.
    Again,
    /// It is not.
    #[default]
    No,
}

/// Between two attempts to take the lock that an ended session of ours still has.
const BETWEEN_ATTEMPTS: Duration = Duration::from_millis(100);

/// The kept session on this database. One that was lost is replaced; the lock ended with it, so it is taken again before
/// anything else is done.
///
/// # Errors
/// The log-in failed, or another run has the lock by now: then this one is stuck.
pub async fn open<'s>(
    cloud: &Cloud,
    database: &DatabaseId,
    kept: &'s mut Option<Session>,
    holds_lock: &mut HoldsLock,
) -> Result<&'s mut Session, Failure> {
    let alive = match kept.as_ref() {
        Some(session) => session.is_open().await,
        None => false,
    };
    if !alive {
        *kept = None;
        let mut session = cloud.connect(database).await?;
        if *holds_lock != HoldsLock::No {
            take_again(cloud, database, &mut session).await?;
            *holds_lock = HoldsLock::Again;
        }
        *kept = Some(session);
    }
    let missing = || Failure::interrupted(anyhow::anyhow!("the session on `{database}` was lost"));
    kept.as_mut().ok_or_else(missing)
}

/// Takes the lock for this step. What a runner left behind that has vanished ends by itself, so the way back waits for it.
///
/// # Errors
/// Another run still has it when the time is over.
pub async fn take_lock(cloud: &Cloud, step: Step, database: &DatabaseId, session: &mut Session) -> Result<(), Failure> {
    let (limit, wait) = (cloud.pace.request, cloud.pace.lock);
    let mut polls = Poller::new("the lock is free", cloud.pace.poll, wait);
    let mut told = wait.is_zero();
    loop {
        let by = match lock::take(session, limit).await.map_err(failed_at_sql)? {
            Lock::Taken => return Ok(()),
            Lock::Held { by } => by,
        };
        let ours = by.as_ref().is_none_or(|holder| holder.program.starts_with(PROGRAM));
        let who = who_holds(session, by, limit).await?;
        if !told {
            cloud.notice(format!(
                "the lock on `{database}` is held by {who}: {} waits up to {wait:?} for it",
                step.name()
            ));
            told = true;
        }
        if polls.next().await.is_err() {
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
            return Err(Refusal::new(format!("run {}", step.name()), why, hint).into());
        }
    }
}

/// The holder and its age, by the server's clock.
async fn who_holds(session: &mut Session, by: Option<Holder>, limit: Duration) -> Result<String, Failure> {
    let Some(holder) = by else { return Ok("another session".to_owned()) };
    let now = state::now(session, limit).await.map_err(failed_at_sql)?;
    let age = now.duration_since(holder.since).as_secs().max(0);
    Ok(format!("{holder}, for {age} s"))
}

/// The server may not have noticed yet that the session before this one has ended. Once it has let the lock go, nothing that
/// was sent by that session can take effect any more.
async fn take_again(cloud: &Cloud, database: &DatabaseId, session: &mut Session) -> Result<(), Failure> {
    let limit = cloud.pace.request;
    let mut polls = Poller::new("the session before this one has ended", BETWEEN_ATTEMPTS, limit);
    loop {
        let by = match lock::take(session, limit).await.map_err(failed_at_sql)? {
            Lock::Taken => return Ok(()),
            Lock::Held { by } => by,
        };
        let foreign = by.as_ref().is_some_and(|holder| holder.program != cloud.application());
        if foreign || polls.next().await.is_err() {
            return Err(held(database, by));
        }
    }
}
