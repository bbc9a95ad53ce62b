//! Inputs of `upgrade-cleanup`.

use clap::Parser;

use crate::inputs::{
    HookInputs, Limits, SiteInputs, Span, StepInputs,
    groups::{CommonInputs, example},
};

/// Inputs of `upgrade-cleanup`.
#[derive(Debug, Parser)]
#[command(about = "Removes V1 after the switch, or stage after a rollback: only what was named and serves nobody", after_help = EXAMPLE)]
pub struct CleanupArguments {
    /// What every step that changes something has.
    #[command(flatten)]
    pub common: CommonInputs,
    /// The database of the slot to remove, V1's or stage's: `<resource-group>/<server>/<database>`.
    #[arg(help_heading = "Removal", long)]
    pub remove: Option<String>,
    /// How long V1's endpoint must have been disabled before V1 may be removed.
    #[arg(help_heading = "Removal", long, default_value = "24h")]
    pub revert_window: Span,
    /// `true`: remove V1's database too, not only its site and endpoint.
    #[arg(help_heading = "Removal", long, default_value = "false", action = clap::ArgAction::Set)]
    pub remove_database: bool,
    /// V1's database, if the writes may be given up that it got after its copy was cut off.
    #[arg(help_heading = "Removal", long)]
    pub accept_loss: Option<String>,
}

const EXAMPLE: &str = example!("cleanup", "--remove rg/sql-1/shop --remove-database true");

impl From<CleanupArguments> for StepInputs {
    fn from(arguments: CleanupArguments) -> Self {
        let CleanupArguments { common, remove, revert_window, remove_database, accept_loss } = arguments;
        let limits = Limits { remove, revert_window, remove_database, accept_loss, ..common.limits() };
        Self {
            connection: common.connection,
            slots: common.slots,
            site: SiteInputs::default(),
            hooks: HookInputs::default(),
            limits,
        }
    }
}
