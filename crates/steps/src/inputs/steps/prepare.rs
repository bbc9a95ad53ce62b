//! Inputs of `upgrade-prepare`.

use clap::Parser;

use crate::inputs::{
    HookInputs, Limits, SiteInputs, Span, StepInputs,
    groups::{CommonInputs, example},
};

/// Inputs of `upgrade-prepare`.
#[derive(Debug, Parser)]
#[command(about = "Creates the geo-secondary and waits for seeding; creates or adopts the stage site, deploys V2, adds the stage endpoint (disabled)", after_help = EXAMPLE)]
pub struct PrepareArguments {
    /// What every step that changes something has.
    #[command(flatten)]
    pub common: CommonInputs,
    /// The stage site.
    #[command(flatten)]
    pub site: SiteInputs,
    /// Longest time for seeding the stage copy.
    #[arg(help_heading = "Limits", long, default_value = "12h")]
    pub seeding_timeout: Span,
    /// Longest time for the stage site and its WebJobs.
    #[arg(help_heading = "Limits", long, default_value = "10m")]
    pub health_timeout: Span,
}

const EXAMPLE: &str = example!("prepare");

impl From<PrepareArguments> for StepInputs {
    fn from(arguments: PrepareArguments) -> Self {
        let PrepareArguments { common, site, seeding_timeout, health_timeout } = arguments;
        let limits =
            Limits { seeding_timeout: Some(seeding_timeout), health_timeout: Some(health_timeout), ..common.limits() };
        Self { connection: common.connection, slots: common.slots, site, hooks: HookInputs::default(), limits }
    }
}
