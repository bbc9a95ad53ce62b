//! A request that names something that is simulated, and what of the simulated Azure it is about.

use std::sync::{Mutex, MutexGuard};

use serde_json::Value;

use crate::{
    Scenario,
    deploy::{Deployments, Packages},
    http::Request,
    lock::lock,
    random::Random,
    world::{EndpointKind, World},
};

/// What a handler works with.
pub(super) struct Call<'a> {
    pub(super) world: &'a Mutex<World>,
    pub(super) scenario: &'a Scenario,
    pub(super) random: &'a Random,
    pub(super) packages: &'a Packages,
    pub(super) request: &'a Request,
    pub(super) names: Names<'a>,
    /// The body, if the specification has one for the operation; it has its shape.
    pub(super) body: Value,
}

impl<'a> Call<'a> {
    pub(super) fn world(&self) -> MutexGuard<'a, World> {
        lock(self.world)
    }

    pub(super) fn deployments(&self) -> Deployments<'a> {
        Deployments { world: self.world, scenario: self.scenario, random: self.random }
    }

    /// The resource group of an operation that is below one.
    pub(super) fn group(&self) -> &'a str {
        self.names.group.unwrap_or_default()
    }
}

/// What the path names, as the client spelled it. What the path of the operation does not have is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Names<'a> {
    pub(super) group: Option<&'a str>,
    pub(super) server: &'a str,
    pub(super) rule: &'a str,
    pub(super) database: &'a str,
    pub(super) link: &'a str,
    pub(super) operation: &'a str,
    pub(super) profile: &'a str,
    pub(super) kind: EndpointKind,
    pub(super) endpoint: &'a str,
    /// Of a site or a plan.
    pub(super) name: &'a str,
    pub(super) host: &'a str,
    pub(super) job: &'a str,
}

impl<'a> Names<'a> {
    pub(super) fn below(group: Option<&'a str>) -> Self {
        Self {
            group,
            server: "",
            rule: "",
            database: "",
            link: "",
            operation: "",
            profile: "",
            kind: EndpointKind::Azure,
            endpoint: "",
            name: "",
            host: "",
            job: "",
        }
    }

    /// Takes the value of a parameter by the name that the specification gives it; `None` if the path names nothing with
    /// this value.
    pub(super) fn set(&mut self, parameter: &str, value: &'a str) -> Option<()> {
        match parameter {
            "serverName" => self.server = value,
            "firewallRuleName" => self.rule = value,
            "databaseName" => self.database = value,
            "linkId" => self.link = value,
            "operationId" => self.operation = value,
            "profileName" => self.profile = value,
            "endpointType" => self.kind = EndpointKind::read(value)?,
            "endpointName" => self.endpoint = value,
            "name" => self.name = value,
            "hostName" => self.host = value,
            "webJobName" => self.job = value,
            "locationName" => {}
            _ => return None,
        }
        Some(())
    }
}
