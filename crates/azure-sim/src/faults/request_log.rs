//! The requests of a step, in the order in which they came.

use std::collections::HashMap;

use sim_control::{Protocol, RecordedRequest, RequestKey};

/// All of them since the last fault was set.
#[derive(Debug, Default)]
pub(super) struct RequestLog {
    recorded: Vec<RecordedRequest>,
    counts: HashMap<(Protocol, String), usize>,
}

impl RequestLog {
    /// Writes a request down and answers its number.
    pub(super) fn add(&mut self, protocol: Protocol, request: String, token: bool) -> usize {
        let count = self.counts.entry((protocol, request.clone())).or_default();
        *count += 1;
        let spot = RequestKey { protocol, request, nth: *count };
        let number = self.recorded.len() + 1;
        self.recorded.push(RecordedRequest { number, spot, changes: false, accepted: false, token });
        number
    }

    pub(super) fn get(&self, number: usize) -> Option<&RecordedRequest> {
        self.recorded.get(number.checked_sub(1)?)
    }

    pub(super) fn get_mut(&mut self, number: usize) -> Option<&mut RecordedRequest> {
        self.recorded.get_mut(number.checked_sub(1)?)
    }

    pub(super) fn all(&self) -> &[RecordedRequest] {
        &self.recorded
    }
}

/// What is the same in each run: digits are not (times, ids of operations), nor is white space.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::new();
    for word in text.split_whitespace() {
        if !plain.is_empty() {
            plain.push(' ');
        }
        plain.push_str(&without_ids(word));
    }
    plain
}

/// Every hexadecimal number of eight digits and more, with its dashes, is `*`; of any other number each digit run is `#`.
fn without_ids(word: &str) -> String {
    let mut out = String::new();
    let mut rest = word;
    while let Some(first) = rest.chars().next() {
        let run = run_of(rest, first);
        out.push_str(&without_id(run));
        rest = &rest[run.len()..];
    }
    out
}

/// The longest beginning of one kind: letters, digits and dashes, or one other character.
fn run_of(text: &str, first: char) -> &str {
    let of_name = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if !of_name(first) {
        return &text[..first.len_utf8()];
    }
    &text[..text.find(|c| !of_name(c)).unwrap_or(text.len())]
}

fn without_id(run: &str) -> String {
    let hex = run.chars().filter(|c| c.is_ascii_hexdigit()).count();
    if hex >= 8 && run.chars().all(|c| c.is_ascii_hexdigit() || c == '-') {
        return "*".to_owned();
    }
    // A name may end in a number that tells it from others; what is nothing but a number is a value.
    let number = run.chars().all(|c| c.is_ascii_digit());
    if number || is_date(run) { "#".to_owned() } else { run.to_owned() }
}

/// `2026-11-22` and whatever follows.
fn is_date(run: &str) -> bool {
    let fits = |(at, c): (usize, char)| if matches!(at, 4 | 7) { c == '-' } else { c.is_ascii_digit() };
    run.len() >= 10 && run.chars().take(10).enumerate().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_numbers_are_not_told() {
        let path = "/subscriptions/0f1e2d3c-0000-4000-8000-000000000000/resourceGroups/contoso-rg/x/deadbeef00112233";
        assert_eq!(plain(&format!("GET {path}")), "GET /subscriptions/*/resourceGroups/contoso-rg/x/*");
        assert_eq!(
            plain("UPDATE t\n  SET took_ms = 1234 WHERE run = N'run-1';"),
            "UPDATE t SET took_ms = # WHERE run = N'run-1';"
        );
        assert_eq!(plain("'2026-11-22T12:00:00.25Z'"), "'#:#:#.25Z'");
        assert_eq!(plain("[contoso-sql-2] AFTER 5 SECONDS"), "[contoso-sql-2] AFTER # SECONDS");
    }

    #[test]
    fn requests_of_a_kind_are_counted() {
        let mut request_log = RequestLog::default();
        let numbers = ["a", "b", "a"].map(|request| request_log.add(Protocol::Arm, request.to_owned(), false));
        assert_eq!(numbers, [1, 2, 3]);
        assert_eq!(request_log.all().iter().map(|recorded| recorded.spot.nth).collect::<Vec<_>>(), [1, 1, 2]);
        assert_eq!(request_log.get(2).map(|recorded| recorded.spot.request.as_str()), Some("b"));
        assert!(request_log.get(0).is_none() && request_log.get(4).is_none());
    }
}
