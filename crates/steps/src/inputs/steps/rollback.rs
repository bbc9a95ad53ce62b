//! Inputs of `upgrade-rollback`.

use clap::Parser;

use crate::inputs::{
    ConnectionInputs, Limits, SiteInputs, SlotInputs, Span, StepInputs,
    groups::{GiveBackInputs, LockInputs},
};

/// Inputs of `upgrade-rollback`.
#[derive(Debug, Parser)]
#[command(about = "Gives V1 its write access back, from any state before the point of no return", after_help = EXAMPLE)]
pub struct RollbackArguments {
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
    /// Longest time for sites and WebJobs to start and stop.
    #[arg(help_heading = "Limits", long, default_value = "10m")]
    pub health_timeout: Span,
    /// The stage database whose writes may be given up, once users were on V2: `<resource-group>/<server>/<database>`.
    #[arg(help_heading = "Limits", long)]
    pub accept_loss: Option<String>,
}

const EXAMPLE: &str = "\
Example:
  upgrade-rollback --upgrade-id 4711 --subscription-id <id> --connection-name TestUpgrade \\
    --production-database rg/sql-1/shop --production-site rg/web-1 --production-endpoint rg/profile/web-1 \\
    --stage-database rg/sql-2/shop --stage-site rg-2/web-2 --stage-endpoint rg/profile/web-2

Exit codes: 0 done, 10 refused (nothing changed), 20 interrupted (run it again), 30 broken (roll back), 40 stuck (read the hint).";

impl From<RollbackArguments> for StepInputs {
    fn from(arguments: RollbackArguments) -> Self {
        let RollbackArguments { connection, slots, give_back, lock, health_timeout, accept_loss } = arguments;
        let (limits, hooks) = give_back.split(Limits::default());
        let limits = Limits { lock_wait: lock.lock_wait, health_timeout: Some(health_timeout), accept_loss, ..limits };
        Self { connection, slots, site: SiteInputs::default(), hooks, limits }
    }
}
