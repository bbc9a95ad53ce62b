//! Inputs of `upgrade-cleanup`.

use clap::Parser;

use crate::inputs::{
    ConnectionInputs, HookInputs, Limits, SiteInputs, SlotInputs, Span, StepInputs, groups::LockInputs,
};

/// Inputs of `upgrade-cleanup`.
#[derive(Debug, Parser)]
#[command(about = "Removes V1 after the switch, or stage after a rollback: only what was named and serves nobody", after_help = EXAMPLE)]
pub struct CleanupArguments {
    /// How Azure and the databases are reached, and as whom.
    #[command(flatten)]
    pub connection: ConnectionInputs,
    /// Production and stage.
    #[command(flatten)]
    pub slots: SlotInputs,
    /// The lock of another run.
    #[command(flatten)]
    pub lock: LockInputs,
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

const EXAMPLE: &str = "\
Example:
  upgrade-cleanup --upgrade-id 4711 --subscription-id <id> --connection-name TestUpgrade \\
    --production-database rg/sql-1/shop --production-site rg/web-1 --production-endpoint rg/profile/web-1 \\
    --stage-database rg/sql-2/shop --stage-site rg-2/web-2 --stage-endpoint rg/profile/web-2 \\
    --remove rg/sql-1/shop --remove-database true

Exit codes: 0 done, 10 refused (nothing changed), 20 interrupted (run it again), 30 broken (roll back), 40 stuck (read the hint).";

impl From<CleanupArguments> for StepInputs {
    fn from(arguments: CleanupArguments) -> Self {
        let CleanupArguments { connection, slots, lock, remove, revert_window, remove_database, accept_loss } =
            arguments;
        let limits = Limits {
            lock_wait: lock.lock_wait,
            remove,
            revert_window,
            remove_database,
            accept_loss,
            ..Limits::default()
        };
        Self { connection, slots, site: SiteInputs::default(), hooks: HookInputs::default(), limits }
    }
}
