//! What answers look like, whatever they say: statuses, headers, the places in their bodies and the kinds of values
//! there, the casing of words and of the constant parts of identifiers.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// The shape of one or more answers of an operation.
#[derive(Debug, Default)]
pub struct Shape {
    statuses: BTreeSet<String>,
    headers: BTreeMap<String, BTreeSet<String>>,
    places: BTreeMap<String, Place>,
}

/// What stands at a place.
#[derive(Debug, Default)]
struct Place {
    kinds: BTreeSet<&'static str>,
    texts: BTreeSet<String>,
}

/// Where two shapes differ, e.g. `properties.endpoints[].type` or `header x-ms-request-id`, and how.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    pub place: String,
    pub how: How,
    /// What stands there on both sides, for messages.
    pub detail: String,
}

/// How answers differ at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum How {
    /// Recorded answers have it.
    OnlyRecorded,
    /// The simulator's answers have it.
    OnlySimulated,
    /// Both have it: another status, value of a header, kind of value or casing.
    Differs,
}

/// Headers whose values are compared; of the others only their presence is.
const COMPARED: [&str; 9] = [
    "azure-asyncoperation",
    "cache-control",
    "content-type",
    "etag",
    "expires",
    "location",
    "pragma",
    "strict-transport-security",
    "x-content-type-options",
];

impl Shape {
    /// Adds an answer. `open` are the places of objects whose names are the user's own.
    pub fn add<'h>(
        &mut self,
        status: u16,
        headers: impl Iterator<Item = (&'h str, &'h str)>,
        body: &Value,
        open: &[&str],
    ) {
        self.statuses.insert(status.to_string());
        for (name, value) in headers {
            let value = if COMPARED.contains(&name) { constant(value) } else { String::new() };
            self.headers.entry(name.to_owned()).or_default().insert(value);
        }
        self.walk(body, "", open);
    }

    fn walk(&mut self, value: &Value, at: &str, open: &[&str]) {
        let place = self.places.entry(at.to_owned()).or_default();
        place.kinds.insert(kind(value));
        place.texts.extend(value.as_str().map(constant));
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    let name = if open.contains(&at) { "*" } else { name };
                    self.walk(value, &[at, name].join(if at.is_empty() { "" } else { "." }), open);
                }
            }
            Value::Array(elements) => elements.iter().for_each(|element| self.walk(element, &format!("{at}[]"), open)),
            _ => {}
        }
    }

    /// Where these answers differ from what was recorded.
    pub fn differences(&self, recorded: &Self) -> BTreeSet<Found> {
        let mut found = BTreeSet::new();
        let statuses =
            beyond(&self.statuses, &recorded.statuses).or_else(|| beyond(&recorded.statuses, &self.statuses));
        found.extend(statuses.map(|(how, detail)| Found { place: "status".to_owned(), how, detail }));
        for name in all(&self.headers, &recorded.headers) {
            let place = format!("header {name}");
            let how = match (self.headers.get(name), recorded.headers.get(name)) {
                (Some(ours), Some(theirs)) => beyond(ours, theirs),
                (ours, _) => Some(whose(ours.is_some())),
            };
            found.extend(how.map(|(how, detail)| Found { place, how, detail }));
        }
        for at in all(&self.places, &recorded.places) {
            let place = if at.is_empty() { "body" } else { at }.to_owned();
            found.extend(self.difference_at(recorded, at).map(|(how, detail)| Found { place, how, detail }));
        }
        found
    }

    /// A field of an object that only one side has. What is below a place that one side lacks is not told again, and
    /// a list or an open object may be empty.
    fn difference_at(&self, recorded: &Self, at: &str) -> Option<(How, String)> {
        match (self.places.get(at), recorded.places.get(at)) {
            (Some(ours), Some(theirs)) => ours.difference(theirs),
            (ours, _) => {
                let parent = at.rsplit_once('.').map_or("", |(parent, _)| parent);
                let is_object = |shape: &Self| shape.places.get(parent).is_some_and(Place::is_object);
                let field = !at.ends_with(['*', ']']) && is_object(self) && is_object(recorded);
                field.then(|| whose(ours.is_some()))
            }
        }
    }
}

impl Place {
    fn is_object(&self) -> bool {
        self.kinds.contains("object")
    }

    fn difference(&self, recorded: &Self) -> Option<(How, String)> {
        let kinds = |place: &Self| place.kinds.iter().map(|kind| (*kind).to_owned()).collect::<BTreeSet<_>>();
        beyond(&kinds(self), &kinds(recorded)).or_else(|| self.casing(recorded))
    }

    /// Identifiers have to be written as a recorded one is, and words too where the same word was recorded.
    fn casing(&self, recorded: &Self) -> Option<(How, String)> {
        let mut texts = self.texts.iter().filter(|text| !recorded.texts.contains(*text));
        texts.find_map(|text| {
            let other = recorded.texts.iter().find(|other| other.eq_ignore_ascii_case(text));
            let id = text.starts_with("/subscriptions/");
            let like = other.or_else(|| recorded.texts.iter().next().filter(|_| id))?;
            Some((How::Differs, format!("`{text}`, recorded `{like}`")))
        })
    }
}

fn all<'m, V>(one: &'m BTreeMap<String, V>, two: &'m BTreeMap<String, V>) -> BTreeSet<&'m str> {
    one.keys().chain(two.keys()).map(String::as_str).collect()
}

fn whose(ours: bool) -> (How, String) {
    (if ours { How::OnlySimulated } else { How::OnlyRecorded }, String::new())
}

/// What one side has and the other has not.
fn beyond(ours: &BTreeSet<String>, theirs: &BTreeSet<String>) -> Option<(How, String)> {
    let list = |set: &BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>().join(" | ");
    (!ours.is_subset(theirs)).then(|| (How::Differs, format!("{}, and not {}", list(ours), list(theirs))))
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "fraction",
        Value::Number(_) => "whole number",
        Value::String(text) => kind_of(text),
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    }
}

fn kind_of(text: &str) -> &'static str {
    let time = text.len() > 18 && text.as_bytes()[10] == b'T' && text.as_bytes()[..4].iter().all(u8::is_ascii_digit);
    match text {
        _ if time && text.ends_with('Z') => "time, UTC",
        _ if time => "time without a zone",
        _ if is_guid(text) => "guid",
        _ if text.starts_with("/subscriptions/") => "resource id",
        _ if text.starts_with("https://") => "address",
        _ => "text",
    }
}

fn is_guid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && text.chars().all(|c| c == '-' || c.is_ascii_hexdigit())
}

/// The parts of a text that are Azure's: names in identifiers, polling addresses and ETags are left out.
fn constant(text: &str) -> String {
    let etag = text.starts_with('"') && text.ends_with('"');
    if etag && text.trim_matches('"').chars().all(|c| c.is_ascii_hexdigit() && !c.is_ascii_lowercase()) {
        return "\"<hex>\"".to_owned();
    }
    let (path, query) = text.split_once('?').unwrap_or((text, ""));
    let Some(at) = path.find("/subscriptions/") else { return text.to_owned() };
    let mut namespace = false;
    let segments = path[at + 1..].split('/').enumerate().map(|(index, segment)| {
        let keep = index % 2 == 0 || namespace;
        namespace = segment.eq_ignore_ascii_case("providers");
        if keep { segment } else { "*" }
    });
    let path = format!("{}/{}", &path[..at], segments.collect::<Vec<_>>().join("/"));
    if query.is_empty() { path } else { format!("{path}?{}=*", query.split('=').next().unwrap_or_default()) }
}

#[test]
fn shapes_tell_what_differs_and_nothing_else() {
    use serde_json::json;
    let shape = |status, body: Value, kind| {
        let mut shape = Shape::default();
        shape.add(status, [("content-type", kind), ("date", "x")].into_iter(), &body, &["tags"]);
        shape
    };
    let id = |group| format!("/subscriptions/1/{group}/a/providers/Microsoft.Sql/servers/s");
    let body =
        json!({"a": 1, "b": {"c": null}, "id": id("resourceGroups"), "w": "Online", "tags": {"x": "y"}, "l": []});
    let same =
        json!({"a": 2, "b": {"c": null}, "id": id("resourceGroups"), "w": "Paused", "tags": {"z": "y"}, "l": []});
    let one = shape(200, body.clone(), "application/json");
    assert_eq!(shape(200, same, "application/json").differences(&one), BTreeSet::new());
    let other =
        json!({"a": "1", "b": {"d": {"e": 1}}, "id": id("resourcegroups"), "w": "online", "tags": {}, "l": [{"m": 1}]});
    let found = shape(202, other, "text/plain").differences(&one);
    let fields = found.iter().filter(|found| found.place.starts_with("b."));
    assert!(fields.map(|found| found.how).eq([How::OnlyRecorded, How::OnlySimulated]), "{found:?}");
    let places: Vec<&str> = found.iter().map(|found| found.place.as_str()).collect();
    assert_eq!(places, ["a", "b.c", "b.d", "header content-type", "id", "status", "w"]);
}
