//! WebJobs of sites and slots (Microsoft.Web 2023-12-01).
//!
//! Azure Resource Manager hands these requests on to the Kudu of the site. What that really answers, as azure-powershell has recorded it
//! (2021-02-01), has more than the specification: `name` and `type` among the properties, and words of `status` such as `Disabling`.

use reqwest::Method;
use rollout::{
    SiteId,
    background::{WebJob, WebJobs},
};

use crate::{
    arm_id::Scope,
    json::{Node, ReadError},
    request::Request,
    web::API_VERSION,
};

/// The continuous WebJobs of a site; `None` where Azure says that there is no such list, as for sites on Linux before WebJobs came to it.
pub fn continuous(scope: &Scope, id: &SiteId) -> Request<Option<Vec<WebJob>>> {
    list(scope, id, "continuouswebjobs", "continuous WebJobs", read_continuous)
}

/// Names of the triggered WebJobs of a site; `None` as for the continuous ones.
pub fn triggered(scope: &Scope, id: &SiteId) -> Request<Option<Vec<String>>> {
    list(scope, id, "triggeredwebjobs", "triggered WebJobs", name)
}

fn list<T: 'static>(
    scope: &Scope,
    id: &SiteId,
    segment: &'static str,
    what: &str,
    read: fn(&Node<'_>) -> Result<T, ReadError>,
) -> Request<Option<Vec<T>>> {
    let tried = format!("list the {what} of the site `{id}`");
    let path = scope.site(id).join(&[segment]);
    let all = move |node: &Node<'_>| {
        node.present("value", "a list")?;
        node.list("value")?.iter().map(read).collect()
    };
    Request::look(tried, &path, API_VERSION, move |response| response.read(all)).paged()
}

/// Both lists together, where they are there.
pub fn both(continuous: Option<Vec<WebJob>>, triggered: Option<Vec<String>>) -> Option<WebJobs> {
    Some(WebJobs { continuous: continuous?, triggered: triggered? })
}

/// Starts a continuous WebJob; one that runs goes on. `false` where there is none of this name.
pub fn start(scope: &Scope, id: &SiteId, job: &str) -> Request<bool> {
    act(scope, id, job, "start")
}

/// Stops a continuous WebJob for good; one that is stopped stays so. The answer comes before it has ended. `false` where there is none
/// of this name.
pub fn stop(scope: &Scope, id: &SiteId, job: &str) -> Request<bool> {
    act(scope, id, job, "stop")
}

fn act(scope: &Scope, id: &SiteId, job: &str, verb: &str) -> Request<bool> {
    let tried = format!("{verb} the WebJob `{job}` of the site `{id}`");
    let path = scope.site(id).join(&["continuouswebjobs", job, verb]);
    let request = Request::new(Method::POST, tried, &path, API_VERSION, |response| Ok(response.status != 404));
    request.expecting(&[200, 404]).repeatable()
}

fn read_continuous(node: &Node<'_>) -> Result<WebJob, ReadError> {
    let instances = node.optional_text("properties.detailed_status")?.unwrap_or_default();
    Ok(WebJob {
        name: name(node)?,
        status: node.optional_text("properties.status")?.unwrap_or_default(),
        instances: instances.lines().filter_map(instance).collect(),
    })
}

/// A line of `detailed_status`, such as `54146e - PendingRestart`.
fn instance(line: &str) -> Option<String> {
    let word = line.rsplit(" - ").next().unwrap_or(line).trim();
    (!word.is_empty()).then(|| word.to_owned())
}

/// `name` is that of the site, perhaps of its slot, and of the WebJob, joined by slashes.
fn name(node: &Node<'_>) -> Result<String, ReadError> {
    let full = node.text("name")?;
    Ok(full.rsplit('/').next().unwrap_or(&full).to_owned())
}

#[cfg(test)]
#[path = "webjobs_test.rs"]
mod tests;
