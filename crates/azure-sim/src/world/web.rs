//! App Service: plans and sites.

use std::collections::BTreeMap;

use super::Name;

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
    /// Which of the scenario's applications is deployed there.
    pub(crate) app: usize,
    pub(crate) modified: f64,
}

/// A connection string of a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ConnectionString {
    pub(crate) value: String,
    pub(crate) kind: String,
}

impl Site {
    pub(crate) fn default_host(&self) -> String {
        format!("{}.azurewebsites.net", self.name.as_str().to_ascii_lowercase())
    }

    pub(crate) fn answers_to(&self, host: &str) -> bool {
        self.host_names.iter().any(|name| name.eq_ignore_ascii_case(host))
    }

    /// A new process, which can answer at `ready_at` and reads its settings now.
    pub(crate) fn restart(&mut self, ready_at: f64) {
        self.process += 1;
        self.ready_at = ready_at;
        self.effective = self.connection_strings.clone();
    }
}
