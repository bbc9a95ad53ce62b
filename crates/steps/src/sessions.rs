//! Sessions that a step keeps, and what becomes of one that was lost.

use std::time::Duration;

use rollout::DatabaseId;
use tsql::{
    Session,
    statements::lock::{self, Lock},
};

use crate::{
    apply::{held, wait::Polls},
    cloud::{Cloud, failed_at_sql},
    failure::Failure,
};

/// Whether a session is the one that holds the lock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum HoldsLock {
    /// It is, so it has to have the lock before it is used.
    Yes,
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
    holds_lock: HoldsLock,
) -> Result<&'s mut Session, Failure> {
    let alive = match kept.as_ref() {
        Some(session) => session.is_open().await,
        None => false,
    };
    if !alive {
        *kept = None;
        let mut session = cloud.connect(database).await?;
        if holds_lock == HoldsLock::Yes {
            take_again(cloud, database, &mut session).await?;
        }
        *kept = Some(session);
    }
    let missing = || Failure::interrupted(anyhow::anyhow!("the session on `{database}` was lost"));
    kept.as_mut().ok_or_else(missing)
}

/// The server may not have noticed yet that the session before this one has ended. Once it has let the lock go, nothing that
/// was sent by that session can take effect any more.
async fn take_again(cloud: &Cloud, database: &DatabaseId, session: &mut Session) -> Result<(), Failure> {
    let limit = cloud.pace.request;
    let mut polls = Polls::new("the session before this one has ended", BETWEEN_ATTEMPTS, limit);
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
