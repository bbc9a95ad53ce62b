//! Dates and times between their text and their bytes (MS-TDS 2.2.5.5.1.8 and 2.2.5.5.1.9).

use jiff::{
    Span, ToSpan,
    civil::{Date, DateTime, Time},
};

const NANOSECONDS_PER_DAY: u64 = 86_400_000_000_000;
/// The clock of `datetime`: 300 ticks a second.
const TICKS_PER_DAY: u64 = 300 * 86_400;

/// Bytes of a time of day, by its scale.
fn time_width(scale: u8) -> usize {
    match scale {
        0..=2 => 3,
        3..=4 => 4,
        _ => 5,
    }
}

/// `date`: three bytes.
pub(crate) fn date(text: &str) -> Result<Vec<u8>, String> {
    let date: Date = text.parse().map_err(|error: jiff::Error| error.to_string())?;
    days_since_year_one(date)
}

/// `time(7)`: five bytes. A rounding up at the end of the day stays within it.
pub(crate) fn time(text: &str) -> Result<Vec<u8>, String> {
    let time: Time = text.parse().map_err(|error: jiff::Error| error.to_string())?;
    let units = nanoseconds(time) / 100;
    Ok(units.to_le_bytes()[..time_width(7)].to_vec())
}

/// `datetime`: days since 1900 and ticks since midnight, four bytes each.
pub(crate) fn datetime(text: &str) -> Result<Vec<u8>, String> {
    let moment = parse(text)?;
    let ticks = (nanoseconds(moment.time()) * 3 + 5_000_000) / 10_000_000;
    let (date, ticks) = carry(moment.date(), ticks, TICKS_PER_DAY)?;
    if date.year() < 1753 {
        return Err(format!("`{text}` is before 1753"));
    }
    let days = days_between(Date::constant(1900, 1, 1), date)?;
    let ticks = u32::try_from(ticks).map_err(|error| error.to_string())?;
    Ok([days.to_le_bytes(), ticks.to_le_bytes()].concat())
}

/// `datetime2(scale)`: the time of day in units of the scale, then the date.
pub(crate) fn datetime2(text: &str, scale: u8) -> Result<Vec<u8>, String> {
    let moment = parse(text)?;
    let unit = 10u64.pow(9u32.saturating_sub(u32::from(scale)));
    let units = (nanoseconds(moment.time()) + unit / 2) / unit;
    let (date, units) = carry(moment.date(), units, NANOSECONDS_PER_DAY / unit)?;
    Ok([&units.to_le_bytes()[..time_width(scale)], &days_since_year_one(date)?].concat())
}

fn parse(text: &str) -> Result<DateTime, String> {
    text.parse().map_err(|error: jiff::Error| error.to_string())
}

fn nanoseconds(time: Time) -> u64 {
    let since = time.duration_since(Time::midnight()).as_nanos();
    u64::try_from(since).unwrap_or_default()
}

/// The next day's midnight where rounding has filled the day up.
fn carry(date: Date, units: u64, per_day: u64) -> Result<(Date, u64), String> {
    if units < per_day {
        return Ok((date, units));
    }
    let next = date.checked_add(1.day()).map_err(|error| error.to_string())?;
    Ok((next, units - per_day))
}

fn days_since_year_one(date: Date) -> Result<Vec<u8>, String> {
    let days = days_between(Date::constant(1, 1, 1), date)?;
    let days = u32::try_from(days).map_err(|_| format!("{date} is before the year 1"))?;
    Ok(days.to_le_bytes()[..3].to_vec())
}

fn days_between(from: Date, to: Date) -> Result<i32, String> {
    let days = to.duration_since(from).as_hours() / 24;
    i32::try_from(days).map_err(|error| error.to_string())
}

/// The text of the day that lies `days` after `from`.
pub(crate) fn date_text(from: Date, days: i64) -> Result<String, String> {
    let date = Span::new().try_days(days).and_then(|span| from.checked_add(span));
    date.map(|date| date.to_string()).map_err(|error| error.to_string())
}

/// The text of a time of day with seven digits of a second.
pub(crate) fn time_text(hundreds_of_nanoseconds: u64) -> String {
    let (seconds, fraction) = (hundreds_of_nanoseconds / 10_000_000, hundreds_of_nanoseconds % 10_000_000);
    format!("{:02}:{:02}:{:02}.{fraction:07}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}
