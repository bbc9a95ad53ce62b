//! Inputs of `upgrade-terminate`.

use clap::Parser;

use crate::inputs::{
    SiteInputs, StepInputs,
    groups::{CommonInputs, GiveBackInputs, example},
};

/// Inputs of `upgrade-terminate`.
#[derive(Debug, Parser)]
#[command(about = "Waits until the copy has every write, proves it, then ends replication: the copy stands alone", after_help = EXAMPLE)]
pub struct TerminateArguments {
    /// What every step that changes something has.
    #[command(flatten)]
    pub common: CommonInputs,
    /// Giving production back.
    #[command(flatten)]
    pub give_back: GiveBackInputs,
}

const EXAMPLE: &str = example!("terminate");

impl From<TerminateArguments> for StepInputs {
    fn from(arguments: TerminateArguments) -> Self {
        let TerminateArguments { common, give_back } = arguments;
        let (limits, hooks) = give_back.split(common.limits());
        Self { connection: common.connection, slots: common.slots, site: SiteInputs::default(), hooks, limits }
    }
}
