//! Recordings of real traffic, from azure-cli's own tests.

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
};

use azure::Response;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
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
    /// File and index, for messages.
    pub place: String,
    pub method: String,
    pub uri: Url,
    /// The body as JSON, null where there is none or it is no JSON.
    pub sent: Value,
    pub answer: Response,
}

impl Interaction {
    fn of(file: &str, index: usize, recorded: Recorded) -> Self {
        let RecordedRequest { method, uri, body } = recorded.request;
        let sent = body.and_then(|body| serde_json::from_str(&body).ok()).unwrap_or_default();
        let (status, body) = (recorded.response.status.code, recorded.response.body.string.into_bytes());
        let headers = headers(&recorded.response.headers);
        Self {
            place: format!("{file} #{index}"),
            method,
            uri: uri.parse().unwrap(),
            sent,
            answer: Response { status, headers, body },
        }
    }

    /// The answer as JSON.
    pub fn received(&self) -> Value {
        self.answer.json().unwrap_or_else(|error| panic!("{}: {error}", self.place))
    }

    /// A header of the answer.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.answer.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The `api-version` of the request.
    pub fn api_version(&self) -> String {
        let found = self.uri.query_pairs().find(|(name, _)| name == "api-version");
        found.map(|(_, value)| value.into_owned()).unwrap_or_default()
    }

    /// The segments of the path after the subscription, percent-decoding left out: no recorded name needs it.
    pub fn segments(&self) -> Vec<&str> {
        self.uri.path_segments().unwrap().skip(2).collect()
    }
}

fn headers(recorded: &BTreeMap<String, Vec<String>>) -> HeaderMap {
    let pairs = recorded.iter().flat_map(|(name, values)| values.iter().map(move |value| (name, value)));
    pairs.map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse::<HeaderValue>().unwrap())).collect()
}

/// All recordings, file by file, or `None` where they are not on this machine.
///
/// Panics in CI, where their absence must not pass for success.
#[expect(clippy::disallowed_methods, reason = "CI tells by the environment that evidence must not be left out")]
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
    let cassette: Cassette = serde_yaml_ng::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    let name = file.file_stem().unwrap().to_str().unwrap();
    let numbered = cassette.interactions.into_iter().enumerate();
    numbered.map(|(index, recorded)| Interaction::of(name, index, recorded)).collect()
}
