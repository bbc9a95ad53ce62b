//! Dates and times: their stored form, what they are read from, and the styles of `CONVERT`.

use jiff::civil::{Date, DateTime, Time};
use rusqlite::types::Value;

use super::refused;
use crate::{Message, error, types::Type};

/// A date and time of day without a zone.
pub(crate) type Moment = DateTime;

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The day that `datetime` counts from.
const EPOCH: Date = jiff::civil::date(1900, 1, 1);

pub(super) fn convert(value: Value, from: Type, to: Type, style: i64) -> Result<Value, Message> {
    let moment = match value {
        Value::Text(text) if from.is_time() => stored(&text, from).ok_or_else(error::conversion_failed_time)?,
        Value::Text(text) if from.is_text() => parse_moment(&text, style).ok_or_else(error::conversion_failed_time)?,
        Value::Integer(days) if matches!(to, Type::DateTime | Type::SmallDateTime) => after_epoch(days as f64, to)?,
        Value::Real(days) if matches!(to, Type::DateTime | Type::SmallDateTime) => after_epoch(days, to)?,
        _ => return Err(refused(from, to)),
    };
    stored_form(moment, to).map(Value::Text)
}

fn after_epoch(days: f64, to: Type) -> Result<Moment, Message> {
    let seconds = (days * 86400.0).round();
    EPOCH
        .to_datetime(Time::midnight())
        .checked_add(jiff::SignedDuration::from_secs(seconds as i64))
        .map_err(|_| error::overflow(to.name()))
}

/// Days since 1900 with fractions, what a `datetime` is as a number.
pub(super) fn day_number(text: &str, from: Type) -> Result<f64, Message> {
    let moment = stored(text, from).ok_or_else(error::conversion_failed_time)?;
    let since = moment.duration_since(EPOCH.to_datetime(Time::midnight()));
    Ok(since.as_secs_f64() / 86400.0)
}

/// The text that a value of this type has in the database.
pub(crate) fn stored_form(moment: Moment, to: Type) -> Result<String, Message> {
    if matches!(to, Type::DateTime | Type::SmallDateTime) && moment.year() < 1753 {
        return Err(error::out_of_range(to.name()));
    }
    let moment = round_to(moment, to).ok_or_else(|| error::overflow(to.name()))?;
    let (date, time) = (moment.date(), moment.time());
    Ok(match to {
        Type::Date => date_text(date),
        Type::Time(scale) => time_text(time, scale),
        _ => format!("{} {}", date_text(date), time_text(time, to.fraction())),
    })
}

fn date_text(date: Date) -> String {
    format!("{:04}-{:02}-{:02}", date.year(), date.month(), date.day())
}

fn time_text(time: Time, digits: u8) -> String {
    let whole = format!("{:02}:{:02}:{:02}", time.hour(), time.minute(), time.second());
    if digits == 0 {
        return whole;
    }
    let fraction = time.subsec_nanosecond() / 10_i32.pow(9 - u32::from(digits));
    format!("{whole}.{fraction:0width$}", width = usize::from(digits))
}

/// Rounds to what the type keeps: a `datetime` has steps of 1/300 s, a `smalldatetime` minutes.
fn round_to(moment: Moment, to: Type) -> Option<Moment> {
    let nanoseconds = i64::from(moment.subsec_nanosecond());
    let whole = moment.with().subsec_nanosecond(0).build().ok()?;
    match to {
        Type::DateTime => {
            let ticks = (nanoseconds * 300 + 500_000_000) / 1_000_000_000;
            let milliseconds = (ticks * 10 + 1) / 3;
            whole.checked_add(jiff::SignedDuration::from_millis(milliseconds)).ok()
        }
        Type::SmallDateTime => {
            let minute = whole.with().second(0).build().ok()?;
            let up = i64::from(whole.second() >= 30);
            minute.checked_add(jiff::SignedDuration::from_mins(up)).ok()
        }
        Type::Date => Some(moment),
        _ => {
            let unit = 10_i64.pow(9 - u32::from(to.fraction()));
            let rounded = (nanoseconds + unit / 2) / unit * unit;
            whole.checked_add(jiff::SignedDuration::from_nanos(rounded)).ok()
        }
    }
}

/// Reads the stored form.
pub(crate) fn stored(text: &str, from: Type) -> Option<Moment> {
    match from {
        Type::Time(_) => Some(EPOCH.to_datetime(time_of_day(text)?)),
        Type::Date => Some(iso_date(text)?.to_datetime(Time::midnight())),
        _ => {
            let (date, time) = text.split_once(' ')?;
            Some(iso_date(date)?.to_datetime(time_of_day(time)?))
        }
    }
}

/// Reads a string: ISO forms, `YYYYMMDD`, numbers with `/`, `-` or `.`, month names; a time alone is on 1900-01-01.
pub(crate) fn parse_moment(text: &str, style: i64) -> Option<Moment> {
    let text = text.trim().trim_end_matches('Z');
    if text.is_empty() {
        return Some(EPOCH.to_datetime(Time::midnight()));
    }
    if let Some((date, time)) = text.split_once('T')
        && let Some(date) = numeric_date(date, style)
    {
        return Some(date.to_datetime(time_of_day(time)?));
    }
    if is_time_alone(text) {
        return Some(EPOCH.to_datetime(time_of_day(text)?));
    }
    let (date, time) = split_time(text);
    let date = numeric_date(date, style).or_else(|| named_date(date))?;
    let time = if time.is_empty() { Time::midnight() } else { time_of_day(time)? };
    Some(date.to_datetime(time))
}

/// Digits, `:` and `.`, with `AM` or `PM` after them.
fn is_time_alone(text: &str) -> bool {
    let clock = text.trim_end_matches(['a', 'A', 'p', 'P', 'm', 'M']).trim_end();
    clock.contains(':') && clock.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.'))
}

/// Splits before the word that holds a `:`.
fn split_time(text: &str) -> (&str, &str) {
    match text.find(':') {
        None => (text, ""),
        Some(colon) => match text[..colon].rfind(' ') {
            Some(blank) => (text[..blank].trim(), text[blank..].trim()),
            None => (text, ""),
        },
    }
}

fn iso_date(text: &str) -> Option<Date> {
    let mut parts = text.split('-');
    let date = build(parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() { None } else { date }
}

fn build(year: &str, month: &str, day: &str) -> Option<Date> {
    Date::new(year.trim().parse().ok()?, month.trim().parse().ok()?, day.trim().parse().ok()?).ok()
}

fn numeric_date(text: &str, style: i64) -> Option<Date> {
    if text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return build(&text[..4], &text[4..6], &text[6..]);
    }
    let parts: Vec<&str> = text.split(['-', '/', '.']).collect();
    let [a, b, c] = parts.as_slice() else { return None };
    if a.len() == 4 {
        return build(a, b, c);
    }
    let day_first = matches!(style, 103..=105 | 3..=5);
    if c.len() == 4 {
        return if day_first { build(c, b, a) } else { build(c, a, b) };
    }
    None
}

/// `Jan 5 2020` or `5 January 2020`
fn named_date(text: &str) -> Option<Date> {
    let words: Vec<&str> = text.split([' ', ',', '-']).filter(|word| !word.is_empty()).collect();
    let [a, b, c] = words.as_slice() else { return None };
    let month = |word: &str| {
        MONTHS
            .iter()
            .position(|name| word.get(..3).is_some_and(|start| start.eq_ignore_ascii_case(name)))
            .map(|at| at as i8 + 1)
    };
    let (month, day) = match month(a) {
        Some(month) => (month, b),
        None => (month(b)?, a),
    };
    Date::new(c.parse().ok()?, month, day.parse().ok()?).ok()
}

fn time_of_day(text: &str) -> Option<Time> {
    let lower = text.trim().to_ascii_lowercase();
    let (clock, shift) = match lower.strip_suffix("pm") {
        Some(clock) => (clock.trim(), Some(12)),
        None => lower.strip_suffix("am").map_or((lower.as_str(), None), |clock| (clock.trim(), Some(0))),
    };
    let mut parts = clock.split(':');
    let mut hour: i8 = parts.next()?.trim().parse().ok()?;
    let minute: i8 = parts.next().unwrap_or("0").parse().ok()?;
    let (second, fraction) = parts.next().map_or(("0", ""), |seconds| seconds.split_once('.').unwrap_or((seconds, "")));
    if let Some(shift) = shift {
        hour = hour % 12 + shift;
    }
    if fraction.len() > 9 || parts.next().is_some() {
        return None;
    }
    let nanoseconds: i32 = format!("{fraction:0<9}").parse().ok()?;
    Time::new(hour, minute, second.parse().ok()?, nanoseconds).ok()
}

/// The stored form of a time that the clock gave, as this type.
pub(crate) fn from_unix(seconds: f64, to: Type) -> Result<String, Message> {
    let timestamp = jiff::Timestamp::from_nanosecond((seconds * 1e6).round() as i128 * 1000).unwrap_or_default();
    stored_form(timestamp.to_zoned(jiff::tz::TimeZone::UTC).datetime(), to)
}

/// `CONVERT(varchar, moment, style)`
pub(super) fn style(text: &str, from: Type, style: i64) -> Result<String, Message> {
    if style == 0 && !matches!(from, Type::DateTime | Type::SmallDateTime) {
        return Ok(text.to_owned());
    }
    let m = stored(text, from).ok_or_else(error::conversion_failed_time)?;
    let (y, mo, d) = (m.year(), m.month(), m.day());
    let clock = time_text(m.time(), 0);
    let fraction = time_text(m.time(), if from == Type::DateTime { 3 } else { from.fraction().max(3) });
    let month = MONTHS[usize::from(mo.unsigned_abs()) - 1];
    Ok(match style {
        0 | 100 => format!("{month} {d:2} {y} {}", twelve_hours(m.time())),
        1 => format!("{mo:02}/{d:02}/{:02}", y % 100),
        101 => format!("{mo:02}/{d:02}/{y}"),
        102 => format!("{y}.{mo:02}.{d:02}"),
        103 => format!("{d:02}/{mo:02}/{y}"),
        104 => format!("{d:02}.{mo:02}.{y}"),
        105 => format!("{d:02}-{mo:02}-{y}"),
        106 => format!("{d:02} {month} {y}"),
        107 => format!("{month} {d:02}, {y}"),
        8 | 24 | 108 => clock,
        110 => format!("{mo:02}-{d:02}-{y}"),
        111 => format!("{y}/{mo:02}/{d:02}"),
        12 => format!("{:02}{mo:02}{d:02}", y % 100),
        112 => format!("{y}{mo:02}{d:02}"),
        14 | 114 => time_text(m.time(), 3).replace('.', ":"),
        20 | 120 => format!("{} {clock}", date_text(m.date())),
        21 | 25 | 121 => format!("{} {fraction}", date_text(m.date())),
        23 => date_text(m.date()),
        126 | 127 => format!("{}T{fraction}", date_text(m.date())),
        _ => return Err(error::unsupported(&format!("CONVERT with style {style}"))),
    })
}

fn twelve_hours(time: Time) -> String {
    let hour = if time.hour() % 12 == 0 { 12 } else { time.hour() % 12 };
    format!("{hour:2}:{:02}{}", time.minute(), if time.hour() < 12 { "AM" } else { "PM" })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(text: &str, to: Type) -> String {
        stored_form(parse_moment(text, 0).unwrap(), to).unwrap()
    }

    #[test]
    fn reads_the_forms_that_scripts_use() {
        let expected = "2009-01-03 00:00:00.000";
        for text in
            ["2009/1/3", "20090103", "2009-01-03", "01/03/2009", "Jan 3 2009", "3 January 2009", "2009-01-03T00:00:00Z"]
        {
            assert_eq!(read(text, Type::DateTime), expected, "{text}");
        }
        assert_eq!(read("2009-01-03 14:05:06.789", Type::DateTime2(1)), "2009-01-03 14:05:06.8");
        assert_eq!(read("2:05 PM", Type::Time(0)), "14:05:00");
        assert!(parse_moment("2009-13-01", 0).is_none());
    }

    #[test]
    fn datetime_has_steps_of_a_three_hundredth() {
        for (given, kept) in [("00", "000"), ("002", "003"), ("005", "007"), ("998", "997"), ("006", "007")] {
            assert_eq!(
                read(&format!("2020-01-01 00:00:00.{given}"), Type::DateTime),
                format!("2020-01-01 00:00:00.{kept}")
            );
        }
        assert_eq!(read("2020-12-31 23:59:59.999", Type::DateTime), "2021-01-01 00:00:00.000");
    }
}
