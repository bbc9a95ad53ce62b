//! How batches, sessions and connections end before their time.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use futures_util::TryStreamExt;
use sim_sql::{ColumnType, Ended, Environment, Event, Value};

use super::{
    fixture::{Fixture, Script, State, answer_number, code, failure, number, start},
    raw::{Raw, done, error_number, tokens, utf16, with_headers},
};
use crate::{
    Verdict,
    backend::Control,
    packet::{kind, pack},
    run::BatchRun,
};

/// `wait` waits for its end, `rows` sends rows until its end, everything else is a number.
fn script() -> Script {
    Script::new(|sql, state, out| match sql {
        "wait" => state.wait_for_the_end(),
        "rows" => rows_until_the_end(state, out),
        _ => answer_number(5, out),
    })
}

fn rows_until_the_end(state: &State, out: &mut dyn FnMut(Event)) -> Ended {
    start(&[("v", ColumnType::NVarChar(None))], out);
    let stopped = AtomicBool::new(false);
    while !stopped.load(Ordering::SeqCst) {
        out(Event::Row(vec![Value::Text("x".repeat(100))]));
        state.tell(|told| stopped.store(told.cancelled || told.killed, Ordering::SeqCst));
    }
    state.wait_for_the_end()
}

async fn start_waiting(fixture: &Fixture, client: &mut super::fixture::Tiberius) {
    tokio::select! {
        _ = client.simple_query("wait") => panic!("the batch has ended by itself"),
        () = fixture.session_is(0, |told| told.running) => {}
    }
}

#[tokio::test]
async fn attention_ends_a_running_batch_and_the_connection_goes_on() {
    let fixture = script().serve().await;
    let mut client = fixture.connect().await;
    for _ in 0..3 {
        start_waiting(&fixture, &mut client).await;
        client.cancel_query().await.unwrap();
        assert_eq!(number(&mut client, "SELECT 5").await.unwrap(), 5);
    }
}

#[tokio::test]
async fn attention_ends_a_result_in_its_middle() {
    let fixture = script().serve().await;
    let mut client = fixture.connect().await;
    let mut stream = client.simple_query("rows").await.unwrap();
    for _ in 0..100 {
        stream.try_next().await.unwrap().unwrap();
    }
    drop(stream);
    client.cancel_query().await.unwrap();
    assert_eq!(number(&mut client, "SELECT 5").await.unwrap(), 5);
}

#[tokio::test]
async fn attention_is_acknowledged_while_nothing_runs() {
    let fixture = script().serve().await;
    let mut raw = Raw::log_in(fixture.address, 4096).await;
    raw.write(&[kind::ATTENTION, 1, 0, 8, 0, 0, 1, 0]).await;
    assert_eq!(raw.answer().await, [done(0xfd, 0x20, 0)]);
}

#[tokio::test]
async fn the_state_of_the_transaction_is_told_even_after_attention() {
    let fixture = Script::new(|_, state, out| {
        let ended = state.wait_for_the_end();
        out(Event::Environment(Environment::Rollback(9)));
        answer_number(5, out);
        ended
    });
    let fixture = fixture.serve().await;
    let mut raw = Raw::log_in(fixture.address, 4096).await;
    raw.write(&pack(kind::SQL_BATCH, &with_headers(&utf16("x")))).await;
    fixture.session_is(0, |told| told.running).await;
    raw.write(&[kind::ATTENTION, 1, 0, 8, 0, 0, 1, 0]).await;
    let rollback = (0xe3, vec![10, 0, 8, 9, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(raw.answer().await, [rollback, done(0xfd, 0x20, 0)]);
}

#[test]
fn attention_after_the_end_is_told_apart() {
    let course = BatchRun::default();
    assert!(course.attend() && course.attend() && course.is_attended());
    assert!(course.finish());
    assert!(!course.attend());
    let course = BatchRun::default();
    assert!(!course.finish());
    assert!(!course.attend() && !course.is_attended());
}

#[tokio::test]
async fn a_session_killed_while_idle_loses_its_connection() {
    let fixture = script().serve().await;
    let mut raw = Raw::log_in(fixture.address, 4096).await;
    fixture.seen.session(0).kill();
    assert!(raw.message().await.is_none());
    fixture.session_is(0, |told| told.dropped).await;
}

#[tokio::test]
async fn a_session_killed_while_it_runs_says_so_and_closes() {
    let fixture = script().serve().await;
    let mut client = fixture.connect().await;
    let state = fixture.seen.session(0);
    let killer = tokio::task::spawn_blocking(move || {
        state.wait(|told| told.running);
        state.kill();
    });
    let error = failure(&mut client, "wait").await;
    killer.await.unwrap();
    assert_eq!(code(&error), 596);
    assert!(number(&mut client, "SELECT 5").await.is_err());
    fixture.session_is(0, |told| told.dropped).await;
}

#[tokio::test]
async fn a_session_killed_while_its_client_does_not_read_ends_too() {
    let fixture = script().serve().await;
    let mut client = fixture.connect().await;
    let stream = client.simple_query("rows").await.unwrap();
    fixture.seen.session(0).kill();
    fixture.session_is(0, |told| told.dropped).await;
    drop(stream);
}

#[tokio::test]
async fn a_client_that_leaves_ends_its_session_and_what_it_runs() {
    for sql in ["wait", "rows"] {
        let fixture = script().serve().await;
        let mut raw = Raw::log_in(fixture.address, 4096).await;
        raw.write(&pack(kind::SQL_BATCH, &with_headers(&utf16(sql)))).await;
        fixture.session_is(0, |told| told.running).await;
        drop(raw);
        fixture.session_is(0, |told| told.killed && told.dropped).await;
    }
}

#[tokio::test]
async fn a_client_that_leaves_between_requests_ends_its_session() {
    let fixture = script().serve().await;
    drop(Raw::log_in(fixture.address, 4096).await);
    fixture.session_is(0, |told| told.dropped).await;
}

#[tokio::test]
async fn a_batch_cut_before_is_never_run() {
    let fixture = script().verdict(Verdict::CutBefore).serve().await;
    let mut client = fixture.connect().await;
    assert!(number(&mut client, "SELECT 5").await.is_err());
    fixture.session_is(0, |told| told.dropped).await;
    assert_eq!(*fixture.seen.batches.lock().unwrap(), ["SELECT 5"]);
    assert!(fixture.seen.runs.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_batch_run_and_cut_says_nothing() {
    let fixture = script().verdict(Verdict::RunThenCut).serve().await;
    let mut raw = Raw::log_in(fixture.address, 4096).await;
    raw.write(&pack(kind::SQL_BATCH, &with_headers(&utf16("SELECT 5")))).await;
    assert!(raw.message().await.is_none());
    assert_eq!(*fixture.seen.runs.lock().unwrap(), ["SELECT 5"]);
}

#[tokio::test]
async fn a_reset_rolls_back_unless_the_transaction_is_to_stay() {
    let fixture = Script::new(|_, _, _| Ended::Completed).serve().await;
    let mut raw = Raw::log_in(fixture.address, 4096).await;
    let rollback = "IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION";
    for (status, runs) in [(0x09, vec![rollback, "x"]), (0x11, vec!["x"])] {
        let mut packet = pack(kind::SQL_BATCH, &with_headers(&utf16("x")));
        packet[1] = status;
        raw.write(&packet).await;
        assert_eq!(raw.answer().await, [(0xe3, vec![18, 0, 0]), done(0xfd, 0, 0)]);
        assert_eq!(std::mem::take(&mut *fixture.seen.runs.lock().unwrap()), runs);
    }
    assert_eq!(*fixture.seen.batches.lock().unwrap(), ["x", "x"]);
}

#[tokio::test]
async fn a_request_taken_back_is_not_run() {
    let fixture = script().serve().await;
    let mut raw = Raw::log_in(fixture.address, 4096).await;
    let mut packet = pack(kind::SQL_BATCH, &with_headers(&utf16("x")));
    packet[1] = 0x03;
    raw.write(&packet).await;
    assert_eq!(raw.answer().await, [done(0xfd, 0x02, 0)]);
    assert!(fixture.seen.batches.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_request_sent_while_another_runs_is_answered_after_it() {
    let release = Arc::new(AtomicBool::new(false));
    let gate = Arc::clone(&release);
    let fixture = Script::new(move |sql, state, out| {
        if sql == "first" {
            state.wait(|_| gate.load(Ordering::SeqCst));
        }
        out(Event::Done { rows: Some(sql.len() as u64), error: false });
        Ended::Completed
    });
    let fixture = fixture.serve().await;
    let mut raw = Raw::log_in(fixture.address, 4096).await;
    for sql in ["first", "the second"] {
        raw.write(&pack(kind::SQL_BATCH, &with_headers(&utf16(sql)))).await;
    }
    fixture.session_is(0, |told| told.running).await;
    release.store(true, Ordering::SeqCst);
    fixture.seen.session(0).tell(|_| ());
    assert_eq!(raw.answer().await, [done(0xfd, 0x10, 5)]);
    assert_eq!(raw.answer().await, [done(0xfd, 0x10, 10)]);
}

#[tokio::test]
async fn a_client_that_breaks_the_protocol_is_told_and_cut_off() {
    let fixture = script().serve().await;
    for nonsense in [
        &[kind::SQL_BATCH, 1, 0, 7, 0, 0, 1, 0][..],
        &[kind::SQL_BATCH, 0, 0, 9, 0, 0, 1, 0, 7, kind::RPC, 1, 0, 8, 0, 0, 2, 0],
    ] {
        let mut raw = Raw::log_in(fixture.address, 4096).await;
        raw.write(nonsense).await;
        let answer = raw.answer().await;
        assert_eq!((answer[0].0, error_number(&answer[0])), (0xaa, 4002));
        assert!(raw.message().await.is_none());
    }
    let mut raw = Raw::shake_hands(fixture.address).await;
    raw.write(&pack(kind::LOGIN7, &[0; 50])).await;
    let answer = tokens(&raw.message().await.unwrap().payload);
    assert_eq!((answer[0].0, error_number(&answer[0])), (0xaa, 17832));
    assert!(raw.message().await.is_none());
}
