//! From a request to the operation it names.

use std::sync::Mutex;

use serde_json::Value;

use super::{
    body,
    call::{Call, Names},
    links,
    path::{self, Path},
    roles,
    route::Route,
    table::ROUTES,
    version,
};
use crate::{
    Scenario,
    deploy::Packages,
    http::{Answer, Request},
    lock::lock,
    random::Random,
    world::{Refusal, World},
};

/// Azure Resource Manager, with what it works on.
#[derive(Clone, Copy)]
pub(crate) struct ResourceManager<'a> {
    pub(crate) world: &'a Mutex<World>,
    pub(crate) scenario: &'a Scenario,
    pub(crate) random: &'a Random,
    pub(crate) packages: &'a Packages,
}

/// What becomes of a request.
pub(crate) enum Outcome<'a> {
    /// This is the answer: it only reads.
    Answer(Answer),
    /// It is a change that is still to be made.
    Change(Box<Change<'a>>),
}

/// An operation that changes something.
pub(crate) struct Change<'a> {
    route: &'static Route,
    call: Call<'a>,
}

impl Change<'_> {
    /// Makes the change.
    pub(crate) fn make(self) -> Answer {
        run(self.route, self.call).unwrap_or_else(Answer::from)
    }
}

impl<'a> ResourceManager<'a> {
    /// Reads what a request asks for, or finds the change that it asks for.
    ///
    /// # Errors
    /// There is no such operation, or the caller may not begin it.
    pub(crate) fn answer(self, request: &'a Request) -> Result<Outcome<'a>, Refusal> {
        if let Some(resource) = roles::asked_on(request) {
            return self.permissions(request, resource).map(Outcome::Answer);
        }
        let (route, names) = self.find(request)?;
        let call = self.call(request, names);
        match route.only_reads() {
            true => run(route, call).map(Outcome::Answer),
            false => Ok(Outcome::Change(Box::new(Change { route, call }))),
        }
    }

    fn find(self, request: &'a Request) -> Result<(&'static Route, Names<'a>), Refusal> {
        let path = path::path(&request.segments).ok_or_else(|| no_such_path(request))?;
        self.check_subscription(path.subscription)?;
        let version = known_version(&path)?;
        let there = named(&path);
        self.check_version(request, &path, there.first().map_or(version, |(route, _)| route.version))?;
        if there.is_empty() {
            return Err(no_such_type(&path, version));
        }
        let found = there.into_iter().find(|(route, _)| route.method == request.method);
        check_query(request, found.map_or(&[], |(route, _)| route.query))?;
        roles::check(self.scenario, request, &path)?;
        found.ok_or_else(|| not_allowed(request))
    }

    /// What the caller may do on a resource that is there.
    fn permissions(self, request: &Request, resource: &[String]) -> Result<Answer, Refusal> {
        if let Some((subscription, group)) = roles::group(resource) {
            self.check_subscription(subscription)?;
            lock(self.world).group(group)?;
            version::check(request, "permissions", roles::API_VERSION)?;
        } else {
            self.check_resource(request, resource)?;
        }
        roles::list(self.scenario, request, resource)
    }

    fn check_resource(self, request: &Request, resource: &[String]) -> Result<(), Refusal> {
        let path = path::path(resource).ok_or_else(|| no_such_path(request))?;
        self.check_subscription(path.subscription)?;
        known_version(&path)?;
        version::check(request, kind(&path), roles::API_VERSION)?;
        let there = named(&path);
        if there.is_empty() {
            return Err(no_such_path(request));
        }
        let asked = Request { segments: resource.to_vec(), ..request.clone() };
        let read = there.into_iter().find(|(route, _)| route.method == "GET");
        let (route, names) = read.ok_or_else(|| not_allowed(&asked))?;
        run(route, self.call(&asked, names)).map(drop)
    }

    fn check_subscription(self, subscription: &str) -> Result<(), Refusal> {
        if subscription.eq_ignore_ascii_case(&lock(self.world).subscription) {
            return Ok(());
        }
        let text = format!("The subscription '{subscription}' could not be found.");
        Err(Refusal::new(404, "SubscriptionNotFound", text))
    }

    /// What is wrong with the version of 2014 is said in other words.
    fn check_version(self, request: &Request, path: &Path<'_>, version: &'static str) -> Result<(), Refusal> {
        match path.version() == Some(version) {
            true => version::check(request, kind(path), version),
            false => links::check_version(self.scenario, request, version),
        }
    }

    fn call<'c>(self, request: &'c Request, names: Names<'c>) -> Call<'c>
    where
        'a: 'c,
    {
        let Self { world, scenario, random, packages } = self;
        Call { world, scenario, random, packages, request, names, body: Value::Null }
    }
}

/// The body of a GET is not looked at.
fn run(route: &Route, mut call: Call<'_>) -> Result<Answer, Refusal> {
    if route.method != "GET" && !route.reads_body {
        call.body = body::read(call.request, route)?;
    }
    (route.handler)(&call)
}

/// The operations of this path, one for each method.
fn named<'p>(path: &Path<'p>) -> Vec<(&'static Route, Names<'p>)> {
    ROUTES.iter().filter_map(|route| Some((route, route.names(path)?))).collect()
}

/// The type at the top of the path.
fn kind<'p>(path: &Path<'p>) -> &'p str {
    path.rest.first().copied().unwrap_or_default()
}

fn known_version(path: &Path<'_>) -> Result<&'static str, Refusal> {
    path.version().ok_or_else(|| {
        let text = format!("The resource namespace '{}' is invalid.", path.provider);
        Refusal::new(404, "InvalidResourceNamespace", text)
    })
}

/// Refuses a query parameter that the specification does not have for the operation.
fn check_query(request: &Request, known: &[&str]) -> Result<(), Refusal> {
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

fn no_such_type(path: &Path<'_>, version: &str) -> Refusal {
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
