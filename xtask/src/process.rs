//! Runs a child process to its end, with its lines as they come and a deadline.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};

use crate::workspace::shown;

/// What a finished process left.
#[derive(Debug)]
pub struct Finished {
    /// Its exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// All that it printed, stdout and stderr line by line as they came.
    pub text: String,
    /// How long it ran.
    pub seconds: f64,
}

/// A process that runs.
pub struct Running {
    child: Child,
    lines: Receiver<String>,
    text: String,
    shown: String,
    started: Instant,
}

/// Runs the command; `live` gets each line. A process that is not done within `limit` is killed, and that is an error.
pub fn run(command: &mut Command, limit: Duration, live: &mut dyn FnMut(&str)) -> anyhow::Result<Finished> {
    start(command)?.finish(limit, live)
}

/// Starts the command, whose lines are kept until somebody asks for them.
pub fn start(command: &mut Command) -> anyhow::Result<Running> {
    let (shown, started) = (shown(command), Instant::now());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().with_context(|| format!("start `{shown}`"))?;
    let lines = lines_of(&mut child)?;
    Ok(Running { child, lines, text: String::new(), shown, started })
}

impl Running {
    /// Whether it has come to its end.
    pub fn has_ended(&mut self) -> anyhow::Result<bool> {
        let status = self.child.try_wait().with_context(|| format!("look at `{}`", self.shown))?;
        Ok(status.is_some())
    }

    /// Ends it as nothing it could do anything about: SIGKILL.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        self.child.kill().with_context(|| format!("kill `{}`", self.shown))
    }

    /// Whether it comes to its end within `limit` from now.
    pub fn ends_within(&mut self, limit: Duration) -> bool {
        self.gather(Instant::now() + limit, &mut |_| ())
    }

    /// Waits for its end, at most until `limit` after its start: then it is killed, and that is an error.
    pub fn finish(mut self, limit: Duration, live: &mut dyn FnMut(&str)) -> anyhow::Result<Finished> {
        let ended = self.gather(self.started + limit, live);
        if !ended {
            self.kill()?;
        }
        let status = self.child.wait().with_context(|| format!("wait for `{}`", self.shown))?;
        if !ended {
            bail!("`{}` was not done after {} s and was killed", self.shown, limit.as_secs());
        }
        Ok(Finished { code: status.code(), text: self.text, seconds: self.started.elapsed().as_secs_f64() })
    }

    /// Takes its lines as they come. False if the deadline comes before the last one.
    fn gather(&mut self, deadline: Instant, live: &mut dyn FnMut(&str)) -> bool {
        loop {
            match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    live(&line);
                    self.text += &line;
                    self.text.push('\n');
                }
                Err(RecvTimeoutError::Disconnected) => return true,
                Err(RecvTimeoutError::Timeout) => return false,
            }
        }
    }
}

fn lines_of(child: &mut Child) -> anyhow::Result<Receiver<String>> {
    let (sender, receiver) = channel();
    let stdout = child.stdout.take().context("the child's stdout is not a pipe")?;
    let stderr = child.stderr.take().context("the child's stderr is not a pipe")?;
    forward(stdout, sender.clone());
    forward(stderr, sender);
    Ok(receiver)
}

fn forward(pipe: impl Read + Send + 'static, sender: Sender<String>) {
    thread::spawn(move || {
        let mut lines = BufReader::new(pipe).split(b'\n').map_while(Result::ok);
        lines.all(|line| sender.send(String::from_utf8_lossy(&line).into_owned()).is_ok())
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, seconds: u64) -> (anyhow::Result<Finished>, Vec<String>) {
        let mut seen = Vec::new();
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        let result = run(&mut command, Duration::from_secs(seconds), &mut |line| seen.push(line.to_owned()));
        (result, seen)
    }

    #[test]
    fn code_and_lines_come_back() {
        let (finished, seen) = shell("echo out; echo err >&2; exit 30", 20);
        let finished = finished.unwrap();
        assert_eq!(finished.code, Some(30));
        assert_eq!(finished.text.len(), "out\nerr\n".len());
        assert!(seen.contains(&"out".to_owned()) && seen.contains(&"err".to_owned()));
    }

    #[test]
    fn a_process_that_is_killed_has_no_code_and_keeps_its_lines() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo begun; exec sleep 600"]);
        let mut running = start(&mut command).unwrap();
        assert!(!running.ends_within(Duration::from_millis(200)) && !running.has_ended().unwrap());
        running.kill().unwrap();
        let finished = running.finish(Duration::from_secs(20), &mut |_| ()).unwrap();
        assert_eq!((finished.text.as_str(), finished.code), ("begun\n", None));
    }

    #[test]
    fn a_process_that_never_ends_is_killed() {
        let (finished, _) = shell("exec sleep 600", 0);
        assert_eq!(finished.unwrap_err().to_string(), "`sh -c exec sleep 600` was not done after 0 s and was killed");
    }
}
