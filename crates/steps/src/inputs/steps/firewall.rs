//! Inputs of `upgrade-firewall`.

use clap::{Parser, ValueEnum};
use rollout::{DatabaseId, Refusal};

use crate::inputs::{ConnectionInputs, Span, identifier};

/// What to do with the firewalls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Verb {
    /// Adds rules for this runner's address, and waits until the servers accept it.
    Open,
    /// Removes every rule of this upgrade, whichever runner added it.
    Close,
}

/// Inputs of `upgrade-firewall`.
#[derive(Debug, Parser)]
#[command(
    about = "open: adds firewall rules for this runner to both SQL servers, and waits until they take effect; close: \
             removes all rules of this upgrade",
    after_help = EXAMPLE
)]
pub struct FirewallArguments {
    /// `open` or `close`.
    #[arg(value_name = "VERB", value_enum)]
    pub verb: Option<Verb>,
    /// How Azure and the databases are reached.
    #[command(flatten)]
    pub connection: ConnectionInputs,
    /// `open` lets this runner into the SQL servers, `close` takes that back. On the command line the first argument says it.
    #[arg(help_heading = "Firewall", long, value_enum)]
    pub firewall: Option<Verb>,
    /// Production's database: `<resource-group>/<server>/<database>`; found behind `profile` where absent.
    #[arg(help_heading = "Firewall", long)]
    pub production_database: Option<String>,
    /// Stage's database, from the outputs of plan.
    #[arg(help_heading = "Firewall", long)]
    pub stage_database: Option<String>,
    /// Before plan: the logical server for the stage copy, `<resource-group>/<server>`.
    #[arg(help_heading = "Firewall", long)]
    pub stage_server: Option<String>,
    /// Before plan: the Traffic Manager profile that users come through, `<resource-group>/<profile>`.
    #[arg(help_heading = "Firewall", long)]
    pub profile: Option<String>,
    /// Before plan, with `profile`: the site that runs V2, `<resource-group>/<site>[/<slot>]`.
    #[arg(help_heading = "Firewall", long)]
    pub stage_site: Option<String>,
    /// Before plan, with `profile`: name of the connection string setting, where the site has several.
    #[arg(help_heading = "Firewall", long)]
    pub connection_name: Option<String>,
    /// Longest time until a new rule takes effect.
    #[arg(help_heading = "Firewall", long, default_value = "10m")]
    pub firewall_timeout: Span,
}

const EXAMPLE: &str = "\
Example:
  upgrade-firewall open --upgrade-id 4711 --subscription-id <id> --production-database rg/sql-1/shop --stage-database rg/sql-2/shop

Run `open` as the first and `close` as the last step of each job, `close` also after a failure. `close` removes every firewall rule
whose name begins with `rolling-upgrade-<upgrade-id>-`, and no other; sessions that are open stay open. `cleanup` removes the rules that
are left.

Exit codes: 0 done or already done, 10 refused (nothing changed), 20 interrupted (run it again).";

/// Which databases are meant.
pub enum Meant {
    /// These two.
    Databases {
        /// Production's.
        production: DatabaseId,
        /// Stage's, which may not be there yet.
        stage: DatabaseId,
    },
    /// Those that plan would find.
    Discovered,
}

impl FirewallArguments {
    /// What to do.
    ///
    /// # Errors
    /// It is not said, or said twice and differently.
    pub fn verb(&self) -> Result<Verb, Refusal> {
        let refuse = |why: &str| Refusal::new("read the input `firewall`", why, "pass `open` or `close`");
        match (self.verb, self.firewall) {
            (Some(one), Some(other)) if one != other => Err(refuse("the first argument is another one")),
            (Some(verb), _) | (None, Some(verb)) => Ok(verb),
            (None, None) => Err(refuse("it is empty")),
        }
    }

    /// Which databases are meant: those that are named, else those behind the profile.
    ///
    /// # Errors
    /// An identifier is none, or too little is named.
    pub fn meant(&self) -> Result<Meant, Refusal> {
        let Some(_) = &self.production_database else {
            return if self.profile.is_some() { Ok(Meant::Discovered) } else { Err(nothing_named()) };
        };
        let production: DatabaseId = identifier("production-database", self.production_database.as_ref())?;
        let stage = match (&self.stage_database, &self.stage_server) {
            (Some(_), _) => identifier("stage-database", self.stage_database.as_ref())?,
            (None, Some(_)) => {
                let server: rollout::ServerId = identifier("stage-server", self.stage_server.as_ref())?;
                server.database(&production.name)
            }
            (None, None) => return Err(nothing_named()),
        };
        Ok(Meant::Databases { production, stage })
    }
}

fn nothing_named() -> Refusal {
    Refusal::new(
        "tell which SQL servers are meant",
        "the inputs do not name both databases",
        "after plan pass its outputs `production-database` and `stage-database`; before plan pass what plan gets: `profile`, \
         `stage-server` and `stage-site`, or `production-database` and `stage-server`",
    )
}
