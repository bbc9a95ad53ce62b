//! Functions of dates and times. Moments come as `datetime2(7)` in their stored form, unless a type is given.

use jiff::{
    Span, ToSpan, Unit,
    civil::{Date, DateTime},
};
use rusqlite::{Connection, types::Value};

use super::{integer, real, strict, string};
use crate::{
    Message,
    convert::{self, Moment},
    error,
    types::Type,
};

pub(super) fn register(connection: &Connection) -> rusqlite::Result<()> {
    strict(connection, "ts_dateadd", 4, date_add)?;
    strict(connection, "ts_datediff", 4, date_difference)?;
    strict(connection, "ts_datepart", 2, |values| Ok(Value::Integer(part(string(&values[0]), read(&values[1])?))))?;
    strict(connection, "ts_datename", 2, date_name)?;
    strict(connection, "ts_eomonth", 2, end_of_month)?;
    strict(connection, "ts_datefromparts", 3, date_from_parts)?;
    strict(connection, "ts_isdate", 1, |values| {
        Ok(Value::Integer(i64::from(
            convert::parse_moment(string(&values[0]), 0).is_some_and(|moment| moment.year() >= 1753),
        )))
    })?;
    strict(connection, "ts_format_time", 2, |values| {
        Ok(Value::Text(format_time(read(&values[0])?, string(&values[1]))))
    })?;
    strict(connection, "ts_format_number", 2, |values| {
        Ok(Value::Text(format_number(real(&values[0]), string(&values[1]))))
    })
}

fn read(value: &Value) -> Result<Moment, Message> {
    convert::stored(string(value), Type::DateTime2(7)).ok_or_else(error::conversion_failed_time)
}

fn overflow() -> Message {
    Message::new(517, 16, "Adding a value to a 'datetime2' column caused an overflow.")
}

fn span(part: &str, number: i64) -> Option<Span> {
    let span = match part {
        "year" => Span::new().try_years(number),
        "quarter" => Span::new().try_months(number.checked_mul(3)?),
        "month" => Span::new().try_months(number),
        "week" => Span::new().try_weeks(number),
        "dayofyear" | "day" | "weekday" => Span::new().try_days(number),
        "hour" => Span::new().try_hours(number),
        "minute" => Span::new().try_minutes(number),
        "second" => Span::new().try_seconds(number),
        "millisecond" => Span::new().try_milliseconds(number),
        "microsecond" => Span::new().try_microseconds(number),
        _ => Span::new().try_nanoseconds(number),
    };
    span.ok()
}

/// `ts_dateadd(part, number, moment, type)`
fn date_add(values: &[Value]) -> Result<Value, Message> {
    let kind = Type::from_code(integer(&values[3]));
    let moment = convert::stored(string(&values[2]), kind).ok_or_else(error::conversion_failed_time)?;
    let span = span(string(&values[0]), integer(&values[1])).ok_or_else(overflow)?;
    let moved = moment.checked_add(span).map_err(|_| overflow())?;
    convert::stored_form(moved, kind).map(Value::Text)
}

/// Counts the boundaries crossed, not the whole units.
fn date_difference(values: &[Value]) -> Result<Value, Message> {
    let (from, to) = (read(&values[1])?, read(&values[2])?);
    let months = |moment: DateTime| i64::from(moment.year()) * 12 + i64::from(moment.month()) - 1;
    let days = |moment: DateTime| day_number(moment.date());
    let nanoseconds = (to.duration_since(from)).as_nanos();
    let ticks = |unit: i128| ticks_of(to, unit) - ticks_of(from, unit);
    let difference = match string(&values[0]) {
        "year" => i128::from(to.year() - from.year()),
        "quarter" => i128::from(months(to) / 3 - months(from) / 3),
        "month" => i128::from(months(to) - months(from)),
        "week" => i128::from((days(to) + 1).div_euclid(7) - (days(from) + 1).div_euclid(7)),
        "dayofyear" | "day" | "weekday" => i128::from(days(to) - days(from)),
        "hour" => ticks(3_600_000_000_000),
        "minute" => ticks(60_000_000_000),
        "second" => ticks(1_000_000_000),
        "millisecond" => ticks(1_000_000),
        "microsecond" => ticks(1000),
        _ => nanoseconds,
    };
    let kind = Type::from_code(integer(&values[3]));
    let too_many = || {
        Message::new(
            535,
            16,
            "The datediff function resulted in an overflow. The number of dateparts separating two date/time instances is too large. Try to use datediff with a less precise datepart.",
        )
    };
    let difference = i64::try_from(difference).map_err(|_| too_many())?;
    convert::in_range(difference, kind).map(Value::Integer).map_err(|_| too_many())
}

/// Days since 1900-01-01, which was a Monday.
fn day_number(date: Date) -> i64 {
    let epoch = jiff::civil::date(1900, 1, 1);
    epoch.until((Unit::Day, date)).map_or(0, |span| i64::from(span.get_days()))
}

fn ticks_of(moment: DateTime, unit: i128) -> i128 {
    let epoch = jiff::civil::date(1, 1, 1).at(0, 0, 0, 0);
    moment.duration_since(epoch).as_nanos().div_euclid(unit)
}

fn part(name: &str, moment: DateTime) -> i64 {
    let nanoseconds = i64::from(moment.subsec_nanosecond());
    match name {
        "year" => i64::from(moment.year()),
        "quarter" => (i64::from(moment.month()) + 2) / 3,
        "month" => i64::from(moment.month()),
        "dayofyear" => i64::from(moment.date().day_of_year()),
        "day" => i64::from(moment.day()),
        "week" => {
            let first = jiff::civil::date(moment.year(), 1, 1).weekday().to_sunday_zero_offset();
            (i64::from(moment.date().day_of_year()) + i64::from(first) - 1) / 7 + 1
        }
        "iso_week" => i64::from(moment.date().iso_week_date().week()),
        "weekday" => i64::from(moment.weekday().to_sunday_one_offset()),
        "hour" => i64::from(moment.hour()),
        "minute" => i64::from(moment.minute()),
        "second" => i64::from(moment.second()),
        "millisecond" => nanoseconds / 1_000_000,
        "microsecond" => nanoseconds / 1000,
        _ => nanoseconds,
    }
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

fn month_name(moment: DateTime) -> &'static str {
    MONTHS[usize::from(moment.month().unsigned_abs()) - 1]
}

fn day_name(moment: DateTime) -> &'static str {
    DAYS[usize::from(moment.weekday().to_sunday_zero_offset().unsigned_abs())]
}

fn date_name(values: &[Value]) -> Result<Value, Message> {
    let moment = read(&values[1])?;
    Ok(Value::Text(match string(&values[0]) {
        "month" => month_name(moment).to_owned(),
        "weekday" => day_name(moment).to_owned(),
        name => part(name, moment).to_string(),
    }))
}

fn end_of_month(values: &[Value]) -> Result<Value, Message> {
    let moved = read(&values[0])?.date().checked_add(integer(&values[1]).months()).map_err(|_| overflow())?;
    convert::stored_form(moved.last_of_month().at(0, 0, 0, 0), Type::Date).map(Value::Text)
}

fn date_from_parts(values: &[Value]) -> Result<Value, Message> {
    let narrow = |value: &Value| i8::try_from(integer(value)).ok();
    let date = i16::try_from(integer(&values[0]))
        .ok()
        .zip(narrow(&values[1]).zip(narrow(&values[2])))
        .and_then(|(year, (month, day))| Date::new(year, month, day).ok());
    let date = date.ok_or_else(|| {
        Message::new(289, 16, "Cannot construct data type date, some of the arguments have values which are not valid.")
    })?;
    convert::stored_form(date.at(0, 0, 0, 0), Type::Date).map(Value::Text)
}

/// The custom date formats of .NET that are built of numbers, names and separators.
fn format_time(moment: DateTime, pattern: &str) -> String {
    let letters: Vec<char> = pattern.chars().collect();
    let mut result = String::new();
    let mut at = 0;
    while at < letters.len() {
        let letter = letters[at];
        let run = letters[at..].iter().take_while(|other| **other == letter).count();
        result.push_str(&field(moment, letter, run));
        at += run;
    }
    result
}

fn field(moment: DateTime, letter: char, run: usize) -> String {
    let padded = |number: i64| format!("{number:0run$}");
    match letter {
        'y' if run <= 2 => format!("{:02}", moment.year() % 100),
        'y' => format!("{:04}", moment.year()),
        'M' if run == 3 => month_name(moment)[..3].to_owned(),
        'M' if run > 3 => month_name(moment).to_owned(),
        'M' => padded(i64::from(moment.month())),
        'd' if run == 3 => day_name(moment)[..3].to_owned(),
        'd' if run > 3 => day_name(moment).to_owned(),
        'd' => padded(i64::from(moment.day())),
        'H' => padded(i64::from(moment.hour())),
        'h' => padded(i64::from((moment.hour() + 11) % 12 + 1)),
        'm' => padded(i64::from(moment.minute())),
        's' => padded(i64::from(moment.second())),
        'f' => format!("{:09}", moment.subsec_nanosecond())[..run.min(9)].to_owned(),
        't' => if moment.hour() < 12 { "AM" } else { "PM" }.to_owned(),
        other => other.to_string().repeat(run),
    }
}

/// `N2`, `F2`, `D5`, `0000`, `#,##0.00` and the like.
fn format_number(number: f64, pattern: &str) -> String {
    let digits = |default: usize| pattern.get(1..).and_then(|text| text.parse().ok()).unwrap_or(default);
    match pattern.chars().next() {
        Some('N' | 'n') => grouped(number, digits(2)),
        Some('F' | 'f') => format!("{number:.*}", digits(2)),
        Some('D' | 'd') => format!("{:0width$}", number as i64, width = digits(1)),
        Some('P' | 'p') => format!("{} %", grouped(number * 100.0, digits(2))),
        _ => custom_number(number, pattern),
    }
}

fn custom_number(number: f64, pattern: &str) -> String {
    let (whole, fraction) = pattern.split_once('.').unwrap_or((pattern, ""));
    let text =
        if whole.contains(',') { grouped(number, fraction.len()) } else { format!("{number:.*}", fraction.len()) };
    let least = whole.chars().filter(|c| *c == '0').count();
    let digits = text.split('.').next().unwrap_or("").trim_start_matches('-').len();
    let zeros = "0".repeat(least.saturating_sub(digits));
    match text.strip_prefix('-') {
        Some(text) => format!("-{zeros}{text}"),
        None => format!("{zeros}{text}"),
    }
}

fn grouped(number: f64, digits: usize) -> String {
    let text = format!("{:.digits$}", number.abs());
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let mut result = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place) % 3 == 0 {
            result.push(',');
        }
        result.push(digit);
    }
    let sign = if number < 0.0 { "-" } else { "" };
    if fraction.is_empty() { format!("{sign}{result}") } else { format!("{sign}{result}.{fraction}") }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn differences_count_boundaries() {
        let text = |text: &str| Value::Text(text.to_owned());
        for (unit, expected) in
            [("year", 1), ("month", 1), ("day", 1), ("hour", 1), ("second", 1), ("week", 0), ("millisecond", 100)]
        {
            let arguments = [
                text(unit),
                text("2019-12-31 23:59:59.9500000"),
                text("2020-01-01 00:00:00.0500000"),
                Value::Integer(Type::Int.code()),
            ];
            assert_eq!(date_difference(&arguments).unwrap(), Value::Integer(expected), "{unit}");
        }
    }

    #[test]
    fn numbers_and_times_take_formats() {
        assert_eq!(format_number(1234567.891, "N2"), "1,234,567.89");
        assert_eq!(format_number(7.0, "0000"), "0007");
        assert_eq!(format_number(-1234.5, "#,##0.00"), "-1,234.50");
        let moment = jiff::civil::date(2020, 2, 3).at(14, 5, 6, 70_000_000);
        assert_eq!(format_time(moment, "yyyy-MM-dd HH:mm:ss.fff"), "2020-02-03 14:05:06.070");
        assert_eq!(format_time(moment, "d MMM yy h:mm tt"), "3 Feb 20 2:05 PM");
    }
}
