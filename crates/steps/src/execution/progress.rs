//! How far a step has come.

use jiff::{SignedDuration, Timestamp};
use rollout::World;
use tokio::time::Instant;

use crate::sessions::Sessions;

/// How far a step has come.
#[derive(Default)]
pub struct Progress {
    /// The sessions that are open.
    pub sessions: Sessions,
    /// What was done, in words, with seconds.
    pub done: Vec<(String, f64)>,
    /// What it is at, as it follows "to".
    pub doing: String,
    /// The live state as it was seen last.
    pub world: Option<World>,
    /// When production must have its write access back.
    pub due: Option<Due>,
    /// An effect was begun.
    pub begun: bool,
    /// An effect that changes something was applied.
    pub changed: bool,
    /// This step has sent users away from production.
    pub switched: bool,
    /// Production takes writes, as a step has seen it first or made it on its way back.
    pub writable: bool,
}

/// The deadline of the read-only time, on both clocks.
#[derive(Clone, Copy)]
pub struct Due {
    /// By the server's clock.
    pub at: Timestamp,
    /// By ours.
    pub until: Instant,
}

impl Progress {
    /// The deadline of the read-only time has passed.
    pub fn overdue(&self) -> bool {
        self.due.is_some_and(|due| due.until <= Instant::now())
    }
}

impl Due {
    /// A deadline that is this far away now; `None` where the server's clock was not seen.
    pub fn within(time: SignedDuration, world: Option<&World>) -> Option<Self> {
        let at = world?.now()? + time;
        Some(Self { at, until: Instant::now() + time.unsigned_abs() })
    }
}
