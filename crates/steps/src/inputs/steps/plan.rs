//! Inputs of `upgrade-plan`.

use std::path::PathBuf;

use clap::Parser;
use rollout::Refusal;

use crate::inputs::{ConnectionInputs, HookInputs, SiteInputs, Span};

/// Inputs of `upgrade-plan`.
#[derive(Debug, Parser)]
#[command(
    about = "Changes nothing: finds production, checks every rule that a later step would hit, and prints the plan",
    after_help = EXAMPLE
)]
pub struct PlanArguments {
    /// How Azure and the databases are reached, and as whom.
    #[command(flatten)]
    pub connection: ConnectionInputs,
    /// The Traffic Manager profile of the application: `<resource-group>/<profile>`.
    #[arg(help_heading = "Upgrade", long)]
    pub profile: Option<String>,
    /// The logical server for the stage copy: `<resource-group>/<server>`.
    #[arg(help_heading = "Upgrade", long)]
    pub stage_server: Option<String>,
    /// The site that runs V2: `<resource-group>/<site>[/<slot>]`.
    #[arg(help_heading = "Upgrade", long)]
    pub stage_site: Option<String>,
    /// Name of the stage endpoint [default: the stage site's name].
    #[arg(help_heading = "Upgrade", long)]
    pub stage_endpoint: Option<String>,
    /// Name of the connection string setting, if the site has several.
    #[arg(help_heading = "Upgrade", long)]
    pub connection_name: Option<String>,
    /// The production database, if the servers of the subscription cannot be listed: `<resource-group>/<server>/<database>`.
    #[arg(help_heading = "Upgrade", long)]
    pub production_database: Option<String>,
    /// Folder of the upgrade scripts.
    #[arg(help_heading = "Scripts", long)]
    pub scripts: Option<PathBuf>,
    /// Folder of the checks: scripts that test the upgraded copy. A check that fails or returns rows fails migrate.
    #[arg(help_heading = "Scripts", long)]
    pub checks: Option<PathBuf>,
    /// The stage site.
    #[command(flatten)]
    pub site: SiteInputs,
    /// Executable that stops background work before production becomes read-only.
    #[arg(help_heading = "Hooks", long)]
    pub hook_quiesce: Option<PathBuf>,
    /// Executable that starts background work again once production takes writes.
    #[arg(help_heading = "Hooks", long)]
    pub hook_resume: Option<PathBuf>,
    /// Executable that starts V2's background work, once users are on V2.
    #[arg(help_heading = "Hooks", long)]
    pub hook_activate: Option<PathBuf>,
    /// Longest time for one hook.
    #[arg(help_heading = "Hooks", long, default_value = "60s")]
    pub hook_timeout: Span,
}

const EXAMPLE: &str = "\
Example:
  upgrade-plan --subscription-id <id> --profile rg/profile --stage-server rg/sql-2 --stage-site rg-2/web-2 --scripts db/upgrade

Exit codes: 0 done, 10 refused (a rule forbids the upgrade, or an input is wrong), 20 interrupted (run it again).";

impl PlanArguments {
    /// Nothing is missing that plan cannot do without.
    ///
    /// # Errors
    /// Something is: all of it is named, each with an example.
    pub fn require_all(&self) -> Result<(), Refusal> {
        let needed = [
            (self.connection.subscription_id.is_none(), "subscription-id", "<id>", "the subscription of all resources"),
            (self.profile.is_none(), "profile", "rg/profile", "the Traffic Manager profile that users come through"),
            (self.stage_server.is_none(), "stage-server", "rg/sql-2", "the SQL server for the copy of the database"),
            (self.stage_site.is_none(), "stage-site", "rg-2/web-2", "the site that runs V2"),
            (self.scripts.is_none(), "scripts", "db/upgrade", "the folder of the upgrade scripts"),
        ];
        let missing: Vec<_> = needed.into_iter().filter(|(is_missing, ..)| *is_missing).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let names: Vec<_> = missing.iter().map(|(_, name, ..)| format!("`{name}`")).collect();
        let examples: Vec<_> =
            missing.iter().map(|(_, name, example, what)| format!("`--{name} {example}` ({what})")).collect();
        let why = format!("inputs are missing: {}", names.join(", "));
        Err(Refusal::new("plan the upgrade", why, format!("pass {}", examples.join(", "))))
    }

    /// The hooks that the inputs name.
    pub fn hooks(&self) -> HookInputs {
        HookInputs {
            quiesce: self.hook_quiesce.clone(),
            resume: self.hook_resume.clone(),
            activate: self.hook_activate.clone(),
            timeout: self.hook_timeout,
        }
    }
}
