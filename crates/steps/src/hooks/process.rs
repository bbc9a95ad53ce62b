//! Runs one executable as a process group of its own, under a time limit, with its output in the log.

use std::os::unix::process::ExitStatusExt;
use std::{
    path::Path,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use anyhow::{Context, bail, ensure};
use rollout::background::Hook;
use runner::RunnerIo;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader},
    process::{Child, Command},
    task::JoinSet,
    time::timeout,
};

/// How long a process that ran out of time has to end by itself.
const GRACE: Duration = Duration::from_secs(2);
/// How long output is waited for when a process has ended: what it has started may hold its output open for ever.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// The rest of a longer line is dropped: a secret in two pieces would not be found.
const LONGEST_LINE: usize = 64 * 1024;

/// What to run.
pub struct Call<'c> {
    /// As which hook.
    pub hook: Hook,
    /// The file, by its full path.
    pub file: &'c Path,
    /// Variables of its environment, besides those that this process has and that are not its own.
    pub variables: Vec<(&'static str, String)>,
    /// Time limit.
    pub limit: Duration,
}

/// Runs it to its end.
///
/// # Errors
/// It could not be started, did not end in time, or did not succeed.
pub async fn run(call: &Call<'_>, runner_io: &RunnerIo) -> anyhow::Result<()> {
    let named = format!("{} (`{}`)", call.hook, call.file.display());
    let mut child = command(call, runner_io).spawn().with_context(|| format!("could not start {named}"))?;
    let group = Group::of(&child);
    let mut talk = JoinSet::new();
    talk.spawn(tell(child.stdout.take(), call.hook, runner_io.clone()));
    talk.spawn(tell(child.stderr.take(), call.hook, runner_io.clone()));
    let ended = timeout(call.limit, child.wait()).await;
    match &ended {
        Ok(_) => group.leave(),
        Err(_) => group.end(&mut child).await,
    }
    // What is cut off here is output of a process that goes on without its parent.
    let _ = timeout(LAST_WORDS, talk.join_all()).await;
    match ended {
        Ok(status) => judge(status.with_context(|| format!("could not wait for {named}"))?, &named),
        Err(_) => bail!("{named} did not end within {:?} and was killed", call.limit),
    }
}

/// Nothing of ours reaches it: no input, no token, and no way to write the outputs of this step.
fn command(call: &Call<'_>, runner_io: &RunnerIo) -> Command {
    let mut command = Command::new(call.file);
    for name in &runner_io.environment().own {
        command.env_remove(name);
    }
    command.envs(call.variables.iter().map(|(name, value)| (name, value)));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.process_group(0).kill_on_drop(true);
    command
}

fn judge(status: ExitStatus, named: &str) -> anyhow::Result<()> {
    match (status.code(), status.signal()) {
        (Some(code), _) => ensure!(code == 0, "{named} ended with exit code {code}"),
        (None, Some(signal)) => bail!("{named} was ended by signal {signal}"),
        (None, None) => bail!("{named} ended without an exit code"),
    }
    Ok(())
}

/// Output line by line. It goes to the log, never to stdout: a runner would obey commands in it there.
async fn tell(pipe: Option<impl AsyncRead + Unpin>, hook: Hook, runner_io: RunnerIo) {
    let Some(pipe) = pipe else { return };
    let (mut reader, mut rest_of_a_line) = (BufReader::new(pipe), false);
    loop {
        let mut line = Vec::new();
        let limit = LONGEST_LINE as u64;
        let read = (&mut reader).take(limit).read_until(b'\n', &mut line).await;
        if !matches!(read, Ok(1..)) {
            return;
        }
        let ends = line.ends_with(b"\n");
        if !rest_of_a_line {
            let cut = if ends || line.len() < LONGEST_LINE { "" } else { " …" };
            tell_line(&String::from_utf8_lossy(&line), cut, hook, &runner_io);
        }
        rest_of_a_line = !ends;
    }
}

/// What the hook wants to have masked is masked, and not shown.
fn tell_line(line: &str, cut: &str, hook: Hook, runner_io: &RunnerIo) {
    match runner::masked(line) {
        // A mask that cannot be written shows itself at the next command; the value is redacted here all the same.
        Some(secret) => drop(runner_io.mask(&secret)),
        None => runner_io.say(&format!("{hook}: {}{cut}", line.trim_end())),
    }
}

/// A process with all that it has started. Dropped before its end, as when this step is ended, it is killed.
struct Group(Option<Pid>);

impl Group {
    fn of(child: &Child) -> Self {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Self(id.and_then(Pid::from_raw))
    }

    /// It has ended by itself; what it left running on purpose goes on.
    fn leave(mut self) {
        self.0 = None;
    }

    /// Asks it to end, and kills what is left of it.
    async fn end(self, child: &mut Child) {
        self.send(Signal::TERM);
        // Whether it ended in time or not, the rest is killed.
        let _ = timeout(GRACE, child.wait()).await;
        self.send(Signal::KILL);
        // A killed process is waited for, so that none is left behind.
        let _ = timeout(GRACE, child.wait()).await;
    }

    /// A group that is gone needs no signal.
    fn send(&self, signal: Signal) {
        if let Some(group) = self.0 {
            let _ = kill_process_group(group, signal);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.send(Signal::KILL);
    }
}

#[cfg(test)]
#[path = "process_test.rs"]
#[allow(clippy::unwrap_used, clippy::disallowed_methods)]
mod tests;
