//! The only place that reads the clock.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Seconds since 1970, UTC.
#[expect(
    clippy::disallowed_methods,
    reason = "the engine's one reading of the clock: T-SQL's GETDATE is the time of the server"
)]
pub(crate) fn unix_now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}

/// The moment this long from now.
pub(crate) fn deadline(after: Duration) -> Instant {
    Instant::now() + after
}

/// What is left until then; zero when it has passed.
pub(crate) fn remaining(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now())
}
