//! The ids by which Azure's support and activity log find a request.

use std::fmt;

use crate::response::Response;

/// Ids of an answer, as far as it has them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trace {
    /// `x-ms-request-id`: what Azure's support asks for.
    pub request_id: Option<String>,
    /// `x-ms-correlation-request-id`: what Azure's activity log shows the requests of one step together by.
    pub correlation_id: Option<String>,
}

impl Trace {
    pub(crate) fn of(response: &Response) -> Self {
        let id = |name| response.header(name).map(str::to_owned);
        Self { request_id: id("x-ms-request-id"), correlation_id: id("x-ms-correlation-request-id") }
    }
}

/// As it follows a message.
impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_ids(f, [("request", &self.request_id), ("correlation", &self.correlation_id)])
    }
}

/// Writes ids in parentheses, and nothing where there is none.
pub(crate) fn write_ids(f: &mut fmt::Formatter<'_>, ids: [(&str, &Option<String>); 2]) -> fmt::Result {
    let known = ids.into_iter().filter_map(|(name, id)| Some(format!("{name} `{}`", id.as_ref()?)));
    let known: Vec<String> = known.collect();
    if known.is_empty() { Ok(()) } else { write!(f, " ({})", known.join(", ")) }
}
