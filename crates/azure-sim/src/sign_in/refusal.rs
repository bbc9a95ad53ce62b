//! Microsoft Entra ID's way to say no.

use serde_json::json;

use crate::{azure::Azure, clock, http::Answer};

/// A refusal: status, `error`, number and text.
pub(super) struct Refusal {
    status: u16,
    error: &'static str,
    code: u32,
    text: String,
}

impl Refusal {
    /// 401 `invalid_client`: the application did not prove that it is the one.
    pub(super) fn client(code: u32, text: impl Into<String>) -> Self {
        Self { status: 401, error: "invalid_client", code, text: text.into() }
    }

    /// 400 with another `error`.
    pub(super) fn request(error: &'static str, code: u32, text: impl Into<String>) -> Self {
        Self { status: 400, error, code, text: text.into() }
    }

    /// As it is sent: ids and time stand at the end of the text and in fields of their own.
    pub(super) fn answer(&self, azure: &Azure) -> Answer {
        let (trace, correlation) = (azure.random.guid(), azure.random.guid());
        let time = clock::iso(clock::now());
        let time = format!("{} {}Z", &time[..10], &time[11..19]);
        let text = &self.text;
        let code = self.code;
        Answer::json(
            self.status,
            json!({
                "error": self.error,
                "error_description": format!(
                    "AADSTS{code}: {text} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {time}"
                ),
                "error_codes": [code],
                "timestamp": time,
                "trace_id": trace,
                "correlation_id": correlation,
                "error_uri": format!("https://login.microsoftonline.com/error?code={code}"),
            }),
        )
    }
}
