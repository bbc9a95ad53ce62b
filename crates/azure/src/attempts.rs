//! One request, sent until it succeeds or no further attempt is due; and the one reading of what an attempt came to.

use std::{convert::Infallible, error::Error as _, io};

use tokio::time::Instant;
use url::Url;

use crate::{
    connect::bare_host,
    error::{Answer, Cause, Error},
    response::Response,
    worth::{Seen, Verdict, judge},
};
use retry::{RetryPolicy, pause};

/// An attempt that failed: why, and what that means for a further one.
pub(crate) struct Failed {
    cause: Cause,
    seen: Seen,
}

impl Failed {
    /// An answer that was not expected.
    pub(crate) fn refused(response: &Response) -> Self {
        Self::answered(response, Cause::Answer(Answer::of(response)))
    }

    /// An answer that was not expected, told in words of its own.
    pub(crate) fn answered(response: &Response, cause: Cause) -> Self {
        let seen = Seen::Answer {
            status: response.status,
            busy: response.error().code_is("RetryableErrorDueToAnotherOperation"),
            after: response.retry_after(),
        };
        Self { cause, seen }
    }
}

impl From<Cause> for Failed {
    fn from(cause: Cause) -> Self {
        let seen = match &cause {
            Cause::NoAnswer { source, .. } if distrusted(source) => Seen::Hopeless,
            Cause::NoAnswer { source, .. } if source.is_connect() => Seen::NotSent,
            Cause::NoAnswer { .. } => Seen::Lost,
            _ => Seen::Hopeless,
        };
        Self { cause, seen }
    }
}

/// rustls reports a failure of TLS itself as an I/O error of the kind "invalid data", and the layers above may wrap
/// that in another I/O error.
fn distrusted(error: &reqwest::Error) -> bool {
    let causes = std::iter::successors(error.source(), |error| (*error).source());
    causes.filter_map(|error| error.downcast_ref::<io::Error>()).any(is_invalid_data)
}

fn is_invalid_data(error: &io::Error) -> bool {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<io::Error>());
    error.kind() == io::ErrorKind::InvalidData || inner.is_some_and(is_invalid_data)
}

/// What ends one attempt without success.
pub(crate) enum Attempt<P> {
    /// It failed.
    Failed(Failed),
    /// What has to hold before it does not hold, so nothing was sent.
    Unproved(P),
}

impl<P> From<Failed> for Attempt<P> {
    fn from(failed: Failed) -> Self {
        Self::Failed(failed)
    }
}

/// Why a request that nobody can take back was not carried out, as far as anybody knows.
#[derive(Debug)]
pub enum Unsent<P> {
    /// The proof did not hold, so it was not sent, or not again.
    Unproved(P),
    /// Azure did not carry it out, or did not say so.
    Azure(Error),
}

/// Attempts until one succeeds or no further one is due; `tried` is what they are for.
///
/// # Errors
/// That of the last attempt.
pub(crate) async fn persist<T>(
    tried: &str,
    policy: &RetryPolicy,
    safe_to_repeat: bool,
    mut attempt: impl AsyncFnMut() -> Result<T, Failed>,
) -> Result<T, Error> {
    let ended = persist_proved(tried, policy, safe_to_repeat, async || Ok(attempt().await?)).await;
    ended.map_err(|unsent: Unsent<Infallible>| match unsent {
        Unsent::Azure(error) => error,
        Unsent::Unproved(never) => match never {},
    })
}

/// The same of attempts that each begin with a proof. One that does not hold is the end of it.
///
/// # Errors
/// That of the last attempt, or the proof's.
pub(crate) async fn persist_proved<T, P>(
    tried: &str,
    policy: &RetryPolicy,
    safe_to_repeat: bool,
    mut attempt: impl AsyncFnMut() -> Result<T, Attempt<P>>,
) -> Result<T, Unsent<P>> {
    let begun = Instant::now();
    let mut attempts = 0;
    loop {
        attempts += 1;
        let failed = match attempt().await {
            Ok(done) => return Ok(done),
            Err(Attempt::Unproved(proof)) => return Err(Unsent::Unproved(proof)),
            Err(Attempt::Failed(failed)) => failed,
        };
        match judge(policy, attempts, begun.elapsed(), &failed.seen, safe_to_repeat) {
            Verdict::Again(wait) => pause(wait).await,
            Verdict::Done | Verdict::Stop => {
                return Err(Unsent::Azure(Error { tried: tried.to_owned(), attempts, cause: Box::new(failed.cause) }));
            }
        }
    }
}

/// Sends a request to `url` and reads the answer to its end, but no more than `limit` bytes of it.
pub(crate) async fn ask(url: &Url, request: reqwest::RequestBuilder, limit: usize) -> Result<Response, Cause> {
    let lost = |source: reqwest::Error| Cause::NoAnswer { host: bare_host(url), source: source.without_url() };
    let mut response = request.send().await.map_err(lost)?;
    let (status, headers) = (response.status().as_u16(), std::mem::take(response.headers_mut()));
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(lost)? {
        if body.len() + chunk.len() > limit {
            return Err(Cause::TooLarge { limit });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Response { status, headers, body })
}

#[cfg(test)]
#[path = "attempts_test.rs"]
mod tests;
