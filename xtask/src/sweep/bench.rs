//! One simulated Azure with an application on it, and steps that are run against it.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, bail, ensure};
use serde_json::{Value, json};

use super::{
    fault::Fault,
    picture::{self, VOLATILE},
    request::{Faulted, Protocol, Request},
    station::Station,
};
use crate::{
    control::Control,
    outputs::{self, Outputs},
    process::{self, Running},
    rehearse::{
        inputs::{self, Input},
        material::Material,
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
const LAG: u64 = 120;
/// In a restored world they stay on their way for so long unless the step waits for them, in milliseconds: whoever does not wait
/// comes too early, however slow this machine is.
const STALL: u64 = 3000;
/// Between two looks at whether the fault has happened.
const GLANCE: Duration = Duration::from_millis(50);
/// How masks are announced to the runner: the one place where a secret has to stand.
const MASK: &str = "::add-mask::";

/// The steps' pace: no wait is longer than it has to be for the simulated services.
const PACE: [(&str, &str); 6] = [
    ("poll-interval", "10ms"),
    ("retry-first", "10ms"),
    ("retry-budget", "400ms"),
    ("rollback-after", "0s"),
    ("max-read-only", "12h"),
    ("keep-alive", "10s"),
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
pub struct Bench<'w> {
    workspace: &'w Workspace,
    folder: PathBuf,
    material: Material,
    simulator: Simulator,
    /// Where the stage site comes from.
    pub stage: StageSite,
    /// Outputs of plan and prepare.
    pub outputs: Outputs,
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
    fn of(station: &Station, fault: Fault, request: &Request) -> Self {
        let script = station.step == "migrate" && request.spot.protocol == Protocol::Batch;
        match fault {
            fault if fault.kills() => Self::AtOnce,
            Fault::Slow if script => Self::InTheEnd,
            _ => Self::Never,
        }
    }
}

/// How a step ended.
#[derive(Debug, Clone)]
pub struct Ended {
    /// Its exit code; `None` if it was killed.
    pub code: Option<i32>,
    /// It was killed by this tool.
    pub killed: bool,
    /// All that it printed.
    pub text: String,
    /// Its outputs.
    pub outputs: Outputs,
}

/// A step that ended, and what it has met.
#[derive(Debug, Clone)]
pub struct Ran {
    /// How it ended.
    pub ended: Ended,
    /// The requests that it sent, and the fault that happened.
    pub faulted: Faulted,
}

impl<'w> Bench<'w> {
    /// Starts a simulator of its own for the worker of this number.
    pub fn start(workspace: &'w Workspace, number: usize, stage: StageSite) -> anyhow::Result<Self> {
        let folder = workspace.scratch(&format!("sweep/{number}"))?;
        let application = workspace.root.join("tests/sweep");
        let material = Material::of(workspace, folder.clone(), &application)?;
        let simulator = Simulator::start(workspace, &folder, &stage.scenario(scenario(&material)))?;
        Ok(Self { workspace, folder, material, simulator, stage, outputs: Outputs::new() })
    }

    fn control(&self) -> &Control {
        &self.simulator.control
    }

    /// Runs the step of a station, with a fault at one of its requests. The fault is over when it has ended.
    pub fn run(&self, station: &Station, fault: Option<(Fault, &Request)>) -> anyhow::Result<Ran> {
        let mut inputs = inputs::common(&self.simulator, SignIn::Oidc);
        inputs.extend(station.inputs(&self.outputs, &self.material, &self.simulator.ready)?);
        let waits_in_vain = fault.is_some_and(|(fault, _)| fault.is_waited_for());
        let limits = if waits_in_vain { IMPATIENT } else { PATIENT };
        inputs.extend(PACE.into_iter().chain(limits).map(|(name, value)| (name, value.to_owned())));
        let told = fault.map_or(Value::Null, |(fault, request)| fault.at(request));
        self.control().set_fault(&told)?;
        let kill = fault.map_or(Kill::Never, |(fault, request)| Kill::of(station, fault, request));
        let ran = self.call(station.step, &inputs, kill).with_context(|| format!("run {}", station.step));
        let faulted = Faulted::read(self.control().faulted()?)?;
        self.control().set_fault(&Value::Null)?;
        Ok(Ran { ended: ran?, faulted })
    }

    fn call(&self, step: &str, inputs: &[Input], kill: Kill) -> anyhow::Result<Ended> {
        let files = Files::make(&self.folder, step)?;
        let mut variables = SignIn::Oidc.variables(&self.simulator.ready);
        variables.extend([("GITHUB_ACTIONS", "true".to_owned()), ("RUNNER_DEBUG", "1".to_owned())]);
        let call = Call { step, inputs, variables: &variables };
        let mut running = process::start(&mut command(self.workspace, &self.simulator, &files, &call))?;
        let killed = match kill {
            Kill::Never => false,
            Kill::AtOnce => self.is_at_the_fault(&mut running)?,
            Kill::InTheEnd => !running.ends_within(PATIENCE),
        };
        if killed {
            running.kill()?;
        }
        let finished = running.finish(LIMIT, &mut |_| ())?;
        let (written, summary) = (read(&files.output)?, read(&files.summary)?);
        let shown: String = finished.text.lines().filter(|line| !line.starts_with(MASK)).map(with_end).collect();
        self.control().output(step, &format!("{shown}\n{written}\n{summary}"))?;
        let outputs = outputs_of(&written, finished.code)?;
        Ok(Ended { code: finished.code, killed, text: shown, outputs })
    }

    /// Whether the step comes to the request at which the simulator makes it wait.
    fn is_at_the_fault(&self, running: &mut Running) -> anyhow::Result<bool> {
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
    pub fn picture(&self) -> anyhow::Result<Value> {
        self.alone()?;
        self.release()?;
        ensure!(self.control().wait("idle", REST)?, "the world has not come to rest after {} s", REST.as_secs());
        self.moving_picture()
    }

    /// The world as it is, although something in it does not end.
    pub fn moving_picture(&self) -> anyhow::Result<Value> {
        Ok(picture::normal(&self.control().picture(&VOLATILE)?))
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
    pub fn report(&self) -> anyhow::Result<Value> {
        self.control().tick()?;
        self.control().report()
    }

    /// Whether users of this site can write, if need be once their old answers of DNS have ended.
    pub fn takes_writes(&self, site: &str) -> anyhow::Result<bool> {
        let before = acknowledged(&self.control().report()?);
        let serves = |report: &Value| report["serving"]["site"] == site && acknowledged(report) > before;
        for _ in 0..20 {
            if serves(&self.report()?) {
                return Ok(true);
            }
            self.control().wait("link-catch-up", Duration::from_millis(20))?;
        }
        Ok(false)
    }
}

fn acknowledged(report: &Value) -> u64 {
    report["writes"]["acknowledged"].as_u64().unwrap_or_default()
}

/// Few users, who act around every change; everything else takes as long as it must to be seen by somebody who looks.
fn scenario(material: &Material) -> Value {
    let mut scenario = material.application();
    let settings = json!({
        "users": 2,
        "stubborn-users": 1,
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

/// A step that was killed may have written half of its outputs.
fn outputs_of(written: &str, code: Option<i32>) -> anyhow::Result<Outputs> {
    match (outputs::parse(written), code) {
        (Ok(outputs), _) => Ok(outputs),
        (Err(_), None) => Ok(Outputs::new()),
        (Err(error), Some(_)) => Err(error.context("read the outputs")),
    }
}

impl Ended {
    /// Why it ended without success, in its own words: message and hint.
    pub fn why(&self) -> Option<(String, String)> {
        let result: Value = serde_json::from_str(self.outputs.get("result")?).ok()?;
        Some((result["message"].as_str()?.to_owned(), result["hint"].as_str()?.to_owned()))
    }

    /// Refuses a step that did not succeed.
    pub fn succeeded(&self, step: &str) -> anyhow::Result<()> {
        match self.code {
            Some(0) => Ok(()),
            code => bail!("{step} ended with {}: {}", told(code), self.last_words()),
        }
    }

    /// Message and hint, or what it printed last.
    pub fn last_words(&self) -> String {
        self.why().map_or_else(
            || self.text.lines().rev().take(3).collect::<Vec<_>>().join(" / "),
            |(message, hint)| format!("{message} (hint: {hint})"),
        )
    }

    /// Its outputs but for times and words about how it went.
    pub fn lasting_outputs(&self) -> Outputs {
        let passing = |name: &str| matches!(name, "outcome" | "result") || name.ends_with("-seconds");
        self.outputs
            .iter()
            .filter(|(name, _)| !passing(name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }
}

/// An exit code for people.
pub fn told(code: Option<i32>) -> String {
    code.map_or_else(|| "a signal".to_owned(), |code| format!("exit code {code}"))
}

impl Bench<'_> {
    /// What a step passes on to the ones after it.
    pub fn pass_on(&mut self, ended: &Ended) {
        self.outputs.extend(ended.lasting_outputs());
    }
}
