//! Which connection a request takes: `connect-to` rules change the address, and nothing else.
//!
//! The name stays the one in TLS (SNI and certificate) and in `Host`. Each pair of name and address gets a client of its
//! own: its resolver answers with the address, and the port of the address replaces that of the URL, which `Host`
//! then does not follow. A destination with a rule is reached directly; others honour the proxy variables of the
//! environment.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use reqwest::{
    ClientBuilder,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect,
};
use rollout::ConnectTo;
use url::Url;

use retry::RetryPolicy;

use crate::{error::Cause, worth::LONGEST_WAIT};

/// How hosts are reached, and how patiently.
#[derive(Debug, Clone)]
pub struct Reach {
    /// Other addresses for hosts; a host with a rule is reached without a proxy.
    pub connect_to: Vec<ConnectTo>,
    /// Our name in `User-Agent`.
    pub user_agent: String,
    /// The longest time until a connection is open.
    pub connect_timeout: Duration,
    /// The longest time from the first byte sent to the last byte read of one attempt.
    pub request_timeout: Duration,
    /// How long a request is tried again.
    pub retry: RetryPolicy,
}

impl Default for Reach {
    /// The usual pace: attempts of 60 seconds for two minutes at most.
    fn default() -> Self {
        Self {
            connect_to: Vec::new(),
            user_agent: concat!("rolling-upgrade/", env!("CARGO_PKG_VERSION")).to_owned(),
            connect_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(60),
            retry: RetryPolicy::exact(Duration::from_secs(1), LONGEST_WAIT, Duration::from_secs(120)),
        }
    }
}

/// Another address for a name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct ConnectOverride {
    name: String,
    address: String,
    port: u16,
}

impl ConnectOverride {
    /// The detour of a request to `url` when the address is that of `host`, or `None` where it goes the plain way.
    pub(crate) fn of(rules: &[ConnectTo], url: &Url, host: &str) -> Result<Option<Self>, Cause> {
        let (name, asked) = (bare_host(url), url.port_or_known_default().unwrap_or_default());
        let (address, port) = ConnectTo::resolve(rules, host, asked);
        if name.parse::<IpAddr>().is_ok() && address != name {
            return Err(Cause::ConnectTo(name));
        }
        let plain = address.eq_ignore_ascii_case(&name) && port == asked;
        Ok((!plain).then_some(Self { name, address, port }))
    }

    /// The URL to give to the client, and the `Host` that it must not derive from it.
    fn rewrite(&self, url: &Url) -> (Url, String) {
        let host = url.host_str().unwrap_or_default();
        let authority = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let mut rewritten = url.clone();
        // Fails only for URLs without a host, which no request of ours is for.
        let _ = rewritten.set_port(Some(self.port));
        (rewritten, authority)
    }
}

/// The host of a URL, an IPv6 address without its brackets.
pub(crate) fn bare_host(url: &Url) -> String {
    url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_owned()
}

impl Resolve for ConnectOverride {
    fn resolve(&self, name: Name) -> Resolving {
        let ours = name.as_str().eq_ignore_ascii_case(&self.name);
        let target = if ours { self.address.clone() } else { name.as_str().to_owned() };
        Box::pin(async move {
            // Port 0: the port of the URL is taken.
            let addresses: Vec<SocketAddr> = tokio::net::lookup_host((target, 0)).await?.collect();
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

/// The client for a request, the URL to give to it, and the `Host` header where the URL does not say it.
pub(crate) struct Route {
    pub(crate) client: reqwest::Client,
    pub(crate) url: Url,
    pub(crate) host: Option<String>,
}

impl Route {
    pub(crate) fn new(client: reqwest::Client, url: &Url, detour: Option<&ConnectOverride>) -> Self {
        match detour.map(|detour| detour.rewrite(url)) {
            Some((url, host)) => Self { client, url, host: Some(host) },
            None => Self { client, url: url.clone(), host: None },
        }
    }
}

/// The clients of all routes, each made when first needed and kept with its open connections.
pub(crate) struct Connector {
    reach: Reach,
    clients: Mutex<HashMap<Option<ConnectOverride>, reqwest::Client>>,
}

impl Connector {
    pub(crate) fn new(reach: Reach) -> Self {
        Self { reach, clients: Mutex::default() }
    }

    /// The route of a request to `url`.
    pub(crate) fn route(&self, url: &Url) -> Result<Route, Cause> {
        let detour = ConnectOverride::of(&self.reach.connect_to, url, &bare_host(url))?;
        Ok(Route::new(self.client(detour.as_ref())?, url, detour.as_ref()))
    }

    fn client(&self, detour: Option<&ConnectOverride>) -> Result<reqwest::Client, Cause> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(&detour.cloned()) {
            return Ok(client.clone());
        }
        let client = builder(&self.reach, detour).build().map_err(Cause::Setup)?;
        clients.insert(detour.cloned(), client.clone());
        Ok(client)
    }
}

/// A client that follows no redirect (it would take the token along) and tries nothing again by itself.
pub(crate) fn builder(reach: &Reach, detour: Option<&ConnectOverride>) -> ClientBuilder {
    let builder = reqwest::Client::builder()
        .user_agent(&reach.user_agent)
        .connect_timeout(reach.connect_timeout)
        .timeout(reach.request_timeout)
        .redirect(redirect::Policy::none())
        .retry(reqwest::retry::never());
    match detour {
        Some(detour) => builder.no_proxy().dns_resolver(Arc::new(detour.clone())),
        None => builder,
    }
}

#[cfg(test)]
#[path = "connect_test.rs"]
mod tests;
