//! What was written to the databases since the upgrade wrote down how they were.

use std::time::Duration;

use rollout::{
    Exposure, Upgrade, World,
    measure::{Mark, Written},
    rows::{Changes, Counted},
};
use tokio::try_join;
use tsql::statements::{log_end, measure, rows};

use crate::{
    failure::{Failure, failed_at_sql},
    sessions::Sessions,
};

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
    let Some((production, stage)) = sessions.pair(&upgrade.production.database, &upgrade.stage.database) else {
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
    let Some(stage) = sessions.get(&upgrade.stage.database).filter(|_| perhaps) else { return Ok(None) };
    measure::written(stage, &upgrade.id, limit).await.map(Some).map_err(failed_at_sql)
}

/// What shows later whether production took writes.
///
/// # Errors
/// It could not be read.
pub async fn mark(upgrade: &Upgrade, sessions: &mut Sessions, limit: Duration) -> Result<Mark, Failure> {
    let Some(production) = sessions.get(&upgrade.production.database) else { return Ok(Mark::default()) };
    measure::mark(production, limit).await.map_err(failed_at_sql)
}
