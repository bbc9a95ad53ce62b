//! Groups of inputs that several steps share.

use std::path::PathBuf;

use clap::Args;
use rollout::Termination;

use super::{ConnectionInputs, Limits, SlotInputs, Span};

/// What every step that changes something has.
#[derive(Debug, Args)]
pub struct CommonInputs {
    /// How Azure and the databases are reached, and as whom.
    #[command(flatten)]
    pub connection: ConnectionInputs,
    /// Production and stage.
    #[command(flatten)]
    pub slots: SlotInputs,
    /// Longest wait for the lock in production's database while another run holds it, such as a run whose runner has died
    /// [default: 60s in rollback, else 0s].
    #[arg(help_heading = "Limits", long)]
    pub lock_wait: Option<Span>,
}

impl CommonInputs {
    pub(super) fn limits(&self) -> Limits {
        Limits { lock_wait: self.lock_wait, ..Limits::default() }
    }
}

/// What follows the inputs in the help of such a step: a command line, whose further inputs are given, and the exit codes, which mean
/// something else where they are given.
macro_rules! example {
    ($step:literal $(, $further:literal)?) => {
        example!(
            $step $(, $further)?;
            "0 done or already done, 10 refused (nothing changed), 20 interrupted (run it again), 30 broken (this copy \
             cannot be used: run rollback), 40 stuck (a person is needed, and users may be unable to write: follow the \
             hint)."
        )
    };
    ($step:literal $(, $further:literal)?; $codes:literal) => {
        concat!(
            "Example:\n  upgrade-",
            $step,
            " --upgrade-id 4711 --subscription-id <id> --connection-name Shop \\\n    --production-database rg/sql-1/shop \
             --production-site rg/web-1 --production-endpoint rg/profile/web-1 \\\n    --stage-database rg/sql-2/shop \
             --stage-site rg-2/web-2 --stage-endpoint rg/profile/web-2",
            $(" \\\n    ", $further,)?
            "\n\nExit codes: ",
            $codes
        )
    };
}
pub(super) use example;

/// When V2 counts as healthy.
#[derive(Debug, Args)]
#[command(next_help_heading = "Limits")]
pub struct HealthInputs {
    /// Path of the health check [default: the monitor path of the profile].
    #[arg(long)]
    pub health_path: Option<String>,
    /// Successful answers in a row before V2 counts as healthy.
    #[arg(long, default_value = "3", value_parser = clap::value_parser!(u32).range(1..=100))]
    pub health_repeats: u32,
    /// Longest time for V2 to become healthy and Online.
    #[arg(long, default_value = "10m")]
    pub health_timeout: Span,
}

impl HealthInputs {
    pub(super) fn limits(self, limits: Limits) -> Limits {
        let Self { health_path, health_repeats, health_timeout } = self;
        Limits { health_path, health_repeats, health_timeout: Some(health_timeout), ..limits }
    }
}

/// The user's scripts as they were planned.
#[derive(Debug, Args)]
#[command(next_help_heading = "Scripts")]
pub struct ScriptInputs {
    /// Folder of the upgrade scripts.
    #[arg(long)]
    pub scripts: Option<PathBuf>,
    /// Folder of the checks: scripts that test the upgraded copy. A check that fails or returns rows fails migrate.
    #[arg(long)]
    pub checks: Option<PathBuf>,
    /// Output `scripts-digest` of plan: the scripts and checks that were approved.
    #[arg(long)]
    pub scripts_digest: Option<String>,
}

impl ScriptInputs {
    pub(super) fn limits(self, limits: Limits) -> Limits {
        let Self { scripts, checks, scripts_digest } = self;
        Limits { scripts, checks, scripts_digest, ..limits }
    }
}

/// What it takes to give production its write access back, which a step does by itself when its deadline passes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Giving production back")]
pub struct GiveBackInputs {
    /// How replication is ended: `t-sql`, `unlink` or `delete` (both by Azure Resource Manager), or `auto`: the first of the three
    /// that this identity may use.
    #[arg(long, default_value = "auto")]
    pub termination: Termination,
    /// If a switch has failed and users may have been on V2: how long the way back watches for requests of that switch that Azure
    /// carries out late, to undo them.
    #[arg(long, default_value = "90s")]
    pub late_request_wait: Span,
    /// Executable that starts V1's background work again once production takes writes.
    #[arg(long)]
    pub hook_resume: Option<PathBuf>,
    /// Longest time for one hook.
    #[arg(long, default_value = "60s")]
    pub hook_timeout: Span,
}

impl GiveBackInputs {
    pub(super) fn split(self, limits: Limits) -> (Limits, HookInputs) {
        let Self { termination, late_request_wait, hook_resume, hook_timeout } = self;
        let hooks = HookInputs { quiesce: None, resume: hook_resume, activate: None, timeout: hook_timeout };
        (Limits { termination, late_request_wait, ..limits }, hooks)
    }
}

/// Executables of the user for background work that is not known here. Each runs without a shell and without arguments.
#[derive(Debug)]
pub struct HookInputs {
    /// `hook-quiesce`: stops background work before production becomes read-only.
    pub quiesce: Option<PathBuf>,
    /// `hook-resume`: starts it again.
    pub resume: Option<PathBuf>,
    /// `hook-activate`: starts V2's.
    pub activate: Option<PathBuf>,
    /// Longest time for one of them.
    pub timeout: Span,
}

impl Default for HookInputs {
    /// None.
    fn default() -> Self {
        Self { quiesce: None, resume: None, activate: None, timeout: Span(std::time::Duration::from_secs(60)) }
    }
}
