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
        let span: SignedDuration = text.parse().map_err(|error| hint(&format!("{error}")))?;
        Duration::try_from(span).map(Self).map_err(|_| hint("it is negative"))
    }
}

/// A length of time that is more than none.
///
/// # Errors
/// It is zero, or no length of time.
pub fn longer_than_zero(text: &str) -> Result<Span, String> {
    let span: Span = text.parse()?;
    if span.0.is_zero() { Err(hint("it must be longer than zero")) } else { Ok(span) }
}

fn hint(why: &str) -> String {
    format!("{why}; write a number with its unit, such as 250ms, 30s, 10m or 12h")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_a_number_with_a_unit() {
        let span = |text: &str| text.parse::<Span>().map(|span| span.0);
        for (text, milliseconds) in
            [("250ms", 250), ("0s", 0), ("30s", 30_000), ("10m", 600_000), ("12h", 43_200_000), ("1h 30m", 5_400_000)]
        {
            assert_eq!(span(text), Ok(Duration::from_millis(milliseconds)), "{text}");
        }
        for wrong in ["", "30", "s", "-5s", "five minutes"] {
            assert!(span(wrong).unwrap_err().ends_with("such as 250ms, 30s, 10m or 12h"), "{wrong}");
        }
    }

    #[test]
    fn a_time_may_have_to_be_longer_than_zero() {
        assert_eq!(longer_than_zero("1ms"), Ok(Span(Duration::from_millis(1))));
        for wrong in ["0s", "0ms", "soon"] {
            assert!(longer_than_zero(wrong).is_err(), "{wrong}");
        }
    }
}
