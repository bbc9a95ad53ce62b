//! A token in the cache, and when it is due for another.

use std::time::Duration;

use secrecy::SecretString;
use tokio::time::Instant;

/// A token is replaced this long before its end, or at half of its life where that is shorter.
const MARGIN: Duration = Duration::from_secs(5 * 60);

/// After a replacement failed, the next one is tried this much later, as long as the token is good.
const NEXT_TRY: Duration = Duration::from_secs(30);

/// A token and its times. They go by this machine's monotonic clock from the moment when the token was asked for, so no
/// clock has to agree with another.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub(super) token: SecretString,
    due: Instant,
    end: Instant,
}

impl Held {
    /// A token that was asked for at `asked` and lives for `lifetime` since it was issued, which was later.
    pub(super) fn new(token: SecretString, asked: Instant, lifetime: Duration) -> Self {
        let margin = MARGIN.min(lifetime / 2);
        Self { token, due: asked + (lifetime - margin), end: asked + lifetime }
    }

    /// There is time enough left for what it is wanted for.
    pub(super) fn is_fresh(&self, now: Instant) -> bool {
        now < self.due
    }

    /// It has not ended.
    pub(super) fn is_good(&self, now: Instant) -> bool {
        now < self.end
    }

    /// It is to be used a little longer, because no other could be had.
    pub(super) fn put_off(&mut self, now: Instant) {
        self.due = now + NEXT_TRY;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(number: u64) -> Duration {
        Duration::from_secs(number)
    }

    /// Lifetime, then the last second at which it is fresh, and the last one at which it is good.
    #[test]
    fn a_token_is_replaced_five_minutes_before_its_end_or_at_half_of_its_life() {
        for (lifetime, fresh, good) in [(3600, 3299, 3599), (600, 299, 599), (599, 299, 598), (60, 29, 59), (2, 0, 1)] {
            let asked = Instant::now();
            let held = Held::new("t".into(), asked, seconds(lifetime));
            assert!(held.is_fresh(asked + seconds(fresh)) && !held.is_fresh(asked + seconds(fresh + 1)), "{lifetime}");
            assert!(held.is_good(asked + seconds(good)) && !held.is_good(asked + seconds(good + 1)), "{lifetime}");
        }
    }

    #[test]
    fn a_token_without_a_life_is_never_fresh() {
        let asked = Instant::now();
        let held = Held::new("t".into(), asked, Duration::ZERO);
        assert!(!held.is_fresh(asked) && !held.is_good(asked));
    }

    #[test]
    fn a_token_whose_replacement_failed_is_used_on() {
        let asked = Instant::now();
        let mut held = Held::new("t".into(), asked, seconds(600));
        let now = asked + seconds(400);
        held.put_off(now);
        assert!(held.is_fresh(now + seconds(29)) && !held.is_fresh(now + seconds(30)));
        assert!(!held.is_good(asked + seconds(600)));
    }
}
