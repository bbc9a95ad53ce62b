//! Applies what was decided, and undoes it where a step that is refused half-way must leave everything as it was.

use std::time::Duration;

use rollout::{AccessEffect, Effect, FenceEffect, Outcome, Step, TrafficEffect};
use tokio::time::Instant;

use super::{
    progress::{Due, Progress},
    step_run::StepRun,
};
use crate::{
    apply::Executor,
    failure::Failure,
    stop::{Halt, TIME_TO_END},
};

impl StepRun<'_> {
    /// Applies the effects in order. If one is refused, those before it are taken back as far as they can be, unless the
    /// deadline has passed: then production is given back as a whole.
    ///
    /// # Errors
    /// One failed, or the step was stopped.
    pub async fn apply(&self, effects: &[Effect], progress: &mut Progress) -> Result<(), Halt> {
        let (mut applied, mut failed, mut left): (Vec<&Effect>, Vec<&Effect>, Vec<Failure>) = Default::default();
        for effect in effects {
            if failed.iter().any(|failed| effect.waits_for(failed)) {
                continue;
            }
            match self.apply_in_time(effect, progress).await {
                Err(Halt::Failed(failure))
                    if self.step == Step::Rollback && progress.writable && failure.outcome != Outcome::Stuck =>
                {
                    left.push(failure);
                    failed.push(effect);
                }
                Err(Halt::Failed(failure)) if !progress.overdue() => {
                    let take_back =
                        async |progress: &mut Progress| Ok(self.take_back(&applied, failure, progress).await);
                    return Err(Halt::Failed(self.part("undo what it had done", progress, take_back).await?));
                }
                outcome => outcome?,
            }
            applied.push(effect);
        }
        what_is_left(left)
    }

    /// The deadline begins with the fence row. It ends with the request that nobody can take back, which is not cut off
    /// either: whoever looks after it must not find it still on its way.
    async fn apply_in_time(&self, effect: &Effect, progress: &mut Progress) -> Result<(), Halt> {
        let last = self.sends_users_away(effect);
        if let Effect::Fence(FenceEffect::Open { within, .. }) = effect {
            progress.due = Due::within(*within, progress.world.as_ref());
        } else if last {
            progress.due = None;
        }
        progress.begun = true;
        let grace = if last { TIME_TO_END } else { Duration::ZERO };
        let apply = async |progress: &mut Progress| self.apply_one(effect, progress).await;
        self.patient_part(grace, &effect.to_string(), progress, apply).await?;
        progress.switched |= last;
        progress.changed |= !effect.is_proof();
        progress.writable |= self.gives_production_back(effect);
        Ok(())
    }

    /// From here on production takes writes.
    pub fn gives_production_back(&self, effect: &Effect) -> bool {
        matches!(effect, Effect::Access(AccessEffect::SetReadWrite { database, .. }) if *database == self.upgrade.production.database)
    }

    fn sends_users_away(&self, effect: &Effect) -> bool {
        let production = &self.upgrade.production.endpoint;
        let disables = |effect: &Effect| matches!(effect, Effect::Traffic(TrafficEffect::Disable { endpoint, .. }) if endpoint == production);
        self.step == Step::Switch && matches!(effect, Effect::Once { what, .. } if disables(what))
    }

    /// Applies one effect.
    ///
    /// # Errors
    /// It failed.
    pub async fn apply_one(&self, effect: &Effect, progress: &mut Progress) -> Result<(), Failure> {
        let began = Instant::now();
        self.cloud.runner_io.say(&format!("{effect} ..."));
        let (scripts, hooks, sessions) = (self.scripts, self.hooks, &mut progress.sessions);
        let mut executor = Executor { cloud: self.cloud, upgrade: self.upgrade, sessions, scripts, hooks, note: None };
        let applied = executor.apply(effect).await;
        applied.map_err(|failure| if effect.is_proof() { failure } else { failure.of_a_change() })?;
        let note = executor.note.map(|note| format!(", {note}")).unwrap_or_default();
        progress.done.push((format!("{effect}{note}"), began.elapsed().as_secs_f64()));
        Ok(())
    }

    /// A refusal changed nothing, so the step may end as if it had never begun, if all before it can be undone.
    async fn take_back(&self, applied: &[&Effect], failure: Failure, progress: &mut Progress) -> Failure {
        let changes: Vec<_> = applied.iter().filter(|effect| !effect.is_proof()).collect();
        if failure.outcome != Outcome::Refused || changes.is_empty() {
            return failure;
        }
        let undos: Option<Vec<Effect>> = changes.iter().rev().map(|effect| effect.undo()).collect();
        let Some(undos) = undos else { return failure.into_interrupted() };
        for undo in undos {
            if let Err(worse) = self.apply_one(&undo, progress).await {
                let error = failure
                    .error
                    .context(format!("could not {undo} to undo what this step had done: {}", worse.message()));
                return Failure::broken(error);
            }
        }
        failure
    }
}

/// Users can write; all that could not be done behind that is told at once.
///
/// # Errors
/// Something was left.
fn what_is_left(left: Vec<Failure>) -> Result<(), Halt> {
    let Some(first) = left.first() else { return Ok(()) };
    let (hint, all) = (first.hint.clone(), left.iter().map(Failure::message).collect::<Vec<_>>().join("; "));
    let failure = Failure { hint, ..Failure::refused(anyhow::anyhow!(all), "") };
    Err(Halt::Failed(failure.into_interrupted()))
}
