//! The inputs of the steps: the same names in `action.yml`, as `--flag` and as `UPGRADE_<NAME>`.

mod arguments;
mod connection;
mod durations;
mod firewall;
mod hooks;
mod site;
mod slots;

pub use arguments::{Parsed, parse};
pub use connection::ConnectionInputs;
pub use durations::Span;
pub use firewall::{FirewallArguments, Meant, Verb};
pub use hooks::HookInputs;
pub use site::{PackageInput, SiteInputs};
pub use slots::{SlotInputs, identifier, optional_identifier};

use std::path::PathBuf;

use clap::{Args, Parser};
use rollout::Termination;

/// Inputs of `upgrade-plan`.
#[derive(Debug, Parser)]
#[command(
    about = "Reads everything, changes nothing: finds production and checks every rule that a later step would hit"
)]
pub struct PlanArguments {
    /// How Azure and the databases are reached.
    #[command(flatten)]
    pub connection: ConnectionInputs,
    /// The Traffic Manager profile that users come through: `<resource-group>/<profile>`.
    #[arg(long)]
    pub profile: Option<String>,
    /// The logical server for the stage copy: `<resource-group>/<server>`.
    #[arg(long)]
    pub stage_server: Option<String>,
    /// The site that runs V2: `<resource-group>/<site>[/<slot>]`.
    #[arg(long)]
    pub stage_site: Option<String>,
    /// Name of the stage endpoint; the stage site's name where absent.
    #[arg(long)]
    pub stage_endpoint: Option<String>,
    /// Name of the connection string setting, where the site has several.
    #[arg(long)]
    pub connection_name: Option<String>,
    /// The production database, where the servers of the subscription cannot be listed:
    /// `<resource-group>/<server>/<database>`.
    #[arg(long)]
    pub production_database: Option<String>,
    /// Folder of the upgrade scripts.
    #[arg(long)]
    pub scripts: Option<PathBuf>,
    /// Folder of scripts that check the upgraded copy.
    #[arg(long)]
    pub checks: Option<PathBuf>,
    /// The stage site.
    #[command(flatten)]
    pub site: SiteInputs,
    /// Hooks, which are checked.
    #[command(flatten)]
    pub hooks: HookInputs,
}

/// Inputs of every other step.
#[derive(Debug, Parser)]
pub struct StepArguments {
    /// How Azure and the databases are reached.
    #[command(flatten)]
    pub connection: ConnectionInputs,
    /// Production and stage.
    #[command(flatten)]
    pub slots: SlotInputs,
    /// The stage site.
    #[command(flatten)]
    pub site: SiteInputs,
    /// Limits and permissions.
    #[command(flatten)]
    pub limits: LimitInputs,
    /// Hooks.
    #[command(flatten)]
    pub hooks: HookInputs,
}

/// Inputs of `upgrade-status`: both slots, or the profile alone.
#[derive(Debug, Parser)]
#[command(about = "Tells where an upgrade stands and which step comes next; reads the live state, and changes nothing")]
pub struct StatusArguments {
    /// How Azure and the databases are reached.
    #[command(flatten)]
    pub connection: ConnectionInputs,
    /// Production and stage, where they are known.
    #[command(flatten)]
    pub slots: SlotInputs,
    /// The Traffic Manager profile, where they are not: `<resource-group>/<profile>`. Its labels tell the upgrade.
    #[arg(long)]
    pub profile: Option<String>,
}

/// Limits and permissions; each step looks at those that concern it.
#[derive(Debug, Args)]
pub struct LimitInputs {
    /// Folder of the upgrade scripts (freeze, migrate).
    #[arg(long)]
    pub scripts: Option<PathBuf>,
    /// Output `scripts-digest` of plan (freeze, migrate, switch).
    #[arg(long)]
    pub scripts_digest: Option<String>,
    /// Output `plan-digest` of plan (freeze).
    #[arg(long)]
    pub plan_digest: Option<String>,
    /// Folder of scripts that check the upgraded copy; a batch that fails or returns rows fails the step (freeze, migrate).
    #[arg(long)]
    pub checks: Option<PathBuf>,
    /// Time that open transactions get to end when production becomes read-only, at most 30s (freeze).
    #[arg(long, default_value = "5s")]
    pub rollback_after: Span,
    /// Deadline of the read-only time (freeze).
    #[arg(long, default_value = "30m")]
    pub max_read_only: Span,
    /// How replication is ended: auto, t-sql, unlink or delete (freeze, terminate, rollback).
    #[arg(long, default_value = "auto")]
    pub termination: Termination,
    /// Replication lag above which production is not frozen (freeze).
    #[arg(long, default_value = "5s")]
    pub max_lag: Span,
    /// Longest time for seeding the stage copy (prepare).
    #[arg(long, default_value = "12h")]
    pub seeding_timeout: Span,
    /// Longest time for V2 to become healthy and Online (migrate, switch).
    #[arg(long, default_value = "10m")]
    pub health_timeout: Span,
    /// How long a rollback looks for requests of a dead step that Traffic Manager carries out late, where V2 may have been served
    /// (rollback).
    #[arg(long, default_value = "90s")]
    pub late_request_wait: Span,
    /// Longest time for another run to let the lock in production's database go, such as one whose runner has vanished; 60s for
    /// rollback, 0s for every other step where absent.
    #[arg(long)]
    pub lock_wait: Option<Span>,
    /// The database whose writes may be given up: the stage database by a rollback after the switch; V1's by a cleanup that removes it,
    /// where it was written to after its copy was cut off (rollback, cleanup).
    #[arg(long)]
    pub accept_loss: Option<String>,
    /// Rows that the stage copy got between migrate and switch are V2's own (switch).
    #[arg(long, default_value = "false", action = clap::ArgAction::Set)]
    pub accept_stage_writes: bool,
    /// Clients that may work on production's database beside its site: programs, hosts or log-ins; several in commas or
    /// lines (freeze).
    #[arg(long, value_delimiter = ',')]
    pub accept_client: Vec<String>,
    /// The database of the slot that shall be removed, V1's or stage's (cleanup).
    #[arg(long)]
    pub remove: Option<String>,
    /// How long V1's endpoint must have been disabled before V1 may be removed (cleanup).
    #[arg(long, default_value = "24h")]
    pub revert_window: Span,
    /// Remove V1's database too, not only its site and endpoint (cleanup).
    #[arg(long, default_value = "false", action = clap::ArgAction::Set)]
    pub remove_database: bool,
}
