use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use futures_util::TryStreamExt;
use sim_sql::{ColumnType, Ended, Event, Message, Value};
use tiberius::{ColumnData, QueryItem, numeric::Numeric};
use tokio::sync::mpsc;

use super::fixture::{Script, answer_number, code, failure, login, number, result, start};
use crate::{
    backend::Gate,
    packet::Reset,
    run::{Batch, BatchRun, ConnectionContext, Fate},
    wire::Out,
};

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// A column of this type with these values, as tiberius reads it.
async fn read(kind: ColumnType, values: Vec<Value>) -> Vec<ColumnData<'static>> {
    let rows: Vec<Vec<Value>> = values.into_iter().map(|value| vec![value]).collect();
    let script = Script::new(move |_, _, out| {
        result(&[("value", kind)], rows.clone(), out);
        Ended::Completed
    });
    let mut client = script.serve().await.connect().await;
    let rows = client.simple_query("SELECT value").await.unwrap().into_first_result().await.unwrap();
    rows.into_iter().map(|row| row.cells().next().unwrap().1.clone()).collect()
}

#[tokio::test]
async fn integers_and_bits_at_their_limits() {
    let numbers = |numbers: [i64; 3]| numbers.map(Value::Int).into_iter().chain([Value::Null]).collect::<Vec<_>>();
    assert_eq!(
        read(ColumnType::TinyInt, numbers([0, 1, 255])).await,
        [Some(0), Some(1), Some(255), None].map(ColumnData::U8)
    );
    assert_eq!(
        read(ColumnType::SmallInt, numbers([-32768, -1, 32767])).await,
        [Some(i16::MIN), Some(-1), Some(i16::MAX), None].map(ColumnData::I16)
    );
    assert_eq!(
        read(ColumnType::Int, numbers([i64::from(i32::MIN), -1, i64::from(i32::MAX)])).await,
        [Some(i32::MIN), Some(-1), Some(i32::MAX), None].map(ColumnData::I32)
    );
    assert_eq!(
        read(ColumnType::BigInt, numbers([i64::MIN, -1, i64::MAX])).await,
        [Some(i64::MIN), Some(-1), Some(i64::MAX), None].map(ColumnData::I64)
    );
    assert_eq!(
        read(ColumnType::Bit, vec![Value::Bit(false), Value::Bit(true), Value::Null]).await,
        [Some(false), Some(true), None].map(ColumnData::Bit)
    );
}

#[tokio::test]
async fn floats() {
    let numbers = [0.0, -1.5, f64::MAX, f64::MIN_POSITIVE];
    let values = numbers.map(Value::Float).into_iter().chain([Value::Null]).collect();
    let mut expected = numbers.map(|number| ColumnData::F64(Some(number))).to_vec();
    expected.push(ColumnData::F64(None));
    assert_eq!(read(ColumnType::Float, values).await, expected);
}

#[tokio::test]
async fn decimals_of_every_width() {
    for (precision, scale, written, value) in [
        (9, 2, "-1234567.89", -123_456_789),
        (19, 4, "922337203685477.5807", 9_223_372_036_854_775_807),
        (28, 0, "9999999999999999999999999999", 9_999_999_999_999_999_999_999_999_999),
        (38, 10, "-9999999999999999999999999999.9999999999", -99_999_999_999_999_999_999_999_999_999_999_999_999),
        (5, 5, "0.00001", 1),
    ] {
        let read = read(ColumnType::Decimal(precision, scale), vec![text(written), Value::Null]).await;
        let expected = Numeric::new_with_scale(value, scale);
        assert_eq!(read, [ColumnData::Numeric(Some(expected)), ColumnData::Numeric(None)], "{written}");
    }
}

#[tokio::test]
async fn texts_short_and_long() {
    let long = "Grüße €😀 '".repeat(100_000);
    for (kind, texts) in [
        (ColumnType::NVarChar(Some(4000)), vec![String::new(), "a😀".into(), "€".repeat(4000)]),
        (ColumnType::NVarChar(Some(1)), vec![String::new(), "ß".into()]),
        (ColumnType::NVarChar(None), vec![String::new(), "a😀".into(), long]),
    ] {
        let values = texts.iter().map(|it| text(it)).chain([Value::Null]).collect();
        let read = read(kind, values).await;
        let expected: Vec<_> = texts.into_iter().map(Some).chain([None]).collect();
        assert_eq!(read, expected.into_iter().map(|it| ColumnData::String(it.map(Into::into))).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn bytes_short_and_long() {
    let long: Vec<u8> = (0..1_000_000u32).map(|number| (number % 251) as u8).collect();
    for (kind, values) in [
        (ColumnType::VarBinary(Some(8000)), vec![vec![], vec![0, 255], long[..8000].to_vec()]),
        (ColumnType::VarBinary(None), vec![vec![], vec![0, 255], long.clone()]),
    ] {
        let read = read(kind, values.iter().cloned().map(Value::Binary).chain([Value::Null]).collect()).await;
        let expected: Vec<_> = values.into_iter().map(Some).chain([None]).collect();
        assert_eq!(read, expected.into_iter().map(|it| ColumnData::Binary(it.map(Into::into))).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn guids_have_their_first_three_groups_swapped() {
    let guid = "01234567-89ab-cdef-0123-456789abcdef";
    let read = read(ColumnType::Guid, vec![text(guid), Value::Null]).await;
    assert_eq!(read, [ColumnData::Guid(Some(guid.parse().unwrap())), ColumnData::Guid(None)]);
}

#[tokio::test]
async fn dates_and_times_at_their_limits() {
    let date = |days| ColumnData::Date(Some(tiberius::time::Date::new(days)));
    let read_dates =
        read(ColumnType::Date, vec![text("0001-01-01"), text("2024-02-29"), text("9999-12-31"), Value::Null]);
    assert_eq!(read_dates.await, [date(0), date(738_944), date(3_652_058), ColumnData::Date(None)]);

    let time = |units| ColumnData::Time(Some(tiberius::time::Time::new(units, 7)));
    let read_times =
        read(ColumnType::Time, vec![text("00:00:00"), text("23:59:59.9999999"), text("12:30:01.5"), Value::Null]);
    let expected = [time(0), time(863_999_999_999), time(450_015_000_000), ColumnData::Time(None)];
    assert_eq!(read_times.await, expected);
}

#[tokio::test]
async fn datetime_counts_three_hundredths_of_a_second() {
    let value = |days, ticks| ColumnData::DateTime(Some(tiberius::time::DateTime::new(days, ticks)));
    let texts =
        ["1753-01-01 00:00:00", "1900-01-01 00:00:00.003", "1999-12-31 23:59:59.997", "2024-01-01 23:59:59.999"];
    let values = texts.iter().map(|it| text(it)).chain([Value::Null]).collect();
    let expected =
        [value(-53_690, 0), value(0, 1), value(36_523, 25_919_999), value(45_291, 0), ColumnData::DateTime(None)];
    assert_eq!(read(ColumnType::DateTime, values).await, expected);
}

#[tokio::test]
async fn datetime2_of_every_scale() {
    for scale in 0..=7u8 {
        let unit = 10u64.pow(7 - u32::from(scale));
        let value = |days, units| {
            let (date, time) = (tiberius::time::Date::new(days), tiberius::time::Time::new(units, scale));
            ColumnData::DateTime2(Some(tiberius::time::DateTime2::new(date, time)))
        };
        let last = 863_999_999_999 / unit;
        let fraction = "9".repeat(usize::from(scale));
        let point = if scale == 0 { "" } else { "." };
        let end = format!("9999-12-31 23:59:59{point}{fraction}");
        let read = read(
            ColumnType::DateTime2(scale),
            vec![text("0001-01-01 00:00:00"), text(&end), text("2024-02-28 23:59:59.99999999"), Value::Null],
        );
        let expected = [value(0, 0), value(3_652_058, last), value(738_944, 0), ColumnData::DateTime2(None)];
        assert_eq!(read.await, expected, "scale {scale}");
    }
}

#[tokio::test]
async fn a_query_of_a_megabyte_arrives_whole() {
    let fixture = Script::new(|sql, _, out| answer_number(sql.encode_utf16().count() as i64, out)).serve().await;
    for packet_size in [512, 4096, 32767] {
        let mut client = fixture.connect_with(|config| config.packet_size(packet_size)).await.unwrap();
        let sql = format!("SELECT N'{}'", "x€😀".repeat(262_144));
        assert_eq!(number(&mut client, &sql).await.unwrap(), sql.encode_utf16().count() as i32);
        assert_eq!(fixture.seen.runs.lock().unwrap().pop().unwrap(), sql);
    }
}

#[tokio::test]
async fn a_hundred_thousand_rows_stream() {
    let columns = [("id", ColumnType::BigInt), ("name", ColumnType::NVarChar(Some(100)))];
    let fixture = Script::new(move |_, _, out| {
        start(&columns, out);
        (0..100_000).for_each(|id| out(Event::Row(vec![Value::Int(id), text(&format!("name {id}"))])));
        out(Event::Done { rows: Some(100_000), error: false });
        Ended::Completed
    });
    let mut client = fixture.serve().await.connect().await;
    let mut rows = client.simple_query("SELECT id, name").await.unwrap().into_row_stream();
    let mut next = 0;
    while let Some(row) = rows.try_next().await.unwrap() {
        assert_eq!(row.get::<i64, _>("id"), Some(next));
        assert_eq!(row.get::<&str, _>("name"), Some(format!("name {next}").as_str()));
        next += 1;
    }
    assert_eq!(next, 100_000);
}

/// Nobody takes the answer but the test, piece by piece: the engine is never further ahead than the queue is long.
#[tokio::test]
async fn the_engine_waits_for_a_client_that_reads_slowly() {
    const DEPTH: usize = 4;
    let produced = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&produced);
    let script = Script::new(move |_, _, out| {
        start(&[("v", ColumnType::NVarChar(None))], out);
        for _ in 0..5000 {
            counter.fetch_add(2000, Ordering::SeqCst);
            out(Event::Row(vec![text(&"x".repeat(1000))]));
        }
        Ended::Completed
    });
    let login = login();
    let mut session = script.login(&login).unwrap();
    let (out, mut queue) = mpsc::channel(DEPTH);
    let desk = ConnectionContext { gate: Arc::new(script), login, server: String::new(), out };
    let batch = Batch { sql: "SELECT v".into(), call: false, reset: Reset::No };
    let work = tokio::task::spawn_blocking(move || desk.run(&mut *session, &batch, &BatchRun::default()));
    let mut taken = 0;
    while let Some(piece) = queue.recv().await {
        taken += if let Out::Tokens(tokens) = piece { tokens.len() } else { 0 };
        let ahead = produced.load(Ordering::SeqCst).saturating_sub(taken);
        assert!(ahead <= (DEPTH + 2) * 20_000, "{ahead} bytes are waiting");
    }
    assert!(taken > 10_000_000);
    assert_eq!(work.await.unwrap(), Fate::Answered);
}

#[tokio::test]
async fn several_result_sets_and_statements_without_any() {
    let fixture = Script::new(|_, _, out| {
        out(Event::Done { rows: Some(3), error: false });
        answer_number(1, out);
        out(Event::Done { rows: None, error: false });
        result(&[("a", ColumnType::Int), ("", ColumnType::NVarChar(Some(5)))], vec![], out);
        answer_number(2, out);
        out(Event::Info(Message::new(0, 0, "the end")));
        Ended::Completed
    });
    let mut client = fixture.serve().await.connect().await;
    let results = client.simple_query("…").await.unwrap().into_results().await.unwrap();
    let numbers: Vec<Vec<Option<i32>>> =
        results.iter().map(|rows| rows.iter().map(|row| row.get(0)).collect()).collect();
    assert_eq!(numbers, [vec![Some(1)], vec![], vec![Some(2)]]);
}

#[tokio::test]
async fn an_error_after_a_result_set_is_told_with_its_line() {
    let fixture = Script::new(|sql, _, out| {
        if sql != "fail" {
            return answer_number(5, out);
        }
        answer_number(1, out);
        let error =
            Message { procedure: "dbo.p".into(), ..Message::new(3906, 16, "Failed to update database.").at(42) };
        out(Event::Error(error));
        out(Event::Done { rows: None, error: true });
        Ended::Completed
    });
    let mut client = fixture.serve().await.connect().await;
    let mut stream = client.simple_query("fail").await.unwrap();
    let mut rows = 0;
    let error = loop {
        match stream.try_next().await {
            Ok(Some(QueryItem::Row(_))) => rows += 1,
            Ok(Some(_)) => {}
            Ok(None) => panic!("the error was lost"),
            Err(error) => break error,
        }
    };
    drop(stream);
    assert_eq!(rows, 1);
    match &error {
        tiberius::error::Error::Server(error) => {
            assert_eq!((error.code(), error.class(), error.line(), error.procedure()), (3906, 16, 42, "dbo.p"));
        }
        other => panic!("{other}"),
    }
    assert_eq!(number(&mut client, "SELECT 5").await.unwrap(), 5);
}

#[tokio::test]
async fn an_empty_batch_is_answered() {
    let mut client = Script::new(|_, _, _| Ended::Completed).serve().await.connect().await;
    assert!(client.simple_query("").await.unwrap().into_results().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_row_that_does_not_fit_its_columns_is_an_error_never_a_gap() {
    for (kind, value) in [
        (ColumnType::Int, Value::Int(i64::MAX)),
        (ColumnType::TinyInt, Value::Int(-1)),
        (ColumnType::Int, text("7")),
        (ColumnType::Bit, Value::Int(1)),
        (ColumnType::NVarChar(Some(3)), text("four")),
        (ColumnType::VarBinary(Some(1)), Value::Binary(vec![1, 2])),
        (ColumnType::Decimal(3, 1), text("123.4")),
        (ColumnType::Guid, text("no guid")),
        (ColumnType::Date, text("2023-02-29")),
        (ColumnType::DateTime, text("1752-12-31 00:00:00")),
        (ColumnType::DateTime2(0), text("9999-12-31 23:59:59.5")),
    ] {
        let fixture = Script::new(move |_, _, out| {
            result(&[("the_column", kind)], vec![vec![Value::Null], vec![value.clone()], vec![Value::Null]], out);
            Ended::Completed
        });
        let mut client = fixture.serve().await.connect().await;
        let error = failure(&mut client, "SELECT 1").await;
        assert_eq!(code(&error), 8630);
        assert!(error.to_string().contains("the_column"), "{error}");
    }
}
