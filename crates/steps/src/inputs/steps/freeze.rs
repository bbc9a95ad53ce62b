//! Inputs of `upgrade-freeze`.

use std::path::PathBuf;

use clap::Parser;

use crate::inputs::{
    HookInputs, Limits, SiteInputs, Span, StepInputs,
    durations::longer_than_zero,
    groups::{CommonInputs, GiveBackInputs, ScriptInputs, example},
};

/// Inputs of `upgrade-freeze`.
#[derive(Debug, Parser)]
#[command(about = "Checks everything that later steps need, stops background work, then sets production read-only", after_help = EXAMPLE)]
pub struct FreezeArguments {
    /// What every step that changes something has.
    #[command(flatten)]
    pub common: CommonInputs,
    /// Scripts and checks.
    #[command(flatten)]
    pub scripts: ScriptInputs,
    /// Giving production back.
    #[command(flatten)]
    pub give_back: GiveBackInputs,
    /// Output `plan-digest` of plan: what was approved.
    #[arg(help_heading = "Scripts", long)]
    pub plan_digest: Option<String>,
    /// Output `package-digest` of plan: the package that must be deployed.
    #[arg(help_heading = "Scripts", long)]
    pub package_digest: Option<String>,
    /// Time that open transactions on production get to end before they are rolled back, at most 30s.
    #[arg(help_heading = "Limits", long, default_value = "5s")]
    pub rollback_after: Span,
    /// Longest time for which users may be unable to write, counted from this freeze. A step that is at work when it is over gives
    /// production its write access back, or completes the switch if users may have written to V2.
    #[arg(help_heading = "Limits", long, default_value = "30m", value_parser = longer_than_zero)]
    pub max_read_only: Span,
    /// Replication lag above which production is not frozen.
    #[arg(help_heading = "Limits", long, default_value = "5s")]
    pub max_lag: Span,
    /// Longest time for WebJobs to stop.
    #[arg(help_heading = "Limits", long, default_value = "10m")]
    pub health_timeout: Span,
    /// Clients beside production's site that may stay connected to its database: programs, hosts or log-ins, separated by commas or
    /// lines.
    #[arg(help_heading = "Limits", long, value_delimiter = ',')]
    pub accept_client: Vec<String>,
    /// Executable that stops background work before production becomes read-only.
    #[arg(help_heading = "Hooks", long)]
    pub hook_quiesce: Option<PathBuf>,
    /// Executable that starts V2's background work, once users are on V2.
    #[arg(help_heading = "Hooks", long)]
    pub hook_activate: Option<PathBuf>,
}

const EXAMPLE: &str = example!("freeze", "--scripts db/upgrade --scripts-digest <of plan> --plan-digest <of plan>");

impl From<FreezeArguments> for StepInputs {
    fn from(arguments: FreezeArguments) -> Self {
        let FreezeArguments {
            common,
            scripts,
            give_back,
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
        let (limits, hooks) = give_back.split(scripts.limits(common.limits()));
        let limits = Limits {
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
        Self { connection: common.connection, slots: common.slots, site, hooks, limits }
    }
}
