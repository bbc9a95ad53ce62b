//! The one place of this crate that lets time pass.

use std::time::Duration;

/// Lets this much time pass between two attempts, both under a deadline that the caller keeps.
#[expect(clippy::disallowed_methods, reason = "both callers are loops that know their deadline")]
pub(crate) async fn pause(time: Duration) {
    tokio::time::sleep(time).await;
}
