//! Waiting for the cloud: looks at a pace, under a deadline.

use std::{future::Future, time::Duration};

use tokio::time::{Instant, sleep_until};

use crate::failure::Failure;

/// The pauses between looks at one thing.
pub struct Poller<'w> {
    what: &'w str,
    every: Duration,
    limit: Duration,
    deadline: Instant,
}

impl<'w> Poller<'w> {
    /// `what` says what is waited for, e.g. "site `x` runs".
    pub fn new(what: &'w str, every: Duration, limit: Duration) -> Self {
        Self { what, every, limit, deadline: Instant::now() + limit }
    }

    /// Pauses until the next look.
    ///
    /// # Errors
    /// There is no time left for one.
    pub async fn next(&mut self) -> Result<(), Failure> {
        let next = Instant::now() + self.every;
        if next > self.deadline {
            let why = format!("timed out after {:?} waiting until {}", self.limit, self.what);
            return Err(Failure::interrupted(anyhow::anyhow!(why)));
        }
        sleep_until(next).await;
        Ok(())
    }
}

/// Looks a second time where nothing was found: what is there may be missing for a moment.
///
/// # Errors
/// A look failed.
pub async fn confirm_absent<T, E, F>(every: Duration, look: impl Fn() -> F) -> Result<Option<T>, E>
where
    F: Future<Output = Result<Option<T>, E>>,
{
    let found = look().await?;
    if found.is_some() {
        return Ok(found);
    }
    sleep_until(Instant::now() + every).await;
    look().await
}

/// Looks until `look` finds something.
///
/// # Errors
/// A look failed, or nothing was found within `limit`.
pub async fn until<T, F>(
    what: &str,
    every: Duration,
    limit: Duration,
    mut look: impl FnMut() -> F,
) -> Result<T, Failure>
where
    F: Future<Output = Result<Option<T>, Failure>>,
{
    let mut polls = Poller::new(what, every, limit);
    loop {
        match look().await? {
            Some(found) => return Ok(found),
            None => polls.next().await?,
        }
    }
}
