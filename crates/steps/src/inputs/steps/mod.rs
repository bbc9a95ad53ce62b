//! One struct of arguments per step.

mod cleanup;
mod firewall;
mod freeze;
mod migrate;
mod plan;
mod prepare;
mod rollback;
mod status;
mod switch;
mod terminate;

pub use cleanup::CleanupArguments;
pub use firewall::{FirewallArguments, Meant, Verb};
pub use freeze::FreezeArguments;
pub use migrate::MigrateArguments;
pub use plan::PlanArguments;
pub use prepare::PrepareArguments;
pub use rollback::RollbackArguments;
pub use status::StatusArguments;
pub use switch::SwitchArguments;
pub use terminate::TerminateArguments;
