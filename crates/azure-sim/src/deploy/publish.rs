//! The publish API of a site (Kudu), at its `scm` host: `POST /api/publish?type=zip&async=true`, then
//! `GET /api/deployments/{id|latest}`.

use std::sync::Arc;

use serde_json::{Value, json};

use super::show;
use crate::{
    cloud::Cloud,
    http::{Answer, Request},
    sign_in::{Audience, Standing},
    world::{Name, Refusal, Site},
};

/// The largest package that is taken, in bytes.
pub(crate) const LARGEST_PACKAGE: usize = 64 * 1024 * 1024;

impl Cloud {
    /// Answers a request to the publish API of a site; `None` where the host is of no site.
    pub(crate) fn publish(self: &Arc<Self>, host: &str, request: &Request) -> Option<Answer> {
        let site = self.world().site_of_publish_host(host)?.name.clone();
        self.inspect("path or query of a request", &request.url, &request.name());
        let answer = match self.may_publish(request) {
            true => self.publish_operation(&site, request).unwrap_or_else(Answer::from),
            false => unauthorized(),
        };
        self.capture.publish(request, &answer);
        Some(if answer.body.is_some() {
            answer.with("Content-Type", "application/json; charset=utf-8")
        } else {
            answer
        })
    }

    /// Basic authentication is switched off, as in the recorded sites: only a token for Azure Resource Manager opens.
    fn may_publish(&self, request: &Request) -> bool {
        let bearer = request.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
        bearer.is_some_and(|token| matches!(self.standing(token.trim(), Audience::Arm), Standing::Good))
    }

    fn publish_operation(self: &Arc<Self>, site: &Name, request: &Request) -> Result<Answer, Refusal> {
        let path: Vec<String> = request.segments.iter().map(|segment| segment.to_ascii_lowercase()).collect();
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        match (request.method.as_str(), &path[..]) {
            ("POST", ["api", "publish"]) => self.around(&request.name(), || self.accept(site, request)),
            ("GET", ["api", "deployments", id]) => self.deployment(site, id),
            _ => Err(Refusal::new(404, "NotFound", "The publish API has no such page.")),
        }
    }

    fn accept(&self, site: &Name, request: &Request) -> Result<Answer, Refusal> {
        check_query(request)?;
        let deployment = self.deployments().take(site, Ok(request.body.clone()))?;
        let host = self.world().sites.get(site).map(Site::publish_host).unwrap_or_default();
        let location = format!("https://{host}/api/deployments/latest?deployer=OneDeploy");
        let answer = Answer::empty(202).with("Location", location).with("SCM-DEPLOYMENT-ID", deployment.id);
        Ok(answer.paced(self.scenario.retry_after_ms))
    }

    fn deployment(&self, site: &Name, id: &str) -> Result<Answer, Refusal> {
        self.deployments().finish();
        let world = self.world();
        let missing = || Refusal::new(404, "NotFound", format!("Deployment '{id}' not found."));
        let site = world.sites.get(site).ok_or_else(missing)?;
        let found = match id {
            "latest" => site.deployments.last(),
            id => site.deployments.iter().find(|deployment| deployment.id == id),
        };
        let found = found.ok_or_else(missing)?;
        let mut shown = show(site, found);
        shown["id"] = json!(found.id);
        Ok(if found.done { Answer::ok(shown) } else { Answer::json(202, shown).paced(self.scenario.retry_after_ms) })
    }
}

/// The simulator knows zip files, taken while the client waits for no end of the deployment.
fn check_query(request: &Request) -> Result<(), Refusal> {
    let is = |name: &str, value: &str| request.query.get(name).is_some_and(|given| given.eq_ignore_ascii_case(value));
    if is("type", "zip") && is("async", "true") && request.query.len() == 2 {
        return Ok(());
    }
    Err(Refusal::not_modelled("publishing otherwise than with 'type=zip' and 'async=true'"))
}

fn unauthorized() -> Answer {
    Answer { status: 401, headers: Vec::new(), body: None::<Value> }.with("WWW-Authenticate", "Basic realm=\"site\"")
}
