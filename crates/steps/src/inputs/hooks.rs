//! Executables of the user for background work that is not known here.

use std::path::PathBuf;

use clap::Args;

use super::Span;

/// Hooks; each is run without a shell and without arguments, and must do no harm when it is run again.
#[derive(Debug, Args)]
pub struct HookInputs {
    /// Executable that stops background work before production becomes read-only (plan, freeze).
    #[arg(long)]
    pub hook_quiesce: Option<PathBuf>,
    /// Executable that starts that work again, once production has its write access back (plan, every step from freeze to switch,
    /// rollback).
    #[arg(long)]
    pub hook_resume: Option<PathBuf>,
    /// Executable that starts V2's background work, once users are on it (plan, freeze, switch).
    #[arg(long)]
    pub hook_activate: Option<PathBuf>,
    /// Longest time for one hook.
    #[arg(long, default_value = "60s")]
    pub hook_timeout: Span,
}
