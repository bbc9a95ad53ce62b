//! The four durations of an upgrade, from the live state alone, so that a step that is run again says the same.

use jiff::SignedDuration;
use serde::Serialize;

use crate::{Upgrade, World};

/// What an upgrade cost its users, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Durations {
    /// From the fence row, written just before READ_ONLY is sent, to production disabled or given back.
    pub read_only_seconds: f64,
    /// The run time of the upgrade scripts.
    pub script_seconds: f64,
    /// Read-only time that was not the scripts'.
    pub overhead_seconds: f64,
    /// Until the last user with a cached name has left V1: at most the DNS time to live; 0 after a rollback.
    pub tail_seconds: f64,
}

/// The durations, once the read-only time of users is over.
pub fn durations(upgrade: &Upgrade, world: &World) -> Option<Durations> {
    let fence = world.production.fence(upgrade)?;
    let switched = world.switched_at(upgrade);
    let ended = switched.or(fence.closed_at)?;
    let read_only = ended.duration_since(fence.opened_at);
    let tail = switched.map_or(SignedDuration::ZERO, |_| world.profile.ttl);
    let script = script_time(upgrade, world);
    Some(Durations {
        read_only_seconds: seconds(read_only),
        script_seconds: seconds(script),
        overhead_seconds: seconds(read_only - script),
        tail_seconds: seconds(tail),
    })
}

/// The run time of this upgrade's scripts, from the journal in the stage copy.
fn script_time(upgrade: &Upgrade, world: &World) -> SignedDuration {
    let journal = world.stage.sql.iter().flat_map(|sql| &sql.journal);
    journal.filter(|row| upgrade.id.is(&row.run)).map(|row| row.took).sum()
}

/// The run time of this upgrade's scripts in seconds.
pub fn script_seconds(upgrade: &Upgrade, world: &World) -> f64 {
    seconds(script_time(upgrade, world))
}

/// Seconds with milliseconds.
fn seconds(duration: SignedDuration) -> f64 {
    (duration.as_secs_f64() * 1000.0).round() / 1000.0
}
