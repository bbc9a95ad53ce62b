//! What became of a fault.

use serde::{Deserialize, Serialize};

use crate::{Fault, RequestKey};

/// What became of the fault that was set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Faulted {
    /// [`SCHEMA`](crate::SCHEMA)
    pub schema: u32,
    /// The fault.
    pub fault: Option<Fault>,
    /// The request at which it happened, if it did.
    pub fired: Option<RecordedRequest>,
    /// Why the hand that was to act had nothing to act on.
    #[serde(default)]
    pub idle_hand: Option<String>,
    /// Every request since it was set.
    pub requests: Vec<RecordedRequest>,
}

/// A request that a step has sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedRequest {
    /// Counted from 1.
    pub number: usize,
    /// What it is.
    #[serde(flatten)]
    pub spot: RequestKey,
    /// It changed something.
    pub changes: bool,
    /// It began an operation that goes on after its answer.
    pub accepted: bool,
    /// It carried a token that was issued to an application.
    pub token: bool,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Protocol;

    #[test]
    fn a_request_is_read_as_it_is_written() {
        let text = json!({
            "number": 1, "protocol": "log-in", "request": "a", "nth": 1, "changes": false, "accepted": false, "token": true,
        });
        let read: RecordedRequest = serde_json::from_value(text.clone()).unwrap();
        assert_eq!(read.spot, RequestKey { protocol: Protocol::LogIn, request: "a".to_owned(), nth: 1 });
        assert_eq!(serde_json::to_value(&read).unwrap(), text);
    }
}
