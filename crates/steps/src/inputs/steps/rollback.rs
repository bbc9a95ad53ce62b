//! Inputs of `upgrade-rollback`.

use clap::Parser;

use crate::inputs::{
    Limits, SiteInputs, Span, StepInputs,
    groups::{CommonInputs, GiveBackInputs, example},
};

/// Inputs of `upgrade-rollback`.
#[derive(Debug, Parser)]
#[command(about = "Gives V1 its write access back, from any state before the point of no return", after_help = EXAMPLE)]
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
    /// The stage database whose writes may be given up, once users were on V2: `<resource-group>/<server>/<database>`.
    #[arg(help_heading = "Limits", long)]
    pub accept_loss: Option<String>,
}

const EXAMPLE: &str = example!("rollback");

impl From<RollbackArguments> for StepInputs {
    fn from(arguments: RollbackArguments) -> Self {
        let RollbackArguments { common, give_back, health_timeout, accept_loss } = arguments;
        let (limits, hooks) = give_back.split(common.limits());
        let limits = Limits { health_timeout: Some(health_timeout), accept_loss, ..limits };
        Self { connection: common.connection, slots: common.slots, site: SiteInputs::default(), hooks, limits }
    }
}
