//! Issues tokens and keeps them until shortly before they end.

use std::{
    collections::HashMap,
    fmt, io,
    sync::{Arc, Mutex, PoisonError},
};

use reqwest::{
    Method,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST},
};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;
use url::Url;

use super::{
    SignInRefusal, application::Application, application::AssertionSource, application::Proof, bearer, exchange,
    held::Held,
};
use crate::{
    attempts::{self, Failed, ask},
    connect::{Connector, Reach},
    error::{Cause, Error},
    response::Response,
    trace::Trace,
};
use retry::RetryPolicy;

/// The largest answer that is read, in bytes: a token has a few thousand.
const LARGEST_ANSWER: usize = 1 << 20;

/// Called with every secret as soon as it is there, before it is used: so that it is hidden wherever it could turn up.
/// If it fails, the secret is not used.
pub type Hide = Box<dyn Fn(&str) -> io::Result<()> + Send + Sync>;

/// An application's tokens. Each audience has its own; there is one exchange at a time for each.
pub struct SignIn {
    application: Application,
    retry: RetryPolicy,
    connector: Connector,
    hide: Hide,
    held: Mutex<HashMap<String, Slot>>,
}

/// The token of one scope. Whoever gets a new one holds the lock meanwhile, and the others wait for it.
type Slot = Arc<tokio::sync::Mutex<Option<Held>>>;

impl SignIn {
    /// A sign-in of this application. Nothing is sent yet.
    ///
    /// # Errors
    /// An address is neither https nor loopback, or an id is none.
    pub fn new(application: Application, reach: Reach, hide: Hide) -> Result<Self, Error> {
        let tried = tried(&application);
        let application = application.checked().map_err(|cause| Error::new(&tried, cause))?;
        Ok(Self { application, retry: reach.retry, connector: Connector::new(reach), hide, held: Mutex::default() })
    }

    /// A token for this scope that is good for some more minutes: the one that is held, or a new one.
    ///
    /// # Errors
    /// The held one has ended or there is none, and no new one could be had.
    pub async fn token(&self, scope: &str) -> Result<SecretString, Error> {
        let slot = self.slot(scope);
        let mut held = slot.lock().await;
        if let Some(token) = self.renewed(scope, &mut held).await {
            return Ok(token);
        }
        self.replace(scope, &mut held, &self.retry).await
    }

    /// Another token than this one, which a service has refused.
    ///
    /// # Errors
    /// None could be had.
    pub async fn token_after(&self, scope: &str, refused: &SecretString) -> Result<SecretString, Error> {
        let slot = self.slot(scope);
        let mut held = slot.lock().await;
        match held.as_ref() {
            // Another request met the same refusal and was quicker.
            Some(other) if other.token.expose_secret() != refused.expose_secret() => Ok(other.token.clone()),
            _ => self.replace(scope, &mut held, &self.retry).await,
        }
    }

    /// The held token, replaced if that is due; `None` where none is held that has not ended. As long as the old one is
    /// good, one attempt is all that is spent on a new one: nobody waits for a service that is not needed yet.
    async fn renewed(&self, scope: &str, held: &mut Option<Held>) -> Option<SecretString> {
        let old = held.clone().filter(|old| old.is_good(Instant::now()))?;
        if old.is_fresh(Instant::now()) {
            return Some(old.token);
        }
        match self.replace(scope, held, &self.retry.once()).await {
            Ok(token) => Some(token),
            Err(error) => {
                tracing::warn!(scope, cause = %error.cause, "no new token, the old one is used on");
                held.as_mut()?.put_off(Instant::now());
                Some(old.token).filter(|_| held.as_ref().is_some_and(|old| old.is_good(Instant::now())))
            }
        }
    }

    async fn replace(&self, scope: &str, held: &mut Option<Held>, retry: &RetryPolicy) -> Result<SecretString, Error> {
        let attempt = async || self.issue(scope).await;
        let new = attempts::persist(&tried(&self.application), retry, true, attempt).await?;
        Ok(held.insert(new).token.clone())
    }

    fn slot(&self, scope: &str) -> Slot {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(held.entry(scope.to_owned()).or_default())
    }

    /// One exchange. An assertion is used once, so another attempt begins with another assertion.
    async fn issue(&self, scope: &str) -> Result<Held, Failed> {
        let assertion = match &self.application.proof {
            Proof::Secret(_) => None,
            Proof::Assertion(source) => Some(self.assertion(source).await?),
        };
        let (asked, url) = (Instant::now(), exchange::token_url(&self.application));
        let form = exchange::form(&self.application, scope, assertion.as_ref());
        let response = self.send(Method::POST, &url, |request| {
            request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(form)
        });
        let response = response.await?;
        if response.status != 200 {
            let refusal = SignInRefusal::of(&response, assertion.as_ref().and_then(exchange::subject));
            return Err(Failed::answered(&response, Cause::SignIn(Box::new(refusal))));
        }
        let (token, lifetime) = exchange::read_token(&response).map_err(|source| unreadable(&response, source))?;
        self.hide(&token)?;
        Ok(Held::new(token, asked, lifetime))
    }

    /// A fresh assertion of GitHub's.
    async fn assertion(&self, source: &AssertionSource) -> Result<SecretString, Failed> {
        let (url, authorization) = (exchange::assertion_url(source), bearer(&source.token)?);
        let response = self.send(Method::GET, &url, |request| {
            request.header(AUTHORIZATION, authorization).header(ACCEPT, "application/json")
        });
        let response = response.await?;
        if response.status != 200 {
            let refusal = SignInRefusal::of(&response, None);
            return Err(Failed::answered(&response, Cause::Assertion(Box::new(refusal))));
        }
        let assertion = exchange::read_assertion(&response).map_err(|source| unreadable(&response, source))?;
        self.hide(&assertion)?;
        Ok(assertion)
    }

    fn hide(&self, secret: &SecretString) -> Result<(), Cause> {
        (self.hide)(secret.expose_secret()).map_err(Cause::NotHidden)
    }

    /// Sends once, and logs it: never the query, the body or a token.
    async fn send(
        &self,
        method: Method,
        url: &Url,
        complete: impl FnOnce(reqwest::RequestBuilder) -> reqwest::RequestBuilder,
    ) -> Result<Response, Cause> {
        let begun = Instant::now();
        let route = self.connector.route(url)?;
        let mut request = complete(route.client.request(method.clone(), route.url));
        if let Some(host) = route.host {
            request = request.header(HOST, host);
        }
        let result = ask(url, request, LARGEST_ANSWER).await;
        let status = result.as_ref().ok().map(|response| response.status);
        let milliseconds = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::debug!(%method, host = url.host_str(), path = url.path(), status, milliseconds, "sign-in");
        result
    }
}

fn tried(application: &Application) -> String {
    let Application { client, tenant, .. } = application;
    format!("sign in as the application `{client}` of the tenant `{tenant}`")
}

fn unreadable(response: &Response, source: crate::json::ReadError) -> Cause {
    Cause::Unreadable { source, trace: Trace::of(response) }
}

/// Without tokens.
impl fmt::Debug for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignIn").field("application", &self.application).finish_non_exhaustive()
    }
}
