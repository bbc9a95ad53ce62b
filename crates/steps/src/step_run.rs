//! The course of every step that changes something: sign in, lock, observe, decide, apply, look again, report.

use std::time::Duration;

use jiff::Timestamp;
use rollout::{
    AccessEffect, DatabaseId, DecisionInput, Effect, FenceEffect, Outcome, Policy, Refusal, Step, TrafficEffect,
    Upgrade, World, background::Hook, deadline, decide, decide::loss, detour, plan::Surroundings, rows::Counted,
    status,
};
use serde_json::json;
use tokio::time::Instant;

use crate::{
    apply::{Executor, Scripts},
    background,
    cloud::{Cloud, NotConnected, failed_at_azure},
    failure::Failure,
    giving_back::what_is_left,
    hooks::{Hooks, NOT_RESUMED},
    observe::{self, Sessions, observe},
    outputs::{self, Output},
    preflight::{self, Asked},
    report::Report,
    sessions::{self, HoldsLock},
    stop::{Halt, Limits, Stop, TIME_TO_END},
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

/// How far a step has come.
#[derive(Default)]
pub struct Progress {
    /// The sessions that are open.
    pub sessions: Sessions,
    /// What was done, in words, with seconds.
    pub done: Vec<(String, f64)>,
    /// What it is at, as it follows "to".
    pub doing: String,
    /// The live state as it was seen last.
    pub world: Option<World>,
    /// When production must have its write access back.
    pub due: Option<Due>,
    /// An effect was begun.
    pub begun: bool,
    /// An effect that changes something was applied.
    changed: bool,
    /// This step has sent users away from production.
    switched: bool,
    /// Production takes writes, as a step has seen it first or made it on its way back.
    pub writable: bool,
}

/// The deadline of the read-only time, on both clocks.
#[derive(Clone, Copy)]
pub struct Due {
    /// By the server's clock.
    pub at: Timestamp,
    /// By ours.
    until: Instant,
}

impl Progress {
    /// The deadline of the read-only time has passed.
    pub fn overdue(&self) -> bool {
        self.due.is_some_and(|due| due.until <= Instant::now())
    }
}

impl StepRun<'_> {
    /// Runs the step to whatever end it comes to.
    pub async fn run(&self) -> Report {
        let mut progress = Progress::default();
        match self.forward(&mut progress).await {
            Ok(report) => report,
            Err(Halt::Stopped(cause)) => self.stopped(cause, progress).await,
            Err(Halt::Overdue) => self.overdue(None, progress).await,
            Err(Halt::Failed(failure)) if progress.overdue() => self.overdue(Some(failure), progress).await,
            Err(Halt::Failed(failure)) => self.failed(failure, progress),
        }
    }

    async fn forward(&self, progress: &mut Progress) -> Result<Report, Halt> {
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
    pub async fn go_on(&self, progress: &mut Progress) -> Result<Report, Halt> {
        let around = self.look(progress).await?;
        let world = progress.world.as_ref().ok_or_else(not_seen)?;
        let effects = self.decide(world, around.as_ref())?;
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

    async fn patient_part<T>(
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

    /// The session that holds the lock. Only cleanup goes on without one, once production's database is removed.
    async fn locked(&self) -> Result<Sessions, Failure> {
        let production = &self.upgrade.production.database;
        if self.step == Step::Cleanup && self.removed(production).await? {
            return Ok(Sessions::default());
        }
        let mut session = match self.cloud.connect(production).await {
            Ok(session) => session,
            Err(error) => return Err(self.not_connected(error).await),
        };
        sessions::take_lock(self.cloud, self.step, production, &mut session).await?;
        Ok(Sessions { production: Some(session), stage: None, lock: HoldsLock::Yes })
    }

    /// Servers say the same of a database that is not there and of one that is not there for the moment.
    async fn not_connected(&self, error: NotConnected) -> Failure {
        let production = &self.upgrade.production.database;
        match self.removed(production).await {
            Ok(true) => {
                let why = format!("production database `{production}` does not exist");
                let stage = &self.upgrade.stage.database;
                let hint = format!(
                    "correct the identifier if it is wrong; after the switch nothing is left to do here; if that database was deleted \
                     before, restore it, or send users to V2 by hand if `{stage}` has every write"
                );
                Refusal::new(format!("run {}", self.step.name()), why, hint).into()
            }
            _ => error.into(),
        }
    }

    async fn removed(&self, database: &DatabaseId) -> Result<bool, Failure> {
        let arm = &self.cloud.arm;
        let found = arm.send(&azure::sql::database(arm.scope(), database)).await.map_err(failed_at_azure)?;
        Ok(found.is_none())
    }

    /// Looks at the live state, and at what surrounds it where that matters. The deadline counts from before the look, so
    /// that it is never late.
    async fn look(&self, progress: &mut Progress) -> Result<Option<Surroundings>, Halt> {
        let looked = Instant::now();
        let look = async |progress: &mut Progress| self.observe(&mut progress.sessions).await;
        let (world, around) = self.part("look at the live state", progress, look).await?;
        let due = deadline(self.step, &self.case(&world, around.as_ref()));
        progress.due = due.map(|due| Due { at: due.at, until: looked + due.left.try_into().unwrap_or(Duration::ZERO) });
        progress.writable = world.production.writable();
        progress.world = Some(world);
        if progress.overdue() { Err(Halt::Overdue) } else { Ok(around) }
    }

    async fn observe(&self, sessions: &mut Sessions) -> Result<(World, Option<Surroundings>), Failure> {
        let mut world = observe(self.cloud, self.upgrade, sessions).await?;
        if self.step == Step::Cleanup {
            world.firewalls = observe::firewalls(self.cloud, self.upgrade).await?;
        }
        let around = match self.step {
            Step::Prepare | Step::Freeze if !world.production.read_only() => {
                let asked = Asked { wishes: &self.policy.site, package: self.scripts.package.as_ref() };
                let around =
                    preflight::look(self.cloud, self.upgrade, &world, sessions.production.as_mut(), asked).await?;
                background::look(self.cloud, self.upgrade, &mut world, &around).await?;
                Some(around)
            }
            _ => None,
        };
        if self.step == Step::Freeze && world.production.writable() && world.stage.sql.is_some() {
            self.scripts.parse(self.cloud, self.upgrade).await?;
            let termination = self.policy.termination;
            let permissions = observe::permissions(self.cloud, self.upgrade, sessions, termination).await?;
            detour(termination, &permissions.closed).into_iter().for_each(|what| self.cloud.notice(what));
            world.permissions = Some(permissions);
        }
        let removes = || self.policy.removes_database(&self.upgrade.production.database);
        if matches!(self.step, Step::Switch | Step::Rollback) || (self.step == Step::Cleanup && removes()) {
            world.counted = self.counted(self.step, sessions).await?;
        }
        if self.step == Step::Terminate && world.production.read_only() {
            world.mark = observe::mark(sessions, self.cloud.pace.request).await?;
        }
        if self.step == Step::Rollback {
            world.written = observe::written(self.upgrade, &world, sessions, self.cloud.pace.request).await?;
        }
        Ok((world, around))
    }

    /// What was written since migrate. For a rollback, a stage copy that cannot be looked into does not keep production from its
    /// write access.
    pub async fn counted(&self, step: Step, sessions: &mut Sessions) -> Result<Option<Counted>, Failure> {
        // Switch proves that the log stands still, right before its request.
        let log = step != Step::Switch;
        match observe::counted(self.upgrade, sessions, self.cloud.pace.request, log).await {
            Err(failure) if step == Step::Rollback => {
                self.cloud.notice(format!("the rows of the stage copy cannot be counted: {}", failure.message()));
                Ok(None)
            }
            counted => counted,
        }
    }

    /// What decisions are made on.
    pub fn case<'w>(&'w self, world: &'w World, around: Option<&'w Surroundings>) -> DecisionInput<'w> {
        DecisionInput { upgrade: self.upgrade, world, policy: self.policy, around }
    }

    fn decide(&self, world: &World, around: Option<&Surroundings>) -> Result<Vec<Effect>, Refusal> {
        decide(self.step, &self.case(world, around))
    }

    /// Applies the effects in order. If one is refused, those before it are taken back as far as they can be, unless the
    /// deadline has passed: then production is given back as a whole.
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
                    return Err(Halt::Failed(self.part("take back what it had done", progress, take_back).await?));
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
            progress.due = due_in(*within, progress.world.as_ref());
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
                let error =
                    failure.error.context(format!("could not {undo}, which was to be taken back: {}", worse.message()));
                return Failure::broken(error);
            }
        }
        failure
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
        let looked = observe::look_into(self.cloud, stage, &mut progress.sessions.stage).await;
        let sql = looked.map_err(Failure::after_changes)?.ok();
        progress.world.iter_mut().for_each(|world| world.stage.sql.clone_from(&sql));
        Ok(())
    }

    /// What is left to be done after all was done: nothing but proofs.
    async fn look_again(&self, progress: &mut Progress) -> Result<(), Failure> {
        let seen = self.observe(&mut progress.sessions).await;
        let (world, around) = seen.map_err(Failure::after_changes)?;
        let left = self.decide(&world, around.as_ref()).map_err(|refusal| {
            Failure::interrupted(
                anyhow::Error::new(refusal).context("the live state is not what this step has made of it"),
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
                error: failure.error.context("users are on stage already"),
                hint: "look at what is said here: repair V2, or put right what was changed by hand, and run switch again; or give up \
                       the writes that V2 took: rollback with `accept-loss`"
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
            let why = format!("all was done, and a second look finds this still to do: {effect}");
            Err(Failure::interrupted(anyhow::anyhow!(why)))
        }
    }
}

fn due_in(within: jiff::SignedDuration, world: Option<&World>) -> Option<Due> {
    let at = world?.now()? + within;
    Some(Due { at, until: Instant::now() + within.unsigned_abs() })
}

fn not_seen() -> Failure {
    Failure::interrupted(anyhow::anyhow!("the live state was not looked at"))
}
