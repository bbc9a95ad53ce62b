//! Runs one step as a runner would: its own output and summary file, and an environment with nothing but its inputs.

use std::{fs, path::Path, process::Command, time::Duration};

use anyhow::Context;

use super::{inputs::Input, report::Ran};
use crate::{
    outputs::{self, Outputs},
    process,
    simulator::Simulator,
    workspace::Workspace,
};

/// No step of a rehearsal takes that long.
const LIMIT: Duration = Duration::from_secs(180);

/// A step to run.
pub struct Call<'c> {
    /// Its name.
    pub step: &'c str,
    /// Its inputs.
    pub inputs: &'c [Input],
    /// Further variables of its environment.
    pub variables: &'c [(&'static str, String)],
}

/// A step that ended, and what it said.
pub struct Done {
    /// For the report.
    pub ran: Ran,
    /// Its outputs.
    pub outputs: Outputs,
}

impl Done {
    /// Whether its work is done.
    pub fn succeeded(&self) -> bool {
        self.ran.exit_code == Some(0)
    }
}

/// Runs `upgrade-<step>`. All that it printed and wrote is handed to the simulator, which looks for secrets in it.
pub fn run(workspace: &Workspace, simulator: &Simulator, folder: &Path, call: &Call<'_>) -> anyhow::Result<Done> {
    let step = call.step;
    let files = Files::make(folder, step)?;
    let mut command = command(workspace, simulator, &files, call);
    let finished = process::run(&mut command, LIMIT, &mut |line| eprintln!("           {line}"))?;
    let (written, summary) = (read(&files.output)?, read(&files.summary)?);
    simulator.control.output(step, &format!("{}\n{written}\n{summary}", finished.text))?;
    let outputs = outputs::parse(&written).with_context(|| format!("read the outputs of {step}"))?;
    let outcome = outputs.get("outcome").cloned().unwrap_or_else(|| "interrupted".to_owned());
    let step = step.to_owned();
    let ran = Ran { step, outcome, exit_code: finished.code, seconds: finished.seconds, started: 0.0 };
    Ok(Done { ran, outputs })
}

/// What a step writes for its runner.
pub struct Files {
    /// Its outputs.
    pub output: std::path::PathBuf,
    /// Its summary.
    pub summary: std::path::PathBuf,
}

impl Files {
    /// Empty ones in this folder.
    pub fn make(folder: &Path, step: &str) -> anyhow::Result<Self> {
        let files = Self { output: folder.join(format!("{step}.output")), summary: folder.join(format!("{step}.md")) };
        for file in [&files.output, &files.summary] {
            fs::write(file, "").with_context(|| format!("write `{}`", file.display()))?;
        }
        Ok(files)
    }
}

/// The call of a step: an environment with nothing in it but what a runner gives.
pub fn command(workspace: &Workspace, simulator: &Simulator, files: &Files, call: &Call<'_>) -> Command {
    let mut command = Command::new(workspace.binary(&format!("upgrade-{}", call.step)));
    command.env_clear().current_dir(&workspace.root);
    command.env("SSL_CERT_FILE", &simulator.ready.ca_file);
    command.env("GITHUB_OUTPUT", &files.output).env("GITHUB_STEP_SUMMARY", &files.summary);
    command.envs(call.inputs.iter().map(|(name, value)| (variable(name), value)));
    command.envs(call.variables.iter().map(|(name, value)| (name, value)));
    command
}

/// The environment variable of an input.
fn variable(input: &str) -> String {
    format!("UPGRADE_{}", input.to_uppercase().replace('-', "_"))
}

fn read(file: &Path) -> anyhow::Result<String> {
    fs::read_to_string(file).with_context(|| format!("read `{}`", file.display()))
}

#[cfg(test)]
mod tests {
    #[test]
    fn inputs_travel_as_variables() {
        assert_eq!(super::variable("max-read-only"), "UPGRADE_MAX_READ_ONLY");
    }
}
