//! Inputs of `upgrade-migrate`.

use clap::Parser;

use crate::inputs::{
    ConnectionInputs, Limits, SiteInputs, SlotInputs, StepInputs,
    groups::{GiveBackInputs, HealthInputs, LockInputs, ScriptInputs},
};

/// Inputs of `upgrade-migrate`.
#[derive(Debug, Parser)]
#[command(about = "Runs the upgrade scripts and the checks on the copy, starts V2, and waits until it is healthy", after_help = EXAMPLE)]
pub struct MigrateArguments {
    /// How Azure and the databases are reached, and as whom.
    #[command(flatten)]
    pub connection: ConnectionInputs,
    /// Production and stage.
    #[command(flatten)]
    pub slots: SlotInputs,
    /// Scripts and checks.
    #[command(flatten)]
    pub scripts: ScriptInputs,
    /// When V2 counts as healthy.
    #[command(flatten)]
    pub health: HealthInputs,
    /// Giving production back.
    #[command(flatten)]
    pub give_back: GiveBackInputs,
    /// The lock of another run.
    #[command(flatten)]
    pub lock: LockInputs,
}

const EXAMPLE: &str = "\
Example:
  upgrade-migrate --upgrade-id 4711 --subscription-id <id> --connection-name TestUpgrade \\
    --production-database rg/sql-1/shop --production-site rg/web-1 --production-endpoint rg/profile/web-1 \\
    --stage-database rg/sql-2/shop --stage-site rg-2/web-2 --stage-endpoint rg/profile/web-2 \\
    --scripts db/upgrade --scripts-digest <of plan>

Exit codes: 0 done, 10 refused (nothing changed), 20 interrupted (run it again), 30 broken (roll back), 40 stuck (read the hint).";

impl From<MigrateArguments> for StepInputs {
    fn from(arguments: MigrateArguments) -> Self {
        let MigrateArguments { connection, slots, scripts, health, give_back, lock } = arguments;
        let limits = Limits { lock_wait: lock.lock_wait, ..Limits::default() };
        let (limits, hooks) = give_back.split(health.limits(scripts.limits(limits)));
        Self { connection, slots, site: SiteInputs::default(), hooks, limits }
    }
}
