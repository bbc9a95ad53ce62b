//! The one pause of this crate: between two attempts, two polls, two looks at a site. Each of these loops is bounded.

use std::time::Duration;

#[expect(clippy::disallowed_methods, reason = "the retry, poll and probe loops pause here, each under a deadline")]
pub(crate) async fn pause(length: Duration) {
    tokio::time::sleep(length).await;
}
