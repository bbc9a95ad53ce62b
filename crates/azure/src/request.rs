//! A request as plain data, with the function that reads its answer. Nothing here talks to anybody.

use std::{fmt, time::Duration};

use jiff::SignedDuration;
use reqwest::Method;
use serde_json::Value;

use crate::{arm_id::ArmId, json::ReadError, response::Response};

type Read<T> = Box<dyn Fn(&Response) -> Result<T, ReadError> + Send + Sync>;

/// A request to Azure Resource Manager, and how its answer is read.
pub struct Request<T> {
    /// What it is for, as it follows "could not", e.g. ``read the profile `rg/p` ``.
    pub tried: String,
    /// The method.
    pub method: Method,
    /// The path from the root of the ARM endpoint, percent-encoded, without the query.
    pub path: String,
    /// The query, `api-version` first.
    pub query: Vec<(&'static str, String)>,
    /// The body, sent as JSON.
    pub body: Option<Value>,
    /// Sending it twice has the effect of sending it once, so it may go again after a lost answer.
    pub safe_to_repeat: bool,
    /// The statuses that `read` knows; any other is an error.
    pub expected: &'static [u16],
    /// The answer is a list that may come in several pages.
    pub paged: bool,
    /// How long one attempt may take, if that is not the usual time.
    pub patience: Option<Duration>,
    read: Read<T>,
}

impl<T> Request<T> {
    /// A request for `id`. It is safe to repeat unless it is a POST, and expects what its method usually gets.
    pub fn new(
        method: Method,
        tried: String,
        id: &ArmId,
        api_version: &str,
        read: impl Fn(&Response) -> Result<T, ReadError> + Send + Sync + 'static,
    ) -> Self {
        let (safe_to_repeat, expected) = (method != Method::POST, usual(&method));
        let query = vec![("api-version", api_version.to_owned())];
        Self {
            tried,
            method,
            path: id.path(),
            query,
            body: None,
            safe_to_repeat,
            expected,
            paged: false,
            patience: None,
            read: Box::new(read),
        }
    }

    /// With a body.
    #[must_use]
    pub fn with_body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    /// With one more query parameter.
    #[must_use]
    pub fn with_query(mut self, name: &'static str, value: &str) -> Self {
        self.query.push((name, value.to_owned()));
        self
    }

    /// With other statuses that its reader knows.
    #[must_use]
    pub fn expecting(mut self, expected: &'static [u16]) -> Self {
        self.expected = expected;
        self
    }

    /// Sending it twice has the effect of sending it once.
    #[must_use]
    pub fn repeatable(mut self) -> Self {
        self.safe_to_repeat = true;
        self
    }

    /// The answer comes when the work is done, which takes its time: up to `patience` for one attempt.
    #[must_use]
    pub fn patiently(mut self, patience: Duration) -> Self {
        self.patience = Some(patience);
        self
    }

    /// The answer is a list that may come in several pages: they are joined before it is read.
    #[must_use]
    pub fn paged(mut self) -> Self {
        self.paged = true;
        self
    }

    /// Whether its reader knows this answer. A 404 that complains about the subscription speaks of no resource, so no
    /// request takes it for "there is none".
    pub fn accepts(&self, response: &Response) -> bool {
        let lost = response.status == 404 && response.error().code_is("SubscriptionNotFound");
        self.expected.contains(&response.status) && !lost
    }

    /// Reads an answer that this request [accepts](Self::accepts).
    ///
    /// # Errors
    /// The body is not JSON, or a field that is needed is absent or of another type.
    pub fn read(&self, response: &Response) -> Result<T, ReadError> {
        (self.read)(response)
    }
}

impl<T: 'static> Request<Option<T>> {
    /// A GET where a 404 reads as `None`.
    pub(crate) fn look(
        tried: String,
        id: &ArmId,
        api_version: &str,
        read: impl Fn(&Response) -> Result<T, ReadError> + Send + Sync + 'static,
    ) -> Self {
        let read = move |response: &Response| match response.status {
            404 => Ok(None),
            _ => read(response).map(Some),
        };
        Self::new(Method::GET, tried, id, api_version, read).expecting(&[200, 404])
    }
}

fn usual(method: &Method) -> &'static [u16] {
    match *method {
        Method::PUT => &[200, 201],
        Method::DELETE => &[200, 204, 404],
        _ => &[200],
    }
}

/// Without the body: it may hold a connection string.
impl<T> fmt::Debug for Request<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ({})", self.method, self.path, self.tried)
    }
}

/// A time that Azure gives in whole seconds.
pub(crate) fn seconds(number: u32) -> SignedDuration {
    SignedDuration::from_secs(i64::from(number))
}

#[cfg(test)]
#[path = "request_test.rs"]
mod tests;
