//! Requests that are not batches, and what the tokens of answers look like.

use sim_sql::{Ended, Environment, Event, Message};

use super::{
    fixture::{Script, answer_number, code, failure, number},
    raw::{Raw, Record, done, error_number, utf16, with_headers},
};
use crate::packet::kind;

fn count_rows() -> Script {
    Script::new(|_, _, out| {
        out(Event::Done { rows: Some(3), error: false });
        Ended::Completed
    })
}

#[tokio::test]
async fn parameters_become_constants_of_sp_executesql() {
    let fixture = Script::new(|_, _, out| answer_number(5, out)).serve().await;
    let mut client = fixture.connect().await;
    let guid: tiberius::Uuid = "01234567-89ab-cdef-0123-456789abcdef".parse().unwrap();
    let row = client
        .query(
            "SELECT @P1, @P2, @P3, @P4, @P5, @P6, @P7, @P8, @P9",
            &[
                &1u8,
                &-2i16,
                &3i32,
                &i64::MIN,
                &true,
                &"O'Hara €😀",
                &Option::<&str>::None,
                &guid,
                &tiberius::numeric::Numeric::new_with_scale(-1205, 2),
            ],
        )
        .await
        .unwrap()
        .into_row()
        .await
        .unwrap()
        .unwrap();
    assert_eq!(row.get::<i32, _>(0), Some(5));
    let sql = fixture.seen.runs.lock().unwrap()[0].clone();
    let (head, values) = sql.split_once(", @P1 = ").unwrap();
    assert!(
        head.starts_with("EXEC sp_executesql N'SELECT @P1, @P2, @P3, @P4, @P5, @P6, @P7, @P8, @P9', N'@P1 "),
        "{sql}"
    );
    let expected = "1, @P2 = -2, @P3 = 3, @P4 = -9223372036854775808, @P5 = 1, @P6 = N'O''Hara €😀', @P7 = NULL, \
                    @P8 = N'01234567-89ab-cdef-0123-456789abcdef', @P9 = -12.05";
    assert_eq!(values, expected);
}

#[tokio::test]
async fn long_values_and_bytes_are_parameters_too() {
    let fixture = count_rows().serve().await;
    let mut client = fixture.connect().await;
    let long = "y".repeat(5000);
    let bytes = vec![0u8, 0xab, 0xff];
    let done =
        client.execute("UPDATE t SET a = @P1, b = @P2, c = @P3", &[&long.as_str(), &bytes, &1.5f64]).await.unwrap();
    assert_eq!(done.rows_affected(), [3]);
    let sql = fixture.seen.runs.lock().unwrap()[0].clone();
    let tail = format!("@P1 = N'{long}', @P2 = 0x00ABFF, @P3 = 1.5E0");
    assert!(sql.ends_with(&tail), "{sql}");
}

#[tokio::test]
async fn a_call_that_fails_says_so_in_its_return_status() {
    let fixture = Script::new(|_, _, out| {
        out(Event::Error(Message::new(208, 16, "Invalid object name 'nowhere'.")));
        out(Event::Done { rows: None, error: true });
        Ended::Completed
    });
    let mut raw = Raw::log_in(fixture.serve().await.address, 4096).await;
    let answer = raw.ask(kind::RPC, &with_headers(&executesql("SELECT 1 FROM nowhere"))).await;
    assert_eq!(error_number(&answer[0]), 208);
    assert_eq!(answer[1..], [done(0xff, 0x03, 0), (0x79, vec![1, 0, 0, 0]), done(0xfe, 0x02, 0)]);
}

fn executesql(sql: &str) -> Vec<u8> {
    let text = utf16(sql);
    let head = [0xff, 0xff, 10, 0, 0, 0, 0, 0, 0xe7, 0x40, 0x1f, 9, 4, 0xd0, 0, 0x34];
    [&head[..], &(text.len() as u16).to_le_bytes(), &text].concat()
}

#[tokio::test]
async fn other_procedures_are_refused_by_name() {
    let fixture = count_rows().serve().await;
    let mut raw = Raw::log_in(fixture.address, 4096).await;
    let named = utf16("[sys].sp_datatype_info_100");
    let by_name = [&((named.len() / 2) as u16).to_le_bytes()[..], &named, &[0, 0]].concat();
    for (body, name) in [(by_name, "[sys].sp_datatype_info_100"), (vec![0xff, 0xff, 13, 0, 0, 0], "sp_prepexec")] {
        let answer = raw.ask(kind::RPC, &with_headers(&body)).await;
        assert_eq!((answer[0].0, error_number(&answer[0])), (0xaa, 40510));
        let needle = utf16(name);
        assert!(answer[0].1.windows(needle.len()).any(|window| window == needle));
        assert_eq!(answer.last().unwrap(), &done(0xfe, 0x02, 0));
    }
    let answer = raw.ask(kind::BULK_LOAD, &[0x81, 0, 0]).await;
    assert_eq!((answer[0].0, error_number(&answer[0])), (0xaa, 40510));
    assert!(fixture.seen.runs.lock().unwrap().is_empty());
}

#[tokio::test]
async fn transaction_requests_become_statements() {
    let fixture = Script::new(|sql, _, out| {
        let change = match sql {
            sql if sql.contains("BEGIN") => Environment::Begin(0x0102_0304_0506_0708),
            sql if sql.starts_with("COMMIT") => Environment::Commit(0x0102_0304_0506_0708),
            _ => Environment::Rollback(0x0102_0304_0506_0708),
        };
        out(Event::Environment(change));
        out(Event::Done { rows: None, error: false });
        Ended::Completed
    });
    let fixture = fixture.serve().await;
    let mut client = fixture.connect().await;
    client.begin_transaction().await.unwrap();
    client.commit_transaction().await.unwrap();
    client.begin_transaction_with_isolation(tiberius::IsolationLevel::Serializable).await.unwrap();
    client.save_transaction("here").await.unwrap();
    client.rollback_transaction().await.unwrap();
    assert_eq!(
        *fixture.seen.runs.lock().unwrap(),
        [
            "BEGIN TRANSACTION",
            "COMMIT TRANSACTION",
            "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE; BEGIN TRANSACTION",
            "SAVE TRANSACTION [here]",
            "ROLLBACK TRANSACTION",
        ]
    );
    let mut raw = Raw::log_in(fixture.address, 4096).await;
    let begun = raw.ask(kind::TRANSACTION_MANAGER, &with_headers(&[5, 0, 0, 0])).await;
    assert_eq!(begun, [(0xe3, vec![8, 8, 8, 7, 6, 5, 4, 3, 2, 1, 0]), done(0xfd, 0, 0)]);
    let name = [8, 0, 4, b'a', 0, b']', 0, 1, 2, 0];
    raw.ask(kind::TRANSACTION_MANAGER, &with_headers(&name)).await;
    let sql = fixture.seen.runs.lock().unwrap().pop().unwrap();
    assert_eq!(sql, "ROLLBACK TRANSACTION [a]]]; SET TRANSACTION ISOLATION LEVEL READ COMMITTED; BEGIN TRANSACTION");
    let distributed = raw.ask(kind::TRANSACTION_MANAGER, &with_headers(&[0, 0, 0, 0])).await;
    assert_eq!(error_number(&distributed[0]), 40510);
}

#[tokio::test]
async fn messages_carry_everything_and_only_the_last_done_ends_the_answer() {
    let fixture = Script::new(|_, _, out| {
        out(Event::Done { rows: Some(2), error: false });
        out(Event::Info(Message::new(0, 0, "printed").at(3)));
        out(Event::Done { rows: None, error: false });
        out(Event::Done { rows: Some(0), error: false });
        Ended::Completed
    });
    let mut raw = Raw::log_in(fixture.serve().await.address, 4096).await;
    let answer = raw.ask(kind::SQL_BATCH, &with_headers(&utf16("x"))).await;
    let server = utf16("contoso-sql-1");
    let expected_info = {
        let mut body = [&0u32.to_le_bytes()[..], &[1, 0], &7u16.to_le_bytes(), &utf16("printed"), &[13]].concat();
        body.extend(server);
        body.extend([&[0][..], &3u32.to_le_bytes()].concat());
        body
    };
    assert_eq!(answer, [done(0xfd, 0x11, 2), (0xab, expected_info), done(0xfd, 0x01, 0), done(0xfd, 0x10, 0)]);
}

#[tokio::test]
async fn the_welcome_says_database_language_collation_version_and_size() {
    let fixture = count_rows().serve().await;
    let mut raw = Raw::shake_hands(fixture.address).await;
    let answer = raw.ask(kind::LOGIN7, &Record { packet_size: 100_000, ..Record::default() }.encode()).await;
    let kinds: Vec<u8> = answer.iter().map(|(token, _)| *token).collect();
    assert_eq!(kinds, [0xe3, 0xab, 0xe3, 0xe3, 0xab, 0xad, 0xe3, 0xfd]);
    let changes: Vec<u8> = answer.iter().filter(|(token, _)| *token == 0xe3).map(|(_, body)| body[0]).collect();
    assert_eq!(changes, [1, 7, 2, 4]);
    assert_eq!((error_number(&answer[1]), error_number(&answer[4])), (5701, 5703));
    assert_eq!(answer[5].1[..5], [1, 0x74, 0, 0, 4]);
    let size = [&[4, 5][..], &utf16("32767"), &[4], &utf16("4096")].concat();
    assert_eq!(answer[6].1, size);
}

#[tokio::test]
async fn answers_come_in_packets_of_the_agreed_size() {
    for (asked, agreed) in [(0, 4096), (1, 512), (512, 512), (8000, 8000), (1_000_000, 32_767)] {
        let fixture = Script::new(|_, _, out| {
            out(Event::Info(Message::new(0, 0, "z".repeat(4000))));
            out(Event::Info(Message::new(0, 0, "z".repeat(4000))));
            out(Event::Info(Message::new(0, 0, "z".repeat(4000))));
            out(Event::Info(Message::new(0, 0, "z".repeat(4000))));
            out(Event::Info(Message::new(0, 0, "z".repeat(4000))));
            Ended::Completed
        });
        let mut raw = Raw::log_in(fixture.serve().await.address, asked).await;
        raw.write(&crate::packet::pack(kind::SQL_BATCH, &with_headers(&utf16("x")))).await;
        let lengths = raw.packet_lengths().await;
        let (last, full) = lengths.split_last().unwrap();
        assert!(full.iter().all(|length| *length == agreed) && *last <= agreed && !full.is_empty(), "{lengths:?}");
    }
}

#[tokio::test]
async fn an_older_client_is_answered_in_its_version_and_a_too_old_one_is_told() {
    let fixture = count_rows().serve().await;
    let mut raw = Raw::shake_hands(fixture.address).await;
    let answer = raw.ask(kind::LOGIN7, &Record { version: 0x730b_0003, ..Record::default() }.encode()).await;
    assert_eq!(answer[5].1[1..5], [0x73, 0x0b, 0, 3]);
    let mut raw = Raw::shake_hands(fixture.address).await;
    let answer = raw.ask(kind::LOGIN7, &Record { version: 0x7209_0002, ..Record::default() }.encode()).await;
    assert_eq!(error_number(&answer[0]), 17832);
}

#[tokio::test]
async fn ways_to_log_in_that_do_not_exist_here_are_named() {
    let fixture = count_rows().serve().await;
    let adal = vec![2, 2, 0, 0, 0, 4, 1, 0xff];
    for (record, name) in [
        (Record { flags2: 0x80, ..Record::default() }, "windows authentication"),
        (Record { flags3: 0x01, ..Record::default() }, "a change of the password"),
        (Record { flags3: 0x10, features: adal, ..Record::default() }, "without an access token"),
    ] {
        let mut raw = Raw::shake_hands(fixture.address).await;
        let answer = raw.ask(kind::LOGIN7, &record.encode()).await;
        assert_eq!(error_number(&answer[0]), 18456);
        let needle = utf16(name);
        assert!(answer[0].1.windows(needle.len()).any(|window| window == needle));
        assert!(raw.message().await.is_none());
    }
    assert!(fixture.seen.logins.lock().unwrap().is_empty());
}

#[tokio::test]
async fn features_of_other_drivers_are_passed_over() {
    let fixture = count_rows().serve().await;
    // Session recovery, column encryption, UTF-8, data classification, as the ODBC driver sends them.
    let features = vec![1, 0, 0, 0, 0, 4, 1, 0, 0, 0, 1, 9, 1, 0, 0, 0, 2, 10, 1, 0, 0, 0, 1, 0xff];
    let mut raw = Raw::shake_hands(fixture.address).await;
    let answer = raw.ask(kind::LOGIN7, &Record { flags3: 0x10, features, ..Record::default() }.encode()).await;
    assert!(answer.iter().all(|(token, _)| *token != 0xae && *token != 0xaa));
}

#[tokio::test]
async fn an_error_of_one_batch_leaves_the_next_alone() {
    let fixture = Script::new(|sql, _, out| {
        if sql == "bad" {
            out(Event::Error(Message::new(102, 15, "Incorrect syntax near 'bad'.")));
            return Ended::Completed;
        }
        answer_number(5, out)
    });
    let mut client = fixture.serve().await.connect().await;
    for _ in 0..2 {
        let error = failure(&mut client, "bad").await;
        assert_eq!(code(&error), 102);
        assert_eq!(number(&mut client, "good").await.unwrap(), 5);
    }
}
