//! Replaces secrets in text.

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD},
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What stands in the place of a secret; the same as GitHub's own.
const STARS: &str = "***";

/// A line of a secret of several lines is a secret of its own from this many characters on: hiding the braces of a JSON
/// key file would hide half of every log.
const SHORTEST_LINE: usize = 4;

/// A fragment of Base64 that is shorter is not looked for: it would be found by chance.
const SHORTEST_FRAGMENT: usize = 8;

/// Percent-encoding as `encodeURIComponent` does it, the unreserved characters of RFC 3986 kept.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The secrets of a run, in every form in which they could turn up: as they are, line by line, inside a JSON string,
/// percent-encoded, and in Base64 (also in the middle of a longer encoded text).
#[derive(Clone, Default)]
pub struct Redactor {
    patterns: Vec<String>,
    search: Option<AhoCorasick>,
}

impl Redactor {
    /// Adds a secret. A blank one is ignored: it would be found everywhere.
    pub fn add(&mut self, secret: &str) {
        let known = self.patterns.len();
        for pattern in parts(secret).flat_map(forms) {
            if !self.patterns.contains(&pattern) {
                self.patterns.push(pattern);
            }
        }
        if self.patterns.len() > known {
            self.search = searcher(&self.patterns);
        }
    }

    /// Whether the text has a secret in any of its forms.
    #[must_use]
    pub fn finds(&self, text: &str) -> bool {
        !self.spans(text).is_empty()
    }

    /// The text with every secret replaced by `***`. Secrets that overlap are replaced together.
    #[must_use]
    pub fn redact(&self, text: &str) -> String {
        let mut clean = String::with_capacity(text.len());
        let mut from = 0;
        for (start, end) in self.spans(text) {
            clean.push_str(&text[from..start]);
            clean.push_str(STARS);
            from = end;
        }
        clean + &text[from..]
    }

    fn spans(&self, text: &str) -> Vec<(usize, usize)> {
        let mut found: Vec<_> = match &self.search {
            Some(search) => search.find_overlapping_iter(text).map(|hit| (hit.start(), hit.end())).collect(),
            // None could be built: whatever the reason, secrets are looked for.
            None => self.patterns.iter().flat_map(|pattern| places(text, pattern)).collect(),
        };
        found.sort_unstable();
        merge(found)
    }
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Redactor({} patterns)", self.patterns.len())
    }
}

/// Secrets come one by one, and text is short: the kind that is built fastest. A DFA took two thirds of a step's time.
fn searcher(patterns: &[String]) -> Option<AhoCorasick> {
    AhoCorasick::builder().kind(Some(AhoCorasickKind::NoncontiguousNFA)).build(patterns).ok()
}

/// Where a pattern begins and ends, wherever it begins.
fn places(text: &str, pattern: &str) -> Vec<(usize, usize)> {
    let begins = text.char_indices().filter(|(at, _)| text[*at..].starts_with(pattern));
    begins.map(|(at, _)| (at, at + pattern.len())).collect()
}

/// The secret, and each of its lines if it has several. These are also what a runner has to be told to mask, since it
/// masks line by line.
pub(crate) fn parts(secret: &str) -> impl Iterator<Item = &str> {
    let whole = secret.trim_matches(['\r', '\n']);
    let lines = whole.lines().map(str::trim).filter(|line| line.chars().count() >= SHORTEST_LINE);
    std::iter::once(whole).chain(lines.filter(move |line| *line != whole)).filter(|part| !part.trim().is_empty())
}

fn forms(part: &str) -> Vec<String> {
    let mut forms = vec![part.to_owned(), json(part)];
    forms.extend(percent(part));
    forms.extend(base64(part));
    forms.sort_unstable();
    forms.dedup();
    forms
}

fn json(part: &str) -> String {
    let quoted = serde_json::Value::from(part).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

fn percent(part: &str) -> Vec<String> {
    let strict = utf8_percent_encode(part, NON_ALPHANUMERIC).to_string();
    let component = utf8_percent_encode(part, COMPONENT).to_string();
    let form = component.replace("%20", "+");
    let lower = [&strict, &component, &form].map(|text| lower_hex(text));
    [strict, component, form].into_iter().chain(lower).collect()
}

fn lower_hex(encoded: &str) -> String {
    let mut pieces = encoded.split('%');
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |text, piece| {
        let (hex, rest) = piece.split_at(2.min(piece.len()));
        format!("{text}%{}{rest}", hex.to_ascii_lowercase())
    })
}

fn base64(part: &str) -> Vec<String> {
    let whole = [STANDARD.encode(part), URL_SAFE.encode(part)];
    let fragments = (0..3).flat_map(|shift| fragments(part.as_bytes(), shift));
    whole.into_iter().filter(|text| text.len() >= SHORTEST_FRAGMENT).chain(fragments).collect()
}

/// The characters of Base64 that depend on nothing but the secret where `shift` bytes (modulo 3) stand before it.
fn fragments(secret: &[u8], shift: usize) -> Vec<String> {
    let padded: Vec<u8> = std::iter::repeat_n(0, shift).chain(secret.iter().copied()).collect();
    let (first, end) = ((8 * shift).div_ceil(6), 8 * padded.len() / 6);
    [STANDARD_NO_PAD.encode(&padded), URL_SAFE_NO_PAD.encode(&padded)]
        .iter()
        .map(|text| text[first..end].to_owned())
        .filter(|fragment| fragment.len() >= SHORTEST_FRAGMENT)
        .collect()
}

fn merge(sorted: Vec<(usize, usize)>) -> Vec<(usize, usize)> {
    sorted.into_iter().fold(Vec::new(), |mut spans: Vec<(usize, usize)>, (start, end)| {
        match spans.last_mut() {
            Some(last) if start < last.1 => last.1 = last.1.max(end),
            _ => spans.push((start, end)),
        }
        spans
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(secrets: &[&str]) -> Redactor {
        let mut redactor = Redactor::default();
        secrets.iter().for_each(|secret| redactor.add(secret));
        redactor
    }

    #[test]
    fn every_form_is_replaced() {
        let redactor = of(&["p/w \"x\"=é1"]);
        assert_eq!(redactor.redact("password p/w \"x\"=é1 here"), "password *** here");
        assert_eq!(redactor.redact(r#"{"a":"p/w \"x\"=é1"}"#), r#"{"a":"***"}"#);
        assert_eq!(redactor.redact("?p=p%2Fw%20%22x%22%3D%C3%A91&q"), "?p=***&q");
        assert_eq!(redactor.redact("?p=p%2fw+%22x%22%3d%c3%a91&q"), "?p=***&q");
        assert_eq!(redactor.redact(&STANDARD.encode("p/w \"x\"=é1")), "***");
        let basic = STANDARD.encode("user:p/w \"x\"=é1");
        assert!(redactor.redact(&basic).starts_with("dXNlcj"), "{}", redactor.redact(&basic));
        assert!(redactor.redact(&basic).contains("***"));
    }

    proptest! {
        #[test]
        fn without_a_searcher_the_same_is_found(secrets in proptest::collection::vec("[ab/é]{1,6}", 1..4), text in "[ab/é]{0,40}") {
            let mut redactor = Redactor::default();
            secrets.iter().for_each(|secret| redactor.add(secret));
            let without = Redactor { search: None, ..redactor.clone() };
            prop_assert_eq!(redactor.redact(&text), without.redact(&text));
        }
    }

    #[test]
    fn overlapping_secrets_go_together() {
        assert_eq!(of(&["abcdef", "defghi"]).redact("-abcdefghi-"), "-***-");
        assert_eq!(of(&["abc", "abcdef"]).redact("abcdefabc"), "******");
    }

    #[test]
    fn the_lines_of_a_secret_are_secrets_but_its_braces_are_not() {
        let redactor = of(&["{\n  \"key\": \"v\"\n}\n"]);
        assert_eq!(redactor.redact("fn f() { \"key\": \"v\" }"), "fn f() { *** }");
    }

    #[test]
    fn blank_secrets_hide_nothing() {
        let redactor = of(&["", "  ", "\n"]);
        assert!(!redactor.finds("a  b\n"));
        assert_eq!(format!("{redactor:?}"), "Redactor(0 patterns)");
    }

    proptest! {
        #[test]
        fn nothing_is_left_of_a_secret(
            secret in "[a-zA-Z0-9/+=\"\\\\ é%&]{3,24}[a-z]", before in "[ -~é]{0,9}", after in "[ -~é]{0,9}"
        ) {
            let redactor = of(&[&secret]);
            let raw = format!("{before}{secret}{after}");
            for text in [raw.clone(), serde_json::json!({ "v": raw }).to_string(), lower_hex(&percent(&raw)[1])] {
                let clean = redactor.redact(&text);
                prop_assert!(clean.contains(STARS));
                prop_assert!(!redactor.finds(&clean), "{} -> {}", text, clean);
            }
        }

        #[test]
        fn base64_of_a_text_that_holds_a_secret_is_seen(
            secret in "[ -~]{12,40}", before in "[ -~]{0,9}", after in "[ -~]{0,9}"
        ) {
            prop_assume!(!secret.trim().is_empty());
            let redactor = of(&[&secret]);
            let raw = format!("{before}{secret}{after}");
            for text in [STANDARD.encode(&raw), URL_SAFE_NO_PAD.encode(&raw)] {
                prop_assert!(redactor.finds(&text));
            }
        }

        #[test]
        fn other_text_stays(text in "[a-m ]{0,40}") {
            prop_assert_eq!(of(&["nopqrst"]).redact(&text), text);
        }
    }
}
