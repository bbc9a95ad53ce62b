//! Recordings of real traffic, from azure-cli's own tests: one request and its answer after the other. Nothing here
//! knows what Azure means by them.

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use serde_json::Value;
use url::Url;

#[derive(Deserialize)]
struct Cassette {
    interactions: Vec<Recorded>,
}

#[derive(Deserialize)]
struct Recorded {
    request: RecordedRequest,
    response: RecordedResponse,
}

#[derive(Deserialize)]
struct RecordedRequest {
    method: String,
    uri: String,
    body: Option<String>,
}

#[derive(Deserialize)]
struct RecordedResponse {
    status: Status,
    headers: BTreeMap<String, Vec<String>>,
    body: Body,
}

#[derive(Deserialize)]
struct Status {
    code: u16,
}

#[derive(Deserialize)]
struct Body {
    string: String,
}

/// One request that somebody really sent, and what Azure really answered.
pub struct Interaction {
    /// File and index from 0, for messages.
    pub place: String,
    pub method: String,
    pub uri: Url,
    /// The request's body as JSON, null where there is none.
    pub sent: Value,
    pub status: u16,
    /// The answer's headers. The recorder writes every name in lower case and leaves some out, `x-ms-request-id` and
    /// (but for 2017) `Retry-After` among them.
    pub headers: BTreeMap<String, Vec<String>>,
    /// The answer's body as text.
    pub body: String,
}

impl Interaction {
    fn of(file: &str, index: usize, recorded: Recorded) -> Self {
        let RecordedRequest { method, uri, body } = recorded.request;
        let place = format!("{file} #{index}");
        let sent = body.map(|body| sent(&place, &body)).unwrap_or_default();
        let RecordedResponse { status, headers, body } = recorded.response;
        Self { place, method, uri: uri.parse().unwrap(), sent, status: status.code, headers, body: body.string }
    }

    /// The answer as JSON, null where it has no body.
    pub fn received(&self) -> Value {
        if self.body.is_empty() {
            return Value::Null;
        }
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{}: {error}", self.place))
    }

    /// A header of the answer, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.first().map(String::as_str)
    }

    /// The `api-version` of the request.
    pub fn api_version(&self) -> String {
        let found = self.uri.query_pairs().find(|(name, _)| name == "api-version");
        found.map(|(_, value)| value.into_owned()).unwrap_or_default()
    }

    /// The segments of the path. No recorded name needs percent-decoding.
    pub fn segments(&self) -> Vec<&str> {
        self.uri.path_segments().unwrap().collect()
    }

    /// The segment after the one named `kind`.
    pub fn name_of(&self, kind: &str) -> &str {
        let segments = self.segments();
        let at = segments.iter().position(|segment| segment.eq_ignore_ascii_case(kind));
        at.and_then(|at| segments.get(at + 1).copied()).unwrap_or_else(|| panic!("{}: no {kind}", self.place))
    }
}

/// The recorder of 2017 wrote Python's notation of bytes around a body: `b'b\'{…}\''`.
fn sent(place: &str, body: &str) -> Value {
    let plain = body.strip_prefix("b'b\\'").and_then(|body| body.strip_suffix("\\''")).unwrap_or(body);
    if plain.is_empty() || plain == "b''" {
        return Value::Null;
    }
    serde_json::from_str(plain).unwrap_or_else(|error| panic!("{place}: {error} in {plain}"))
}

/// All recordings, file by file in the order of their names, or `None` where they are not on this machine.
///
/// Panics in CI, where their absence must not pass for success.
#[allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "CI tells by the environment that evidence must not be left out; elsewhere the test says that it is"
)]
pub fn all() -> Option<Vec<Vec<Interaction>>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/azure/recordings");
    if !folder.is_dir() {
        assert!(env::var("CI").as_deref() != Ok("true"), "evidence: the recordings are not at {}", folder.display());
        println!("evidence: not run (../shared absent)");
        return None;
    }
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "yaml"));
    files.sort();
    Some(files.iter().map(|file| read(file)).collect())
}

fn read(file: &Path) -> Vec<Interaction> {
    let name = file.file_stem().unwrap().to_str().unwrap();
    let cassette: Cassette =
        serde_saphyr::from_str(&fs::read_to_string(file).unwrap()).unwrap_or_else(|error| panic!("{name}: {error}"));
    let numbered = cassette.interactions.into_iter().enumerate();
    numbered.map(|(index, recorded)| Interaction::of(name, index, recorded)).collect()
}
