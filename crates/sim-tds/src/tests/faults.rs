//! What a service can have happen to log-ins and batches instead of an answer.

use sim_sql::Message;
use tokio::io::AsyncReadExt;

use super::{
    fixture::{Fixture, Script, answer_number, code, failure, number},
    raw::{Raw, done, error_number, utf16, with_headers},
};
use crate::{
    Greeting, Verdict,
    backend::Control,
    connection::GARBAGE,
    packet::{HEADER, kind, pack},
};

async fn with(verdict: Verdict) -> (Fixture, Raw) {
    let fixture = Script::new(|_, _, out| answer_number(5, out)).verdict(verdict).serve().await;
    let raw = Raw::log_in(fixture.address, 4096).await;
    (fixture, raw)
}

async fn send(raw: &mut Raw) {
    raw.write(&pack(kind::SQL_BATCH, &with_headers(&utf16("SELECT 5")))).await;
}

/// How many batches were run; the service heard of each.
fn runs(fixture: &Fixture) -> usize {
    let runs = fixture.seen.runs.lock().unwrap().len();
    assert_eq!(*fixture.seen.ran.lock().unwrap(), runs);
    runs
}

#[tokio::test]
async fn half_an_answer_is_the_beginning_of_a_whole_one() {
    let (_whole, mut raw) = with(Verdict::Run).await;
    send(&mut raw).await;
    let whole = raw.message().await.unwrap().payload.len() + HEADER;
    let (fixture, mut raw) = with(Verdict::RunThenHalve).await;
    send(&mut raw).await;
    let mut half = Vec::new();
    raw.stream().read_to_end(&mut half).await.unwrap();
    assert_eq!((half.len(), half[0], runs(&fixture)), (whole / 2, kind::ANSWER, 1));
}

#[tokio::test]
async fn a_garbled_answer_is_a_page_of_some_box_on_the_way() {
    let (fixture, mut raw) = with(Verdict::RunThenGarble).await;
    send(&mut raw).await;
    assert_eq!(raw.message().await.unwrap().payload, GARBAGE);
    assert_eq!(runs(&fixture), 1);
    let (fixture, _) = with(Verdict::RunThenGarble).await;
    let error = number(&mut fixture.connect().await, "SELECT 5").await.unwrap_err();
    assert!(!matches!(error, tiberius::error::Error::Server(_)), "{error}");
}

/// The client gives up after a while, and is told so: it cannot know whether the batch was run.
#[tokio::test]
async fn an_answer_that_is_held_back_ends_with_the_clients_patience() {
    for (verdict, ran) in [(Verdict::Hold, 0), (Verdict::RunThenHold, 1)] {
        let (fixture, mut raw) = with(verdict).await;
        send(&mut raw).await;
        raw.write(&[kind::ATTENTION, 1, 0, 8, 0, 0, 1, 0]).await;
        assert_eq!(raw.answer().await, [done(0xfd, 0x20, 0)]);
        fixture.session_is(0, |told| told.dropped).await;
        assert_eq!(runs(&fixture), ran);
    }
}

#[tokio::test]
async fn a_client_that_leaves_while_its_answer_is_held_back_ends_its_session() {
    for verdict in [Verdict::Hold, Verdict::RunThenHold] {
        let (fixture, mut raw) = with(verdict).await;
        send(&mut raw).await;
        drop(raw);
        fixture.session_is(0, |told| told.dropped).await;
    }
}

#[tokio::test]
async fn a_session_that_is_killed_while_its_answer_is_held_back_loses_its_connection() {
    let (fixture, mut raw) = with(Verdict::Hold).await;
    send(&mut raw).await;
    fixture.seen.session(0).kill();
    assert!(raw.message().await.is_none());
}

#[tokio::test]
async fn a_batch_that_is_refused_is_not_run_and_a_fatal_error_is_the_last_word() {
    let error = |class| Message::new(40501, class, "The service is currently busy.");
    let (fixture, mut raw) = with(Verdict::Refuse(error(20))).await;
    send(&mut raw).await;
    let answer = raw.answer().await;
    assert_eq!((answer[0].0, error_number(&answer[0]), runs(&fixture)), (0xaa, 40501, 0));
    assert!(raw.message().await.is_none());
    let (fixture, _) = with(Verdict::Refuse(error(16))).await;
    let mut client = fixture.connect().await;
    for _ in 0..2 {
        assert_eq!(code(&failure(&mut client, "SELECT 5").await), 40501, "the session goes on");
    }
}

#[tokio::test]
async fn a_log_in_can_be_cut_garbled_refused_and_held_back() {
    for greeting in [Greeting::Cut, Greeting::Garble] {
        let fixture = Script::new(|_, _, out| answer_number(5, out)).greeting(greeting.clone()).serve().await;
        let error = fixture.connect_with(|_| ()).await.map(drop).unwrap_err();
        assert!(!matches!(error, tiberius::error::Error::Server(_)), "{greeting:?}: {error}");
        assert!(fixture.seen.logins.lock().unwrap().is_empty());
    }
    let refused = Greeting::Refuse(Message::new(40613, 17, "not available"));
    let fixture = Script::new(|_, _, out| answer_number(5, out)).greeting(refused).serve().await;
    assert_eq!(code(&fixture.connect_with(|_| ()).await.map(drop).unwrap_err()), 40613);
    let fixture = Script::new(|_, _, out| answer_number(5, out)).greeting(Greeting::Hold).serve().await;
    let patience = std::time::Duration::from_millis(50);
    assert!(tokio::time::timeout(patience, fixture.connect_with(|_| ())).await.is_err());
    assert!(fixture.seen.logins.lock().unwrap().is_empty());
}
