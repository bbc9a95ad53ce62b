//! The one place of this crate that lets time pass.

use std::time::Duration;

/// Lets this much time pass: between two attempts, under a deadline that the caller keeps, or until a session needs a sign
/// of life.
#[expect(clippy::disallowed_methods, reason = "the callers are loops that know when they end")]
pub(crate) async fn pause(time: Duration) {
    tokio::time::sleep(time).await;
}
