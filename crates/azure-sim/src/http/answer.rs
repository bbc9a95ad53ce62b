//! An answer as the simulated services give it.

use serde_json::{Value, json};

use crate::world::Refusal;

/// Status, headers, and a JSON body where there is one.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Option<Value>,
}

impl Answer {
    pub(crate) fn ok(body: Value) -> Self {
        Self::json(200, body)
    }

    pub(crate) fn json(status: u16, body: Value) -> Self {
        Self { status, headers: Vec::new(), body: Some(body) }
    }

    /// Without a body, and so without a content type.
    pub(crate) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: None }
    }

    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// How long to wait before the next look: to the millisecond for a client that reads it, in full seconds for others.
    pub(crate) fn paced(self, milliseconds: u64) -> Self {
        self.with("Retry-After", milliseconds.div_ceil(1000).to_string())
            .with("retry-after-ms", milliseconds.to_string())
    }
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        Self::json(refusal.status, json!({"error": {"code": refusal.code, "message": refusal.message}}))
    }
}
