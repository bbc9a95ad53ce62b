//! Hands: somebody else acts before a step, or at one of its requests. Then the workflow goes on as it would, then what
//! `upgrade-status` advises is done, to the end: no write is lost, users are served, and no step has said what is not so.

mod advice;
mod case;
mod case_runner;
mod hand;
mod things;
mod verdict;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Mutex,
    thread,
    time::Instant,
};

use anyhow::{Context, anyhow};
use sha2::{Digest, Sha256};

use super::{
    EVERY, Options,
    golden::{self, Golden},
    harness::Harness,
    lock,
    sweep_step::SweepStep,
    tally::Tally,
};
use crate::{rehearse::stage::StageSite, workspace::Workspace};
use case::Case;
pub use case::{Id, Writes};
use case_runner::{CaseRunner, Played};

/// Simulators of hands have folders beside those of faults.
const FIRST: usize = 100;

/// Counts the cases that were none, among the hands.
const NOTHING_TO_DO: &str = "nothing";

/// How often each hand has led to something wrong.
type Wrong = BTreeMap<String, u64>;

/// Sweeps hands, with both applications at the same time.
///
/// # Errors
/// A golden run does not succeed.
pub fn sweep(workspace: &Workspace, options: &Options, started: Instant) -> anyhow::Result<Tally> {
    let parts = thread::scope(|scope| {
        let one = |writes| scope.spawn(move || with(workspace, options, writes, started));
        let running: Vec<_> = wanted(options).into_iter().map(one).collect();
        let joined =
            running.into_iter().map(|thread| thread.join().map_err(|_| anyhow!("a sweep of hands panicked"))?);
        joined.collect::<anyhow::Result<Vec<_>>>()
    })?;
    let (mut tally, mut wrong) = (Tally::default(), Wrong::new());
    for (part, hands) in parts {
        tally.add(&part);
        hands.into_iter().for_each(|(hand, count)| *wrong.entry(hand).or_default() += count);
    }
    let idle = wrong.remove(NOTHING_TO_DO).unwrap_or_default();
    eprintln!("  {idle} cases in which the hand had nothing to act on, or its request did not come");
    wrong.iter().for_each(|(hand, count)| eprintln!("  wrong: {count:4} of {hand}"));
    Ok(tally)
}

fn wanted(options: &Options) -> Vec<Writes> {
    options.hand.as_ref().map_or_else(|| Writes::ALL.to_vec(), |id| vec![id.writes])
}

/// Those with one application, with half of the workers.
fn with(workspace: &Workspace, options: &Options, writes: Writes, started: Instant) -> anyhow::Result<(Tally, Wrong)> {
    let workers = if options.hand.is_some() { 1 } else { usize::from(options.workers).div_ceil(Writes::ALL.len()) };
    eprintln!("golden runs of the application with {} writes", writes.name());
    let (benches, golden): (Vec<_>, Vec<_>) = travel(workspace, workers, writes)?.into_iter().unzip();
    let cases = cases(options, &golden, writes)?;
    if options.list {
        cases.iter().for_each(|case| println!("{case}  {}", case.told()));
        return Ok((Tally::default(), Wrong::new()));
    }
    let seconds = started.elapsed().as_secs_f64();
    eprintln!("{seconds:6.1} s  {} cases of hands ({}), {workers} at a time", cases.len(), writes.name());
    let verbose = options.hand.is_some();
    let sweep = Sweep { queue: Mutex::new(cases.into()), done: Mutex::default(), started, verbose };
    Ok(sweep.play(&benches))
}

fn travel(workspace: &Workspace, workers: usize, writes: Writes) -> anyhow::Result<Vec<(Harness<'_>, Golden)>> {
    let stations = road();
    let one = |number| {
        let mut bench = Harness::start_with(
            workspace,
            FIRST + number * Writes::ALL.len() + writes as usize,
            StageSite::Adopted,
            writes,
        )?;
        let golden = Golden::travel(&mut bench, &stations, 1)?;
        Ok((bench, golden))
    };
    thread::scope(|scope| {
        let (one, stations) = (&one, 0..workers);
        let running: Vec<_> = stations.map(|number| scope.spawn(move || one(number))).collect();
        let joined = running.into_iter().map(|thread| thread.join().map_err(|_| anyhow!("a golden run panicked"))?);
        joined.collect()
    })
}

/// The stations, and those on the way to them.
fn road() -> Vec<&'static SweepStep> {
    let wanted = case::stations();
    let on_the_way = |station: &&SweepStep| wanted.iter().any(|one| one == station || one.road().contains(station));
    super::sweep_step::ALL.iter().filter(on_the_way).collect()
}

fn cases(options: &Options, golden: &[Golden], writes: Writes) -> anyhow::Result<Vec<Case>> {
    if let Some(id) = &options.hand {
        let found = id.find(&golden::requests(golden, id.station)?);
        return Ok(vec![found.context("the step sends no request with that short name any more")?]);
    }
    let named = |station: &SweepStep| options.step.is_empty() || options.step.iter().any(|name| name == station.name);
    let mut cases = Vec::new();
    for station in case::stations().into_iter().filter(|station| named(station)) {
        let requests = golden::requests(golden, station)?;
        let (k, all) = (case::stride(station, &requests), requests.len());
        eprintln!("          {}: at every {k}. of {all} requests", station.name);
        cases.extend(case::of_step(station, &requests));
    }
    let mut cases = if options.quick { case::quick(&cases) } else { cases };
    cases.retain(|case| case.writes == writes);
    // In an order that has nothing to do with steps and hands: whatever is wrong is seen early.
    cases.sort_by_cached_key(|case| Sha256::digest(case.to_string()));
    Ok(cases)
}

/// The cases that are left, and what came of the others.
struct Sweep {
    queue: Mutex<VecDeque<Case>>,
    done: Mutex<(Tally, Wrong)>,
    started: Instant,
    verbose: bool,
}

impl Sweep {
    fn play(self, benches: &[Harness<'_>]) -> (Tally, Wrong) {
        thread::scope(|scope| {
            for bench in benches {
                scope.spawn(|| self.work(&CaseRunner { bench, verbose: self.verbose }));
            }
        });
        self.done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn work(&self, player: &CaseRunner<'_, '_>) {
        while let Some(case) = { lock(&self.queue).pop_front() } {
            self.take_in(&case, &player.play(&case));
        }
    }

    fn take_in(&self, case: &Case, played: &Played) {
        let mut done = lock(&self.done);
        if played.tally.runs == 0 {
            *done.1.entry(NOTHING_TO_DO.to_owned()).or_default() += 1;
        }
        let before = done.0.runs / EVERY;
        done.0.add(&played.tally);
        if done.0.runs / EVERY > before {
            let (left, seconds) = (lock(&self.queue).len(), self.started.elapsed().as_secs_f64());
            eprintln!("{seconds:6.1} s  {} hands, {} of them wrong; {left} cases left", done.0.runs, done.0.failed);
        }
        if let Some(why) = &played.why {
            *done.1.entry(case.hand.name()).or_default() += 1;
            eprintln!("\nFAILED {}\n  {why}\n  repeat: cargo xtask sweep --hand {case}\n", case.told());
        }
    }
}
