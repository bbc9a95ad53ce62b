//! App Service: plans and sites.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::Value;

use super::{App, Kudu, Name};

/// A plan.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) name: Name,
    pub(crate) group: Name,
    pub(crate) location: String,
    pub(crate) sku: String,
    pub(crate) tier: String,
    /// The scale unit: a host name belongs to one site in it.
    pub(crate) unit: String,
}

impl Plan {
    /// Traffic Manager shows an Azure endpoint of such a site as stopped (facts 3.3).
    pub(crate) fn is_below_standard(&self) -> bool {
        matches!(self.tier.as_str(), "Free" | "Shared" | "Basic")
    }
}

/// A site.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    pub(crate) name: Name,
    pub(crate) group: Name,
    pub(crate) location: String,
    pub(crate) plan: (Name, Name),
    pub(crate) unit: String,
    pub(crate) tags: BTreeMap<String, String>,
    /// `<name>.azurewebsites.net` first.
    pub(crate) host_names: Vec<String>,
    pub(crate) app_settings: BTreeMap<String, String>,
    pub(crate) connection_strings: BTreeMap<String, ConnectionString>,
    pub(crate) running: bool,
    /// Which process serves: another number after every start and restart.
    pub(crate) process: u64,
    /// When that process can answer.
    pub(crate) ready_at: f64,
    /// The settings that the process started with.
    pub(crate) effective: BTreeMap<String, ConnectionString>,
    /// The service beside it, which runs its WebJobs.
    pub(crate) kudu: Kudu,
    /// What is deployed there; `None` before the first deployment.
    pub(crate) app: Option<Arc<App>>,
    /// In the order in which they came.
    pub(crate) deployments: Vec<Deployment>,
    /// `kind`, e.g. `app`.
    pub(crate) kind: String,
    /// Its managed identity, as it is shown.
    pub(crate) identity: Option<Value>,
    /// Host names that a certificate is bound to, with its thumbprint.
    pub(crate) certificates: BTreeMap<String, String>,
    /// Properties that differ from those of the recorded site.
    pub(crate) properties: BTreeMap<String, Value>,
    /// Properties of `config/web` that differ from the recorded ones.
    pub(crate) web: BTreeMap<String, Value>,
    /// The body of the request that made it.
    pub(crate) made_by: Option<Value>,
    pub(crate) modified: f64,
}

/// A package on its way to a site.
#[derive(Debug, Clone)]
pub(crate) struct Deployment {
    pub(crate) id: String,
    pub(crate) received: f64,
    pub(crate) due: f64,
    /// The application, or why there is none.
    pub(crate) package: Result<Arc<App>, String>,
    pub(crate) done: bool,
}

/// A connection string of a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ConnectionString {
    pub(crate) value: String,
    pub(crate) kind: String,
}

impl Site {
    /// A site that does not run yet, with its own host name alone.
    pub(crate) fn new(name: &str, plan: &Plan, now: f64) -> Self {
        Self {
            name: name.into(),
            group: plan.group.clone(),
            location: plan.location.clone(),
            plan: (plan.group.clone(), plan.name.clone()),
            unit: plan.unit.clone(),
            tags: BTreeMap::new(),
            host_names: vec![format!("{}.azurewebsites.net", name.to_ascii_lowercase())],
            app_settings: BTreeMap::new(),
            connection_strings: BTreeMap::new(),
            running: false,
            process: 0,
            ready_at: 0.0,
            effective: BTreeMap::new(),
            kudu: Kudu::default(),
            app: None,
            deployments: Vec::new(),
            kind: "app".to_owned(),
            identity: None,
            certificates: BTreeMap::new(),
            properties: BTreeMap::new(),
            web: BTreeMap::new(),
            made_by: None,
            modified: now,
        }
    }

    pub(crate) fn default_host(&self) -> String {
        format!("{}.azurewebsites.net", self.name.as_str().to_ascii_lowercase())
    }

    pub(crate) fn answers_to(&self, host: &str) -> bool {
        self.host_names.iter().any(|name| name.eq_ignore_ascii_case(host))
    }

    /// Where its publish API is.
    pub(crate) fn publish_host(&self) -> String {
        format!("{}.scm.azurewebsites.net", self.name.as_str().to_ascii_lowercase())
    }

    /// The site and its Kudu begin anew.
    pub(crate) fn restart(&mut self, ready_at: f64) {
        self.begin(ready_at);
        self.restart_kudu(ready_at);
    }

    /// A new process, which can answer at `ready_at` and reads its settings now.
    pub(crate) fn begin(&mut self, ready_at: f64) {
        self.process += 1;
        self.ready_at = ready_at;
        self.effective = self.connection_strings.clone();
    }
}
