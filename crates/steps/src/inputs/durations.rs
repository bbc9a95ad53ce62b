//! Times as people write them: `250ms`, `30s`, `12h`.

use std::{str::FromStr, time::Duration};

use jiff::SignedDuration;

/// A length of time, not negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span(pub Duration);

impl Span {
    /// As decisions take it.
    pub fn signed(self) -> SignedDuration {
        SignedDuration::try_from(self.0).unwrap_or(SignedDuration::MAX)
    }
}

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let hint = |error| format!("{error}; write a number with its unit, such as 250ms, 30s, 10m or 12h");
        humantime::parse_duration(text).map(Self).map_err(hint)
    }
}
