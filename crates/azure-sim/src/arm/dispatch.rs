//! From a request to the operation it names.

use std::sync::Arc;

use super::{
    Answer, Request, authorize, bindings, body, creation, databases, deployments, endpoints, firewall, links,
    operations, profiles, roles,
    route::{self, PROVIDERS, Path, Route},
    servers, settings, sites, webjobs,
};
use crate::{cloud::Cloud, world::Refusal};

impl Cloud {
    /// What the caller may do on a resource that is there.
    fn permissions(self: &Arc<Self>, request: &Request, resource: &[String]) -> Result<Answer, Refusal> {
        if let Some((subscription, group)) = roles::group(resource) {
            check_subscription_id(self, subscription)?;
            self.world().group(group)?;
            check_asked_version(request, roles::API_VERSION)?;
            return self.permissions_on(request, resource);
        }
        let asked = Request { segments: resource.to_vec(), ..request.clone() };
        let path = route::path(resource).ok_or_else(|| no_such_path(request))?;
        check_subscription(self, &path)?;
        provider_version(&path)?;
        check_version(request, &path, roles::API_VERSION)?;
        let route = route::route(&path).ok_or_else(|| no_such_path(request))?;
        Call { cloud: self, request: &asked, route }.run()?;
        self.permissions_on(request, resource)
    }

    /// Answers a request to Azure Resource Manager.
    pub(crate) fn arm(self: &Arc<Self>, request: &Request) -> Answer {
        self.inspect_request(request);
        let answer = match authorize::refuse(request, self) {
            Some(answer) => answer,
            None => self.operation(request).unwrap_or_else(Answer::from),
        };
        let answer = answer.complete(self, request);
        self.capture.arm(request, &answer);
        answer
    }

    fn inspect_request(&self, request: &Request) {
        self.inspect("path or query of a request", &request.url, &request.name());
        self.inspect("User-Agent", request.header("user-agent").unwrap_or_default(), &request.name());
        let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap_or_default();
        if let Some(tags) = body.get("tags") {
            self.inspect("tags of a resource", &tags.to_string(), &request.name());
        }
    }

    fn operation(self: &Arc<Self>, request: &Request) -> Result<Answer, Refusal> {
        if let Some(resource) = roles::asked_on(request) {
            return self.permissions(request, resource);
        }
        let path = route::path(&request.segments).ok_or_else(|| no_such_path(request))?;
        check_subscription(self, &path)?;
        let version = provider_version(&path)?;
        let route = route::route(&path);
        match &route {
            Some(route @ (Route::Unlink { .. } | Route::LinkOperation { .. })) => {
                links::check_version(self, request, route)?;
            }
            _ => check_version(request, &path, version)?,
        }
        let route = route.ok_or_else(|| no_such_type(&path, version))?;
        check_query(request, &route)?;
        self.check_roles(request, &path)?;
        let reads = request.method == "GET" || matches!(route, Route::SettingsList { .. });
        let call = Call { cloud: self, request, route };
        if reads { call.run() } else { self.around(&request.name(), || call.run()) }
    }
}

/// A request that names something that is simulated.
pub(crate) struct Call<'a> {
    pub(crate) cloud: &'a Arc<Cloud>,
    pub(crate) request: &'a Request,
    pub(crate) route: Route<'a>,
}

impl Call<'_> {
    fn run(&self) -> Result<Answer, Refusal> {
        let body = match self.route {
            Route::OneDeploy { .. } => Ok(serde_json::Value::Null),
            _ => body::read(self.request, &self.route),
        };
        let cloud = self.cloud;
        match (self.request.method.as_str(), self.route) {
            ("GET", Route::Servers { group }) => servers::list(cloud, group),
            ("GET", Route::Server { group, server }) => servers::get(cloud, group, server),
            ("GET", Route::FirewallRules { group, server }) => firewall::list(cloud, group, server),
            ("GET", Route::FirewallRule { group, server, rule }) => firewall::get(cloud, group, server, rule),
            ("PUT", Route::FirewallRule { group, server, rule }) => firewall::put(self, group, server, rule, &body?),
            ("DELETE", Route::FirewallRule { group, server, rule }) => {
                body.and_then(|_| firewall::delete(self, group, server, rule))
            }
            ("GET", Route::Databases { group, server }) => databases::list(cloud, group, server),
            ("GET", Route::Database { group, server, database }) => databases::get(cloud, group, server, database),
            ("PUT", Route::Database { group, server, database }) => {
                databases::put(self, group, server, database, &body?)
            }
            ("PATCH", Route::Database { group, server, database }) => {
                databases::patch(self, group, server, database, &body?)
            }
            ("DELETE", Route::Database { group, server, database }) => {
                body.and_then(|_| databases::delete(self, group, server, database))
            }
            ("GET", Route::DatabaseOperations { group, server, database }) => {
                operations::list(cloud, group, server, database)
            }
            ("GET", Route::AsyncOperation { id }) => operations::status(cloud, id),
            ("GET", Route::OperationResult { id }) => operations::result(cloud, id),
            ("GET", Route::ServerLinks { group, server }) => links::list_of_server(cloud, group, server),
            ("GET", Route::Links { group, server, database }) => links::list(cloud, group, server, database),
            ("GET", Route::Link { group, server, database, link }) => links::get(cloud, group, server, database, link),
            ("DELETE", Route::Link { group, server, database, link }) => {
                body.and_then(|_| links::delete(self, group, server, database, link))
            }
            ("POST", Route::Unlink { group, server, database, link }) => {
                links::unlink(self, group, server, database, link, &body?)
            }
            ("GET", Route::LinkOperation { link, id }) => operations::link_result(cloud, link, id),
            _ => self.run_other(body),
        }
    }

    fn run_other(&self, body: Result<serde_json::Value, Refusal>) -> Result<Answer, Refusal> {
        let cloud = self.cloud;
        match (self.request.method.as_str(), self.route) {
            ("GET", Route::Profiles { group }) => profiles::list(cloud, group),
            ("GET", Route::Profile { group, profile }) => profiles::get(cloud, group, profile),
            ("PATCH", Route::Profile { group, profile }) => profiles::patch(cloud, group, profile, &body?),
            ("GET", Route::Endpoint { group, profile, kind, endpoint }) => {
                endpoints::get(cloud, group, profile, kind, endpoint)
            }
            ("PUT", Route::Endpoint { group, profile, kind, endpoint }) => {
                endpoints::put(cloud, group, profile, kind, endpoint, &body?)
            }
            ("PATCH", Route::Endpoint { group, profile, kind, endpoint }) => {
                endpoints::patch(cloud, group, profile, kind, endpoint, &body?)
            }
            ("DELETE", Route::Endpoint { group, profile, kind, endpoint }) => {
                body.and_then(|_| endpoints::delete(cloud, group, profile, kind, endpoint))
            }
            ("GET", Route::Sites { group }) => sites::list(cloud, group),
            ("GET", Route::Site { group, site }) => sites::get(cloud, group, site),
            ("PUT", Route::Site { group, site }) => creation::put(self, group, site, &body?),
            ("GET", Route::Creation { id }) => creation::result(cloud, id),
            ("PATCH", Route::Site { group, site }) => sites::patch(cloud, group, site, &body?),
            ("DELETE", Route::Site { group, site }) => body.and_then(|_| sites::delete(self, group, site)),
            ("POST", Route::SiteAction { group, site, action }) => {
                body.and_then(|_| sites::act(cloud, group, site, action))
            }
            ("GET", Route::Bindings { group, site }) => bindings::list(cloud, group, site),
            ("GET", Route::Binding { group, site, host }) => bindings::get(cloud, group, site, host),
            ("PUT", Route::Binding { group, site, host }) => bindings::put(cloud, group, site, host, &body?),
            ("GET", Route::WebConfig { group, site }) => settings::web(cloud, group, site),
            ("PATCH", Route::WebConfig { group, site }) => settings::patch_web(cloud, group, site, &body?),
            ("GET", Route::StickySettings { group, site }) => settings::sticky(cloud, group, site),
            ("GET", Route::Authentication { group, site }) => settings::authentication(cloud, group, site),
            ("GET", Route::Slots { group, site }) => sites::slots(cloud, group, site),
            ("PUT", Route::OneDeploy { group, site }) => deployments::put(self, group, site),
            ("GET", Route::ContinuousJobs { group, site }) => webjobs::list_continuous(cloud, group, site),
            ("GET", Route::ContinuousJob { group, site, job }) => webjobs::get_continuous(cloud, group, site, job),
            ("POST", Route::JobAction { group, site, job, action }) => {
                body.and_then(|_| webjobs::act(cloud, group, site, job, action))
            }
            ("GET", Route::TriggeredJobs { group, site }) => webjobs::list_triggered(cloud, group, site),
            ("GET", Route::Deployments { group, site }) => deployments::list(cloud, group, site),
            ("POST", Route::SettingsList { group, site, which }) => {
                body.and_then(|_| settings::list(cloud, group, site, which))
            }
            ("PUT", Route::Settings { group, site, which }) => settings::put(cloud, group, site, which, &body?),
            ("GET", Route::Plans { group }) => sites::plans(cloud, group),
            ("GET", Route::Plan { group, plan }) => sites::plan(cloud, group, plan),
            _ => Err(not_allowed(self.request)),
        }
    }
}

fn check_subscription(cloud: &Cloud, path: &Path) -> Result<(), Refusal> {
    check_subscription_id(cloud, path.subscription)
}

fn check_subscription_id(cloud: &Cloud, subscription: &str) -> Result<(), Refusal> {
    if subscription.eq_ignore_ascii_case(&cloud.credentials.subscription_id) {
        return Ok(());
    }
    let text = format!("The subscription '{subscription}' could not be found.");
    Err(Refusal::new(404, "SubscriptionNotFound", text))
}

fn provider_version(path: &Path) -> Result<&'static str, Refusal> {
    let known = PROVIDERS.iter().find(|(provider, _)| provider.eq_ignore_ascii_case(path.provider));
    known.map(|(_, version)| *version).ok_or_else(|| {
        let text = format!("The resource namespace '{}' is invalid.", path.provider);
        Refusal::new(404, "InvalidResourceNamespace", text)
    })
}

/// The version of a request that is about no resource of a provider.
fn check_asked_version(request: &Request, version: &str) -> Result<(), Refusal> {
    let path = Path { subscription: "", group: None, provider: "", rest: vec!["permissions"] };
    check_version(request, &path, version)
}

fn check_version(request: &Request, path: &Path, version: &str) -> Result<(), Refusal> {
    let Some(asked) = request.query.get("api-version") else {
        let text = "The api-version query parameter (?api-version=) is required for all requests.";
        return Err(Refusal::bad_request("MissingApiVersionParameter", text));
    };
    if asked == version {
        return Ok(());
    }
    if !looks_like_a_version(asked) {
        let text = format!("The api-version '{asked}' is invalid. The supported versions are '{version}'.");
        return Err(Refusal::bad_request("InvalidApiVersionParameter", text));
    }
    Err(no_such_version(asked, path.rest.first().copied().unwrap_or_default(), version))
}

/// A version that the provider does not have, or not any more.
pub(super) fn no_such_version(asked: &str, kind: &str, version: &str) -> Refusal {
    let text = format!(
        "No registered resource provider found for location 'westeurope' and API version '{asked}' for type '{kind}'. \
         The supported api-versions are '{version}'. The supported locations are 'westeurope'."
    );
    Refusal::bad_request("NoRegisteredProviderFound", text)
}

fn looks_like_a_version(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let date = text.strip_suffix("-preview").unwrap_or(&text).as_bytes();
    date.len() == 10
        && date
            .iter()
            .enumerate()
            .all(|(at, byte)| if matches!(at, 4 | 7) { *byte == b'-' } else { byte.is_ascii_digit() })
}

/// The query parameters that the specification has for an operation; any other is refused.
fn check_query(request: &Request, route: &Route) -> Result<(), Refusal> {
    let known: &[&str] = match (request.method.as_str(), route) {
        ("DELETE", Route::Site { .. }) => &["deletemetrics", "deleteemptyserverfarm"],
        ("POST", Route::SiteAction { .. }) => &["softrestart", "synchronous"],
        ("GET", Route::Sites { .. }) => &["includeslots"],
        ("GET", Route::Servers { .. } | Route::Server { .. }) => &["$expand"],
        _ => &[],
    };
    let unknown = request.query.keys().find(|name| *name != "api-version" && !known.contains(&name.as_str()));
    match unknown {
        None => Ok(()),
        Some(name) => {
            Err(Refusal::bad_request("InvalidQueryParameter", format!("The query parameter '{name}' is not known.")))
        }
    }
}

fn no_such_path(request: &Request) -> Refusal {
    let text = format!("No HTTP resource was found that matches the request URI '{}'.", request.path());
    Refusal::new(404, "NotFound", text)
}

fn no_such_type(path: &Path, version: &str) -> Refusal {
    let kind: Vec<&str> = path.rest.iter().copied().step_by(2).collect();
    let text = format!(
        "The resource type '{}' could not be found in the namespace '{}' for api version '{version}'. The supported \
         api-versions are '{version}'.",
        kind.join("/"),
        path.provider
    );
    Refusal::new(404, "InvalidResourceType", text)
}

fn not_allowed(request: &Request) -> Refusal {
    let text = format!("The HTTP method '{}' is not supported for the resource '{}'.", request.method, request.path());
    Refusal::new(405, "HttpMethodNotAllowed", text)
}
