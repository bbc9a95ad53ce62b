//! When something is tried again: waits that double, spread at random, within a budget. HTTP requests, SQL log-ins and statements
//! that another session is in the way of all follow it. Which failures are worth another attempt is up to each of them.

use std::time::Duration;

use rand::Rng;

/// How long something is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The first wait where the service names none; each further wait is twice as long.
    pub first: Duration,
    /// The longest wait of our own choice. The service may ask for a longer one, within the budget.
    pub longest: Duration,
    /// No attempt begins later than this after the first one.
    pub budget: Duration,
    /// How waits of our own choice are spread.
    pub jitter: Jitter,
}

/// How much longer than planned a wait may be, in per cent; how much it is, is drawn at random. Several clients that were refused at
/// the same moment do not come back at the same moment then. A wait is never shorter than planned: services name shortest times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Jitter(pub u8);

impl Jitter {
    /// Waits are as planned, as tests need it.
    pub const NONE: Self = Self(0);

    fn spread(self, wait: Duration) -> Duration {
        match self.0 {
            0 => wait,
            percent => wait.saturating_add(wait.saturating_mul(rand::rng().random_range(0..=u32::from(percent))) / 100),
        }
    }
}

impl RetryPolicy {
    /// One whose waits are as planned.
    pub const fn exact(first: Duration, longest: Duration, budget: Duration) -> Self {
        Self { first, longest, budget, jitter: Jitter::NONE }
    }

    /// One attempt only.
    #[must_use]
    pub fn once(self) -> Self {
        Self { budget: Duration::ZERO, ..self }
    }

    /// The wait after the `attempt`-th attempt (from 1), which ended `elapsed` after the first one began; `None` where no further
    /// one would begin within the budget. `asked` is the wait that the service asks for.
    pub fn wait(&self, attempt: u32, elapsed: Duration, asked: Option<Duration>) -> Option<Duration> {
        let wait = asked.unwrap_or_else(|| self.jitter.spread(self.planned(attempt)));
        let in_time = elapsed.checked_add(wait).is_some_and(|next| next <= self.budget);
        in_time.then_some(wait)
    }

    fn planned(&self, attempt: u32) -> Duration {
        let factor = 1_u32.checked_shl(attempt.saturating_sub(1)).unwrap_or(u32::MAX);
        self.first.saturating_mul(factor).min(self.longest)
    }
}

/// Lets this much time pass: between two attempts or two polls, under a deadline that the caller keeps.
#[expect(clippy::disallowed_methods, reason = "the callers are loops that know when they end")]
pub async fn pause(time: Duration) {
    tokio::time::sleep(time).await;
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const POLICY: RetryPolicy =
        RetryPolicy::exact(Duration::from_secs(1), Duration::from_secs(30), Duration::from_secs(60));

    fn wait(attempt: u32, elapsed: u64, asked: Option<u64>) -> Option<u64> {
        let asked = asked.map(Duration::from_secs);
        POLICY.wait(attempt, Duration::from_secs(elapsed), asked).map(|wait| wait.as_secs())
    }

    #[test]
    fn waits_double_up_to_the_longest() {
        let waits: Vec<_> = [1, 2, 3, 5, 6, 33, u32::MAX].map(|attempt| wait(attempt, 0, None)).into();
        assert_eq!(waits, [Some(1), Some(2), Some(4), Some(16), Some(30), Some(30), Some(30)]);
    }

    #[test]
    fn the_service_may_ask_for_more_within_the_budget() {
        assert_eq!(wait(1, 0, Some(45)), Some(45));
        assert_eq!((wait(2, 59, Some(1)), wait(2, 60, Some(1))), (Some(1), None));
        assert_eq!((wait(1, 0, Some(61)), wait(1, 0, Some(u64::MAX))), (None, None));
        assert_eq!(POLICY.once().wait(1, Duration::ZERO, None), None);
    }

    proptest! {
        #[test]
        fn a_spread_wait_is_never_shorter_and_never_beyond_the_budget(
            attempt in 1_u32.., elapsed in 0_u64..80, percent in 0_u8..=100, asked in proptest::option::of(0_u64..80),
        ) {
            let (elapsed, asked) = (Duration::from_secs(elapsed), asked.map(Duration::from_secs));
            let spread = RetryPolicy { jitter: Jitter(percent), ..POLICY };
            if let Some(wait) = spread.wait(attempt, elapsed, asked) {
                let planned = asked.unwrap_or_else(|| POLICY.planned(attempt));
                let longest = if asked.is_some() { planned } else { planned + planned * u32::from(percent) / 100 };
                prop_assert!(planned <= wait && wait <= longest);
                prop_assert!(elapsed + wait <= POLICY.budget);
            }
        }
    }

    #[test]
    fn two_clients_do_not_come_back_at_the_same_moment() {
        let spread = RetryPolicy { jitter: Jitter(100), ..POLICY };
        let waits: std::collections::BTreeSet<_> = (0..50).map(|_| spread.wait(1, Duration::ZERO, None)).collect();
        assert!(waits.len() > 1, "{waits:?}");
    }
}
