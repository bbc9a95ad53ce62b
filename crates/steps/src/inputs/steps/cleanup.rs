//! Inputs of `upgrade-cleanup`.

use clap::Parser;

use crate::inputs::{
    HookInputs, Limits, SiteInputs, Span, StepInputs,
    groups::{CommonInputs, example},
};

/// Inputs of `upgrade-cleanup`.
#[derive(Debug, Parser)]
#[command(about = "Removes V1 after the switch, or stage after a rollback: only the side that `remove` names, and only \
                   if it serves no users", after_help = EXAMPLE)]
pub struct CleanupArguments {
    /// What every step that changes something has.
    #[command(flatten)]
    pub common: CommonInputs,
    /// Database of the side to remove, V1's after the switch or stage's after a rollback: `<resource-group>/<server>/<database>`.
    #[arg(help_heading = "Removal", long)]
    pub remove: Option<String>,
    /// How long users must have been on V2 before V1 may be removed.
    #[arg(help_heading = "Removal", long, default_value = "24h")]
    pub revert_window: Span,
    /// `true`: remove V1's database too, not only its site and endpoint.
    #[arg(help_heading = "Removal", long, default_value = "false", action = clap::ArgAction::Set)]
    pub remove_database: bool,
    /// V1's database: confirms that the writes which only it has are permanently lost (`remove-database` deletes them).
    #[arg(help_heading = "Removal", long)]
    pub accept_loss: Option<String>,
}

const EXAMPLE: &str = example!(
    "cleanup", "--remove rg/sql-1/shop --remove-database true";
    "0 done or already done, 10 refused (nothing changed), 20 interrupted (run it again), 30 broken (a check failed, \
     or a change that failed could not be undone: follow the hint, then run cleanup again), 40 stuck (a person is \
     needed: follow the hint)."
);

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
