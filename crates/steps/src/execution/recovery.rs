//! How a step ends before its work is done: stopped from outside, or out of the read-only time that users were promised.

use rollout::{Effect, Exposure, Outcome, Policy, Step, World, give_back, unfreeze};
use tokio::time::timeout;

use super::{forward::nothing_left, progress::Progress, step_run::StepRun};
use crate::{
    failure::Failure,
    observe::{self, observe, observe_production},
    outputs::{Outputs, of_durations},
    report::Report,
    stop::{Cause, Halt, Limits, TIME_TO_END},
};

/// What became of production when a freeze was stopped.
enum Production {
    /// It has its write access back.
    GivenBack,
    /// It had write access.
    Writable,
    /// It stays read-only, because terminate has begun.
    Frozen,
}

impl StepRun<'_> {
    /// The step stops where it is. Running it again finishes what it began, so nothing is undone but a freeze: its end is
    /// the beginning of users' read-only time, and nobody may come to end that.
    pub async fn stopped(&self, cause: Cause, mut progress: Progress) -> Report {
        let what = format!("stopped by {cause} while {}", under_way(&progress.doing));
        let locked = progress.sessions.holds_lock() && !progress.sessions.lock_broke();
        let failure = if self.step == Step::Freeze && locked {
            let back = timeout(TIME_TO_END, self.take_freeze_back(&mut progress)).await;
            self.freeze_stopped(what, back.unwrap_or_else(|_| Err(out_of_time())), progress.writable)
        } else {
            Failure::interrupted(anyhow::anyhow!(what))
        };
        Report { done: progress.done, ..Report::failure(self.step.name(), &failure) }
    }

    async fn take_freeze_back(&self, progress: &mut Progress) -> Result<Production, Failure> {
        let world = observe_production(self.cloud, self.upgrade, &mut progress.sessions).await?;
        let Some(effects) = unfreeze(&self.case(&world, None)) else { return Ok(Production::Frozen) };
        self.walk_back(&world, &effects, progress).await?;
        let frozen = world.production.open_fence(self.upgrade).is_some();
        Ok(if frozen { Production::GivenBack } else { Production::Writable })
    }

    /// Applies what gives production back. From the first moment that it takes writes no message may say otherwise.
    async fn walk_back(&self, world: &World, effects: &[Effect], progress: &mut Progress) -> Result<(), Failure> {
        progress.writable = world.production.writable();
        self.tell_what_stays_stopped(world);
        for effect in effects {
            self.apply_one(effect, progress).await?;
            progress.writable |= self.gives_production_back(effect);
        }
        Ok(())
    }

    fn freeze_stopped(&self, what: String, back: Result<Production, Failure>, writable: bool) -> Failure {
        let production = &self.upgrade.production.database;
        let (ending, hint) = match back {
            Ok(Production::GivenBack) => ("has its write access back".to_owned(), AGAIN),
            Ok(Production::Writable) => ("takes writes".to_owned(), AGAIN),
            Ok(Production::Frozen) => ("stays read-only, because terminate has begun".to_owned(), FROZEN),
            Err(failure) if writable => (format!("takes writes, but {}", failure.message()), THE_REST),
            Err(failure) => (format!("could not be given back: {}", failure.message()), ROLL_BACK),
        };
        let error = anyhow::anyhow!("{what}; production `{production}` {ending}");
        Failure { hint: hint.to_owned(), ..Failure::interrupted(error) }
    }

    /// Gives production back by itself. `failure` is what had gone wrong by then, if something had. Somebody who wants the
    /// step to stop now has to wait for that, but not for long.
    pub async fn overdue(&self, failure: Option<Failure>, mut progress: Progress) -> Report {
        let what = self.too_late(&progress, failure);
        let limits = Limits { stop: self.stop, grace: TIME_TO_END, deadline: None };
        let given_back = limits.hold(self.give_back(&mut progress)).await;
        if given_back.is_err() && !progress.writable && self.must_go_forward(&progress) {
            return self.go_forward(what, progress).await;
        }
        let outputs = match (&given_back, &progress.world) {
            (Ok(()), Some(world)) => of_durations(self.upgrade, world),
            _ => Outputs::new(),
        };
        let failure = match given_back {
            Ok(()) => self.given_back(what),
            Err(halt) if progress.writable => self.half_given_back(what, &failure_of(halt)),
            Err(halt) => self.not_given_back(what, failure_of(halt)),
        };
        Report { done: progress.done, outputs, ..Report::failure(self.step.name(), &failure) }
    }

    /// Users may have written to V2, so production cannot be given back: the one way that loses nothing leads on.
    fn must_go_forward(&self, progress: &Progress) -> bool {
        let exposed = progress.world.as_ref().is_some_and(|world| world.exposure(self.upgrade) == Exposure::Perhaps);
        self.step == Step::Switch && exposed && !self.policy.past_deadline
    }

    async fn go_forward(&self, what: String, mut progress: Progress) -> Report {
        self.cloud.notice(format!("{what}; users may have written to V2, so this step completes the switch"));
        let policy = Policy { past_deadline: true, ..self.policy.clone() };
        let forward = StepRun { policy: &policy, ..*self };
        progress.due = None;
        match forward.go_on(&mut progress).await {
            Ok(report) => report,
            Err(halt) => forward.failed(failure_of(halt), progress),
        }
    }

    /// Under the lock that the step has, or takes again: look, decide, apply, look again.
    async fn give_back(&self, progress: &mut Progress) -> Result<(), Failure> {
        let world = self.observe_to_give_back(progress).await?;
        progress.world = Some(world.clone());
        let effects = give_back(self.step, &self.case(&world, None))?;
        self.walk_back(&world, &effects, progress).await?;
        let world = self.observe_to_give_back(progress).await?;
        nothing_left(&give_back(self.step, &self.case(&world, None))?)?;
        progress.world = Some(world);
        Ok(())
    }

    /// What a rollback looks at: the rows tell whether users have written to V2 already.
    async fn observe_to_give_back(&self, progress: &mut Progress) -> Result<World, Failure> {
        let mut world = observe(self.cloud, self.upgrade, &mut progress.sessions).await?;
        world.counted = self.counted(Step::Rollback, &mut progress.sessions).await?;
        world.written = observe::written(self.upgrade, &world, &mut progress.sessions, self.cloud.pace.request).await?;
        Ok(world)
    }

    fn too_late(&self, progress: &Progress, failure: Option<Failure>) -> String {
        let at = progress.due.map(|due| format!(", {:.0},", due.at)).unwrap_or_default();
        let when = match progress.begun {
            true => format!("passed while {} was {}", self.step.name(), under_way(&progress.doing)),
            false => format!("had passed before {} began", self.step.name()),
        };
        let failure = failure.map(|failure| format!(" ({})", failure.message())).unwrap_or_default();
        format!("the deadline of the read-only time{at} {when}{failure}")
    }

    fn given_back(&self, what: String) -> Failure {
        let production = &self.upgrade.production.database;
        let error = anyhow::anyhow!("{what}; production `{production}` has its write access back");
        if self.step == Step::Freeze {
            return Failure { hint: FREEZE_AGAIN.to_owned(), ..Failure::interrupted(error) };
        }
        Failure { hint: START_AGAIN.to_owned(), ..Failure::broken(error) }
    }

    /// Users can write; something behind that, such as background work, is still to be given back.
    fn half_given_back(&self, what: String, failure: &Failure) -> Failure {
        let production = &self.upgrade.production.database;
        let why = format!("{what}; production `{production}` has its write access back, but {}", failure.message());
        let failure = if self.step == Step::Freeze { Failure::interrupted } else { Failure::broken };
        Failure { hint: THE_REST.to_owned(), ..failure(anyhow::anyhow!(why)) }
    }

    fn not_given_back(&self, what: String, failure: Failure) -> Failure {
        let production = &self.upgrade.production.database;
        let error = anyhow::anyhow!("{what}; production `{production}` could not be given back: {}", failure.message());
        match failure.outcome {
            Outcome::Stuck | Outcome::Refused => Failure { outcome: Outcome::Stuck, error, hint: failure.hint },
            _ => Failure { hint: ROLL_BACK.to_owned(), ..Failure::broken(error) },
        }
    }
}

const AGAIN: &str = "run this step again, or run rollback: it gives the stage site its old connection string back";
const FROZEN: &str = "run terminate again, or run rollback";
const ROLL_BACK: &str = "run rollback now: users cannot write until it has given production back";
const THE_REST: &str = "run rollback: it finishes what is left";
const FREEZE_AGAIN: &str = "run this step again with a longer `max-read-only`, or run rollback";
const START_AGAIN: &str = "find out what took so long; then run cleanup with `remove: <stage database>`, prepare \
                           again, and give freeze a longer `max-read-only` if the scripts need it";

/// What a step is at, after "it was": its first word is a verb in the imperative.
fn under_way(doing: &str) -> String {
    let (verb, rest) = doing.split_once(' ').unwrap_or((doing, ""));
    let stem = match verb {
        "run" | "set" | "stop" | "tag" => format!("{verb}{}", &verb[verb.len() - 1..]),
        _ => verb.strip_suffix('e').unwrap_or(verb).to_owned(),
    };
    format!("{stem}ing {rest}").trim_end().to_owned()
}

fn out_of_time() -> Failure {
    Failure::interrupted(anyhow::anyhow!("timed out after {} s", TIME_TO_END.as_secs()))
}

fn failure_of(halt: Halt) -> Failure {
    match halt {
        Halt::Failed(failure) => failure,
        Halt::Stopped(cause) => Failure::interrupted(anyhow::anyhow!("stopped by {cause}")),
        Halt::Overdue => out_of_time(),
    }
}

#[cfg(test)]
mod tests {
    use super::under_way;

    #[test]
    fn a_step_was_at_something() {
        for (doing, was) in [
            ("sign in", "signing in"),
            ("take the lock", "taking the lock"),
            ("set `shop` READ_ONLY at once", "setting `shop` READ_ONLY at once"),
            ("run hook-quiesce", "running hook-quiesce"),
            ("tag profile `rg/p`", "tagging profile `rg/p`"),
            ("wait until `shop` is seeded", "waiting until `shop` is seeded"),
        ] {
            assert_eq!(under_way(doing), was);
        }
    }
}
