//! Time: the one place that asks for it and that pauses.

use std::time::Duration;

use jiff::Timestamp;

/// Seconds since 1970, UTC, with fractions.
#[expect(clippy::disallowed_methods, reason = "the simulated services stamp what they do with the time of day")]
pub(crate) fn now() -> f64 {
    let now = Timestamp::now();
    now.as_second() as f64 + f64::from(now.subsec_nanosecond()) / 1e9
}

/// Milliseconds as seconds.
pub(crate) fn seconds(milliseconds: u64) -> f64 {
    milliseconds as f64 / 1000.0
}

/// The time from now until `at`, at least one millisecond.
pub(crate) fn until(at: f64) -> Duration {
    Duration::from_secs_f64((at - now()).max(0.001))
}

/// `2023-02-25T00:12:14.533Z`, as Microsoft.Sql writes times.
pub(crate) fn iso(at: f64) -> String {
    format_as(at, "%Y-%m-%dT%H:%M:%S.%3fZ")
}

/// `2023-06-21T22:40:23.2143382Z`, as Kudu writes times.
pub(crate) fn precise(at: f64) -> String {
    format_as(at, "%Y-%m-%dT%H:%M:%S.%7fZ")
}

/// `20230225T001214Z`, as `x-ms-routing-request-id` writes them.
pub(crate) fn compact(at: f64) -> String {
    format_as(at, "%Y%m%dT%H%M%SZ")
}

/// `5/14/2023 3:14:15 PM`, as Azure Resource Manager writes the end of a token.
pub(crate) fn american(at: f64) -> String {
    format_as(at, "%-m/%-d/%Y %-I:%M:%S %p")
}

fn format_as(at: f64, format: &str) -> String {
    let at = Timestamp::from_millisecond((at * 1000.0) as i64).unwrap_or_default();
    at.strftime(format).to_string()
}

#[cfg(test)]
mod tests {
    #[test]
    fn times_have_milliseconds() {
        assert_eq!(super::iso(1_677_283_934.533_2), "2023-02-25T00:12:14.533Z");
        assert_eq!(super::american(1_677_283_934.533_2), "2/25/2023 12:12:14 AM");
        assert_eq!(super::compact(1_677_283_934.533_2), "20230225T001214Z");
    }
}
