use proptest::prelude::*;
use reqwest::header::{HeaderName, HeaderValue};

use super::*;

const ASYNC: (&str, &str) = ("azure-asyncoperation", "https://arm/async");
const LOCATION: (&str, &str) = ("location", "https://arm/location");

fn response(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> Response {
    let header =
        |(name, value): &(&'static str, &'static str)| (HeaderName::from_static(name), HeaderValue::from_static(value));
    Response { status, headers: headers.iter().map(header).collect(), body: body.into() }
}

fn polling(by: PollBy) -> Polling {
    let url = if by == PollBy::AsyncOperation { ASYNC.1 } else { LOCATION.1 };
    Polling { url: url.into(), by, after: None }
}

fn begins(status: u16, headers: &[(&'static str, &'static str)]) -> Started {
    started(&response(status, headers, "")).unwrap()
}

fn poll(by: PollBy, status: u16, body: &str) -> Progress {
    progress(&polling(by), &response(status, &[], body)).unwrap()
}

#[test]
fn done_at_once_or_pending() {
    for status in [200, 201, 204, 404] {
        assert_eq!(begins(status, &[]), Started::Done, "{status}");
    }
    assert_eq!(begins(202, &[]), Started::Untracked);
    assert_eq!(begins(202, &[ASYNC, LOCATION]), Started::Polling(polling(PollBy::AsyncOperation)));
    assert_eq!(begins(201, &[ASYNC]), Started::Polling(polling(PollBy::AsyncOperation)));
    assert_eq!(begins(200, &[ASYNC]), Started::Polling(polling(PollBy::AsyncOperation)));
    assert_eq!(begins(202, &[LOCATION]), Started::Polling(polling(PollBy::Location)));
    assert_eq!(begins(201, &[LOCATION]), Started::Polling(polling(PollBy::Location)));
    assert_eq!(begins(200, &[LOCATION]), Started::Done);
    assert_eq!(begins(204, &[ASYNC, LOCATION]), Started::Done);
}

#[test]
fn keeps_the_pace_that_the_service_asks_for() {
    let Started::Polling(polling) = begins(202, &[ASYNC, ("retry-after", "15")]) else { panic!("done") };
    assert_eq!(polling.after, Some(Duration::from_secs(15)));
    let Started::Polling(polling) = begins(202, &[ASYNC, ("retry-after", "0")]) else { panic!("done") };
    assert_eq!(polling.after, None);
}

#[test]
fn compares_states_without_case() {
    let ends = |state: &str| poll(PollBy::AsyncOperation, 200, &format!(r#"{{"status":"{state}"}}"#));
    for state in ["Succeeded", "succeeded", "SUCCEEDED"] {
        assert_eq!(ends(state), Progress::Ended(Outcome::Done));
    }
    for state in ["Failed", "failed", "Canceled", "Cancelled", "CANCELLED"] {
        let failed = Progress::Failed { state: state.into(), error: ArmError::default() };
        assert_eq!(ends(state), failed);
    }
    for state in ["InProgress", "Running", "Pending", "CancelInProgress", "a word of tomorrow"] {
        assert_eq!(ends(state), Progress::Running(state.into(), polling(PollBy::AsyncOperation)));
    }
}

#[test]
fn location_is_pending_while_it_says_202() {
    assert_eq!(poll(PollBy::Location, 202, ""), Progress::Running("Accepted".into(), polling(PollBy::Location)));
    for status in [200, 201, 204] {
        assert_eq!(poll(PollBy::Location, status, ""), Progress::Ended(Outcome::Done));
    }
    assert_eq!(poll(PollBy::Location, 200, r#"{"properties":{"status":"Online"}}"#), Progress::Ended(Outcome::Done));
}

#[test]
fn keeps_the_error_of_a_failed_operation_and_of_one_that_looks_well() {
    let error = ArmError { code: Some("InvalidVcoreValue".into()), message: "no such size".into() };
    let body = |state: &str| {
        format!(r#"{{"status":"{state}","error":{{"code":"InvalidVcoreValue","message":"no such size"}}}}"#)
    };
    for state in ["Failed", "Succeeded"] {
        let failed = Progress::Failed { state: state.into(), error: error.clone() };
        assert_eq!(poll(PollBy::AsyncOperation, 200, &body(state)), failed);
        assert_eq!(poll(PollBy::Location, 200, &body(state)), failed);
    }
    let envelope = r#"{"error":{"code":"InvalidVcoreValue","message":"no such size"}}"#;
    assert_eq!(poll(PollBy::Location, 200, envelope), Progress::Failed { state: "Succeeded".into(), error });
    let null = r#"{"operationId":"x","status":"Succeeded","error":null}"#;
    assert_eq!(poll(PollBy::AsyncOperation, 200, null), Progress::Ended(Outcome::Done));
}

#[test]
fn an_address_that_vanished_is_an_end() {
    for status in [404, 410] {
        assert_eq!(poll(PollBy::AsyncOperation, status, "{}"), Progress::Ended(Outcome::Vanished));
        assert_eq!(poll(PollBy::Location, status, ""), Progress::Ended(Outcome::Vanished));
    }
}

#[test]
fn a_status_object_without_a_status_is_an_error() {
    let seen = progress(&polling(PollBy::AsyncOperation), &response(200, &[], "{}"));
    assert_eq!(seen, Err(ReadError::NoOperationStatus));
}

#[test]
fn follows_an_address_that_moves() {
    let moved = [("azure-asyncoperation", "https://arm/next"), LOCATION, ("retry-after-ms", "20")];
    let seen = progress(&polling(PollBy::AsyncOperation), &response(200, &moved, r#"{"status":"InProgress"}"#));
    let after = Some(Duration::from_millis(20));
    let next = Polling { url: "https://arm/next".into(), by: PollBy::AsyncOperation, after };
    assert_eq!(seen, Ok(Progress::Running("InProgress".into(), next)));
}

proptest! {
    #[test]
    fn any_answer_is_read_or_refused(status in 100_u16..600, body in "\\PC{0,80}") {
        for by in [PollBy::AsyncOperation, PollBy::Location] {
            let _ = progress(&polling(by), &response(status, &[ASYNC], &body));
            let _ = started(&response(status, &[LOCATION], &body));
        }
    }
}
