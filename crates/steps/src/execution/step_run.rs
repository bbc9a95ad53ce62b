//! One step of one upgrade: what it works with, and what all parts of it share.

use std::time::Duration;

use rollout::{DecisionInput, Effect, Policy, Refusal, Step, Upgrade, World, decide, plan::Preflight};

use super::progress::Progress;
use crate::{
    cloud::Cloud,
    failure::Failure,
    hooks::Hooks,
    scripts::Scripts,
    stop::{Halt, Limits, Stop},
};

/// One step of one upgrade.
pub struct StepRun<'c> {
    /// Which step.
    pub step: Step,
    /// What it speaks to.
    pub cloud: &'c Cloud,
    /// The upgrade.
    pub upgrade: &'c Upgrade,
    /// What the user allows.
    pub policy: &'c Policy,
    /// The user's scripts.
    pub scripts: &'c Scripts,
    /// The user's hooks.
    pub hooks: &'c Hooks,
    /// Who may stop it.
    pub stop: &'c Stop,
}

impl StepRun<'_> {
    /// One part of the way: it ends early when the step is to stop, or the deadline passes.
    ///
    /// # Errors
    /// Those of the work, or it was ended.
    pub async fn part<T>(
        &self,
        what: &str,
        progress: &mut Progress,
        work: impl AsyncFnOnce(&mut Progress) -> Result<T, Failure>,
    ) -> Result<T, Halt> {
        self.patient_part(Duration::ZERO, what, progress, work).await
    }

    /// The same for work that must not be left half-way: once the step is to stop, it may go on for `grace`.
    ///
    /// # Errors
    /// Those of the work, or it was ended.
    pub async fn patient_part<T>(
        &self,
        grace: Duration,
        what: &str,
        progress: &mut Progress,
        work: impl AsyncFnOnce(&mut Progress) -> Result<T, Failure>,
    ) -> Result<T, Halt> {
        what.clone_into(&mut progress.doing);
        let limits = Limits { stop: self.stop, grace, deadline: progress.due.map(|due| due.until) };
        limits.hold(work(progress)).await
    }

    /// What decisions are made on.
    pub fn case<'w>(&'w self, world: &'w World, preflight: Option<&'w Preflight>) -> DecisionInput<'w> {
        DecisionInput { upgrade: self.upgrade, world, policy: self.policy, preflight }
    }

    /// What is to be done.
    ///
    /// # Errors
    /// The step must not go on.
    pub fn decide(&self, world: &World, preflight: Option<&Preflight>) -> Result<Vec<Effect>, Refusal> {
        decide(self.step, &self.case(world, preflight))
    }
}
