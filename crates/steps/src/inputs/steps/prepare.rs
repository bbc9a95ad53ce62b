//! Inputs of `upgrade-prepare`.

use clap::Parser;

use crate::inputs::{
    ConnectionInputs, HookInputs, Limits, SiteInputs, SlotInputs, Span, StepInputs, groups::LockInputs,
};

/// Inputs of `upgrade-prepare`.
#[derive(Debug, Parser)]
#[command(about = "Creates the geo-secondary and waits for seeding; creates or adopts the stage site, deploys V2, adds the stage endpoint (disabled)", after_help = EXAMPLE)]
pub struct PrepareArguments {
    /// How Azure and the databases are reached, and as whom.
    #[command(flatten)]
    pub connection: ConnectionInputs,
    /// Production and stage.
    #[command(flatten)]
    pub slots: SlotInputs,
    /// The stage site.
    #[command(flatten)]
    pub site: SiteInputs,
    /// The lock of another run.
    #[command(flatten)]
    pub lock: LockInputs,
    /// Longest time for seeding the stage copy.
    #[arg(help_heading = "Limits", long, default_value = "12h")]
    pub seeding_timeout: Span,
    /// Longest time for the stage site and its WebJobs.
    #[arg(help_heading = "Limits", long, default_value = "10m")]
    pub health_timeout: Span,
}

const EXAMPLE: &str = "\
Example:
  upgrade-prepare --upgrade-id 4711 --subscription-id <id> --connection-name TestUpgrade \\
    --production-database rg/sql-1/shop --production-site rg/web-1 --production-endpoint rg/profile/web-1 \\
    --stage-database rg/sql-2/shop --stage-site rg-2/web-2 --stage-endpoint rg/profile/web-2

Exit codes: 0 done, 10 refused (nothing changed), 20 interrupted (run it again), 30 broken (roll back), 40 stuck (read the hint).";

impl From<PrepareArguments> for StepInputs {
    fn from(arguments: PrepareArguments) -> Self {
        let PrepareArguments { connection, slots, site, lock, seeding_timeout, health_timeout } = arguments;
        let limits = Limits {
            lock_wait: lock.lock_wait,
            seeding_timeout: Some(seeding_timeout),
            health_timeout: Some(health_timeout),
            ..Limits::default()
        };
        Self { connection, slots, site, hooks: HookInputs::default(), limits }
    }
}
