//! How long a step waits: between looks, and for what it waits for.

use std::time::Duration;

use rollout::Step;

use crate::inputs::{ConnectionInputs, Limits, SiteInputs};

/// At which pace the step waits.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Between two looks.
    pub poll: Duration,
    /// For one request or one short statement.
    pub request: Duration,
    /// For seeding.
    pub seeding: Duration,
    /// For the stage site to be made, and for V2's package to be fetched and deployed.
    pub deployment: Duration,
    /// For a site or an endpoint to become healthy, and for other changes of state.
    pub health: Duration,
    /// For another run to let the lock go.
    pub lock: Duration,
}

impl Pace {
    /// The pace that the inputs ask for, before the limits of a step are known.
    pub fn of(inputs: &ConnectionInputs) -> Self {
        let request = inputs.request_timeout.0;
        let (poll, lock) = (inputs.poll_interval.0, Duration::ZERO);
        Self { poll, request, seeding: request, deployment: request, health: request, lock }
    }

    /// The same pace with the limit of what is done for the stage site.
    #[must_use]
    pub fn with_site(self, site: &SiteInputs) -> Self {
        Self { deployment: site.deployment_timeout.0, ..self }
    }

    /// The same pace with the limits of a step. The way back waits for the lock of a runner that has vanished: nobody else would
    /// give production back.
    #[must_use]
    pub fn with_limits(self, step: Step, limits: &Limits) -> Self {
        let lock = if step == Step::Rollback { LOCK_WAIT } else { Duration::ZERO };
        let lock = limits.lock_wait.map_or(lock, |wait| wait.0);
        let seeding = limits.seeding_timeout.map_or(self.seeding, |limit| limit.0);
        let health = limits.health_timeout.map_or(self.health, |limit| limit.0);
        Self { seeding, health, lock, ..self }
    }
}

/// A gateway drops what is left of a session after less than that, and the server lets its lock go.
const LOCK_WAIT: Duration = Duration::from_secs(60);
