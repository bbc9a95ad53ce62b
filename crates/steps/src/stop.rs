//! What stops a step from outside: a signal, or the end of the process that had started it.
//!
//! GitHub's runner signals the one process that it has started: SIGINT, after 7.5 s SIGTERM, and 2.5 s later it kills. A
//! step that a script has started is told by nobody, so it watches its parent.

use std::{fmt, future::Future, io, os::unix::process::parent_id, time::Duration};

use tokio::{
    select,
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
    time::{Instant, interval, sleep_until},
};

use crate::failure::Failure;

/// Within this time of a signal a step comes to its end, with a second to spare for what it has to tell.
pub const TIME_TO_END: Duration = Duration::from_secs(4);
/// How often a step looks whether its parent is still there.
const GLANCE: Duration = Duration::from_millis(250);

/// What stopped a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// SIGINT: Ctrl-C, or the first thing that GitHub's runner sends.
    Interrupt,
    /// SIGTERM.
    Terminate,
    /// SIGHUP: the terminal was closed.
    HangUp,
    /// The parent process has ended.
    Orphaned,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Interrupt => "SIGINT",
            Self::Terminate => "SIGTERM",
            Self::HangUp => "SIGHUP",
            Self::Orphaned => "the end of the process that had started it",
        })
    }
}

/// Tells whether somebody wants the step to stop. Only the first cause counts.
#[derive(Clone)]
pub struct Stop(watch::Receiver<Option<Cause>>);

impl Stop {
    /// Listens from now on, inside of a runtime.
    ///
    /// # Errors
    /// The system takes no handler for signals.
    pub fn listen() -> io::Result<Self> {
        let signals = Signals::listen()?;
        let (tell, told) = watch::channel(None);
        let parent = parent_id();
        tokio::spawn(async move { tell.send(Some(first(signals, parent).await)) });
        Ok(Self(told))
    }

    /// Waits until the step is to stop.
    pub async fn requested(&self) -> Cause {
        let mut told = self.0.clone();
        match told.wait_for(Option::is_some).await.map(|cause| *cause) {
            Ok(Some(cause)) => cause,
            _ => std::future::pending().await,
        }
    }
}

impl Stop {
    /// Does what changes nothing, so that it can be left anywhere.
    ///
    /// # Errors
    /// Those of the work, or it was stopped.
    pub async fn or_interrupted<T>(&self, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        select! {
            biased;
            done = work => done,
            cause = self.requested() => {
                let hint = "run this step again: it changes nothing";
                let stopped = Failure::interrupted(anyhow::anyhow!("stopped by {cause}"));
                Err(Failure { hint: hint.to_owned(), ..stopped })
            }
        }
    }
}

/// The three signals that ask a program to end. Once they are listened to, further ones of them have no effect.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
}

impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }
}

async fn first(mut signals: Signals, parent: u32) -> Cause {
    select! {
        _ = signals.interrupt.recv() => Cause::Interrupt,
        _ = signals.terminate.recv() => Cause::Terminate,
        _ = signals.hang_up.recv() => Cause::HangUp,
        () = orphaned(parent) => Cause::Orphaned,
    }
}

/// A process whose parent ends gets another one.
async fn orphaned(parent: u32) {
    let mut glance = interval(GLANCE);
    while parent_id() == parent {
        glance.tick().await;
    }
}

/// Why something was not done to its end.
#[derive(Debug)]
pub enum Halt {
    /// It failed.
    Failed(Failure),
    /// The step is to stop.
    Stopped(Cause),
    /// The deadline of the read-only time has passed.
    Overdue,
}

impl<E: Into<Failure>> From<E> for Halt {
    fn from(failure: E) -> Self {
        Self::Failed(failure.into())
    }
}

/// For how long a part of a step may go on.
#[derive(Clone, Copy)]
pub struct Limits<'s> {
    /// Who may stop it.
    pub stop: &'s Stop,
    /// How long it goes on once it is to stop: for what must not be left half-way.
    pub grace: Duration,
    /// When it has to end, whatever it is at.
    pub deadline: Option<Instant>,
}

impl Limits<'_> {
    /// Works until it is done, failed, stopped or out of time. What is done in time counts.
    ///
    /// # Errors
    /// It was not done to its end.
    pub async fn hold<T>(self, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Halt> {
        select! {
            biased;
            done = work => done.map_err(Halt::Failed),
            cause = self.stopped() => Err(Halt::Stopped(cause)),
            () = passed(self.deadline) => Err(Halt::Overdue),
        }
    }

    async fn stopped(self) -> Cause {
        let cause = self.stop.requested().await;
        sleep_until(Instant::now() + self.grace).await;
        cause
    }
}

async fn passed(deadline: Option<Instant>) {
    match deadline {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}
