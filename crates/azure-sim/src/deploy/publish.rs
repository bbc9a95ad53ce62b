//! The publish API of a site (Kudu), at its `scm` host: `POST /api/publish?type=zip&async=true`, then
//! `GET /api/deployments/{id|latest}`.

use serde_json::{Value, json};

use super::{Deployments, show};
use crate::{
    azure::Azure,
    http::{Answer, Request},
    tokens::{Audience, Standing},
    world::{Name, Refusal, Site},
};

/// The largest package that is taken, in bytes.
pub(crate) const LARGEST_PACKAGE: usize = 64 * 1024 * 1024;

/// The publish API of a site.
#[derive(Clone, Copy)]
pub(crate) struct PublishApi<'a> {
    pub(crate) azure: &'a Azure,
    pub(crate) site: &'a Name,
}

impl PublishApi<'_> {
    /// Basic authentication is switched off, as in the recorded sites: only a token for Azure Resource Manager opens.
    pub(crate) fn admits(self, request: &Request) -> bool {
        let bearer = request.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
        let standing = |token: &str| self.azure.issued().standing(token.trim(), Audience::Arm);
        bearer.is_some_and(|token| matches!(standing(token), Standing::Good))
    }

    /// Answers a request of somebody who is admitted.
    pub(crate) fn answer(self, request: &Request) -> Answer {
        let path = path(request);
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let answer = match (request.method.as_str(), &path[..]) {
            ("POST", PUBLISH) => self.accept(request),
            ("GET", ["api", "deployments", id]) => self.deployment(id),
            _ => Err(Refusal::new(404, "NotFound", "The publish API has no such page.")),
        };
        let answer = answer.unwrap_or_else(Answer::from);
        match answer.body {
            Some(_) => answer.with("Content-Type", "application/json; charset=utf-8"),
            None => answer,
        }
    }

    fn accept(self, request: &Request) -> Result<Answer, Refusal> {
        check_query(request)?;
        let deployment = self.deployments().take(self.site, Ok(request.body.clone()))?;
        let host = self.azure.world().sites.get(self.site).map(Site::publish_host).unwrap_or_default();
        let location = format!("https://{host}/api/deployments/latest?deployer=OneDeploy");
        let answer = Answer::empty(202).with("Location", location).with("SCM-DEPLOYMENT-ID", deployment.id);
        Ok(answer.paced(self.azure.scenario.retry_after_ms))
    }

    fn deployment(self, id: &str) -> Result<Answer, Refusal> {
        self.deployments().finish();
        let world = self.azure.world();
        let missing = || Refusal::new(404, "NotFound", format!("Deployment '{id}' not found."));
        let site = world.sites.get(self.site).ok_or_else(missing)?;
        let found = match id {
            "latest" => site.deployments.last(),
            id => site.deployments.iter().find(|deployment| deployment.id == id),
        };
        let found = found.ok_or_else(missing)?;
        let mut shown = show(site, found);
        shown["id"] = json!(found.id);
        let retry_after = self.azure.scenario.retry_after_ms;
        Ok(if found.done { Answer::ok(shown) } else { Answer::json(202, shown).paced(retry_after) })
    }

    fn deployments(&self) -> Deployments<'_> {
        let Azure { world, scenario, random, .. } = self.azure;
        Deployments { world, scenario, random }
    }
}

/// The one request that changes something.
const PUBLISH: &[&str] = &["api", "publish"];

/// It publishes a package.
pub(crate) fn publishes(request: &Request) -> bool {
    request.method == "POST" && path(request) == PUBLISH
}

fn path(request: &Request) -> Vec<String> {
    request.segments.iter().map(|segment| segment.to_ascii_lowercase()).collect()
}

/// The simulator knows zip files, taken while the client waits for no end of the deployment.
fn check_query(request: &Request) -> Result<(), Refusal> {
    let is = |name: &str, value: &str| request.query.get(name).is_some_and(|given| given.eq_ignore_ascii_case(value));
    if is("type", "zip") && is("async", "true") && request.query.len() == 2 {
        return Ok(());
    }
    Err(Refusal::not_modelled("publishing otherwise than with 'type=zip' and 'async=true'"))
}

/// The answer to somebody who is not admitted.
pub(crate) fn unauthorized() -> Answer {
    Answer { status: 401, headers: Vec::new(), body: None::<Value> }.with("WWW-Authenticate", "Basic realm=\"site\"")
}
