//! Holds a request of ours against the recorded one, and what a reader made of an answer against the answer.

use std::collections::{BTreeMap, BTreeSet};

use azure::{Request, Response, Scope};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use crate::cassette::Interaction;

/// Fields that we send and no recorded request has, each with its reason. All others must be equal.
const ONLY_OURS: [(&str, &str); 5] = [
    ("kind", "what we make is of the kind of production's site; the recorded commands leave it to the service"),
    ("tags", "what we create carries our tag, and the recorded commands set none"),
    ("properties.secondaryType", "came after the recorded version 2019-06-01-preview, where Geo is the default"),
    ("properties.priority", "the recorded command leaves it to the service"),
    ("properties.endpointStatus", "the recorded command leaves it to the service"),
];

/// The subscription of all recordings.
pub fn scope() -> Scope {
    Scope::new("00000000-0000-0000-0000-000000000000")
}

/// A recorded answer as the client gets it.
pub fn response(seen: &Interaction) -> Response {
    let pairs = seen.headers.iter().flat_map(|(name, values)| values.iter().map(move |value| (name, value)));
    let headers: HeaderMap = pairs
        .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse::<HeaderValue>().unwrap()))
        .collect();
    Response { status: seen.status, headers, body: seen.body.clone().into_bytes() }
}

/// What was seen in the course of all checks, so that no exception outlives its cause.
#[derive(Default)]
pub struct Checker {
    only_ours: BTreeSet<&'static str>,
    dropped: BTreeMap<&'static str, BTreeSet<&'static str>>,
}

impl Checker {
    /// Our request for the same thing, and what it makes of the recorded answer.
    pub fn check<T>(&mut self, seen: &Interaction, request: &Request<T>) -> T {
        self.same_request(seen, request);
        read(seen, request)
    }

    /// Method, path, query but for the version, and every field of the body that we set.
    pub fn same_request<T>(&mut self, seen: &Interaction, request: &Request<T>) {
        assert_eq!(request.method.as_str(), seen.method, "{}", seen.place);
        assert!(request.path.eq_ignore_ascii_case(seen.uri.path()), "{}: {} {}", seen.place, request.path, seen.uri);
        let mut theirs: Vec<(String, String)> = seen.uri.query_pairs().into_owned().collect();
        let mut ours: Vec<(String, String)> =
            request.query.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        for query in [&mut ours, &mut theirs] {
            query.retain(|(name, _)| name != "api-version");
            query.sort();
        }
        assert_eq!(ours, theirs, "{}: the query", seen.place);
        self.same_body(seen, "", request.body.as_ref().unwrap_or(&Value::Null), &seen.sent);
    }

    fn same_body(&mut self, seen: &Interaction, at: &str, ours: &Value, theirs: &Value) {
        let Value::Object(fields) = ours else {
            return assert_eq!(ours, theirs, "{}: `{at}`", seen.place);
        };
        for (name, value) in fields {
            let at = [at, name].join(if at.is_empty() { "" } else { "." });
            match theirs.get(name) {
                Some(theirs) => self.same_body(seen, &at, value, theirs),
                None => self.excuse(seen, &at),
            }
        }
    }

    fn excuse(&mut self, seen: &Interaction, at: &str) {
        let known = ONLY_OURS.iter().find(|(field, _)| *field == at);
        let (field, _) = known.unwrap_or_else(|| panic!("{}: `{at}` is only ours", seen.place));
        self.only_ours.insert(field);
    }

    /// Every value that a reader kept equals the recorded one at its place (`a.b`, null where it is absent), and every
    /// other recorded value is one that the reader drops on purpose.
    pub fn lossless(&mut self, place: &str, reader: &'static Reader, recorded: &Value, kept: &[(&str, Value)]) {
        for (path, value) in kept {
            let theirs = path.split('.').try_fold(recorded, |value, name| value.get(name)).unwrap_or(&Value::Null);
            assert_eq!(value, theirs, "{place}: {} and its `{path}`", reader.name);
        }
        let mut paths = BTreeSet::new();
        leaves(recorded, "", &mut paths);
        let is_kept = |path: &str| kept.iter().any(|(kept, _)| covers(kept, path));
        for path in paths.iter().filter(|path| !is_kept(path)) {
            let field = reader.dropped().find(|(field, _)| covers(field, path)).map(|(field, _)| field);
            let field = field.unwrap_or_else(|| panic!("{place}: {} loses `{path}`", reader.name));
            self.dropped.entry(reader.name).or_default().insert(field);
        }
    }

    /// No exception is there for nothing.
    pub fn finish(&self, readers: &[&'static Reader]) {
        let excused: BTreeSet<&str> = ONLY_OURS.iter().map(|(field, _)| *field).collect();
        assert_eq!(self.only_ours, excused, "fields that only we send");
        for reader in readers {
            let listed: BTreeSet<&str> = reader.dropped().map(|(field, _)| field).collect();
            let seen = self.dropped.get(reader.name).cloned().unwrap_or_default();
            assert_eq!(seen, listed, "what {} drops", reader.name);
        }
    }
}

/// What the request makes of the recorded answer.
pub fn read<T>(seen: &Interaction, request: &Request<T>) -> T {
    let answer = response(seen);
    assert!(request.accepts(&answer), "{}: {answer:?}", seen.place);
    request.read(&answer).unwrap_or_else(|error| panic!("{}: {error}", seen.place))
}

/// A reader, and what it drops on purpose.
pub struct Reader {
    pub name: &'static str,
    /// Places (with all below them), parted by blanks, and the reason.
    pub drops: &'static [(&'static str, &'static str)],
}

impl Reader {
    fn dropped(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let fields = |(fields, reason): &(&'static str, &'static str)| {
            let reason = *reason;
            fields.split_whitespace().map(move |field| (field, reason))
        };
        self.drops.iter().flat_map(fields)
    }
}

fn covers(place: &str, path: &str) -> bool {
    path.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// The places of all values that hold no others, `[]` for the elements of a list.
fn leaves(value: &Value, at: &str, out: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (name, value) in fields {
                leaves(value, &[at, name].join(if at.is_empty() { "" } else { "." }), out);
            }
        }
        Value::Array(elements) if !elements.is_empty() => {
            elements.iter().for_each(|element| leaves(element, &format!("{at}[]"), out));
        }
        _ => drop(out.insert(at.to_owned())),
    }
}
