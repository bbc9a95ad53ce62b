//! Plays one case: the step with its fault, the step again, and the way back from where it was left.

use anyhow::{Context, anyhow, ensure};
use serde_json::{Value, json};
use sim_control::What;

use super::{
    case::{Case, OF_PAIRS, Pairs, Run, Second},
    ended::{Ended, told},
    fault,
    golden::Golden,
    harness::{Harness, Ran},
    judge::{self, Left, Next, Seen},
    request::{self, Request},
    state_dump::{
        differences, has_switched, without_closed_fences, without_fences_of_stage, without_stage,
        without_stage_database,
    },
    sweep_step::{ROLLBACK, START, SweepStep},
    tally::Tally,
};

/// A poll may find sooner than in the golden run what it waits for: then the request of a case does not come, and the case is
/// tried again.
const ATTEMPTS: usize = 4;
/// So many differences tell enough.
const SHOWN: usize = 8;
/// The state that a step was left in.
const HALF_WAY: &str = "half-way";
/// The state that a second fault has left.
const SECOND: &str = "half-way-again";

/// A case that did not go as it has to.
#[derive(Debug)]
pub struct Failure {
    /// Its id.
    pub case: String,
    /// What it is, for people.
    pub told: String,
    /// What is wrong.
    pub why: String,
}

/// What came of a case and its pairs.
#[derive(Debug, Default)]
pub struct Played {
    /// The figures.
    pub tally: Tally,
    /// What is wrong.
    pub failures: Vec<Failure>,
}

/// A bench with what its golden run has found.
pub struct CaseRunner<'p, 'w> {
    /// The bench.
    pub bench: &'p Harness<'w>,
    /// The golden run on it.
    pub golden: &'p Golden,
    /// Tells what each run said.
    pub verbose: bool,
}

/// The state before a run, and what it may lead to.
struct Setting<'s> {
    /// The saved state.
    from: &'s str,
    station: &'s SweepStep,
    fault: What,
    request: &'s Request,
}

/// What follows a step that was interrupted, with the requests of both runs.
struct Followed {
    again: Vec<Request>,
    back: Vec<Request>,
}

impl CaseRunner<'_, '_> {
    /// Plays a case and its pairs.
    pub fn play(&self, case: &Case) -> Played {
        let mut played = Played::default();
        let one = matches!(case.pairs, Pairs::One(_));
        let mut tally = Tally { runs: 1, ..Tally::default() };
        let result = self.single(case, &mut tally);
        let followed = match result {
            Ok(followed) => followed,
            Err(error) => {
                tally.failed = 1;
                played.failures.push(failure(case.to_string(), case.told(), &error));
                None
            }
        };
        if !one || tally.failed > 0 {
            played.tally.add(&tally);
        }
        if let Some(followed) = followed {
            self.pairs(case, &followed, &mut played);
        }
        played
    }

    /// The requests of what followed, where something did.
    fn single(&self, case: &Case, tally: &mut Tally) -> anyhow::Result<Option<Followed>> {
        let station = case.station;
        let setting = Setting { from: station.from, station, fault: case.fault, request: &case.request };
        let (ran, world) = self.interrupt(&setting, tally)?;
        let (next, wrong) = self.judge(station, &ran.ended, &world);
        let followed = match next {
            Next::Nothing => self.same_outputs(station, &ran.ended).map(|()| None),
            next => self.follow(station, next, case.fault, &world, tally).map(Some),
        };
        let followed = followed.with_context(|| [vec![said(&ran.ended)], wrong.clone()].concat().join("; "))?;
        ensure!(wrong.is_empty(), "{}; {}", said(&ran.ended), wrong.join("; "));
        tally.converged = 1;
        Ok(followed)
    }

    /// Runs a step until its fault has happened, and looks at the world that it leaves.
    fn interrupt(&self, setting: &Setting<'_>, tally: &mut Tally) -> anyhow::Result<(Ran, Value)> {
        let mut last = String::new();
        for _ in 0..ATTEMPTS {
            self.bench.restore(setting.from)?;
            let ran = self.bench.run(setting.station, Some((setting.fault, setting.request)))?;
            self.tell("with the fault", setting.station, &ran);
            if ran.faulted.fired.is_none() {
                self.bench.alone()?;
                last = said(&ran.ended);
                continue;
            }
            tally.fired = 1;
            let world = if setting.fault == What::OperationHangs {
                self.bench.alone()?;
                self.bench.moving_state()?
            } else {
                self.bench.state()?
            };
            self.check_users(tally).with_context(|| said(&ran.ended))?;
            return Ok((ran, world));
        }
        Err(anyhow!("the fault has not happened in {ATTEMPTS} attempts: the request did not come; {last}"))
    }

    fn judge(&self, station: &SweepStep, ended: &Ended, world: &Value) -> (Next, Vec<String>) {
        let (before, after) = (self.golden.world_in(station.from), self.golden.world_in(station.to));
        let done = self.is_same(station, world, after);
        let refused = ended.code == Some(10);
        let left = match () {
            () if done && !refused => Left::AsAfter,
            () if without_closed_fences(world) == without_closed_fences(before) => Left::AsBefore,
            () if done => Left::AsAfter,
            () if station.is_rollback() && self.is_given_back(world, after) => Left::GivenBack,
            () => Left::Between,
        };
        let seen = Seen {
            code: ended.code,
            outcome: ended.outputs.get("outcome").cloned(),
            hint: ended.why().map(|(_, hint)| hint),
            left,
            switched: has_switched(world, &self.bench.outputs),
            killed: ended.killed,
        };
        let (next, mut wrong) = judge::judge(&seen);
        if !wrong.is_empty() {
            let reference = if ended.code == Some(0) { after } else { before };
            wrong.push(format!("the world{}", shown(&differences(reference, world))));
        }
        (next, wrong)
    }

    /// A rollback closes the copy with the fence row open there, where users could be on it, or as it is: nobody asks for that once
    /// production is given back.
    fn is_same(&self, station: &SweepStep, left: &Value, right: &Value) -> bool {
        let bare = |world: &Value| without_fences_of_stage(world, &self.bench.outputs);
        left == right || (station.is_rollback() && bare(left) == bare(right))
    }

    /// But for the stage database, the world is as a rollback leaves it.
    fn is_given_back(&self, world: &Value, after: &Value) -> bool {
        let bare = |world: &Value| without_stage_database(world, &self.bench.outputs);
        bare(world) == bare(after)
    }

    /// The step again, then the way back from the same world.
    fn follow(
        &self,
        station: &SweepStep,
        next: Next,
        fault: What,
        half: &Value,
        tally: &mut Tally,
    ) -> anyhow::Result<Followed> {
        self.bench.save(HALF_WAY)?;
        self.bench.release()?;
        let again = self.again(station, tally)?;
        let golden = [station.from, station.to].iter().any(|state| self.golden.world_in(state) == half);
        if golden || station.is_rollback() {
            return Ok(Followed { again, back: Vec::new() });
        }
        self.bench.restore(HALF_WAY)?;
        let back = self.back(next, fault, half, tally)?;
        tally.rolled_back = 1;
        Ok(Followed { again, back })
    }

    fn again(&self, station: &SweepStep, tally: &mut Tally) -> anyhow::Result<Vec<Request>> {
        let ran = self.bench.run(station, None)?;
        self.tell("again", station, &ran);
        ran.ended.succeeded(station.step).context("run again")?;
        let (wanted, found) = (self.golden.world_in(station.to), self.bench.state()?);
        let differ = if self.is_same(station, wanted, &found) { Vec::new() } else { differences(wanted, &found) };
        ensure!(differ.is_empty(), "run again, {} leads to another world{}", station.step, shown(&differ));
        self.same_outputs(station, &ran.ended).context("run again")?;
        self.check_users(tally).context("run again")?;
        Ok(ran.faulted.requests)
    }

    fn back(&self, next: Next, fault: What, half: &Value, tally: &mut Tally) -> anyhow::Result<Vec<Request>> {
        let ran = self.bench.run(&ROLLBACK, None)?;
        self.tell("from the half-way world", &ROLLBACK, &ran);
        match next {
            Next::AgainAndNoWayBack => self.refuses(&ran.ended, half)?,
            // Users may have been on V2, and the counters of its server began anew: nobody can tell whether they wrote.
            Next::AgainAndBack if fault == What::Failover && leads_on(&ran.ended) => self.refuses(&ran.ended, half)?,
            Next::AgainAndBack | Next::Nothing => {
                self.bench.release()?;
                self.gives_back(&ran.ended)?;
            }
        }
        self.check_users(tally).context("rolled back")?;
        Ok(ran.faulted.requests)
    }

    /// The world is the one before the upgrade apart from stage, and V1 takes writes.
    fn gives_back(&self, ended: &Ended) -> anyhow::Result<()> {
        ended.succeeded("rollback")?;
        let bare = |world: &Value| without_stage(world, &self.bench.outputs, self.bench.stage);
        let differ = differences(&bare(self.golden.world_in(START)), &bare(&self.bench.state()?));
        ensure!(differ.is_empty(), "after the rollback the world is not the one before the upgrade{}", shown(&differ));
        let site = self.bench.outputs.get("production-site").map(String::as_str).unwrap_or_default();
        let site = site.rsplit('/').next().unwrap_or_default();
        ensure!(self.bench.takes_writes(site)?, "after the rollback users cannot write to `{site}`");
        Ok(())
    }

    /// With 10; or with 40, where users wrote to V2 after the first look at it: then it was closed for a moment, and takes writes again.
    fn refuses(&self, ended: &Ended, half: &Value) -> anyhow::Result<()> {
        ensure!(
            ended.code == Some(10) || (ended.code == Some(40) && leads_on(ended)),
            "rollback after the switch ended with {}: {}",
            told(ended.code),
            ended.final_message()
        );
        self.bench.alone()?;
        let differ = differences(half, &self.bench.moving_state()?);
        ensure!(differ.is_empty(), "rollback has refused, and the world has changed{}", shown(&differ));
        Ok(())
    }

    fn same_outputs(&self, station: &SweepStep, ended: &Ended) -> anyhow::Result<()> {
        let (wanted, found) = (self.golden.outputs(station), ended.lasting_outputs());
        ensure!(wanted == found, "its outputs are {found:?} instead of {wanted:?}");
        Ok(())
    }

    /// The simulator has watched every change: what users lost, and what must never be seen.
    fn check_users(&self, tally: &mut Tally) -> anyhow::Result<()> {
        let report = self.bench.report()?;
        let (lost, broken) = (report.writes.lost, report.invariants.broken);
        let secrets = broken.iter().filter(|broken| broken.number == 7).count() as u64;
        tally.lost_writes += lost;
        tally.leaked_secrets += secrets;
        tally.broken_invariants += broken.len() as u64 - secrets;
        ensure!(lost == 0 && broken.is_empty(), "{lost} writes are lost; broken invariants: {}", json!(broken));
        Ok(())
    }

    fn tell(&self, when: &str, station: &SweepStep, ran: &Ran) {
        if self.verbose {
            eprintln!("== {} {when}\n{}-> {}\n", station.step, ran.ended.text, told(ran.ended.code));
        }
    }

    /// Every second fault of a first one, from the world that the first one has left.
    fn pairs(&self, case: &Case, followed: &Followed, played: &mut Played) {
        let runs = [(Run::Again, &followed.again), (Run::Back, &followed.back)];
        for (run, requests) in runs {
            for request in requests.iter().filter(|request| request.changes) {
                for fault in OF_PAIRS {
                    let second = Second { run, mark: request::mark(&request.spot), fault };
                    let wanted = match &case.pairs {
                        Pairs::None => false,
                        Pairs::All => true,
                        Pairs::One(one) => *one == second,
                    };
                    if wanted {
                        self.pair(case, &second, request, played);
                    }
                }
            }
        }
    }

    fn pair(&self, case: &Case, second: &Second, request: &Request, played: &mut Played) {
        let mut tally = Tally { runs: 1, ..Tally::default() };
        if let Err(error) = self.second(case.station, second, request, &mut tally) {
            tally.failed = 1;
            let told = format!("{}, then `{}`: {}", case.told(), request.spot.request, fault::name(second.fault));
            played.failures.push(failure(format!("{case}+{second}"), told, &error));
        }
        played.tally.add(&tally);
    }

    /// The second fault, and the same run once more.
    fn second(&self, station: &SweepStep, second: &Second, request: &Request, tally: &mut Tally) -> anyhow::Result<()> {
        self.bench.restore(HALF_WAY)?;
        let half = self.bench.state()?;
        let run = match second.run {
            Run::Again => station,
            Run::Back => &ROLLBACK,
        };
        let setting = Setting { from: HALF_WAY, station: run, fault: second.fault, request };
        let (ran, _) = self.interrupt(&setting, tally)?;
        self.bench.save(SECOND)?;
        let last = self.bench.run(run, None)?;
        self.tell("after the second fault", run, &last);
        let came = match second.run {
            Run::Again => self.came_to_the_end(station, &last.ended),
            Run::Back if has_switched(&half, &self.bench.outputs) => self.refuses(&last.ended, &half),
            Run::Back => self.gives_back(&last.ended),
        };
        came.with_context(|| said(&ran.ended))?;
        self.check_users(tally).with_context(|| said(&ran.ended))?;
        tally.converged = 1;
        tally.rolled_back = u64::from(second.run == Run::Back);
        Ok(())
    }

    fn came_to_the_end(&self, station: &SweepStep, last: &Ended) -> anyhow::Result<()> {
        last.succeeded(station.step).context("run again after the second fault")?;
        let (wanted, found) = (self.golden.world_in(station.to), self.bench.state()?);
        let differ = if self.is_same(station, wanted, &found) { Vec::new() } else { differences(wanted, &found) };
        ensure!(differ.is_empty(), "run again after the second fault, it leads to another world{}", shown(&differ));
        Ok(())
    }
}

/// It says that switch, run again, is the way that loses nothing.
fn leads_on(ended: &Ended) -> bool {
    ended.final_message().contains("run switch: going forward loses nothing")
}

fn failure(case: String, told: String, error: &anyhow::Error) -> Failure {
    Failure { case, told, why: format!("{error:#}") }
}

fn said(ended: &Ended) -> String {
    match ended.code {
        None => "the step was killed".to_owned(),
        Some(0) => "the step succeeded".to_owned(),
        code => format!("the step ended with {}: {}", told(code), ended.final_message()),
    }
}

fn shown(differences: &[String]) -> String {
    let more = differences.len().saturating_sub(SHOWN);
    let list: Vec<&str> = differences.iter().take(SHOWN).map(String::as_str).collect();
    match (list.is_empty(), more) {
        (true, _) => String::new(),
        (false, 0) => format!(": {}", list.join("; ")),
        (false, more) => format!(": {}; and {more} more", list.join("; ")),
    }
}
