//! Looks at the live state: one look per step, as much at a time as the cloud allows.

mod database;
pub mod elsewhere;
pub mod firewalls;
pub mod permissions;
pub mod preflight;
mod slot;
mod termination_probe;
pub mod webjobs;
mod writes;

pub use database::{look_into, production_state, takes_log_ins};
pub use slot::{connection_settings, profile};
pub use writes::{counted, mark, written};

use rollout::{DatabaseId, SlotView, Upgrade, World, background::Side, facts::Profile, measure::Mark};
use tokio::try_join;

use crate::{cloud::Cloud, failure::Failure, sessions::Sessions};
use slot::slot;

/// Everything that decisions look at.
///
/// # Errors
/// Something could not be read. What does not exist is no error.
pub async fn observe(cloud: &Cloud, upgrade: &Upgrade, sessions: &mut Sessions) -> Result<World, Failure> {
    let profile_id = upgrade.production.endpoint.profile_id();
    let (profile, mut production, mut stage) = try_join!(
        profile(cloud, &profile_id),
        slot(cloud, &upgrade.production, Side::Production),
        slot(cloud, &upgrade.stage, Side::Stage)
    )?;
    if sessions.holds_lock() {
        production.sql = Some(production_state(cloud, upgrade, sessions).await?);
    } else {
        look_inside(cloud, &upgrade.production.database, &mut production, sessions).await?;
    }
    look_inside(cloud, &upgrade.stage.database, &mut stage, sessions).await?;
    Ok(World { stage, ..without_stage(profile, production) })
}

async fn look_inside(
    cloud: &Cloud,
    database: &DatabaseId,
    view: &mut SlotView,
    sessions: &mut Sessions,
) -> Result<(), Failure> {
    if takes_log_ins(view) {
        match look_into(cloud, database, sessions).await? {
            Ok(state) => view.sql = Some(state),
            Err(why) => view.no_log_in = Some(why),
        }
    }
    Ok(())
}

/// The profile and production alone, under the lock: what is needed to give production back when there is little time, and
/// nothing that could be waited for longer. Of stage nothing is seen.
///
/// # Errors
/// Something could not be read.
pub async fn observe_production(cloud: &Cloud, upgrade: &Upgrade, sessions: &mut Sessions) -> Result<World, Failure> {
    let profile_id = upgrade.production.endpoint.profile_id();
    let state = production_state(cloud, upgrade, sessions);
    let (profile, production, sql) =
        try_join!(profile(cloud, &profile_id), slot(cloud, &upgrade.production, Side::Production), state)?;
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
