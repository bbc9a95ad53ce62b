//! Traffic Manager: profiles and endpoints.

use std::collections::BTreeMap;

use super::Name;

/// A profile. Its users are routed by priority.
#[derive(Debug, Clone)]
pub(crate) struct Profile {
    pub(crate) name: Name,
    pub(crate) group: Name,
    pub(crate) tags: BTreeMap<String, String>,
    /// `profileStatus`: a disabled profile answers nobody.
    pub(crate) enabled: bool,
    pub(crate) relative_name: String,
    /// `trafficRoutingMethod`
    pub(crate) routing: String,
    pub(crate) ttl: i64,
    pub(crate) path: String,
    pub(crate) tolerated_failures: u32,
    pub(crate) endpoints: Vec<Endpoint>,
}

/// An endpoint.
#[derive(Debug, Clone)]
pub(crate) struct Endpoint {
    pub(crate) name: Name,
    pub(crate) kind: EndpointKind,
    pub(crate) enabled: bool,
    pub(crate) target_resource: Option<String>,
    pub(crate) target: String,
    pub(crate) weight: i64,
    pub(crate) priority: i64,
    pub(crate) location: Option<String>,
    pub(crate) always_serve: bool,
    pub(crate) monitor: Monitor,
    /// Probes that failed one after another.
    pub(crate) failures: u32,
}

/// `azureEndpoints` or `externalEndpoints`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EndpointKind {
    Azure,
    External,
}

impl EndpointKind {
    pub(crate) fn segment(self) -> &'static str {
        match self {
            Self::Azure => "azureEndpoints",
            Self::External => "externalEndpoints",
        }
    }

    pub(crate) fn read(segment: &str) -> Option<Self> {
        [Self::Azure, Self::External].into_iter().find(|kind| kind.segment().eq_ignore_ascii_case(segment))
    }
}

/// What the last probes of an enabled endpoint said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Monitor {
    Checking,
    Online,
    Degraded,
    /// The web app of an Azure endpoint is stopped.
    Stopped,
}

impl Endpoint {
    /// `endpointMonitorStatus`
    pub(crate) fn status(&self) -> &'static str {
        match self.monitor {
            _ if !self.enabled => "Disabled",
            _ if self.always_serve => "Unmonitored",
            Monitor::Stopped => "Stopped",
            Monitor::Checking => "CheckingEndpoint",
            Monitor::Online => "Online",
            Monitor::Degraded => "Degraded",
        }
    }

    /// Enables or disables it. A freshly enabled endpoint is checked anew and served meanwhile.
    pub(crate) fn set_enabled(&mut self, enabled: bool) {
        if enabled && !self.enabled {
            self.monitor = Monitor::Checking;
            self.failures = 0;
        }
        self.enabled = enabled;
    }

    /// Traffic Manager asks for its health page.
    pub(crate) fn is_probed(&self) -> bool {
        self.enabled && !self.always_serve
    }

    /// Takes in the result of a probe.
    pub(crate) fn probed(&mut self, result: Probe, tolerated: u32) {
        match result {
            Probe::Answered => (self.failures, self.monitor) = (0, Monitor::Online),
            Probe::Stopped => self.monitor = Monitor::Stopped,
            Probe::Failed => self.failed(tolerated),
        }
    }

    fn failed(&mut self, tolerated: u32) {
        self.failures = self.failures.saturating_add(1);
        if self.failures > tolerated {
            self.monitor = Monitor::Degraded;
        } else if self.monitor == Monitor::Stopped {
            self.monitor = Monitor::Checking;
        }
    }
}

/// The outcome of a probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Probe {
    Answered,
    Failed,
    Stopped,
}

impl Profile {
    pub(crate) fn host(&self) -> String {
        format!("{}.trafficmanager.net", self.relative_name)
    }

    /// The endpoint that a DNS query is answered with: the lowest priority among those that are served, none if the profile is
    /// disabled. Whoever is checked, or always served, counts as healthy. Where every enabled one is degraded, all are served
    /// as if they were online (facts 9).
    pub(crate) fn resolve(&self) -> Option<&Endpoint> {
        if !self.enabled {
            return None;
        }
        let lowest = |wanted: &dyn Fn(&&Endpoint) -> bool| {
            self.endpoints
                .iter()
                .filter(|endpoint| endpoint.enabled)
                .filter(wanted)
                .min_by_key(|endpoint| endpoint.priority)
        };
        let healthy = |endpoint: &&Endpoint| !matches!(endpoint.status(), "Degraded" | "Stopped");
        lowest(&healthy).or_else(|| lowest(&|endpoint| endpoint.status() == "Degraded"))
    }

    /// `profileMonitorStatus`
    pub(crate) fn status(&self) -> &'static str {
        let any = |status: &str| self.endpoints.iter().any(|endpoint| endpoint.status() == status);
        if !self.enabled {
            return "Disabled";
        }
        if any("Degraded") {
            "Degraded"
        } else if any("Online") || any("Unmonitored") {
            "Online"
        } else if any("CheckingEndpoint") {
            "CheckingEndpoints"
        } else {
            "Inactive"
        }
    }
}
