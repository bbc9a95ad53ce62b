//! An answer, as it came.

use std::{fmt, time::Duration};

use jiff::{Timestamp, fmt::rfc2822::DateTimeParser};
use reqwest::header::HeaderMap;
use serde_json::Value;

use crate::{
    arm_error::ArmError,
    json::{Node, ReadError},
};

/// An answer, read to its end.
#[derive(Clone)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    /// The body as JSON.
    ///
    /// # Errors
    /// It is not JSON.
    pub fn json(&self) -> Result<Value, ReadError> {
        let refused = |error: serde_json::Error| ReadError::NotJson { line: error.line(), column: error.column() };
        serde_json::from_slice(&self.body).map_err(refused)
    }

    /// Reads the body's fields with `read`.
    pub(crate) fn read<T>(&self, read: impl Fn(&Node<'_>) -> Result<T, ReadError>) -> Result<T, ReadError> {
        read(&Node::root(&self.json()?))
    }

    /// The error in the body, empty where there is none.
    pub fn error(&self) -> ArmError {
        self.json().map(|body| ArmError::of(&body)).unwrap_or_default()
    }

    /// The text of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// How long the service asks to wait: `retry-after-ms` and `x-ms-retry-after-ms` come before `Retry-After` (as in
    /// Azure's SDKs), which is in seconds or a date; a date is counted from the answer's own `Date`.
    pub fn retry_after(&self) -> Option<Duration> {
        let number = |name: &str| self.header(name)?.trim().parse::<u64>().ok();
        let milliseconds = number("retry-after-ms").or_else(|| number("x-ms-retry-after-ms"));
        let seconds = || number("retry-after").map(Duration::from_secs);
        milliseconds.map(Duration::from_millis).or_else(seconds).or_else(|| self.until_retry_date())
    }

    fn until_retry_date(&self) -> Option<Duration> {
        let (now, then) = (self.date("date")?, self.date("retry-after")?);
        Some(Duration::try_from(then.duration_since(now)).unwrap_or_default())
    }

    fn date(&self, name: &str) -> Option<Timestamp> {
        DateTimeParser::new().parse_timestamp(self.header(name)?).ok()
    }
}

/// Without the body: it may hold a connection string.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} with {} bytes", self.status, self.body.len())
    }
}
