//! Looks at a web site as its users see it: under their host name, but at the address of this very site.
//!
//! `*.azurewebsites.net` answers 200 where users get a 404, when their host name is not bound to the site; so the name
//! under which users come is the one in TLS and in `Host`, and only the address is that of the site's own name.

use std::{fmt, time::Duration};

use rollout::ConnectTo;
use tokio::time::timeout;
use url::Url;

use crate::{
    connect::{ConnectOverride, Reach, Route, bare_host, builder},
    error::Cause,
};
use retry::pause;

/// What to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// Whose address to connect to: the site's own name, e.g. `contoso-2.azurewebsites.net`.
    pub connect_host: String,
    /// Under which name: one that users come by, e.g. `www.contoso.example`.
    pub host: String,
    /// The path, e.g. `/health`.
    pub path: String,
    /// The longest time until the answer's head is there.
    pub timeout: Duration,
}

impl Probe {
    fn url(&self) -> Result<Url, Cause> {
        let text = format!("https://{}/{}", self.host, self.path.trim_start_matches('/'));
        let url = Url::parse(&text).ok().filter(|url| bare_host(url).eq_ignore_ascii_case(&self.host));
        url.ok_or_else(|| Cause::HostName(self.host.clone()))
    }
}

/// What a look showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    /// The site answered with this status.
    Answered(u16),
    /// No answer, and why.
    Failed(String),
}

impl Look {
    /// The site answered with 200 to 299.
    pub fn healthy(&self) -> bool {
        matches!(self, Self::Answered(200..=299))
    }
}

impl fmt::Display for Look {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answered(status) => write!(f, "it answered {status}"),
            Self::Failed(why) => write!(f, "it did not answer: {why}"),
        }
    }
}

/// A site was not healthy often enough in the time allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`https://{host}{path}` at `{connect_host}` was not healthy {wanted} times in a row within {limit:?}: {last}",
    host = probe.host, path = probe.path, connect_host = probe.connect_host
)]
pub struct Unhealthy {
    /// What was looked at.
    pub probe: Probe,
    /// How often in a row it should have been healthy.
    pub wanted: u32,
    /// The time that was allowed.
    pub limit: Duration,
    /// The last look.
    pub last: Look,
}

/// Makes looks. Each takes a new connection, as a new user would, and carries no token.
#[derive(Debug, Clone)]
pub struct Prober {
    reach: Reach,
}

impl Prober {
    /// A prober that follows these `connect-to` rules and calls itself `user_agent`.
    pub fn new(connect_to: Vec<ConnectTo>, connect_timeout: Duration, user_agent: &str) -> Self {
        let user_agent = user_agent.to_owned();
        let request_timeout = connect_timeout;
        Self { reach: Reach { connect_to, user_agent, connect_timeout, request_timeout, ..Reach::default() } }
    }

    /// One look, without another attempt.
    pub async fn look(&self, probe: &Probe) -> Look {
        let route = match self.route(probe) {
            Ok(route) => route,
            Err(cause) => return Look::Failed(chain(&cause)),
        };
        look(&route).await
    }

    /// Looks until the site was healthy `wanted` times in a row, `interval` apart.
    ///
    /// # Errors
    /// That did not happen within `limit`, or the site cannot be looked at at all.
    pub async fn healthy_in_a_row(
        &self,
        probe: &Probe,
        wanted: u32,
        interval: Duration,
        limit: Duration,
    ) -> Result<(), Unhealthy> {
        let unhealthy = |last| Unhealthy { probe: probe.clone(), wanted, limit, last };
        let route = self.route(probe).map_err(|cause| unhealthy(Look::Failed(chain(&cause))))?;
        let mut last = Look::Failed("no look was completed".to_owned());
        let done = timeout(limit, until_healthy(&route, wanted, interval, &mut last)).await;
        done.map_err(|_| unhealthy(last))
    }

    fn route(&self, probe: &Probe) -> Result<Route, Cause> {
        let url = probe.url()?;
        let detour = ConnectOverride::of(&self.reach.connect_to, &url, &probe.connect_host)?;
        let reach = Reach { request_timeout: probe.timeout, ..self.reach.clone() };
        let client = builder(&reach, detour.as_ref()).pool_max_idle_per_host(0).build().map_err(Cause::Setup)?;
        Ok(Route::new(client, &url, detour.as_ref()))
    }
}

async fn until_healthy(route: &Route, wanted: u32, interval: Duration, last: &mut Look) {
    let mut in_a_row = 0;
    while in_a_row < wanted {
        *last = look(route).await;
        in_a_row = if last.healthy() { in_a_row + 1 } else { 0 };
        if in_a_row < wanted {
            pause(interval).await;
        }
    }
}

async fn look(route: &Route) -> Look {
    let mut request = route.client.get(route.url.clone());
    if let Some(host) = &route.host {
        request = request.header(reqwest::header::HOST, host);
    }
    match request.send().await {
        Ok(response) => Look::Answered(response.status().as_u16()),
        Err(error) => Look::Failed(chain(&error.without_url())),
    }
}

/// An error and its causes, each once.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes: Vec<String> =
        std::iter::successors(Some(error), |error| (*error).source()).map(ToString::to_string).collect();
    causes.join(": ")
}

#[cfg(test)]
#[path = "health_test.rs"]
mod tests;
