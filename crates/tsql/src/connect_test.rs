use std::{cell::Cell, future::ready};

use super::*;

fn connect() -> Connect {
    Connect {
        server_fqdn: "contoso-sql-1.database.windows.net".into(),
        port: 1433,
        database: "shop".into(),
        credentials: Credentials::Password { user: "app".into(), password: "hunter2".to_owned().into() },
        connect_to: Vec::new(),
        application: "rolling-upgrade/plan/1".into(),
        connect_timeout: Duration::from_secs(5),
        keep_alive: Duration::from_secs(30),
    }
}

const POLICY: RetryPolicy = RetryPolicy::exact(Duration::from_secs(5), LONGEST_WAIT, Duration::from_secs(100));

/// Fails with these kinds, one after the other, then succeeds; answers the seconds at which attempts were made.
async fn attempts(kinds: &[Kind]) -> (Result<(), SqlError>, Vec<u64>) {
    let start = Instant::now();
    let (times, left) = (Cell::new(Vec::new()), Cell::new(kinds.iter()));
    let outcome = again_while_it_may_help(POLICY, SqlError::connecting_again_may_help, || {
        times.set([times.take(), vec![start.elapsed().as_secs()]].concat());
        let mut kinds = left.replace([].iter());
        let kind = kinds.next().copied();
        left.set(kinds);
        ready(kind.map_or(Ok(()), |kind| Err(SqlError::new(kind, "log in", "no"))))
    });
    (outcome.await, times.take())
}

#[tokio::test(start_paused = true)]
async fn waits_double_until_the_budget_is_used_up() {
    let (outcome, times) = attempts(&[Kind::Unreachable; 9]).await;
    assert_eq!((outcome.unwrap_err().kind, times), (Kind::Unreachable, vec![0, 5, 15, 35, 75]));
    let (outcome, times) = attempts(&[Kind::Lost, Kind::Unreachable]).await;
    assert_eq!((outcome, times), (Ok(()), vec![0, 5, 15]));
}

#[tokio::test(start_paused = true)]
async fn what_another_attempt_cannot_help_ends_it() {
    let (outcome, times) = attempts(&[Kind::Unreachable, Kind::Tls]).await;
    assert_eq!((outcome.unwrap_err().kind, times), (Kind::Tls, vec![0, 5]));
}

fn refused(number: u32) -> SqlError {
    let server = crate::error::ServerError { number, class: 17, state: 1, place: None };
    SqlError { server: Some(server), ..SqlError::new(Kind::Login, "log in", "no") }
}

#[tokio::test(start_paused = true)]
async fn a_busy_service_gets_twice_the_wait_and_the_last_error_tells_the_attempts() {
    let start = Instant::now();
    let outcome = again_while_it_may_help(POLICY, SqlError::connecting_again_may_help, || {
        ready(if start.elapsed().as_secs() < 11 { Err(refused(40501)) } else { Ok(start.elapsed().as_secs()) })
    });
    assert_eq!(outcome.await, Ok(30), "10 s, then 20 s");
    let always = || ready(Err::<(), _>(refused(40613)));
    let error = again_while_it_may_help(POLICY, SqlError::connecting_again_may_help, always).await.unwrap_err();
    assert_eq!(error.to_string(), "cannot log in in 5 attempts: error 40613 (class 17, state 1): no");
}

#[test]
fn whoever_cannot_open_master_has_no_user_in_it() {
    let master = connect().database("master");
    assert!(connect().again_may_help(&refused(4060)) && !master.again_may_help(&refused(4060)));
    assert!(master.again_may_help(&refused(40613)));
    for (number, not_permitted) in [(4060, true), (18456, true), (40615, true), (40613, false), (40501, false)] {
        assert_eq!(refused(number).not_permitted(), not_permitted, "{number}");
    }
}

#[test]
fn no_secret_is_shown() {
    let shown = format!("{:?} {}", connect(), connect());
    assert!(!shown.contains("hunter2"), "{shown}");
    let token = Credentials::Token("eyJhbGciOi".to_owned().into());
    assert!(!format!("{token:?}").contains("eyJ"));
}

#[test]
fn a_redirect_and_advice_are_cut_to_what_counts() {
    assert_eq!(host_part("a.worker.database.windows.net\\x"), "a.worker.database.windows.net");
    assert_eq!(without_advice("rejected: UnknownIssuer. To connect anyway you can: …"), "rejected: UnknownIssuer");
}

#[tokio::test]
async fn a_closed_port_is_unreachable_and_named() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let rule = format!(":1433:127.0.0.1:{port}").parse().unwrap();
    let error = Connect { connect_to: vec![rule], ..connect() }.open().await.unwrap_err();
    assert_eq!(error.kind, Kind::Unreachable);
    let beginning = format!(
        "cannot log in to `shop` on `contoso-sql-1.database.windows.net`: no connection to 127.0.0.1, port {port}: "
    );
    assert!(error.to_string().starts_with(&beginning), "{error}");
}

#[tokio::test]
async fn a_server_that_says_nothing_is_unreachable_in_time() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let rule = format!(":1433:127.0.0.1:{}", silent.local_addr().unwrap().port()).parse().unwrap();
    let connect = Connect { connect_to: vec![rule], connect_timeout: Duration::from_millis(50), ..connect() };
    let error = connect.open().await.unwrap_err();
    assert_eq!((error.kind, error.message.as_str()), (Kind::Unreachable, "no answer within 50ms"));
}
