//! What a server answers: result sets, read column by column into plain types.

use std::sync::Arc;

use jiff::{Timestamp, civil, tz::TimeZone};
use tiberius::{ColumnData, time};

use crate::error::SqlError;

/// The complete answer to one batch.
#[derive(Debug)]
pub struct Answer {
    /// What was tried, for errors about the answer.
    pub(crate) attempt: Arc<str>,
    /// One list of rows per result set, in order.
    pub sets: Vec<Vec<Row>>,
    /// What `PRINT` and `RAISERROR` of low severity said, in order.
    pub messages: Vec<String>,
}

impl Answer {
    /// The rows of the result set at `index`, from 0.
    ///
    /// # Errors
    /// When there are fewer result sets.
    pub fn set(&self, index: usize) -> Result<&[Row], SqlError> {
        let missing = || SqlError::unexpected(&*self.attempt, format!("the answer has no result set {}", index + 1));
        self.sets.get(index).map(Vec::as_slice).ok_or_else(missing)
    }

    /// The only row of the first result set.
    ///
    /// # Errors
    /// When there is none, or more than one.
    pub fn row(&self) -> Result<&Row, SqlError> {
        match self.set(0)? {
            [row] => Ok(row),
            rows => {
                Err(SqlError::unexpected(&*self.attempt, format!("the answer has {} rows instead of one", rows.len())))
            }
        }
    }
}

/// A row of a result set. Every accessor takes the column's name and fails when the column is missing or of another type.
#[derive(Debug)]
pub struct Row {
    pub(crate) attempt: Arc<str>,
    pub(crate) cells: tiberius::Row,
}

impl Row {
    /// A text that is not NULL.
    ///
    /// # Errors
    /// As all accessors, and for NULL.
    pub fn text(&self, column: &str) -> Result<String, SqlError> {
        self.required(column, text)
    }

    /// A text, or NULL.
    ///
    /// # Errors
    /// As all accessors.
    pub fn optional_text(&self, column: &str) -> Result<Option<String>, SqlError> {
        self.cell(column, text)
    }

    /// An integer of any width that is not NULL.
    ///
    /// # Errors
    /// As all accessors, and for NULL.
    pub fn integer(&self, column: &str) -> Result<i64, SqlError> {
        self.required(column, integer)
    }

    /// An integer of any width, or NULL.
    ///
    /// # Errors
    /// As all accessors.
    pub fn optional_integer(&self, column: &str) -> Result<Option<i64>, SqlError> {
        self.cell(column, integer)
    }

    /// A bit that is not NULL.
    ///
    /// # Errors
    /// As all accessors, and for NULL.
    pub fn flag(&self, column: &str) -> Result<bool, SqlError> {
        self.required(column, flag)
    }

    /// A point in time that is not NULL: `datetime`, `datetime2`, both taken as UTC, or `datetimeoffset`.
    ///
    /// # Errors
    /// As all accessors, and for NULL.
    pub fn time(&self, column: &str) -> Result<Timestamp, SqlError> {
        self.required(column, timestamp)
    }

    /// A point in time as in [`Row::time`], or NULL.
    ///
    /// # Errors
    /// As all accessors.
    pub fn optional_time(&self, column: &str) -> Result<Option<Timestamp>, SqlError> {
        self.cell(column, timestamp)
    }

    fn required<T>(&self, column: &str, read: fn(&ColumnData<'_>) -> Option<Option<T>>) -> Result<T, SqlError> {
        self.cell(column, read)?.ok_or_else(|| self.unexpected(format!("column `{column}` of the answer is NULL")))
    }

    fn cell<T>(&self, column: &str, read: fn(&ColumnData<'_>) -> Option<Option<T>>) -> Result<Option<T>, SqlError> {
        let missing = |_| self.unexpected(format!("the answer has no column `{column}`"));
        let data = self.cells.get_column_data(column).map_err(missing)?;
        read(data)
            .ok_or_else(|| self.unexpected(format!("column `{column}` of the answer has another type than expected")))
    }

    fn unexpected(&self, message: String) -> SqlError {
        SqlError::unexpected(&*self.attempt, message)
    }
}

// Each reader answers `None` for a column of another type, and `Some(None)` for NULL.

fn text(data: &ColumnData<'_>) -> Option<Option<String>> {
    match data {
        ColumnData::String(value) => Some(value.as_deref().map(str::to_owned)),
        _ => None,
    }
}

fn integer(data: &ColumnData<'_>) -> Option<Option<i64>> {
    match data {
        ColumnData::U8(value) => Some(value.map(i64::from)),
        ColumnData::I16(value) => Some(value.map(i64::from)),
        ColumnData::I32(value) => Some(value.map(i64::from)),
        ColumnData::I64(value) => Some(*value),
        _ => None,
    }
}

fn flag(data: &ColumnData<'_>) -> Option<Option<bool>> {
    match data {
        ColumnData::Bit(value) => Some(*value),
        _ => None,
    }
}

pub(crate) fn timestamp(data: &ColumnData<'_>) -> Option<Option<Timestamp>> {
    match data {
        ColumnData::DateTime2(value) => read_time(*value, datetime2),
        // The wire carries UTC beside the offset (MS-TDS 2.2.5.5.1.9), so the offset adds nothing.
        ColumnData::DateTimeOffset(value) => read_time(*value, |value| datetime2(value.datetime2())),
        ColumnData::DateTime(value) => read_time(*value, datetime),
        _ => None,
    }
}

fn read_time<T>(value: Option<T>, read: impl Fn(T) -> Option<Timestamp>) -> Option<Option<Timestamp>> {
    match value {
        None => Some(None),
        Some(value) => read(value).map(Some),
    }
}

const NANOSECONDS: i64 = 1_000_000_000;

fn datetime2(value: time::DateTime2) -> Option<Timestamp> {
    let (increments, scale) = (i64::try_from(value.time().increments()).ok()?, u32::from(value.time().scale()));
    let nanoseconds = increments.checked_mul(10_i64.checked_pow(9_u32.checked_sub(scale)?)?)?;
    at(civil::date(1, 1, 1), i64::from(value.date().days()), nanoseconds)
}

/// `datetime` counts days from 1900 and three-hundredths of a second from midnight.
fn datetime(value: time::DateTime) -> Option<Timestamp> {
    let nanoseconds = i64::from(value.seconds_fragments()) * NANOSECONDS / 300;
    at(civil::date(1900, 1, 1), i64::from(value.days()), nanoseconds)
}

fn at(epoch: civil::Date, days: i64, nanoseconds: i64) -> Option<Timestamp> {
    let date = epoch.checked_add(jiff::Span::new().try_days(days).ok()?).ok()?;
    let time = date.at(0, 0, 0, 0).checked_add(jiff::SignedDuration::from_nanos(nanoseconds)).ok()?;
    time.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

#[cfg(test)]
#[path = "answer_test.rs"]
#[allow(clippy::unwrap_used)]
mod tests;
