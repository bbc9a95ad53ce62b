//! The simulated Azure as a process.

use std::{fs, io::Write, path::PathBuf};

use anyhow::Context;
use azure_sim::{Scenario, Simulator};
use clap::Parser;
use serde::Serialize;
use sim_control::{Ready, SCHEMA};
use tokio::{
    runtime::Runtime,
    signal::unix::{Signal, SignalKind, signal},
};

/// A simulated Azure on loopback. The first line on stdout says where it listens; SIGTERM or SIGINT ends it, and the last
/// line is its report.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// What world to start with (JSON); the default world if absent
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
    /// Write every request to this file, secrets included
    #[arg(long, value_name = "FILE")]
    capture: Option<PathBuf>,
}

fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let arguments = Arguments::parse();
    let mut scenario = scenario(&arguments)?;
    scenario.capture = arguments.capture.or(scenario.capture);
    // Signals are taken from the start on: one that comes while the database is loaded must not leave files behind.
    let end = End::new()?;
    let simulator = Simulator::start(scenario)?;
    say(&ready(&simulator))?;
    end.wait();
    say(&simulator.report())
}

fn scenario(arguments: &Arguments) -> anyhow::Result<Scenario> {
    let Some(path) = &arguments.scenario else { return Ok(Scenario::default()) };
    let text = fs::read_to_string(path).with_context(|| format!("reading the scenario `{}`", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("reading the scenario `{}`", path.display()))
}

fn ready(simulator: &Simulator) -> Ready {
    let addresses = simulator.addresses();
    Ready {
        schema: SCHEMA,
        event: Ready::EVENT.to_owned(),
        https: addresses.https.to_string(),
        tds: addresses.tds.to_string(),
        control: format!("http://{}", addresses.control),
        connect_to: addresses.connect_to.clone(),
        ca_file: addresses.ca_file.display().to_string(),
        package_file: addresses.package_file.display().to_string(),
        credentials: simulator.credentials().clone(),
    }
}

fn say(line: &impl Serialize) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", serde_json::to_string(line)?)?;
    Ok(out.flush()?)
}

/// SIGTERM or SIGINT.
struct End {
    runtime: Runtime,
    terminate: Signal,
    interrupt: Signal,
}

impl End {
    fn new() -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let entered = runtime.enter();
        let (terminate, interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        drop(entered);
        Ok(Self { runtime, terminate, interrupt })
    }

    fn wait(mut self) {
        self.runtime.block_on(async {
            tokio::select! {
                _ = self.terminate.recv() => {}
                _ = self.interrupt.recv() => {}
            }
        });
    }
}
