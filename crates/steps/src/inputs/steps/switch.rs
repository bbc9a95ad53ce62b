//! Inputs of `upgrade-switch`.

use std::path::PathBuf;

use clap::Parser;

use crate::inputs::{
    HookInputs, Limits, SiteInputs, StepInputs,
    groups::{CommonInputs, GiveBackInputs, HealthInputs, example},
};

/// Inputs of `upgrade-switch`.
#[derive(Debug, Parser)]
#[command(about = "Sends users to V2: enables the stage endpoint, waits until it is Online, disables production's (the point of no return)", after_help = EXAMPLE)]
pub struct SwitchArguments {
    /// What every step that changes something has.
    #[command(flatten)]
    pub common: CommonInputs,
    /// When V2 counts as healthy.
    #[command(flatten)]
    pub health: HealthInputs,
    /// Giving production back.
    #[command(flatten)]
    pub give_back: GiveBackInputs,
    /// Output `scripts-digest` of plan: the scripts and checks that must have run.
    #[arg(help_heading = "Scripts", long)]
    pub scripts_digest: Option<String>,
    /// `true`: rows that the stage database got between migrate and switch are those of a V2 that writes when it starts.
    #[arg(help_heading = "Limits", long, default_value = "false", action = clap::ArgAction::Set)]
    pub accept_stage_writes: bool,
    /// Executable that starts V2's background work, once users are on V2.
    #[arg(help_heading = "Hooks", long)]
    pub hook_activate: Option<PathBuf>,
}

const EXAMPLE: &str = example!("switch", "--scripts-digest <of plan>");

impl From<SwitchArguments> for StepInputs {
    fn from(arguments: SwitchArguments) -> Self {
        let SwitchArguments { common, health, give_back, scripts_digest, accept_stage_writes, hook_activate } =
            arguments;
        let (limits, hooks) = give_back.split(health.limits(common.limits()));
        let limits = Limits { scripts_digest, accept_stage_writes, ..limits };
        let hooks = HookInputs { activate: hook_activate, ..hooks };
        Self { connection: common.connection, slots: common.slots, site: SiteInputs::default(), hooks, limits }
    }
}
