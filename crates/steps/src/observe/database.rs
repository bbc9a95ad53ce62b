//! What a session on a database shows.

use rollout::{
    DatabaseId, NoLogIn, SlotView, Upgrade,
    facts::{Database, SqlState},
};
use tsql::statements::state;

use crate::{
    cloud::{Cloud, NotConnected},
    failure::{Failure, failed_at_azure, failed_at_sql},
    sessions::Sessions,
};

/// What the session that holds the lock shows.
///
/// # Errors
/// It could not be read.
pub async fn production_state(cloud: &Cloud, upgrade: &Upgrade, sessions: &mut Sessions) -> Result<SqlState, Failure> {
    let session = sessions.open(cloud, &upgrade.production.database).await?;
    let state = state::read(session, cloud.pace.request).await.map_err(failed_at_sql)?;
    // Decisions follow from what this session shows, whichever sessions were lost before it.
    sessions.trust_lock();
    Ok(state)
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
    sessions: &mut Sessions,
) -> Result<Result<SqlState, NoLogIn>, Failure> {
    if let Some(session) = sessions.get(database)
        && let Ok(state) = state::read(session, cloud.pace.request).await
    {
        return Ok(Ok(state));
    }
    sessions.close(database);
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
    let state = state::read(&mut session, cloud.pace.request).await.map_err(failed_at_sql)?;
    sessions.keep(database, session);
    Ok(Ok(state))
}
