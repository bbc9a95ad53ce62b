use std::time::Duration;

use proptest::prelude::*;

use super::*;

const POLICY: RetryPolicy = RetryPolicy::exact(Duration::from_secs(1), LONGEST_WAIT, Duration::from_secs(60));

fn answer(status: u16) -> Seen {
    Seen::Answer { status, busy: false, after: None }
}

fn after(status: u16, seconds: u64) -> Seen {
    Seen::Answer { status, busy: false, after: Some(Duration::from_secs(seconds)) }
}

fn busy() -> Seen {
    Seen::Answer { status: 409, busy: true, after: None }
}

fn again(seconds: u64) -> Verdict {
    Verdict::Again(Duration::from_secs(seconds))
}

/// Attempt, seconds since the first one, what was seen, verdict if safe to repeat, verdict if not.
#[rustfmt::skip]
fn table() -> Vec<(u32, u64, Seen, Verdict, Verdict)> {
    use Verdict::{Done, Stop};
    vec![
        (1, 0, Seen::Expected, Done, Done),
        (9, 999, Seen::Expected, Done, Done),
        // Refused before anything was done.
        (1, 0, answer(429), again(1), again(1)),
        (1, 0, after(429, 7), again(7), again(7)),
        (1, 0, busy(), again(1), again(1)),
        (1, 0, Seen::NotSent, again(1), again(1)),
        // Perhaps done.
        (1, 0, answer(408), again(1), Stop),
        (1, 0, answer(500), again(1), Stop),
        (1, 0, answer(502), again(1), Stop),
        (1, 0, answer(503), again(1), Stop),
        (1, 0, after(503, 5), again(5), Stop),
        (1, 0, answer(504), again(1), Stop),
        (1, 0, Seen::Lost, again(1), Stop),
        // Final.
        (1, 0, answer(400), Stop, Stop),
        (1, 0, answer(401), Stop, Stop),
        (1, 0, answer(403), Stop, Stop),
        (1, 0, answer(404), Stop, Stop),
        (1, 0, answer(409), Stop, Stop),
        (1, 0, after(409, 1), Stop, Stop),
        (1, 0, answer(301), Stop, Stop),
        (1, 0, answer(501), Stop, Stop),
        (1, 0, Seen::Hopeless, Stop, Stop),
        // Our own pace doubles up to the longest wait.
        (2, 1, answer(500), again(2), Stop),
        (3, 3, answer(500), again(4), Stop),
        (6, 20, answer(500), again(30), Stop),
        // The budget.
        (2, 59, after(429, 1), again(1), again(1)),
        (2, 60, after(429, 1), Stop, Stop),
        (1, 0, after(503, 61), Stop, Stop),
        (1, 0, after(503, u64::MAX), Stop, Stop),
        (u32::MAX, 0, answer(500), again(30), Stop),
    ]
}

#[test]
fn judges_by_the_table() {
    for (attempt, elapsed, seen, safe, unsafe_) in table() {
        let elapsed = Duration::from_secs(elapsed);
        assert_eq!(judge(&POLICY, attempt, elapsed, &seen, true), safe, "{attempt} {elapsed:?} {seen:?} safe");
        assert_eq!(judge(&POLICY, attempt, elapsed, &seen, false), unsafe_, "{attempt} {elapsed:?} {seen:?} unsafe");
    }
}

proptest! {
    #[test]
    fn never_waits_beyond_the_budget(
        attempt in 1_u32.., elapsed in 0_u64..200, status in 100_u16..600, wait in proptest::option::of(0_u64..200),
    ) {
        let (elapsed, wait) = (Duration::from_secs(elapsed), wait.map(Duration::from_secs));
        let seen = Seen::Answer { status, busy: false, after: wait };
        if let Verdict::Again(wait) = judge(&POLICY, attempt, elapsed, &seen, true) {
            prop_assert!(elapsed + wait <= POLICY.budget);
        }
    }
}
