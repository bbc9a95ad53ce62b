//! Inputs of `upgrade-freeze`.

use std::path::PathBuf;

use clap::Parser;

use crate::inputs::{
    ConnectionInputs, HookInputs, Limits, SiteInputs, SlotInputs, Span, StepInputs,
    groups::{GiveBackInputs, LockInputs, ScriptInputs},
};

/// Inputs of `upgrade-freeze`.
#[derive(Debug, Parser)]
#[command(about = "Checks everything that later steps need, stops background work, then sets production read-only", after_help = EXAMPLE)]
pub struct FreezeArguments {
    /// How Azure and the databases are reached, and as whom.
    #[command(flatten)]
    pub connection: ConnectionInputs,
    /// Production and stage.
    #[command(flatten)]
    pub slots: SlotInputs,
    /// Scripts and checks.
    #[command(flatten)]
    pub scripts: ScriptInputs,
    /// Giving production back.
    #[command(flatten)]
    pub give_back: GiveBackInputs,
    /// The lock of another run.
    #[command(flatten)]
    pub lock: LockInputs,
    /// Output `plan-digest` of plan: what was approved.
    #[arg(help_heading = "Scripts", long)]
    pub plan_digest: Option<String>,
    /// Output `package-digest` of plan: the package that must be deployed.
    #[arg(help_heading = "Scripts", long)]
    pub package_digest: Option<String>,
    /// Time that open transactions get to end before production becomes read-only, at most 30s.
    #[arg(help_heading = "Limits", long, default_value = "5s")]
    pub rollback_after: Span,
    /// Deadline of the read-only time: a step that it passes in gives production back.
    #[arg(help_heading = "Limits", long, default_value = "30m")]
    pub max_read_only: Span,
    /// Replication lag above which production is not frozen.
    #[arg(help_heading = "Limits", long, default_value = "5s")]
    pub max_lag: Span,
    /// Longest time for WebJobs to stop.
    #[arg(help_heading = "Limits", long, default_value = "10m")]
    pub health_timeout: Span,
    /// Clients that may go on working on production's database beside its site: programs, hosts or log-ins, in commas or lines.
    #[arg(help_heading = "Limits", long, value_delimiter = ',')]
    pub accept_client: Vec<String>,
    /// Executable that stops background work before production becomes read-only.
    #[arg(help_heading = "Hooks", long)]
    pub hook_quiesce: Option<PathBuf>,
    /// Executable that starts V2's background work; only checked here.
    #[arg(help_heading = "Hooks", long)]
    pub hook_activate: Option<PathBuf>,
}

const EXAMPLE: &str = "\
Example:
  upgrade-freeze --upgrade-id 4711 --subscription-id <id> --connection-name TestUpgrade \\
    --production-database rg/sql-1/shop --production-site rg/web-1 --production-endpoint rg/profile/web-1 \\
    --stage-database rg/sql-2/shop --stage-site rg-2/web-2 --stage-endpoint rg/profile/web-2 \\
    --scripts db/upgrade --scripts-digest <of plan> --plan-digest <of plan>

Exit codes: 0 done, 10 refused (nothing changed), 20 interrupted (run it again), 30 broken (roll back), 40 stuck (read the hint).";

impl From<FreezeArguments> for StepInputs {
    fn from(arguments: FreezeArguments) -> Self {
        let FreezeArguments {
            connection,
            slots,
            scripts,
            give_back,
            lock,
            plan_digest,
            package_digest,
            rollback_after,
            max_read_only,
            max_lag,
            health_timeout,
            accept_client,
            hook_quiesce,
            hook_activate,
        } = arguments;
        let (limits, hooks) = give_back.split(scripts.limits(Limits::default()));
        let limits = Limits {
            lock_wait: lock.lock_wait,
            health_timeout: Some(health_timeout),
            plan_digest,
            rollback_after,
            max_read_only,
            max_lag,
            accept_client,
            ..limits
        };
        let site = SiteInputs { package_digest, ..SiteInputs::default() };
        let hooks = HookInputs { quiesce: hook_quiesce, activate: hook_activate, ..hooks };
        Self { connection, slots, site, hooks, limits }
    }
}
