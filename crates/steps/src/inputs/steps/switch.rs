//! Inputs of `upgrade-switch`.

use std::path::PathBuf;

use clap::Parser;

use crate::inputs::{
    ConnectionInputs, HookInputs, Limits, SiteInputs, SlotInputs, StepInputs,
    groups::{GiveBackInputs, HealthInputs, LockInputs},
};

/// Inputs of `upgrade-switch`.
#[derive(Debug, Parser)]
#[command(about = "Sends users to V2: enables the stage endpoint, waits until it is Online, disables production's (the point of no return)", after_help = EXAMPLE)]
pub struct SwitchArguments {
    /// How Azure and the databases are reached, and as whom.
    #[command(flatten)]
    pub connection: ConnectionInputs,
    /// Production and stage.
    #[command(flatten)]
    pub slots: SlotInputs,
    /// When V2 counts as healthy.
    #[command(flatten)]
    pub health: HealthInputs,
    /// Giving production back.
    #[command(flatten)]
    pub give_back: GiveBackInputs,
    /// The lock of another run.
    #[command(flatten)]
    pub lock: LockInputs,
    /// Output `scripts-digest` of plan: the scripts and checks that must have run.
    #[arg(help_heading = "Scripts", long)]
    pub scripts_digest: Option<String>,
    /// `true`: rows that the stage database got between migrate and switch are V2's own.
    #[arg(help_heading = "Limits", long, default_value = "false", action = clap::ArgAction::Set)]
    pub accept_stage_writes: bool,
    /// Executable that starts V2's background work, once users are on V2.
    #[arg(help_heading = "Hooks", long)]
    pub hook_activate: Option<PathBuf>,
}

const EXAMPLE: &str = "\
Example:
  upgrade-switch --upgrade-id 4711 --subscription-id <id> --connection-name TestUpgrade \\
    --production-database rg/sql-1/shop --production-site rg/web-1 --production-endpoint rg/profile/web-1 \\
    --stage-database rg/sql-2/shop --stage-site rg-2/web-2 --stage-endpoint rg/profile/web-2 \\
    --scripts-digest <of plan>

Exit codes: 0 done, 10 refused (nothing changed), 20 interrupted (run it again), 30 broken (roll back), 40 stuck (read the hint).";

impl From<SwitchArguments> for StepInputs {
    fn from(arguments: SwitchArguments) -> Self {
        let SwitchArguments {
            connection,
            slots,
            health,
            give_back,
            lock,
            scripts_digest,
            accept_stage_writes,
            hook_activate,
        } = arguments;
        let (limits, hooks) = give_back.split(health.limits(Limits::default()));
        let limits = Limits { lock_wait: lock.lock_wait, scripts_digest, accept_stage_writes, ..limits };
        let hooks = HookInputs { activate: hook_activate, ..hooks };
        Self { connection, slots, site: SiteInputs::default(), hooks, limits }
    }
}
