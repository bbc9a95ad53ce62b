//! The course of every step that changes something: lock, observe, decide, apply, look again, report.

use std::time::Instant;

use rollout::{
    DatabaseId, Effect, Outcome, Policy, Refusal, Step, Upgrade, World, decide,
    decide::{Case, loss},
    detour, durations,
    plan::Surroundings,
    rows::Counted,
    script_seconds,
};
use runner::Guest;
use serde_json::json;
use tsql::statements::lock::{self, Lock};

use crate::{
    apply::{Hands, Scripts},
    cloud::{Cloud, NotConnected, Pace, failed_at_azure, failed_at_sql, upgrade_id},
    failure::Failure,
    inputs::{StepArguments, identifier},
    observe::{self, Sessions, observe},
    report::Report,
    surroundings,
};

/// The name of a step's binary.
pub fn binary(step: Step) -> &'static str {
    match step {
        Step::Prepare => "upgrade-prepare",
        Step::Freeze => "upgrade-freeze",
        Step::Terminate => "upgrade-terminate",
        Step::Migrate => "upgrade-migrate",
        Step::Switch => "upgrade-switch",
        Step::Rollback => "upgrade-rollback",
        Step::Cleanup => "upgrade-cleanup",
    }
}

/// Runs a step.
///
/// # Errors
/// It did not succeed; the outcome says what that means.
pub async fn run(step: Step, guest: &Guest, arguments: StepArguments) -> Result<Report, Failure> {
    let id = upgrade_id(guest, &arguments.connection)?;
    let upgrade = arguments.slots.upgrade(id)?;
    let scripts = Scripts::read(step, &arguments.limits)?;
    let policy = policy(step, &arguments, &scripts)?;
    let pace = Pace::of(&arguments.connection).with_limits(&arguments.limits);
    let cloud = Cloud::new(guest, step.name(), &upgrade.id, &arguments.connection, pace)?;
    cloud.sign_in().await?;
    Course { step, cloud: &cloud, upgrade: &upgrade, policy: &policy, scripts: &scripts }.run().await
}

fn policy(step: Step, arguments: &StepArguments, scripts: &Scripts) -> Result<Policy, Failure> {
    let limits = &arguments.limits;
    let optional = |name, value: &Option<String>| -> Result<Option<DatabaseId>, Refusal> {
        value.as_ref().map(|_| identifier(name, value.as_ref())).transpose()
    };
    let grace = limits.rollback_after.signed();
    if step == Step::Freeze && grace.as_secs() > 30 {
        let error = anyhow::anyhow!("`rollback-after` is {grace:#}, more than 30 s");
        return Err(Failure::refused(error, "give open transactions at most 30s: writes go on until they end"));
    }
    Ok(Policy {
        rollback_after: grace,
        max_read_only: limits.max_read_only.signed(),
        max_lag: limits.max_lag.signed(),
        termination: limits.termination,
        health_repeats: arguments.connection.health_repeats,
        health_path: arguments.connection.health_path.clone(),
        scripts: scripts.names(),
        scripts_digest: limits.scripts_digest.clone(),
        plan_digest: limits.plan_digest.clone(),
        remove: optional("remove", &limits.remove)?,
        remove_database: limits.remove_database,
        revert_window: limits.revert_window.signed(),
        checks: scripts.has_checks(),
        accept_loss: optional("accept-loss", &limits.accept_loss)?,
        accept_stage_writes: limits.accept_stage_writes,
        ..Policy::default()
    })
}

/// One step of one upgrade.
struct Course<'c> {
    step: Step,
    cloud: &'c Cloud,
    upgrade: &'c Upgrade,
    policy: &'c Policy,
    scripts: &'c Scripts,
}

type Done = Vec<(String, f64)>;

impl Course<'_> {
    async fn run(&self) -> Result<Report, Failure> {
        let mut sessions = self.locked().await?;
        let (world, around) = self.look(&mut sessions).await?;
        let effects = self.decide(&world, around.as_ref())?;
        let given_up = self.given_up(&world);
        let changes = effects.iter().any(|effect| !effect.is_proof());
        let mut done = Done::new();
        if let Err(failure) = self.apply(&effects, &mut sessions, &mut done).await {
            return Ok(self.failed(&world, failure, done));
        }
        let world = match self.step {
            _ if !changes => world,
            Step::Migrate => self.with_journal(world, &mut sessions).await?,
            step if step.looks_again() => self.look_again(&mut sessions).await?,
            _ => world,
        };
        let outcome = if changes { Outcome::Done } else { Outcome::AlreadyDone };
        let mut report = self.succeeded(outcome, &world, done);
        report.outputs.extend(given_up.map(|loss| ("given-up", json!(loss))));
        Ok(report)
    }

    /// What a rollback that was allowed to lose writes is about to lose.
    fn given_up(&self, world: &World) -> Option<String> {
        let case = Case { upgrade: self.upgrade, world, policy: self.policy, around: None };
        let loss = (self.step == Step::Rollback).then(|| loss(&case)).flatten()?;
        self.cloud.notice(format!("given up, as `accept-loss` allows: {loss}"));
        Some(loss)
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
        match lock::take(&mut session, self.cloud.pace.request).await.map_err(failed_at_sql)? {
            Lock::Taken => Ok(Sessions { production: Some(session), stage: None }),
            Lock::Held { by } => {
                let who = by.map_or_else(|| "another session".to_owned(), |holder| holder.to_string());
                let why = format!("the lock on `{production}` is held by {who}");
                let hint = "wait until that run has ended: two at once would undo each other";
                Err(Refusal::new(format!("run {}", self.step.name()), why, hint).into())
            }
        }
    }

    /// Servers say the same of a database that is not there and of one that is not there for the moment.
    async fn not_connected(&self, error: NotConnected) -> Failure {
        let production = &self.upgrade.production.database;
        match self.removed(production).await {
            Ok(true) => {
                let why = format!("production database `{production}` does not exist");
                let hint = "V1 was removed, or the identifier is wrong: nothing is left to do here";
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

    async fn look(&self, sessions: &mut Sessions) -> Result<(World, Option<Surroundings>), Failure> {
        let mut world = observe(self.cloud, self.upgrade, sessions).await?;
        let around = match self.step {
            Step::Prepare | Step::Freeze if !world.production.read_only() => {
                Some(surroundings::look(self.cloud, self.upgrade, &world, sessions.production.as_mut()).await?)
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
        if matches!(self.step, Step::Switch | Step::Rollback) {
            world.counted = self.counted(sessions).await?;
        }
        Ok((world, around))
    }

    /// A stage copy that cannot be looked into does not keep production from its write access.
    async fn counted(&self, sessions: &mut Sessions) -> Result<Option<Counted>, Failure> {
        match observe::counted(self.upgrade, sessions, self.cloud.pace.request).await {
            Err(failure) if self.step == Step::Rollback => {
                self.cloud.notice(format!("the rows of the stage copy cannot be counted: {}", failure.message()));
                Ok(None)
            }
            counted => counted,
        }
    }

    fn decide(&self, world: &World, around: Option<&Surroundings>) -> Result<Vec<Effect>, Refusal> {
        decide(self.step, &Case { upgrade: self.upgrade, world, policy: self.policy, around })
    }

    /// Applies the effects in order. If one is refused, those before it are taken back as far as they can be.
    async fn apply(&self, effects: &[Effect], sessions: &mut Sessions, done: &mut Done) -> Result<(), Failure> {
        let mut applied: Vec<&Effect> = Vec::new();
        for effect in effects {
            if let Err(failure) = self.apply_one(effect, sessions, done).await {
                return Err(self.take_back(&applied, failure, sessions, done).await);
            }
            applied.push(effect);
        }
        Ok(())
    }

    async fn apply_one(&self, effect: &Effect, sessions: &mut Sessions, done: &mut Done) -> Result<(), Failure> {
        let began = Instant::now();
        self.cloud.guest.say(&format!("{effect} ..."));
        let mut hands = Hands { cloud: self.cloud, upgrade: self.upgrade, sessions, scripts: self.scripts, note: None };
        hands.apply(effect).await?;
        let note = hands.note.map(|note| format!(", {note}")).unwrap_or_default();
        done.push((format!("{effect}{note}"), began.elapsed().as_secs_f64()));
        Ok(())
    }

    /// A refusal changed nothing, so the step may end as if it had never begun, if all before it can be undone.
    async fn take_back(
        &self,
        applied: &[&Effect],
        failure: Failure,
        sessions: &mut Sessions,
        done: &mut Done,
    ) -> Failure {
        let changes: Vec<_> = applied.iter().filter(|effect| !effect.is_proof()).collect();
        if failure.outcome != Outcome::Refused || changes.is_empty() {
            return failure;
        }
        let undos: Option<Vec<Effect>> = changes.iter().rev().map(|effect| effect.undo()).collect();
        let Some(undos) = undos else { return Failure { outcome: Outcome::Interrupted, ..failure } };
        for undo in undos {
            if let Err(worse) = self.apply_one(&undo, sessions, done).await {
                let error =
                    failure.error.context(format!("could not {undo}, which was to be taken back: {}", worse.message()));
                return Failure::broken(error);
            }
        }
        failure
    }

    /// The journal tells how long the scripts took.
    async fn with_journal(&self, mut world: World, sessions: &mut Sessions) -> Result<World, Failure> {
        let stage = &self.upgrade.stage.database;
        world.stage.sql = observe::look_into(self.cloud, stage, &mut sessions.stage).await?;
        Ok(world)
    }

    /// What is left to be done after all was done: nothing but proofs.
    async fn look_again(&self, sessions: &mut Sessions) -> Result<World, Failure> {
        let (world, around) = self.look(sessions).await?;
        let left = self.decide(&world, around.as_ref()).map_err(|refusal| {
            Failure::interrupted(
                anyhow::Error::new(refusal).context("the live state is not what this step has made of it"),
            )
        })?;
        match left.iter().find(|effect| !effect.is_proof()) {
            None => Ok(world),
            Some(effect) => {
                let why = format!("all was done, and a second look finds this still to do: {effect}");
                Err(Failure::interrupted(anyhow::anyhow!(why)))
            }
        }
    }

    /// Past the point of no return nothing automatic can help.
    fn failed(&self, world: &World, failure: Failure, done: Done) -> Report {
        let disabled = Effect::DisableEndpoint {
            endpoint: self.upgrade.production.endpoint.clone(),
            kind: rollout::facts::EndpointKind::Azure,
        };
        let passed = world.point_of_no_return_passed(self.upgrade)
            || (self.step == Step::Switch && done.iter().any(|(what, _)| *what == disabled.to_string()));
        let failure = match failure.outcome {
            Outcome::Broken if passed => Failure {
                outcome: Outcome::Stuck,
                error: failure.error.context("users are on stage already"),
                hint: "repair V2 now; or give up the writes that it took: rollback with `accept-loss`".to_owned(),
            },
            _ => failure,
        };
        Report { done, ..Report::failure(self.step.name(), &failure) }
    }

    fn succeeded(&self, outcome: Outcome, world: &World, done: Done) -> Report {
        let mut report = Report { done, ..Report::success(self.step.name(), outcome) };
        let stage = &self.upgrade.stage;
        if self.step == Step::Prepare {
            report.outputs.push(("stage-database", json!(stage.database)));
            report.outputs.push(("stage-site", json!(stage.site)));
            report.outputs.push(("stage-endpoint", json!(stage.endpoint)));
        }
        if self.step == Step::Migrate {
            report.outputs.push(("scripts-digest", json!(self.policy.digest_of_scripts())));
            report.outputs.push(("script-seconds", json!(script_seconds(self.upgrade, world))));
        }
        let told = matches!(self.step, Step::Switch | Step::Rollback).then(|| durations(self.upgrade, world)).flatten();
        if let Some(durations) = told {
            report.outputs.push(("read-only-seconds", json!(durations.read_only_seconds)));
            report.outputs.push(("script-seconds", json!(durations.script_seconds)));
            report.outputs.push(("overhead-seconds", json!(durations.overhead_seconds)));
            report.outputs.push(("tail-seconds", json!(durations.tail_seconds)));
        }
        report
    }
}
