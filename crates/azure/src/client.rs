//! The one place that sends: it owns the token, the retries and the log.

use std::time::Duration;

use bytes::Bytes;
use reqwest::{
    Method,
    header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HOST},
};
use secrecy::SecretString;
use serde_json::Value;
use tokio::time::Instant;
use url::{Host, Url};
use uuid::Uuid;

use crate::{
    arm_id::Scope,
    attempts::{self, Failed, ask},
    connect::{Connector, Reach},
    error::{Cause, Error},
    pages::{MOST_PAGES, join, next_link},
    request::Request,
    response::Response,
    sign_in::{TokenSource, bearer},
};
use retry::RetryPolicy;

/// The largest answer that is read, in bytes.
const LARGEST_ANSWER: usize = 16 << 20;

/// How Azure Resource Manager is reached, and at which pace.
#[derive(Debug, Clone)]
pub struct Options {
    /// Address of Azure Resource Manager: https, or plain http at a loopback address.
    pub endpoint: Url,
    /// The subscription id.
    pub subscription: String,
    /// Where the token comes from.
    pub token: TokenSource,
    /// How hosts are reached, and how patiently.
    pub reach: Reach,
    /// The time between two polls of an operation where the service names none.
    pub poll_interval: Duration,
    /// Sent as `x-ms-correlation-request-id` with every request, so that Azure's activity log shows them together.
    pub correlation_id: Uuid,
}

impl Options {
    /// The usual pace for a token that the caller gives: polls every 5 seconds, and a correlation id of its own.
    pub fn new(endpoint: Url, subscription: &str, token: SecretString) -> Self {
        Self {
            endpoint,
            subscription: subscription.to_owned(),
            token: TokenSource::Given(token),
            reach: Reach::default(),
            poll_interval: Duration::from_secs(5),
            correlation_id: Uuid::new_v4(),
        }
    }
}

/// A client of Azure Resource Manager.
pub struct Client {
    pub(crate) endpoint: Url,
    pub(crate) poll_interval: Duration,
    scope: Scope,
    pub(crate) token: TokenSource,
    pub(crate) retry: RetryPolicy,
    correlation_id: Uuid,
    pub(crate) connector: Connector,
}

/// What the sending of a request needs of it.
pub(crate) struct Call<'r> {
    pub(crate) tried: &'r str,
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) body: Body<'r>,
    pub(crate) safe_to_repeat: bool,
    /// How long one attempt may take, if that is not the usual time.
    pub(crate) patience: Option<Duration>,
}

/// What is sent.
pub(crate) enum Body<'r> {
    Nothing,
    Json(&'r Value),
    Bytes(Bytes),
}

impl<'r> Call<'r> {
    /// A GET of an address.
    pub(crate) fn get(tried: &'r str, url: Url) -> Self {
        Self { tried, method: Method::GET, url, body: Body::Nothing, safe_to_repeat: true, patience: None }
    }
}

impl Client {
    /// A client with these options. Nothing is sent yet.
    ///
    /// # Errors
    /// The endpoint is neither https nor at a loopback address.
    pub fn new(options: Options) -> Result<Self, Error> {
        let refused = |cause| Error::new("use the ARM endpoint", cause);
        Ok(Self {
            endpoint: safe_endpoint(options.endpoint).map_err(refused)?,
            poll_interval: options.poll_interval,
            scope: Scope::new(options.subscription),
            token: options.token,
            retry: options.reach.retry,
            correlation_id: options.correlation_id,
            connector: Connector::new(options.reach),
        })
    }

    /// The subscription, for building requests.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Gets a token now, so that the first request need not wait for it.
    ///
    /// # Errors
    /// None could be issued.
    pub async fn sign_in(&self) -> Result<(), Error> {
        self.token.get().await.map(drop)
    }

    /// Sends a request, again where that is safe and promises something, and reads the answer.
    ///
    /// # Errors
    /// The answer is none that the request expects, cannot be read, or did not come; of several attempts the last
    /// one's error.
    pub async fn send<T>(&self, request: &Request<T>) -> Result<T, Error> {
        let call = self.call(request)?;
        let mut response = self.exchange(&call, |response| request.accepts(response)).await?;
        if request.paged {
            response = self.whole_list(&request.tried, response).await?;
        }
        request.read(&response).map_err(|error| Error::unreadable(&request.tried, &response, error))
    }

    pub(crate) fn call<'r, T>(&self, request: &'r Request<T>) -> Result<Call<'r>, Error> {
        let refused = |cause| Error::new(&request.tried, cause);
        Ok(Call {
            tried: &request.tried,
            method: request.method.clone(),
            url: self.url(&request.path, &request.query).map_err(refused)?,
            body: request.body.as_ref().map_or(Body::Nothing, Body::Json),
            safe_to_repeat: request.safe_to_repeat,
            patience: request.patience,
        })
    }

    /// Asks for the further pages of a list and joins them.
    async fn whole_list(&self, tried: &str, mut list: Response) -> Result<Response, Error> {
        for _ in 1..MOST_PAGES {
            let Some(link) = next_link(&list) else { break };
            let url = self.own_url(&link).map_err(|cause| Error::new(tried, cause))?;
            let page = self.exchange(&Call::get(tried, url), |response| response.status == 200).await?;
            let joined = join(&list, page);
            list = joined.map_err(|error| Error::unreadable(tried, &list, error))?;
        }
        Ok(list)
    }

    /// An address that an answer names. It gets our token, so it must be at the ARM endpoint: same scheme, host and
    /// port, and no other identity in it.
    pub(crate) fn own_url(&self, text: &str) -> Result<Url, Cause> {
        let own = |url: &Url| url.origin() == self.endpoint.origin() && url.username().is_empty();
        let endpoint = || self.endpoint.origin().ascii_serialization();
        let url = self.endpoint.join(text).ok().filter(own);
        url.ok_or_else(|| Cause::ForeignAddress { origin: origin_of(text), endpoint: endpoint() })
    }

    fn url(&self, path: &str, query: &[(&'static str, String)]) -> Result<Url, Cause> {
        let wanted = format!("{}{path}", self.endpoint.path().trim_end_matches('/'));
        let mut url = self.endpoint.clone();
        url.set_path(&wanted);
        if url.path() != wanted {
            return Err(Cause::Path(path.to_owned()));
        }
        url.query_pairs_mut().extend_pairs(query);
        Ok(url)
    }

    /// Sends until an answer is accepted or no further attempt is due. A token that is refused is replaced once: its end
    /// came sooner than the sign-in had said, or the clocks disagree.
    pub(crate) async fn exchange(
        &self,
        call: &Call<'_>,
        accepts: impl Fn(&Response) -> bool,
    ) -> Result<Response, Error> {
        let token = self.token.get().await?;
        let refused = match self.persist(call, &token, &accepts).await {
            Err(error) if error.status() == Some(401) => error,
            result => return result,
        };
        match self.token.after_refusal(&token).await? {
            Some(fresh) => self.persist(call, &fresh, &accepts).await,
            None => Err(refused),
        }
    }

    async fn persist(
        &self,
        call: &Call<'_>,
        token: &SecretString,
        accepts: impl Fn(&Response) -> bool,
    ) -> Result<Response, Error> {
        attempts::persist(call.tried, &self.retry, call.safe_to_repeat, async || {
            let response = self.attempt(call, token).await?;
            if accepts(&response) { Ok(response) } else { Err(Failed::refused(&response)) }
        })
        .await
    }

    /// Sends once, and logs it: never the body, the query or the token.
    pub(crate) async fn attempt(&self, call: &Call<'_>, token: &SecretString) -> Result<Response, Cause> {
        let begun = Instant::now();
        let result = self.once(call, token).await;
        let (status, request_id) = match &result {
            Ok(response) => (Some(response.status), response.header("x-ms-request-id")),
            Err(_) => (None, None),
        };
        let milliseconds = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::debug!(method = %call.method, path = call.url.path(), status, milliseconds, request_id, "arm");
        result
    }

    async fn once(&self, call: &Call<'_>, token: &SecretString) -> Result<Response, Cause> {
        let route = self.connector.route(&call.url)?;
        let mut request = route
            .client
            .request(call.method.clone(), route.url)
            .header(AUTHORIZATION, bearer(token)?)
            .header("x-ms-client-request-id", Uuid::new_v4().to_string())
            .header("x-ms-correlation-request-id", self.correlation_id.to_string());
        if let Some(host) = route.host {
            request = request.header(HOST, host);
        }
        if let Some(patience) = call.patience {
            request = request.timeout(patience);
        }
        request = match &call.body {
            Body::Json(body) => request.json(body),
            Body::Bytes(bytes) => request.header(CONTENT_TYPE, "application/octet-stream").body(bytes.clone()),
            // Without a length, servers answer 411 to a POST.
            Body::Nothing if call.method == Method::POST => request.header(CONTENT_LENGTH, 0),
            Body::Nothing => request,
        };
        ask(&call.url, request, LARGEST_ANSWER).await
    }
}

/// Plain http would show the token to the network; a loopback address has none.
pub(crate) fn safe_endpoint(endpoint: Url) -> Result<Url, Cause> {
    let loopback = match endpoint.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        _ => false,
    };
    match endpoint.scheme() {
        "https" => Ok(endpoint),
        "http" if loopback => Ok(endpoint),
        _ => Err(Cause::NotHttps(endpoint.origin().ascii_serialization())),
    }
}

/// Scheme, host and port of an address: its query may hold a signature.
fn origin_of(text: &str) -> String {
    Url::parse(text).map_or_else(|_| "an address that is none".to_owned(), |url| url.origin().ascii_serialization())
}
