//! The order of the steps, and the way back.

use std::time::{Duration, Instant};

use sim_control::Report as Users;

use super::{
    fixtures::Fixtures,
    inputs::{self, Input},
    report::{Outcome, Ran, Report},
    sign_in::SignIn,
    stage::StageSite,
    step::{self, Done},
    world::World,
};
use crate::{outputs::Outputs, simulator::Simulator, workspace::Workspace};

/// From the first step that touches production on, a failure is answered with a rollback.
const CUTOVER: [&str; 4] = ["freeze", "terminate", "migrate", "switch"];

/// How long users may take to do what is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

/// Travels the whole road and reports.
pub fn travel(
    workspace: &Workspace,
    material: &Fixtures,
    simulator: &Simulator,
    sign_in: SignIn,
    stage_site: StageSite,
) -> anyhow::Result<Report> {
    let start = Instant::now();
    let mut upgrade_run = UpgradeRun {
        workspace,
        material,
        simulator,
        sign_in,
        stage_site,
        start,
        outputs: Outputs::new(),
        ran: Vec::new(),
    };
    let outcome = upgrade_run.all().unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        Outcome::Failed
    });
    let users = simulator.control.report()?;
    Ok(Report::new(outcome, upgrade_run.ran, &upgrade_run.outputs, users))
}

struct UpgradeRun<'a> {
    workspace: &'a Workspace,
    material: &'a Fixtures,
    simulator: &'a Simulator,
    sign_in: SignIn,
    stage_site: StageSite,
    start: Instant,
    outputs: Outputs,
    ran: Vec<Ran>,
}

impl UpgradeRun<'_> {
    fn all(&mut self) -> anyhow::Result<Outcome> {
        self.writes_arrive("1")?;
        if !self.step("plan", inputs::of_plan(self.material))? || !self.next("prepare")? {
            return Ok(Outcome::Failed);
        }
        for step in CUTOVER {
            if !self.next(step)? {
                return self.back();
            }
        }
        self.forward()
    }

    /// After the switch: users arrive at V2, the last of them leaves V1, and V1 is removed; its database stays.
    fn forward(&mut self) -> anyhow::Result<Outcome> {
        let arrived = self.writes_arrive("2")? && self.work_goes_on()?;
        self.last_user_leaves()?;
        let removed = self.cleanup("production-database")?;
        let world = self.world()?;
        let gone =
            !world.has_site(self.output("production-site")) && world.has_database(self.output("production-database"));
        said(gone || !removed, "cleanup did not remove V1's site, or not V1's site alone");
        Ok(if arrived && removed && gone { Outcome::Upgraded } else { Outcome::Failed })
    }

    /// After a failure: V1 takes writes again; stage is kept until somebody has looked at it, and then removed.
    fn back(&mut self) -> anyhow::Result<Outcome> {
        let given_back = self.next("rollback")? && self.writes_arrive("1")? && self.work_goes_on()?;
        let kept = self.world()?.has_database(self.output("stage-database"));
        said(kept, "rollback did not keep the stage database");
        let removed = given_back && kept && self.cleanup("stage-database")?;
        let world = self.world()?;
        let site_is_right = world.has_site(self.output("stage-site")) != self.stage_site.goes_with_stage();
        let gone = !world.has_database(self.output("stage-database"))
            && world.has_database(self.output("production-database"))
            && site_is_right;
        said(
            gone || !removed,
            "cleanup did not remove the stage database with the site that was created, or not these alone",
        );
        Ok(if removed && gone { Outcome::RolledBack } else { Outcome::Failed })
    }

    fn next(&mut self, step: &str) -> anyhow::Result<bool> {
        let inputs = inputs::of_step(step, &self.outputs, self.material)?;
        self.step(step, inputs)
    }

    fn cleanup(&mut self, slot: &str) -> anyhow::Result<bool> {
        let inputs = inputs::of_cleanup(slot, &self.outputs, self.material)?;
        self.step("cleanup", inputs)
    }

    fn step(&mut self, step: &str, inputs: Vec<Input>) -> anyhow::Result<bool> {
        let done = self.run(step, &inputs)?;
        if done.succeeded() {
            return Ok(true);
        }
        // Exit code 20 says that the same step, run again, finishes the work.
        Ok(done.ran.exit_code == Some(20) && self.run(step, &inputs)?.succeeded())
    }

    fn run(&mut self, step: &str, inputs: &[Input]) -> anyhow::Result<Done> {
        let started = self.start.elapsed().as_secs_f64();
        eprintln!("{started:7.1} s  {step}");
        let mut all = inputs::common(self.simulator, self.sign_in);
        all.extend(self.stage_site.inputs(step, &self.simulator.ready));
        all.extend_from_slice(inputs);
        let variables = self.sign_in.variables(&self.simulator.ready);
        let call = step::Call { step, inputs: &all, variables: &variables };
        let mut done = step::run(self.workspace, self.simulator, &self.material.folder, &call)?;
        done.ran.started = started;
        self.outputs.extend(done.outputs.clone());
        self.ran.push(done.ran.clone());
        self.progress(&done.ran)?;
        Ok(done)
    }

    fn progress(&self, ran: &Ran) -> anyhow::Result<()> {
        let report = self.simulator.control.report()?;
        let (writes, messages) = (&report.writes, &report.messages);
        eprintln!(
            "           -> {} ({:.1} s); users on V{}: {} writes acknowledged, {} refused, {} lost; {} messages worked off, {} waiting",
            ran.outcome,
            ran.seconds,
            report.serving.version.as_deref().unwrap_or("?"),
            writes.acknowledged,
            writes.refused_read_only,
            writes.lost,
            messages.processed,
            messages.waiting
        );
        Ok(())
    }

    /// Whether the version serves users and has acknowledged some of their writes since now.
    fn writes_arrive(&self, version: &str) -> anyhow::Result<bool> {
        let before = self.simulator.control.report()?.writes.acknowledged;
        let arrived = self.simulator.control.wait_for(PATIENCE, |report| {
            report.serving.version.as_deref() == Some(version) && report.writes.acknowledged >= before + 10
        })?;
        said(arrived, &format!("V{version} took no writes of users for {} s", PATIENCE.as_secs()));
        Ok(arrived)
    }

    /// Whether what users leave for the background is worked off from now on, what was left before included.
    fn work_goes_on(&self) -> anyhow::Result<bool> {
        let left = self.simulator.control.report()?.messages.queued;
        let done = |report: &Users| report.messages.processed > left;
        let goes_on = self.simulator.control.wait_for(PATIENCE, done)?;
        said(goes_on, &format!("WebJobs did not work off what users had left within {} s", PATIENCE.as_secs()));
        Ok(goes_on)
    }

    /// A name is cached for a second, by users with stale DNS answers for two.
    fn last_user_leaves(&self) -> anyhow::Result<()> {
        let looked = Instant::now();
        self.simulator.control.wait_for(PATIENCE, |_| looked.elapsed() > Duration::from_secs(3)).map(drop)
    }

    fn world(&self) -> anyhow::Result<World> {
        self.simulator.control.world().map(World)
    }

    fn output(&self, name: &str) -> &str {
        self.outputs.get(name).map_or("", String::as_str)
    }
}

/// Tells the person who watches what is wrong.
fn said(fine: bool, problem: &str) {
    if !fine {
        eprintln!("           {problem}");
    }
}
