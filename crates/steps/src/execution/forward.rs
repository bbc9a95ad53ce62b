//! A step from its start to its end: sign in, lock, look, decide, apply, look again, report.

use rollout::{Effect, Outcome, Step, World, background::Hook, decide::loss, status};
use serde_json::json;

use super::{progress::Progress, step_run::StepRun};
use crate::{
    failure::Failure,
    hooks::NOT_RESUMED,
    observe,
    outputs::{self, Output},
    report::Report,
    stop::Halt,
};

impl StepRun<'_> {
    /// From the sign-in to the report.
    ///
    /// # Errors
    /// Why it did not come to its end.
    pub async fn forward(&self, progress: &mut Progress) -> Result<Report, Halt> {
        self.part("sign in", progress, async |_| self.cloud.sign_in().await).await?;
        let lock = async |progress: &mut Progress| {
            progress.sessions = self.locked().await?;
            Ok(())
        };
        self.part("take the lock", progress, lock).await?;
        if self.step == Step::Rollback {
            self.give_back_first(progress).await?;
        }
        self.go_on(progress).await
    }

    /// From the live state to the end of the step.
    ///
    /// # Errors
    /// Why it did not come to its end.
    pub async fn go_on(&self, progress: &mut Progress) -> Result<Report, Halt> {
        let preflight = self.look(progress).await?;
        let world = progress.world.as_ref().ok_or_else(not_seen)?;
        let effects = self.decide(world, preflight.as_ref())?;
        let given_up = self.given_up(world);
        if self.step == Step::Rollback {
            self.tell_what_stays_stopped(world);
        }
        self.apply(&effects, progress).await?;
        if effects.iter().any(|effect| !effect.is_proof()) {
            self.look_after(progress).await?;
        }
        let mut report = self.succeeded(if progress.changed { Outcome::Done } else { Outcome::AlreadyDone }, progress);
        report.outputs.extend(given_up.map(|loss| (Output::GivenUp, json!(loss))));
        Ok(report)
    }

    /// Production gets its write access back whether or not there is somebody who starts its background work again.
    pub fn tell_what_stays_stopped(&self, world: &World) {
        if world.production.has_hook_row(self.upgrade, Hook::Quiesce) && !self.policy.hooks.resume {
            self.cloud.notice(NOT_RESUMED);
        }
    }

    /// What a rollback that was allowed to lose writes is about to lose.
    fn given_up(&self, world: &World) -> Option<String> {
        let loss = (self.step == Step::Rollback).then(|| loss(&self.case(world, None))).flatten()?;
        self.cloud.notice(format!("given up, as `accept-loss` allows: {loss}"));
        Some(loss)
    }

    /// Looks at what was made of the live state. Inside of the read-only time nobody waits for that, but the journal tells
    /// how long the scripts took.
    async fn look_after(&self, progress: &mut Progress) -> Result<(), Halt> {
        if self.step == Step::Migrate {
            return self.part("read the journal", progress, async |progress| self.read_journal(progress).await).await;
        }
        if self.step.looks_again() {
            let look = async |progress: &mut Progress| self.look_again(progress).await;
            self.part("look again at the live state", progress, look).await?;
        }
        Ok(())
    }

    async fn read_journal(&self, progress: &mut Progress) -> Result<(), Failure> {
        let stage = &self.upgrade.stage.database;
        let looked = observe::look_into(self.cloud, stage, &mut progress.sessions).await;
        let sql = looked.map_err(Failure::after_changes)?.ok();
        progress.world.iter_mut().for_each(|world| world.stage.sql.clone_from(&sql));
        Ok(())
    }

    /// What is left to be done after all was done: nothing but proofs.
    async fn look_again(&self, progress: &mut Progress) -> Result<(), Failure> {
        let seen = self.see(&mut progress.sessions).await;
        let (world, preflight) = seen.map_err(Failure::after_changes)?;
        let left = self.decide(&world, preflight.as_ref()).map_err(|refusal| {
            Failure::interrupted(
                anyhow::Error::new(refusal).context("the live state is not what this step left behind"),
            )
        })?;
        nothing_left(&left)?;
        progress.world = Some(world);
        Ok(())
    }

    /// A refusal tells where the upgrade stands, and a rollback that users can write, where they can. Past the point of no
    /// return nothing automatic can help.
    pub fn failed(&self, failure: Failure, progress: Progress) -> Report {
        let status = progress.world.as_ref().map(|world| status(self.upgrade, world));
        let seen = progress.world.as_ref().is_some_and(|world| world.point_of_no_return_passed(self.upgrade));
        let failure = if self.step == Step::Rollback && progress.changed { failure.after_changes() } else { failure };
        let failure = match failure.outcome {
            Outcome::Broken if seen || progress.switched => Failure {
                outcome: Outcome::Stuck,
                error: failure.error.context("users are already on V2"),
                hint: "repair V2, or correct what was changed by hand, then run switch again; or run rollback with \
                       `accept-loss`: the writes that V2 took are then permanently lost"
                    .to_owned(),
            },
            Outcome::Interrupted if self.step == Step::Rollback && progress.writable => {
                let production = &self.upgrade.production.database;
                let error = anyhow::anyhow!("production `{production}` takes writes, but {}", failure.message());
                Failure { error, ..failure }
            }
            _ => failure.with_status(status.as_ref()),
        };
        Report { done: progress.done, ..Report::failure(self.step.name(), &failure) }
    }

    fn succeeded(&self, outcome: Outcome, progress: &mut Progress) -> Report {
        let done = std::mem::take(&mut progress.done);
        let seen = progress.world.iter();
        let outputs = seen.flat_map(|world| outputs::of_step(self.step, self.upgrade, world, self.policy)).collect();
        Report { done, outputs, ..Report::success(self.step.name(), outcome) }
    }
}

/// Nothing but proofs may be left.
pub fn nothing_left(left: &[Effect]) -> Result<(), Failure> {
    match left.iter().find(|effect| !effect.is_proof()) {
        None => Ok(()),
        Some(effect) => {
            let why = format!("the step did everything, but a second look finds this still to do: {effect}");
            Err(Failure::interrupted(anyhow::anyhow!(why)))
        }
    }
}

fn not_seen() -> Failure {
    Failure::interrupted(anyhow::anyhow!("the step did not look at the live state"))
}
