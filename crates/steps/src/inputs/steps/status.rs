//! Inputs of `upgrade-status`.

use clap::Parser;

use crate::inputs::{ConnectionInputs, SlotInputs};

/// Inputs of `upgrade-status`: both slots, or the profile alone.
#[derive(Debug, Parser)]
#[command(
    about = "Changes nothing: shows where an upgrade stands and which step comes next, with its command line",
    after_help = EXAMPLE
)]
pub struct StatusArguments {
    /// How Azure and the databases are reached, and as whom.
    #[command(flatten)]
    pub connection: ConnectionInputs,
    /// The Traffic Manager profile, `<resource-group>/<profile>`: enough to find the upgrade, instead of the identifiers.
    #[arg(help_heading = "Upgrade", long)]
    pub profile: Option<String>,
    /// Production and stage.
    #[command(flatten)]
    pub slots: SlotInputs,
}

const EXAMPLE: &str = "\
Example:
  upgrade-status --subscription-id <id> --profile rg/profile

Exit codes: 0 done, 10 refused (an input is wrong), 20 interrupted (run it again).";
