//! The golden run: every step without a fault, what it sent and the world that it left.

use std::collections::BTreeMap;

use anyhow::{Context, bail, ensure};
use serde_json::{Value, json};
use sim_control::{Report, What};

use super::{
    ended::Ended,
    harness::{Harness, Ran},
    request::{self, Request},
    state_dump::{differences, without_stage},
    sweep_step::{FROZEN, START, SweepStep},
};
use crate::{outputs::Outputs, rehearse::stage::StageSite};

/// The state in which cleanup has removed stage.
const REMOVED: &str = "stage-removed";

/// Who is too slow to see commits on their way tries again.
const ATTEMPTS: usize = 20;

/// What a golden run has found, on one bench.
#[derive(Default)]
pub struct Golden {
    worlds: BTreeMap<&'static str, Value>,
    tapes: BTreeMap<&'static str, Vec<Vec<Request>>>,
    outputs: BTreeMap<&'static str, Outputs>,
}

impl Golden {
    /// Goes through the stations, each so many times, and saves every state on the bench under its name.
    ///
    /// # Errors
    /// A step does not succeed, or two runs of it do not come to the same.
    pub fn travel(bench: &mut Harness<'_>, stations: &[&'static SweepStep], times: usize) -> anyhow::Result<Self> {
        let mut golden = Self::default();
        // Once users have acted, it is known which tables are theirs.
        check_report(&bench.report()?)?;
        bench.save(START)?;
        golden.worlds.insert(START, bench.state()?);
        let plan = bench.run(SweepStep::plan(bench.stage).context("there is no plan")?, None)?;
        plan.ended.succeeded("plan")?;
        bench.outputs = plan.ended.lasting_outputs();
        for station in stations {
            for _ in 0..times {
                golden.visit(bench, station).with_context(|| format!("the golden run of {}", station.name))?;
            }
        }
        golden.check_ways_back(bench)?;
        Ok(golden)
    }

    fn visit(&mut self, bench: &mut Harness<'_>, station: &'static SweepStep) -> anyhow::Result<()> {
        let ran = self.ran(bench, station)?;
        let world = bench.state()?;
        self.keep_world(station.to, &world)?;
        check_report(&bench.report()?)?;
        bench.pass_on(&ran.ended);
        self.keep_outputs(station, &ran.ended)?;
        self.tapes.entry(station.name).or_default().push(ran.faulted.requests);
        Ok(())
    }

    /// Runs the step, and saves the world that it leaves at once: what is on its way then is on its way again whenever the state
    /// is restored.
    fn ran(&self, bench: &Harness<'_>, station: &'static SweepStep) -> anyhow::Result<Ran> {
        let death = self.death_of(station)?;
        for _ in 0..ATTEMPTS {
            bench.restore(station.from)?;
            let ran = bench.run(station, death.as_ref().map(|request| (What::HeldAfter, request)))?;
            match death {
                Some(_) => ensure!(ran.ended.killed, "{} was to be killed, and has ended", station.name),
                None => ran.ended.succeeded(station.step)?,
            }
            bench.alone()?;
            if station.to != START {
                bench.save(station.to)?;
            }
            if station.to != FROZEN || bench.is_moving()? {
                return Ok(ran);
            }
        }
        bail!("after {ATTEMPTS} attempts no commit is on its way any more when {} has ended", station.step)
    }

    /// The request after which a step dies: one that the same step, from the same state, has sent before.
    fn death_of(&self, station: &SweepStep) -> anyhow::Result<Option<Request>> {
        let Some(part) = station.dies_after else { return Ok(None) };
        let sent = self.tapes.get(station.step).and_then(|tapes| tapes.first()).into_iter().flatten();
        let found = sent.into_iter().find(|request| request.changes && request.spot.request.contains(part));
        Ok(Some(found.with_context(|| format!("{} sends no `{part}`", station.step))?.clone()))
    }

    fn keep_world(&mut self, state: &'static str, world: &Value) -> anyhow::Result<()> {
        let known = self.worlds.entry(state).or_insert_with(|| world.clone());
        let differ = differences(known, world);
        ensure!(differ.is_empty(), "two runs leave two worlds: {}", differ.join("; "));
        Ok(())
    }

    fn keep_outputs(&mut self, station: &'static SweepStep, ended: &Ended) -> anyhow::Result<()> {
        let found = ended.lasting_outputs();
        let known = self.outputs.entry(station.name).or_insert_with(|| found.clone());
        ensure!(*known == found, "two runs have two outputs: {known:?} and {found:?}");
        Ok(())
    }

    /// After a rollback, and after stage was removed, the world is the one before the upgrade but for stage.
    fn check_ways_back(&self, bench: &Harness<'_>) -> anyhow::Result<()> {
        let back = |state: &&&str| state.starts_with("back-") || **state == REMOVED;
        for state in self.worlds.keys().filter(|state| back(state)) {
            // What was created is gone, and what was adopted is there, once stage is removed.
            let stage = if *state == REMOVED { StageSite::Adopted } else { bench.stage };
            let bare = |state| without_stage(self.world_in(state), &bench.outputs, stage);
            let differ = differences(&bare(START), &bare(state));
            ensure!(differ.is_empty(), "{state} is not the world before the upgrade: {}", differ.join("; "));
        }
        Ok(())
    }

    /// The world in a state between two steps.
    pub fn world_in(&self, state: &str) -> &Value {
        self.worlds.get(state).unwrap_or(&Value::Null)
    }

    /// What a step passes on.
    pub fn outputs(&self, station: &SweepStep) -> Outputs {
        self.outputs.get(station.name).cloned().unwrap_or_default()
    }
}

/// The requests of a step that all golden runs have sent.
///
/// # Errors
/// The runs have left different worlds, or two requests cannot be told apart.
pub fn requests(all: &[Golden], station: &SweepStep) -> anyhow::Result<Vec<Request>> {
    let [first, others @ ..] = all else { return Ok(Vec::new()) };
    for other in others {
        let differ = differences(first.world_in(station.to), other.world_in(station.to));
        ensure!(differ.is_empty(), "two simulators are in two states after {}: {}", station.name, differ.join("; "));
    }
    let tapes: Vec<Vec<Request>> =
        all.iter().filter_map(|golden| golden.tapes.get(station.name)).flatten().cloned().collect();
    let requests = request::common(&tapes);
    request::check_marks(&requests).with_context(|| format!("name the requests of {}", station.name))?;
    Ok(requests)
}

/// Refuses a world in which a write was lost or an invariant broken.
fn check_report(report: &Report) -> anyhow::Result<()> {
    let (lost, broken) = (report.writes.lost, &report.invariants.broken);
    ensure!(lost == 0, "{lost} writes are lost");
    ensure!(broken.is_empty(), "broken: {}", json!(broken));
    Ok(())
}
