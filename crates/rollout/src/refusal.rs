//! How a step ends, and what it says when it does not act.

use std::fmt;

use serde::Serialize;

/// How a step ended. The number is the exit code of its process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Outcome {
    /// It did what it is for.
    Done = 0,
    /// What it is for was so already; nothing was changed.
    AlreadyDone = 1,
    /// A guard failed; nothing was changed.
    Refused = 10,
    /// It stopped half-way; running it again finishes it.
    Interrupted = 20,
    /// Stage cannot be used; `rollback` gives production back.
    Broken = 30,
    /// No step can go on; a person must look.
    Stuck = 40,
}

impl Outcome {
    /// The exit code: 0 for both kinds of success.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Done | Self::AlreadyDone => 0,
            other => other as u8,
        }
    }

    /// The word for outputs and reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::AlreadyDone => "already-done",
            Self::Refused => "refused",
            Self::Interrupted => "interrupted",
            Self::Broken => "broken",
            Self::Stuck => "stuck",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Why a step does not act: what was tried, why it may not be, and what to do next.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot {attempt}: {why}")]
pub struct Refusal {
    /// What was to be done, e.g. "freeze `rg/srv/shop`".
    pub attempt: String,
    /// The guard that failed.
    pub why: String,
    /// What the reader can do about it.
    pub hint: String,
}

impl Refusal {
    /// A refusal of these three parts.
    pub fn new(attempt: impl Into<String>, why: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { attempt: attempt.into(), why: why.into(), hint: hint.into() }
    }
}
