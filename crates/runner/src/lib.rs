//! A good guest on a GitHub runner: outputs, masks, annotations, groups and the step summary, with every registered
//! secret replaced before a text leaves the process.
//!
//! Three channels, as scripts and people expect them: stdout carries either workflow commands (under
//! `GITHUB_ACTIONS=true`) or the JSON that was asked for, never both; stderr is the log for people; outputs and summary
//! go to the files that the runner names. This crate is the only one that reads the runner's environment.

mod annotation;
mod command;
mod environment;
mod log;
mod output;
mod redact;
mod runner_io;
mod summary;

pub use annotation::{Annotation, Level};
pub use command::masked;
pub use environment::{Environment, IdTokenRequest};
pub use log::Log;
pub use output::OutputError;
pub use redact::Redactor;
pub use runner_io::{Group, RunnerIo};
pub use summary::{SUMMARY_LIMIT, SummaryError};
