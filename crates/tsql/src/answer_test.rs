use tiberius::ColumnType;

use super::*;

fn row(value: ColumnData<'static>) -> Row {
    let cells = tiberius::Row::builder().column("x", ColumnType::Null, value).build();
    Row { attempt: "look".into(), cells }
}

fn days_from_year_one(date: civil::Date) -> u32 {
    (date - civil::date(1, 1, 1)).get_days().try_into().unwrap()
}

#[test]
fn integers_of_every_width_are_one_type() {
    let values =
        [ColumnData::U8(Some(7)), ColumnData::I16(Some(7)), ColumnData::I32(Some(7)), ColumnData::I64(Some(7))];
    for value in values {
        assert_eq!(row(value).integer("x"), Ok(7));
    }
    assert_eq!(row(ColumnData::I32(None)).optional_integer("x"), Ok(None));
}

#[test]
fn times_of_every_type_are_utc() {
    let date = time::Date::new(days_from_year_one(civil::date(2026, 11, 22)));
    let of_day = time::Time::new(432_000_001_234, 7);
    let expected: Timestamp = "2026-11-22T12:00:00.0001234Z".parse().unwrap();
    let datetime2 = time::DateTime2::new(date, of_day);
    assert_eq!(row(ColumnData::DateTime2(Some(datetime2))).time("x"), Ok(expected));
    let with_offset = time::DateTimeOffset::new(datetime2, 120);
    assert_eq!(row(ColumnData::DateTimeOffset(Some(with_offset))).time("x"), Ok(expected));

    let milliseconds = time::DateTime2::new(date, time::Time::new(1, 3));
    let expected: Timestamp = "2026-11-22T00:00:00.001Z".parse().unwrap();
    assert_eq!(row(ColumnData::DateTime2(Some(milliseconds))).time("x"), Ok(expected));

    let datetime = time::DateTime::new(-1, 300 * 3600);
    assert_eq!(row(ColumnData::DateTime(Some(datetime))).time("x"), Ok("1899-12-31T01:00:00Z".parse().unwrap()));
    assert_eq!(row(ColumnData::DateTime2(None)).optional_time("x"), Ok(None));
}

#[test]
fn a_time_beyond_what_can_be_told_is_refused() {
    let datetime2 = time::DateTime2::new(time::Date::new(0xFF_FFFF), time::Time::new(0, 7));
    assert!(row(ColumnData::DateTime2(Some(datetime2))).time("x").is_err());
    let scale = time::DateTime2::new(time::Date::new(1), time::Time::new(0, 12));
    assert!(row(ColumnData::DateTime2(Some(scale))).time("x").is_err());
}

#[test]
fn what_was_not_expected_is_named() {
    let message = |result: Result<String, SqlError>| result.unwrap_err().to_string();
    assert_eq!(message(row(ColumnData::String(None)).text("x")), "cannot look: column `x` of the answer is NULL");
    assert_eq!(message(row(ColumnData::Bit(None)).text("y")), "cannot look: the answer has no column `y`");
    assert_eq!(
        message(row(ColumnData::Bit(None)).text("x")),
        "cannot look: column `x` of the answer has another type than expected"
    );
    let answer = Answer { attempt: "look".into(), sets: vec![vec![]], messages: vec![] };
    assert_eq!(answer.row().unwrap_err().to_string(), "cannot look: the answer has 0 rows instead of one");
    assert_eq!(answer.set(1).unwrap_err().to_string(), "cannot look: the answer has no result set 2");
}
