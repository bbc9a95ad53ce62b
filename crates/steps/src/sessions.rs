//! Sessions that a step keeps, and what becomes of one that was lost.

use rollout::DatabaseId;
use tsql::{
    Session,
    statements::lock::{self, Lock},
};

use crate::{
    apply::held,
    cloud::{Cloud, failed_at_sql},
    failure::Failure,
};

/// Whether a session is the one that holds the lock.
#[derive(Clone, Copy, PartialEq)]
pub enum HoldsLock {
    /// It is, so it has to have the lock before it is used.
    Yes,
    /// It is not.
    No,
}

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
        if holds_lock == HoldsLock::Yes
            && let Lock::Held { by } = lock::take(&mut session, cloud.pace.request).await.map_err(failed_at_sql)?
        {
            return Err(held(database, by));
        }
        *kept = Some(session);
    }
    let missing = || Failure::interrupted(anyhow::anyhow!("the session on `{database}` was lost"));
    kept.as_mut().ok_or_else(missing)
}
