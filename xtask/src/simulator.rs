//! Starts the simulated Azure as a process that cannot outlive this one.

use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, Stdio},
};

use anyhow::{Context, bail, ensure};
use serde_json::Value;
use sim_control::{Ready, SCHEMA};

use crate::{control::Control, workspace::Workspace};

/// Keeps the simulator only as long as its own stdin is open: however this process ends, the pipe closes, and the
/// simulator gets a SIGTERM by its id. File descriptor 3 leaves stdout to the simulator alone, so that its end is seen.
const GUARD: &str = r#"
exec 3>&1 1>&2
"$@" >&3 3>&- &
simulator=$!
exec 3>&-
cat > /dev/null
kill -TERM "$simulator" 2> /dev/null
wait "$simulator"
"#;

/// A running simulator. It ends when this is dropped.
pub struct Simulator {
    guard: Child,
    /// Where it is and how to sign in.
    pub ready: Ready,
    /// Its control interface.
    pub control: Control,
}

impl Simulator {
    /// Starts one with a scenario, which is written to `folder`.
    pub fn start(workspace: &Workspace, folder: &Path, scenario: &Value) -> anyhow::Result<Self> {
        let file = folder.join("scenario.json");
        fs::write(&file, scenario.to_string()).with_context(|| format!("write `{}`", file.display()))?;
        let mut guard = spawn(workspace, &file).context("start the simulator")?;
        let stdout = guard.stdout.take().context("the simulator's stdout is not a pipe")?;
        let mut lines = BufReader::new(stdout).lines();
        let Some(line) = lines.next().transpose()? else {
            bail!("the simulator ended before it was ready; its own message stands above");
        };
        let ready: Ready = serde_json::from_str(&line).context("read the simulator's first line")?;
        ensure!(
            ready.schema == SCHEMA && ready.event == Ready::EVENT,
            "the simulator's first line is not `ready`: {line}"
        );
        std::thread::spawn(move || lines.for_each(drop));
        let control = Control::new(&ready.control);
        Ok(Self { guard, ready, control })
    }

    /// The input `connect-to` of the steps.
    pub fn connect_to(&self) -> String {
        self.ready.connect_to.join(",")
    }
}

/// In a process group of its own, so that Ctrl-C reaches this process first and the simulator by the guard.
fn spawn(workspace: &Workspace, scenario: &Path) -> std::io::Result<Child> {
    Command::new("sh")
        .args(["-c", GUARD, "guard"])
        .arg(workspace.binary("azure-sim"))
        .arg("--scenario")
        .arg(scenario)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .process_group(0)
        .spawn()
}

impl Drop for Simulator {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        if let Err(error) = self.guard.wait() {
            eprintln!("warning: wait for the simulator to end: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn guarded(script: &str) -> (Child, BufReader<std::process::ChildStdout>) {
        let mut guard = Command::new("sh")
            .args(["-c", GUARD, "guard", "sh", "-c", script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(guard.stdout.take().unwrap());
        (guard, stdout)
    }

    #[test]
    fn the_simulator_gets_a_sigterm_when_we_are_gone() {
        let script = "trap 'echo ended; exit 0' TERM; echo ready; while :; do sleep 0.05; done";
        let (mut guard, mut stdout) = guarded(script);
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n");
        drop(guard.stdin.take());
        let mut rest = String::new();
        stdout.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "ended\n");
        guard.wait().unwrap();
    }

    #[test]
    fn a_simulator_that_ends_early_is_seen() {
        let (mut guard, mut stdout) = guarded("exit 3");
        let mut all = String::new();
        stdout.read_to_string(&mut all).unwrap();
        assert_eq!(all, "");
        assert!(guard.try_wait().unwrap().is_none(), "the guard waits for us");
        drop(guard.stdin.take());
        guard.wait().unwrap();
    }
}
