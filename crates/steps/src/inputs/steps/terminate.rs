//! Inputs of `upgrade-terminate`.

use clap::Parser;

use crate::inputs::{
    ConnectionInputs, Limits, SiteInputs, SlotInputs, StepInputs,
    groups::{GiveBackInputs, LockInputs},
};

/// Inputs of `upgrade-terminate`.
#[derive(Debug, Parser)]
#[command(about = "Waits until the copy has every write, proves it, then ends replication: the copy stands alone", after_help = EXAMPLE)]
pub struct TerminateArguments {
    /// How Azure and the databases are reached, and as whom.
    #[command(flatten)]
    pub connection: ConnectionInputs,
    /// Production and stage.
    #[command(flatten)]
    pub slots: SlotInputs,
    /// Giving production back.
    #[command(flatten)]
    pub give_back: GiveBackInputs,
    /// The lock of another run.
    #[command(flatten)]
    pub lock: LockInputs,
}

const EXAMPLE: &str = "\
Example:
  upgrade-terminate --upgrade-id 4711 --subscription-id <id> --connection-name TestUpgrade \\
    --production-database rg/sql-1/shop --production-site rg/web-1 --production-endpoint rg/profile/web-1 \\
    --stage-database rg/sql-2/shop --stage-site rg-2/web-2 --stage-endpoint rg/profile/web-2

Exit codes: 0 done, 10 refused (nothing changed), 20 interrupted (run it again), 30 broken (roll back), 40 stuck (read the hint).";

impl From<TerminateArguments> for StepInputs {
    fn from(arguments: TerminateArguments) -> Self {
        let TerminateArguments { connection, slots, give_back, lock } = arguments;
        let (limits, hooks) = give_back.split(Limits { lock_wait: lock.lock_wait, ..Limits::default() });
        Self { connection, slots, site: SiteInputs::default(), hooks, limits }
    }
}
