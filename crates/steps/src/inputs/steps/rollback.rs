//! Inputs of `upgrade-rollback`.

use clap::Parser;

use crate::inputs::{
    Limits, SiteInputs, Span, StepInputs,
    groups::{CommonInputs, GiveBackInputs, example},
};

/// Inputs of `upgrade-rollback`.
#[derive(Debug, Parser)]
#[command(about = "Gives V1 its write access back. Loses no write: once users may have written to V2, it refuses \
                   unless `accept-loss` is given", after_help = EXAMPLE)]
pub struct RollbackArguments {
    /// What every step that changes something has.
    #[command(flatten)]
    pub common: CommonInputs,
    /// Giving production back.
    #[command(flatten)]
    pub give_back: GiveBackInputs,
    /// Longest time for sites and WebJobs to start and stop.
    #[arg(help_heading = "Limits", long, default_value = "10m")]
    pub health_timeout: Span,
    /// The stage database, `<resource-group>/<server>/<database>`: confirms that all writes which users made to V2 are permanently
    /// lost. Without it rollback refuses to lose them.
    #[arg(help_heading = "Limits", long)]
    pub accept_loss: Option<String>,
}

const EXAMPLE: &str = example!(
    "rollback";
    "0 done or already done, 10 refused (nothing changed: going back would lose writes, or V1 is gone), 20 interrupted \
     (run it again; the message says whether users can write), 30 broken (a change that failed could not be undone: \
     run rollback again), 40 stuck (a person is needed, and users may be unable to write: follow the hint)."
);

impl From<RollbackArguments> for StepInputs {
    fn from(arguments: RollbackArguments) -> Self {
        let RollbackArguments { common, give_back, health_timeout, accept_loss } = arguments;
        let (limits, hooks) = give_back.split(common.limits());
        let limits = Limits { health_timeout: Some(health_timeout), accept_loss, ..limits };
        Self { connection: common.connection, slots: common.slots, site: SiteInputs::default(), hooks, limits }
    }
}
