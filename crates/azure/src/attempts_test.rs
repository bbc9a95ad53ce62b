use std::time::Duration;

use super::*;
use crate::LONGEST_WAIT;

const POLICY: RetryPolicy = RetryPolicy::exact(Duration::from_secs(1), LONGEST_WAIT, Duration::from_secs(120));

fn response(status: u16, retry_after_ms: Option<&str>) -> Response {
    let mut headers = reqwest::header::HeaderMap::new();
    if let Some(value) = retry_after_ms {
        headers.insert("retry-after-ms", value.parse().unwrap());
    }
    Response { status, headers, body: format!(r#"{{"error":{{"code":"E{status}"}}}}"#).into_bytes() }
}

/// Meets these answers one after the other, the last one again and again; 200 is success. When each attempt began, in
/// milliseconds since the first, and how it ended.
async fn meet(safe: bool, answers: &[(u16, Option<&str>)]) -> (Vec<u128>, Result<(), Error>) {
    let (begun, mut attempts) = (Instant::now(), Vec::new());
    let ended = persist("try it", &POLICY, safe, async || {
        let (status, wait) = answers[attempts.len().min(answers.len() - 1)];
        attempts.push(begun.elapsed().as_millis());
        if status == 200 { Ok(()) } else { Err(Failed::refused(&response(status, wait))) }
    });
    let ended = ended.await;
    (attempts, ended)
}

#[tokio::test(start_paused = true)]
async fn the_wait_that_the_service_asks_for_is_kept() {
    let (attempts, ended) = meet(true, &[(429, Some("7500")), (503, Some("20")), (200, None)]).await;
    ended.unwrap();
    assert_eq!(attempts, [0, 7500, 7520]);
}

#[tokio::test(start_paused = true)]
async fn our_own_waits_double_and_no_attempt_begins_after_the_budget() {
    let (attempts, ended) = meet(true, &[(500, None)]).await;
    assert_eq!(attempts, [0, 1000, 3000, 7000, 15_000, 31_000, 61_000, 91_000]);
    assert_eq!(ended.unwrap_err().attempts, 8);
}

#[tokio::test(start_paused = true)]
async fn a_wait_beyond_the_budget_is_not_begun() {
    let begun = Instant::now();
    let (attempts, ended) = meet(true, &[(503, Some("120001"))]).await;
    assert_eq!((attempts, ended.unwrap_err().attempts), (vec![0], 1));
    assert_eq!(begun.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn the_time_of_the_attempts_counts_too() {
    let begun = Instant::now();
    let mut attempts = 0;
    let ended = persist("try it", &POLICY, true, async || -> Result<(), Failed> {
        attempts += 1;
        pause(Duration::from_secs(59)).await;
        Err(Failed::refused(&response(500, None)))
    });
    assert_eq!(ended.await.unwrap_err().attempts, 2);
    assert_eq!((attempts, begun.elapsed()), (2, Duration::from_secs(59 + 1 + 59)));
}

#[tokio::test(start_paused = true)]
async fn the_error_is_that_of_the_last_attempt() {
    let (_, ended) = meet(true, &[(503, None), (500, None), (403, None)]).await;
    let error = ended.unwrap_err();
    assert_eq!((error.attempts, error.code()), (3, Some("E403")));
    assert_eq!(error.to_string(), "could not try it in 3 attempts");
}

#[tokio::test(start_paused = true)]
async fn what_may_have_acted_is_left_alone_unless_it_is_safe_to_repeat() {
    for status in [408, 500, 502, 503, 504] {
        assert_eq!(meet(false, &[(status, None), (200, None)]).await.0, [0], "{status}");
        assert_eq!(meet(true, &[(status, None), (200, None)]).await.0, [0, 1000], "{status}");
    }
    assert_eq!(meet(false, &[(429, None), (200, None)]).await.0, [0, 1000]);
}
