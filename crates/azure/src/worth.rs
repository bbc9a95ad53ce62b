//! Which answers are worth another attempt, as a pure function with three answers: done, again, stop.

use std::time::Duration;

use retry::RetryPolicy;

/// The longest wait where the service names none.
pub const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// What became of one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// The answer is one of those that the request expects.
    Expected,
    /// Another answer.
    Answer {
        /// The HTTP status.
        status: u16,
        /// It is ARM's `RetryableErrorDueToAnotherOperation`.
        busy: bool,
        /// How long the service asks to wait.
        after: Option<Duration>,
    },
    /// The connection could not be made: nothing was sent.
    NotSent,
    /// The connection broke, or the time was over, after something may have been sent.
    Lost,
    /// What no further attempt would change: a certificate that is not trusted, an answer that is too large.
    Hopeless,
}

/// What to do after an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Take the answer.
    Done,
    /// Send the request again after this time.
    Again(Duration),
    /// Give up; the error of this attempt is the one to report.
    Stop,
}

/// Judges the `attempt`-th attempt (from 1), which ended `elapsed` after the first one began.
pub fn judge(policy: &RetryPolicy, attempt: u32, elapsed: Duration, seen: &Seen, safe_to_repeat: bool) -> Verdict {
    if *seen == Seen::Expected {
        return Verdict::Done;
    }
    let Some(asked) = wait_asked(seen, safe_to_repeat) else { return Verdict::Stop };
    policy.wait(attempt, elapsed, asked).map_or(Verdict::Stop, Verdict::Again)
}

/// `None`: do not try again. `Some(None)`: again, at our own pace.
fn wait_asked(seen: &Seen, safe_to_repeat: bool) -> Option<Option<Duration>> {
    match seen {
        Seen::Expected | Seen::Hopeless => None,
        Seen::NotSent => Some(None),
        Seen::Lost => safe_to_repeat.then_some(None),
        // These two are refusals before anything was done, so even a POST may go again.
        Seen::Answer { status: 429, after, .. } | Seen::Answer { status: 409, busy: true, after } => Some(*after),
        Seen::Answer { status: 408 | 500 | 502 | 503 | 504, after, .. } => safe_to_repeat.then_some(*after),
        Seen::Answer { .. } => None,
    }
}

#[cfg(test)]
#[path = "worth_test.rs"]
mod tests;
