//! Packages on their way to a site: by Azure Resource Manager from an address (`extensions/onedeploy`), or by the site's
//! publish API (Kudu), and what is deployed there (Microsoft.Web 2023-12-01, recording `webapp_one_deploy_2023`).

use std::time::Duration;

use bytes::Bytes;
use reqwest::Method;
use rollout::SiteId;
use serde_json::json;
use url::Url;

use crate::{
    arm_id::Scope,
    client::{Body, Call, Client},
    error::{Cause, Error},
    json::{Node, ReadError},
    package::PackageAddress,
    request::Request,
    response::Response,
    web::API_VERSION,
};

/// How far a deployment is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It is on its way.
    Running,
    /// What was deployed runs.
    Succeeded,
    /// It failed, and what was there before runs; with what the service says of it.
    Failed(String),
}

/// A deployment of a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment {
    /// Its id.
    pub id: String,
    /// How far it is.
    pub state: State,
    /// What it brought is what the site runs.
    pub active: bool,
}

/// All deployments of a site, as Azure Resource Manager shows them.
pub fn list(scope: &Scope, site: &SiteId) -> Request<Vec<Deployment>> {
    let tried = format!("list the deployments of the site `{site}`");
    let list = scope.site(site).join(&["deployments"]);
    Request::new(Method::GET, tried, &list, API_VERSION, |response| response.read(read_list)).paged()
}

/// Deploys the package at an address, which Azure fetches. It answers when it is done, so one attempt may take `patience`. It
/// is not sent again after a lost answer: a second one at the same time is refused, so look what became of the first.
pub fn one_deploy(scope: &Scope, site: &SiteId, package: &PackageAddress, patience: Duration) -> Request<State> {
    let tried = format!("deploy the package at `{package}` to the site `{site}`");
    let body = json!({ "properties": { "packageUri": package.with_signature(), "type": "zip" } });
    let path = scope.site(site).join(&["extensions", "onedeploy"]);
    let read = |response: &Response| response.read(|node| read_state(node, "properties."));
    let mut request = Request::new(Method::PUT, tried, &path, API_VERSION, read);
    request.safe_to_repeat = false;
    request.expecting(&[200, 201, 202]).with_body(body).patiently(patience)
}

/// A package that the publish API of a site has taken, and where its end can be seen.
#[derive(Debug)]
pub struct Published {
    tried: String,
    url: Url,
}

impl Client {
    /// Sends a zip to the publish API of a site, at its host name. It is not sent again after a lost answer.
    ///
    /// # Errors
    /// It was not taken: 409 where another deployment is under way, 401 without the right to publish.
    pub async fn publish(&self, host: &str, zip: Bytes, patience: Duration) -> Result<Published, Error> {
        let tried = format!("send the package to the publish API at `{host}`");
        let failed = |cause| Error::new(&tried, cause);
        let base = Url::parse(&format!("https://{host}")).map_err(|_| failed(Cause::HostName(host.to_owned())))?;
        let mut url = base.clone();
        url.set_path("/api/publish");
        url.query_pairs_mut().append_pair("type", "zip").append_pair("async", "true");
        let (method, body) = (Method::POST, Body::Bytes(zip));
        let call = Call { tried: &tried, method, url, body, safe_to_repeat: false, patience: Some(patience) };
        let taken = self.exchange(&call, |response| matches!(response.status, 200 | 202)).await?;
        let place = taken.header("location").unwrap_or("/api/deployments/latest");
        // The token goes nowhere but to the site that it was sent to before.
        let url = base.join(place).ok().filter(|url| url.origin() == base.origin());
        let url = url.ok_or_else(|| {
            failed(Cause::ForeignAddress {
                origin: "an address of another host".to_owned(),
                endpoint: base.origin().ascii_serialization(),
            })
        })?;
        Ok(Published { tried, url })
    }

    /// Looks how far a published package is.
    ///
    /// # Errors
    /// There is no answer, or one that cannot be read.
    pub async fn published(&self, published: &Published) -> Result<State, Error> {
        let call = Call::get(&published.tried, published.url.clone());
        let response = self.exchange(&call, |response| matches!(response.status, 200 | 202)).await?;
        if response.status == 202 {
            return Ok(State::Running);
        }
        let state = response.read(|node| read_state(node, ""));
        state.map_err(|error| Error::unreadable(&published.tried, &response, error))
    }
}

fn read_list(node: &Node<'_>) -> Result<Vec<Deployment>, ReadError> {
    if node.optional_text("nextLink")?.is_some_and(|link| !link.is_empty()) {
        return Err(ReadError::MorePages);
    }
    node.list("value")?.iter().map(read_deployment).collect()
}

/// A deployment is named `<site>/<id>`.
fn read_deployment(node: &Node<'_>) -> Result<Deployment, ReadError> {
    let name = node.text("name")?;
    Ok(Deployment {
        id: name.rsplit('/').next().unwrap_or_default().to_owned(),
        state: read_state(node, "properties.")?,
        active: node.optional_bool("properties.active")?.unwrap_or_default(),
    })
}

/// Of Kudu's numbers 3 is failed and 4 is success; the others are on the way.
fn read_state(node: &Node<'_>, place: &str) -> Result<State, ReadError> {
    let said = |field: &str| Ok(node.optional_text(&format!("{place}{field}"))?.filter(|text| !text.is_empty()));
    Ok(match node.number::<i64>(&format!("{place}status"))? {
        4 => State::Succeeded,
        3 => {
            let words = said("status_text")?.or(said("message")?);
            State::Failed(words.unwrap_or_else(|| "without a reason".to_owned()))
        }
        _ => State::Running,
    })
}

#[cfg(test)]
#[path = "deployments_test.rs"]
#[allow(clippy::unwrap_used)]
mod tests;
