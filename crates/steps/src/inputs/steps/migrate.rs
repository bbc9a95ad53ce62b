//! Inputs of `upgrade-migrate`.

use clap::Parser;

use crate::inputs::{
    SiteInputs, StepInputs,
    groups::{CommonInputs, GiveBackInputs, HealthInputs, ScriptInputs, example},
};

/// Inputs of `upgrade-migrate`.
#[derive(Debug, Parser)]
#[command(about = "Runs the upgrade scripts and the checks on the copy, starts V2, and waits until it is healthy", after_help = EXAMPLE)]
pub struct MigrateArguments {
    /// What every step that changes something has.
    #[command(flatten)]
    pub common: CommonInputs,
    /// Scripts and checks.
    #[command(flatten)]
    pub scripts: ScriptInputs,
    /// When V2 counts as healthy.
    #[command(flatten)]
    pub health: HealthInputs,
    /// Giving production back.
    #[command(flatten)]
    pub give_back: GiveBackInputs,
}

const EXAMPLE: &str = example!("migrate", "--scripts db/upgrade --scripts-digest <of plan>");

impl From<MigrateArguments> for StepInputs {
    fn from(arguments: MigrateArguments) -> Self {
        let MigrateArguments { common, scripts, health, give_back } = arguments;
        let (limits, hooks) = give_back.split(health.limits(scripts.limits(common.limits())));
        Self { connection: common.connection, slots: common.slots, site: SiteInputs::default(), hooks, limits }
    }
}
