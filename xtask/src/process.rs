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

/// Runs the command; `live` gets each line. A process that is not done within `limit` is killed, and that is an error.
pub fn run(command: &mut Command, limit: Duration, live: &mut dyn FnMut(&str)) -> anyhow::Result<Finished> {
    let line = shown(command);
    let started = Instant::now();
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().with_context(|| format!("start `{line}`"))?;
    let text = collect(&lines_of(&mut child)?, started + limit, live);
    if text.is_none() {
        child.kill().with_context(|| format!("kill `{line}`"))?;
    }
    let status = child.wait().with_context(|| format!("wait for `{line}`"))?;
    match text {
        Some(text) => Ok(Finished { code: status.code(), text, seconds: started.elapsed().as_secs_f64() }),
        None => bail!("`{line}` was not done after {} s and was killed", limit.as_secs()),
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

/// All lines, or `None` if the deadline comes first.
fn collect(lines: &Receiver<String>, deadline: Instant, live: &mut dyn FnMut(&str)) -> Option<String> {
    let mut text = String::new();
    loop {
        match lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(line) => {
                live(&line);
                text += &line;
                text.push('\n');
            }
            Err(RecvTimeoutError::Disconnected) => return Some(text),
            Err(RecvTimeoutError::Timeout) => return None,
        }
    }
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
    fn a_process_that_never_ends_is_killed() {
        let (finished, _) = shell("exec sleep 600", 0);
        assert_eq!(finished.unwrap_err().to_string(), "`sh -c exec sleep 600` was not done after 0 s and was killed");
    }
}
