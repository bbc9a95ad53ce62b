//! A request as it came.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

/// A request to one of the simulated services.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// The path's segments, decoded, as spelled.
    pub(crate) segments: Vec<String>,
    /// The query, names in lower case.
    pub(crate) query: BTreeMap<String, String>,
}

impl Request {
    /// Takes a request apart; `target` is path and query.
    pub(crate) fn new(method: &str, host: &str, target: &str, headers: Vec<(String, String)>, body: Vec<u8>) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        Self {
            method: method.to_owned(),
            url: format!("https://{host}{target}"),
            headers,
            body,
            segments: path.split('/').filter(|segment| !segment.is_empty()).map(decode).collect(),
            query: url::form_urlencoded::parse(query.as_bytes())
                .map(|(name, value)| (name.to_ascii_lowercase(), value.into_owned()))
                .collect(),
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub(crate) fn path(&self) -> String {
        format!("/{}", self.segments.join("/"))
    }

    /// As a change is blamed on it.
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.method, self.path())
    }
}
