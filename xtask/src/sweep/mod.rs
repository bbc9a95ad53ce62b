//! `cargo xtask sweep`: every fault at every request of every step, with users writing.
//!
//! A case starts from the state before a step, and lets one thing go wrong at one of the step's requests. Then the step, run again, has to
//! come to where it comes without a fault, and a rollback from the same half-way world has to give V1 back.

mod case;
mod case_runner;
mod ended;
mod fault;
mod golden;
mod hands;
mod harness;
mod judge;
mod request;
mod state_dump;
mod sweep_step;
mod tally;

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
    time::Instant,
};

use anyhow::{Context, anyhow};
use clap::{Args, ValueEnum};

use crate::{rehearse::stage::StageSite, workspace::Workspace};
use case::{Case, Id};
use case_runner::{CaseRunner, Failure, Played};
use golden::Golden;
use harness::Harness;
use sweep_step::SweepStep;
use tally::Tally;

/// What to sweep.
#[derive(Debug, Clone, Default, Args)]
pub struct Options {
    /// A fixed part that takes at most two minutes.
    #[arg(long)]
    quick: bool,
    /// One case, as a failure names it, with all that its steps say.
    #[arg(long, value_name = "ID", conflicts_with = "quick")]
    case: Option<Id>,
    /// These steps only, by their names in the ids of cases.
    #[arg(long, value_name = "STEP", value_delimiter = ',', conflicts_with = "case")]
    step: Vec<String>,
    /// Faults of Azure, or hands of somebody else; both without it.
    #[arg(long, value_enum, conflicts_with_all = ["case", "hand"])]
    kind: Option<Kind>,
    /// One case of hands, as a failure names it.
    #[arg(long, value_name = "ID", conflicts_with_all = ["quick", "case", "step"])]
    hand: Option<hands::Id>,
    /// How many simulators at a time: a step that waits leaves time for others.
    #[arg(long, value_name = "N", default_value = "8", value_parser = clap::value_parser!(u8).range(1..=32))]
    workers: u8,
    /// Name the cases, and play none.
    #[arg(long)]
    list: bool,
    /// With the binaries that the tests are built with: they are slower, and there already.
    #[arg(long)]
    debug: bool,
}

/// Who is in the way of an upgrade.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// Azure, the network, the runner.
    Faults,
    /// Somebody else.
    Hands,
}

impl Options {
    fn has(&self, kind: Kind) -> bool {
        let only = match (&self.case, &self.hand) {
            (Some(_), _) => Some(Kind::Faults),
            (_, Some(_)) => Some(Kind::Hands),
            _ => self.kind,
        };
        only.is_none_or(|only| only == kind)
    }

    /// The fixed part that `verify` plays.
    pub fn quick() -> Self {
        Self { quick: true, workers: 8, ..Self::default() }
    }

    /// Whether the binaries of the tests are to be used.
    pub fn uses_debug(&self) -> bool {
        self.debug
    }

    /// The steps of a world whose cases are wanted, and those on the way to them.
    fn stations(&self, stage: StageSite) -> anyhow::Result<Vec<&'static SweepStep>> {
        let named =
            |name: &String| SweepStep::named(name).ok_or_else(|| anyhow!("there is no step `{name}` in the sweep"));
        let wanted: Vec<&SweepStep> = match &self.case {
            Some(id) => vec![id.station()],
            None if self.step.is_empty() => sweep_step::ALL.iter().collect(),
            None => self.step.iter().map(named).collect::<Result<_, _>>()?,
        };
        let needed = |station: &&SweepStep| wanted.iter().any(|one| one == station || one.road().contains(station));
        Ok(sweep_step::ALL.iter().filter(|station| station.stage == stage).filter(needed).collect())
    }

    fn cases(&self, golden: &[Golden], stations: &[&'static SweepStep]) -> anyhow::Result<Vec<Case>> {
        if let Some(id) = &self.case {
            return Ok(vec![id.find(&golden::requests(golden, id.station())?)?]);
        }
        let mut cases = Vec::new();
        let wanted = |station: &SweepStep| self.step.is_empty() || self.step.iter().any(|name| name == station.name);
        for station in stations.iter().filter(|station| station.is_swept_with_faults() && wanted(station)) {
            cases.extend(case::of_step(station, &golden::requests(golden, station)?));
        }
        Ok(if self.quick { case::quick(&cases) } else { cases })
    }
}

/// Sweeps. False if something is wrong. The last line on stdout is one line of JSON.
pub fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<bool> {
    workspace.build()?;
    let (started, mut tally) = (Instant::now(), Tally::default());
    let worlds = [StageSite::Adopted, StageSite::Created];
    for stage in worlds.into_iter().filter(|_| options.has(Kind::Faults)) {
        let stations = options.stations(stage)?;
        if stations.is_empty() {
            continue;
        }
        match sweep(workspace, options, &stations, started) {
            Ok(part) => tally.add(&part),
            Err(error) => {
                eprintln!("\nFAILED before the first case: {error:#}\n");
                tally.failed += 1;
            }
        }
    }
    if options.has(Kind::Hands) {
        match hands::sweep(workspace, options, started) {
            Ok(part) => tally.add(&part),
            Err(error) => {
                eprintln!("\nFAILED before the first hand: {error:#}\n");
                tally.failed += 1;
            }
        }
    }
    if options.list {
        return Ok(tally.failed == 0);
    }
    eprintln!("{:6.1} s", started.elapsed().as_secs_f64());
    println!("{}", serde_json::to_string(&tally)?);
    Ok(tally.is_good())
}

/// The steps of one world.
fn sweep(
    workspace: &Workspace,
    options: &Options,
    stations: &[&'static SweepStep],
    started: Instant,
) -> anyhow::Result<Tally> {
    let workers = if options.case.is_some() { 1 } else { usize::from(options.workers) };
    let (benches, golden): (Vec<_>, Vec<_>) = travel(workspace, stations, workers)?.into_iter().unzip();
    let cases = options.cases(&golden, stations)?;
    if options.list {
        cases.iter().for_each(|case| println!("{case}  {}", case.told()));
        return Ok(Tally::default());
    }
    let seconds = started.elapsed().as_secs_f64();
    eprintln!("{seconds:6.1} s  {} cases of {} steps, {workers} at a time", cases.len(), stations.len());
    let verbose = options.case.is_some();
    let sweep = Sweep { queue: Mutex::new(cases.into()), done: Mutex::default(), started, verbose };
    Ok(sweep.play(&benches, &golden))
}

/// The golden runs, one on each bench.
fn travel<'w>(
    workspace: &'w Workspace,
    stations: &[&'static SweepStep],
    workers: usize,
) -> anyhow::Result<Vec<(Harness<'w>, Golden)>> {
    eprintln!("golden runs");
    // What a single case is found by needs two runs; several workers are several runs.
    let times = if workers > 2 { 1 } else { 2 };
    let stage = stations.first().map_or(StageSite::Adopted, |station| station.stage);
    let one = |number| {
        let mut bench = Harness::start(workspace, number, stage).context("start a simulator")?;
        let golden = Golden::travel(&mut bench, stations, times)?;
        Ok((bench, golden))
    };
    thread::scope(|scope| {
        let running: Vec<_> = (0..workers).map(|number| scope.spawn(move || one(number))).collect();
        let joined = running.into_iter().map(|thread| thread.join().map_err(|_| anyhow!("a golden run panicked"))?);
        joined.collect()
    })
}

/// The cases that are left, and what came of the others.
struct Sweep {
    queue: Mutex<VecDeque<Case>>,
    done: Mutex<Tally>,
    started: Instant,
    verbose: bool,
}

impl Sweep {
    fn play(self, benches: &[Harness<'_>], golden: &[Golden]) -> Tally {
        thread::scope(|scope| {
            for (bench, golden) in benches.iter().zip(golden) {
                scope.spawn(|| self.work(&CaseRunner { bench, golden, verbose: self.verbose }));
            }
        });
        self.done.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self, player: &CaseRunner<'_, '_>) {
        while let Some(case) = { lock(&self.queue).pop_front() } {
            self.take_in(&player.play(&case));
        }
    }

    /// Adds the figures and tells what is wrong, with the command that repeats it.
    fn take_in(&self, played: &Played) {
        let mut done = lock(&self.done);
        let before = done.runs / EVERY;
        done.add(&played.tally);
        if done.runs / EVERY > before {
            let (left, seconds) = (lock(&self.queue).len(), self.started.elapsed().as_secs_f64());
            eprintln!("{seconds:6.1} s  {} runs, {} of them wrong; {left} cases left", done.runs, done.failed);
        }
        played.failures.iter().for_each(tell);
    }
}

/// After so many runs the sweep says how far it is.
const EVERY: u64 = 100;

fn tell(failure: &Failure) {
    let Failure { case, told, why } = failure;
    eprintln!("\nFAILED {told}\n  {why}\n  repeat: cargo xtask sweep --case {case}\n");
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
