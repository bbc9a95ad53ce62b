//! One simulated Azure with an application on it, and steps that are run against it.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, ensure};
use serde_json::{Value, json};
use sim_control::{Report, What};

use super::{
    ended::{Ended, outputs_of},
    fault,
    hands::Writes,
    request::{Faulted, Protocol, Request},
    state_dump::{self, VOLATILE},
    sweep_step::SweepStep,
};
use crate::{
    control::Control,
    outputs::Outputs,
    process::{self, Running},
    rehearse::{
        fixtures::Fixtures,
        inputs::{self, Input},
        sign_in::SignIn,
        stage::StageSite,
        step::{Call, Files, command},
    },
    simulator::Simulator,
    workspace::Workspace,
};

/// No step takes longer than this, whatever goes wrong.
const LIMIT: Duration = Duration::from_secs(60);
/// How long somebody waits for a script before the job is cancelled.
const PATIENCE: Duration = Duration::from_secs(4);
/// How long the world gets to come to rest.
const REST: Duration = Duration::from_secs(20);
/// How long commits travel, in milliseconds: long enough for some to be on their way still when freeze has ended.
const LAG: u64 = 300;
/// In a restored world they stay on their way for so long unless the step waits for them, in milliseconds: whoever does not wait
/// comes too early, however slow this machine is.
const STALL: u64 = 3000;
/// Between two looks at whether the fault has happened.
const GLANCE: Duration = Duration::from_millis(50);
/// How masks are announced to the runner: the one place where a secret has to stand.
const MASK: &str = "::add-mask::";

/// The steps' pace: no wait is longer than it has to be for the simulated services.
const PACE: [(&str, &str); 9] = [
    ("poll-interval", "10ms"),
    ("retry-first", "10ms"),
    ("retry-budget", "400ms"),
    ("retry-jitter", "0"),
    ("rollback-after", "0s"),
    ("max-read-only", "12h"),
    ("keep-alive", "10s"),
    ("lock-wait", "300ms"),
    ("late-request-wait", "300ms"),
];

/// The time-outs of a step that has no reason to meet one: this machine may be slow.
const PATIENT: [(&str, &str); 5] = [
    ("request-timeout", "15s"),
    ("connect-timeout", "15s"),
    ("health-timeout", "20s"),
    ("seeding-timeout", "20s"),
    ("deployment-timeout", "20s"),
];

/// The time-outs of a step that waits for something that does not come.
const IMPATIENT: [(&str, &str); 5] = [
    ("request-timeout", "1s"),
    ("connect-timeout", "1s"),
    ("health-timeout", "2s"),
    ("seeding-timeout", "2s"),
    ("deployment-timeout", "2s"),
];

/// A simulator, and what the steps against it are run with.
pub struct Harness<'w> {
    workspace: &'w Workspace,
    folder: PathBuf,
    material: Fixtures,
    simulator: Simulator,
    /// Where the stage site comes from.
    pub stage: StageSite,
    /// Outputs of plan and prepare.
    pub outputs: Outputs,
}

/// What a step is started with.
pub struct Given<'g> {
    /// Its inputs, in its environment.
    pub inputs: &'g [Input],
    /// Its command line.
    pub arguments: &'g [String],
    /// Where its outputs are written.
    pub folder: &'g Path,
}

/// A step that runs.
pub struct Begun {
    /// The process.
    pub running: Running,
    files: Files,
}

/// Whether a step is killed.
#[derive(Clone, Copy)]
enum Kill {
    Never,
    /// At the request at which its fault happens.
    AtOnce,
    /// If it is still waiting after a while.
    InTheEnd,
}

impl Kill {
    /// The user's scripts may take as long as the read-only time: for them there is no other time-out.
    fn of(station: &SweepStep, fault: What, request: &Request) -> Self {
        let script = station.step == "migrate" && request.spot.protocol == Protocol::Batch;
        match fault {
            fault if fault::kills(fault) => Self::AtOnce,
            What::Slow if script => Self::InTheEnd,
            _ => Self::Never,
        }
    }
}

/// A step that ended, and what it has met.
#[derive(Debug, Clone)]
pub struct Ran {
    /// How it ended.
    pub ended: Ended,
    /// The requests that it sent, and the fault that happened.
    pub faulted: Faulted,
}

impl<'w> Harness<'w> {
    /// Starts a simulator of its own for the worker of this number.
    pub fn start(workspace: &'w Workspace, number: usize, stage: StageSite) -> anyhow::Result<Self> {
        Self::start_with(workspace, number, stage, Writes::Mixed)
    }

    /// The same with an application that writes so.
    pub fn start_with(
        workspace: &'w Workspace,
        number: usize,
        stage: StageSite,
        writes: Writes,
    ) -> anyhow::Result<Self> {
        let folder = workspace.scratch(&format!("sweep/{number}"))?;
        let application = workspace.root.join("tests/sweep");
        let material = Fixtures::of(workspace, folder.clone(), &application)?;
        let material = match writes {
            Writes::Mixed => material,
            Writes::Updates => material.in_other_versions(&application.join("updates")),
        };
        let simulator = Simulator::start(workspace, &folder, &stage.scenario(scenario(&material)))?;
        Ok(Self { workspace, folder, material, simulator, stage, outputs: Outputs::new() })
    }

    /// The simulator's control interface.
    pub fn control(&self) -> &Control {
        &self.simulator.control
    }

    /// Runs the step of a station, with a fault at one of its requests. The fault is over when it has ended.
    pub fn run(&self, station: &SweepStep, fault: Option<(What, &Request)>) -> anyhow::Result<Ran> {
        let mut inputs = inputs::common(&self.simulator, SignIn::Oidc);
        inputs.extend(station.inputs(&self.outputs, &self.material, &self.simulator.ready)?);
        let waits_in_vain = fault.is_some_and(|(fault, _)| fault::is_waited_for(fault));
        let limits = if waits_in_vain { IMPATIENT } else { PATIENT };
        inputs.extend(PACE.into_iter().chain(limits).map(|(name, value)| (name, value.to_owned())));
        let set = fault.map(|(fault, request)| fault::at(fault, request));
        self.control().set_fault(set.as_ref())?;
        let kill = fault.map_or(Kill::Never, |(fault, request)| Kill::of(station, fault, request));
        let ran = self.call(station.step, &inputs, kill).with_context(|| format!("run {}", station.step));
        let faulted = self.control().faulted()?;
        self.control().set_fault(None)?;
        Ok(Ran { ended: ran?, faulted })
    }

    fn call(&self, step: &str, inputs: &[Input], kill: Kill) -> anyhow::Result<Ended> {
        let mut begun = self.begin(step, &Given { inputs, arguments: &[], folder: &self.folder })?;
        let killed = match kill {
            Kill::Never => false,
            Kill::AtOnce => self.is_at_the_fault(&mut begun.running)?,
            Kill::InTheEnd => !begun.running.ends_within(PATIENCE),
        };
        if killed {
            begun.running.kill()?;
        }
        self.end(step, begun, killed)
    }

    /// Starts a step.
    pub fn begin(&self, step: &str, given: &Given<'_>) -> anyhow::Result<Begun> {
        let files = Files::make(given.folder, step)?;
        let mut variables = SignIn::Oidc.variables(&self.simulator.ready);
        variables.extend([("GITHUB_ACTIONS", "true".to_owned()), ("RUNNER_DEBUG", "1".to_owned())]);
        let call = Call { step, inputs: given.inputs, variables: &variables };
        let mut command = command(self.workspace, &self.simulator, &files, &call);
        let running = process::start(command.args(given.arguments))?;
        Ok(Begun { running, files })
    }

    /// Waits for the end of a step, and shows the simulator all that it has said.
    pub fn end(&self, step: &str, begun: Begun, killed: bool) -> anyhow::Result<Ended> {
        let finished = begun.running.finish(LIMIT, &mut |_| ())?;
        let (written, summary) = (read(&begun.files.output)?, read(&begun.files.summary)?);
        let shown: String = finished.text.lines().filter(|line| !line.starts_with(MASK)).map(with_end).collect();
        self.control().output(step, &format!("{shown}\n{written}\n{summary}"))?;
        let outputs = outputs_of(&written, finished.code)?;
        Ok(Ended { code: finished.code, killed, text: shown, outputs })
    }

    /// What every step gets that has no reason to meet a time-out.
    pub fn ordinary_inputs(&self) -> Vec<Input> {
        let mut inputs = inputs::common(&self.simulator, SignIn::Oidc);
        inputs.extend(PACE.into_iter().chain(PATIENT).map(|(name, value)| (name, value.to_owned())));
        inputs
    }

    /// What the step of a station gets.
    pub fn inputs_of(&self, station: &SweepStep) -> anyhow::Result<Vec<Input>> {
        let mut inputs = self.ordinary_inputs();
        inputs.extend(station.inputs(&self.outputs, &self.material, &self.simulator.ready)?);
        Ok(inputs)
    }

    /// What status gets, and any step whose identifiers come from its advice.
    pub fn identifiers(&self) -> anyhow::Result<Vec<Input>> {
        inputs::of_step("status", &self.outputs, &self.material)
    }

    /// The application that is upgraded.
    pub fn material(&self) -> &Fixtures {
        &self.material
    }

    /// A folder of its own for steps that run beside another one.
    pub fn beside(&self) -> anyhow::Result<PathBuf> {
        let folder = self.folder.join("beside");
        std::fs::create_dir_all(&folder).with_context(|| format!("make the folder `{}`", folder.display()))?;
        Ok(folder)
    }

    /// Its own folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether the step comes to the request at which the simulator makes it wait.
    pub fn is_at_the_fault(&self, running: &mut Running) -> anyhow::Result<bool> {
        while !self.control().wait("fault", GLANCE)? {
            if running.has_ended()? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Waits until nobody is connected any more.
    pub fn alone(&self) -> anyhow::Result<()> {
        ensure!(self.control().wait("quiet", REST)?, "somebody is still connected after {} s", REST.as_secs());
        Ok(())
    }

    /// The world once nothing is under way in it.
    pub fn state(&self) -> anyhow::Result<Value> {
        self.alone()?;
        self.release()?;
        ensure!(self.control().wait("idle", REST)?, "the world has not come to rest after {} s", REST.as_secs());
        self.moving_state()
    }

    /// The world as it is, although something in it does not end.
    pub fn moving_state(&self) -> anyhow::Result<Value> {
        Ok(state_dump::normal(self.control().state_dump(&VOLATILE)?))
    }

    /// Saves the world.
    pub fn save(&self, state: &str) -> anyhow::Result<()> {
        self.control().snapshot(state)
    }

    /// Puts the world in a saved state.
    pub fn restore(&self, state: &str) -> anyhow::Result<()> {
        self.control().restore(state)
    }

    /// Whether commits are on their way to a secondary, or something else is under way.
    pub fn is_moving(&self) -> anyhow::Result<bool> {
        Ok(!self.control().wait("idle", Duration::ZERO)?)
    }

    /// Lets operations go on that a fault has made hang, and commits that stand still.
    pub fn release(&self) -> anyhow::Result<()> {
        self.control().release()
    }

    /// What users see, after one more round of theirs.
    pub fn report(&self) -> anyhow::Result<Report> {
        self.control().tick()?;
        self.control().report()
    }

    /// Whether users of this site can write, if need be once their old answers of DNS have ended.
    pub fn takes_writes(&self, site: &str) -> anyhow::Result<bool> {
        let before = self.control().report()?.writes.acknowledged;
        let serves =
            |report: &Report| report.serving.site.as_deref() == Some(site) && report.writes.acknowledged > before;
        for _ in 0..20 {
            if serves(&self.report()?) {
                return Ok(true);
            }
            self.control().wait("link-catch-up", Duration::from_millis(20))?;
        }
        Ok(false)
    }
}

/// Few users, who act around every change; everything else takes as long as it must to be seen by somebody who looks.
fn scenario(material: &Fixtures) -> Value {
    let mut scenario = material.application();
    let settings = json!({
        "users": 2,
        "stale-dns-users": 1,
        "ttl-seconds": 0.05,
        "seeding-ms": 10,
        "lag-ms": LAG,
        "stall-ms": STALL,
        "operation-ms": 10,
        "retry-after-ms": 10,
        "probe-interval-ms": 15,
        "site-start-ms": 5,
        "webjob-ms": 5,
        "site-timeout-ms": 2000,
    });
    for (name, value) in settings.as_object().into_iter().flatten() {
        scenario[name] = value.clone();
    }
    scenario
}

fn with_end(line: &str) -> String {
    format!("{line}\n")
}

fn read(file: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(file).with_context(|| format!("read `{}`", file.display()))
}

impl Harness<'_> {
    /// What a step passes on to the ones after it.
    pub fn pass_on(&mut self, ended: &Ended) {
        self.outputs.extend(ended.lasting_outputs());
    }
}
