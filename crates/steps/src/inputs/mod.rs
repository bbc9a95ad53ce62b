//! The inputs of the steps: the same names in `action.yml`, as `--flag` and as `UPGRADE_<NAME>`.
//!
//! Each step has one struct of arguments (`steps/`), put together from groups that several steps share. What a step does not know is
//! an error on its command line; in the environment it is for other steps, because an action sets every input.

mod arguments;
mod connection;
mod durations;
mod groups;
mod limits;
mod site;
mod slots;
mod steps;

pub use arguments::{Parsed, command, parse};
pub use connection::ConnectionInputs;
pub use durations::Span;
pub use groups::HookInputs;
pub use limits::Limits;
pub use site::{PackageInput, SiteInputs};
pub use slots::{SlotInputs, identifier, optional_identifier};
pub use steps::{
    CleanupArguments, FirewallArguments, FreezeArguments, Meant, MigrateArguments, PlanArguments, PrepareArguments,
    RollbackArguments, StatusArguments, SwitchArguments, TerminateArguments, Verb,
};

/// What a step that changes something is given, whichever step it is.
#[derive(Debug)]
pub struct StepInputs {
    /// How Azure and the databases are reached, and as whom.
    pub connection: ConnectionInputs,
    /// Production and stage.
    pub slots: SlotInputs,
    /// The stage site.
    pub site: SiteInputs,
    /// Hooks.
    pub hooks: HookInputs,
    /// Limits and permissions.
    pub limits: Limits,
}
