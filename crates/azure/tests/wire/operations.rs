//! Long operations, followed over real sockets to each of their ends.

use std::time::Duration;

use azure::{Cause, Client, Error, LONGEST_WAIT, Options, Outcome, Reach, Request, Scope, Started, sql};
use retry::RetryPolicy;

use crate::scripted::{Act, Stage, answer, serve};

const LIMIT: Duration = Duration::from_secs(20);

fn delete() -> Request<Started> {
    sql::delete_database(&Scope::new("sub"), &"rg/srv/shop".parse().unwrap())
}

async fn follow(script: Vec<Act>) -> (Result<Outcome, Error>, Stage) {
    let (endpoint, stage) = serve(script).await;
    let retry = RetryPolicy::exact(Duration::from_millis(1), LONGEST_WAIT, Duration::from_secs(20));
    let poll_interval = Duration::from_millis(1);
    let options = Options {
        reach: Reach { retry, ..Reach::default() },
        poll_interval,
        ..Options::new(endpoint, "sub", "token-6f1c".into())
    };
    (Client::new(options).unwrap().run(&delete(), LIMIT).await, stage)
}

fn accepted(headers: &[(&str, &str)]) -> Act {
    answer(202, headers, r#"{"operation":"DropLogicalDatabase","startTime":"2023-02-25T00:16:18.597Z"}"#)
}

fn both() -> Act {
    accepted(&[("azure-asyncoperation", "{here}/async?t=1"), ("location", "{here}/result?t=1")])
}

fn state(word: &str) -> Act {
    answer(200, &[], &format!(r#"{{"name":"x","status":"{word}"}}"#))
}

fn targets(stage: &Stage) -> Vec<String> {
    stage.asked().into_iter().skip(1).map(|asked| asked.target).collect()
}

#[tokio::test]
async fn polls_the_status_object_until_it_succeeds() {
    let (ended, stage) = follow(vec![both(), state("InProgress"), state("inprogress"), state("succeeded")]).await;
    assert_eq!(ended.unwrap(), Outcome::Done);
    assert_eq!(targets(&stage), ["/async?t=1"; 3]);
    assert!(stage.asked().iter().all(|asked| asked.header("authorization") == Some("Bearer token-6f1c")));
}

#[tokio::test]
async fn polls_a_location_until_it_is_no_202() {
    let location = [("location", "{here}/result"), ("retry-after-ms", "1")];
    let script = vec![accepted(&location), answer(202, &location, ""), answer(202, &[], ""), answer(204, &[], "")];
    let (ended, stage) = follow(script).await;
    assert_eq!(ended.unwrap(), Outcome::Done);
    assert_eq!(targets(&stage), ["/result"; 3]);
}

#[tokio::test]
async fn a_relative_location_is_at_the_endpoint() {
    let (ended, stage) = follow(vec![accepted(&[("location", "/result?t=2")]), answer(200, &[], "")]).await;
    assert_eq!(ended.unwrap(), Outcome::Done);
    assert_eq!(targets(&stage), ["/result?t=2"]);
}

#[tokio::test]
async fn done_at_once_is_not_polled() {
    for status in [200, 204, 404] {
        let (ended, stage) = follow(vec![answer(status, &[], "")]).await;
        assert_eq!((ended.unwrap(), stage.asked().len()), (Outcome::Done, 1));
    }
}

#[tokio::test]
async fn waits_as_long_as_the_service_asks() {
    let script = vec![
        accepted(&[("azure-asyncoperation", "{here}/async"), ("retry-after-ms", "60")]),
        answer(200, &[("x-ms-retry-after-ms", "60"), ("retry-after", "600")], r#"{"status":"InProgress"}"#),
        state("Succeeded"),
    ];
    let begun = std::time::Instant::now();
    follow(script).await.0.unwrap();
    assert!(begun.elapsed() >= Duration::from_millis(120));
}

#[tokio::test]
async fn a_failure_keeps_its_reason() {
    for word in ["Failed", "Canceled", "Cancelled"] {
        let body =
            format!(r#"{{"status":"{word}","error":{{"code":"GeoReplicaLimitReached","message":"four is all"}}}}"#);
        let (ended, _) = follow(vec![both(), answer(200, &[("x-ms-request-id", "r-5")], &body)]).await;
        let error = ended.unwrap_err();
        assert_eq!(error.to_string(), "could not delete the database `rg/srv/shop`");
        assert_eq!(error.code(), Some("GeoReplicaLimitReached"));
        assert_eq!(
            error.cause.to_string(),
            format!("the operation ended as `{word}`: `GeoReplicaLimitReached`: four is all (request `r-5`)")
        );
    }
}

#[tokio::test]
async fn a_poll_that_is_refused_says_so() {
    let body = r#"{"error":{"code":"OperationTimedOut","message":"gone on too long"}}"#;
    let (ended, _) = follow(vec![both(), state("InProgress"), answer(400, &[], body)]).await;
    let error = ended.unwrap_err();
    assert_eq!((error.status(), error.code()), (Some(400), Some("OperationTimedOut")));
}

#[tokio::test]
async fn an_address_that_vanishes_or_never_was_leaves_it_to_the_caller() {
    for status in [404, 410] {
        let (ended, _) = follow(vec![both(), state("InProgress"), answer(status, &[], "")]).await;
        assert_eq!(ended.unwrap(), Outcome::Vanished);
    }
    assert_eq!(follow(vec![accepted(&[])]).await.0.unwrap(), Outcome::Vanished);
}

#[tokio::test]
async fn a_stumble_on_the_way_is_no_end() {
    let script = vec![both(), answer(503, &[("retry-after-ms", "1")], ""), Act::Cut, state("Succeeded")];
    let (ended, stage) = follow(script).await;
    assert_eq!((ended.unwrap(), stage.asked().len()), (Outcome::Done, 4));
}

#[tokio::test]
async fn no_token_leaves_the_endpoint() {
    let (other, elsewhere) = serve(vec![state("Succeeded")]).await;
    let foreign = format!("{other}async?sig=secret");
    for header in ["azure-asyncoperation", "location"] {
        let (ended, _) = follow(vec![accepted(&[(header, &foreign)])]).await;
        let error = ended.unwrap_err();
        assert!(matches!(*error.cause, Cause::ForeignAddress { .. }));
        let text = error.cause.to_string();
        assert!(text.contains(&other.origin().ascii_serialization()) && !text.contains("secret"), "{text}");
        assert!(error.hint().is_some());
    }
    let moved = answer(200, &[("azure-asyncoperation", &foreign)], r#"{"status":"InProgress"}"#);
    assert!(follow(vec![both(), moved]).await.0.is_err(), "an address that moves away in a poll");
    assert!(elsewhere.asked().is_empty());
}

#[tokio::test]
async fn the_deadline_ends_an_endless_operation() {
    let script: Vec<Act> = std::iter::once(both()).chain(std::iter::repeat_n(state("InProgress"), 100_000)).collect();
    let (endpoint, _) = serve(script).await;
    let poll_interval = Duration::from_millis(1);
    let options = Options { poll_interval, ..Options::new(endpoint, "sub", "t".into()) };
    let limit = Duration::from_millis(500);
    let error = Client::new(options).unwrap().run(&delete(), limit).await.unwrap_err();
    assert_eq!(error.cause.to_string(), "the operation did not end within 500ms, its last state is `InProgress`");
}
