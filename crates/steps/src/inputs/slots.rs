//! Production and stage, as the outputs of plan name them.

use clap::Args;
use rollout::{Refusal, Slot, Upgrade, UpgradeId, ids::IdError};

/// Identifiers of the two slots.
#[derive(Debug, Args)]
#[command(next_help_heading = "Upgrade")]
pub struct SlotInputs {
    /// Production's database, an output of plan: `<resource-group>/<server>/<database>`.
    #[arg(long)]
    pub production_database: Option<String>,
    /// Production's site, an output of plan: `<resource-group>/<site>[/<slot>]`.
    #[arg(long)]
    pub production_site: Option<String>,
    /// Production's endpoint, an output of plan: `<resource-group>/<profile>/<endpoint>`.
    #[arg(long)]
    pub production_endpoint: Option<String>,
    /// Stage's database, an output of prepare: `<resource-group>/<server>/<database>`.
    #[arg(long)]
    pub stage_database: Option<String>,
    /// Stage's site, an output of prepare: `<resource-group>/<site>[/<slot>]`.
    #[arg(long)]
    pub stage_site: Option<String>,
    /// Stage's endpoint, an output of prepare: `<resource-group>/<profile>/<endpoint>`.
    #[arg(long)]
    pub stage_endpoint: Option<String>,
    /// Name of the connection string setting, the same on both sites.
    #[arg(long)]
    pub connection_name: Option<String>,
}

impl SlotInputs {
    /// The upgrade that they describe.
    ///
    /// # Errors
    /// An identifier is empty or no identifier, or the two slots do not belong together.
    pub fn upgrade(&self, id: UpgradeId) -> Result<Upgrade, Refusal> {
        let production = Slot {
            database: identifier("production-database", self.production_database.as_ref())?,
            site: identifier("production-site", self.production_site.as_ref())?,
            endpoint: identifier("production-endpoint", self.production_endpoint.as_ref())?,
        };
        let stage = Slot {
            database: identifier("stage-database", self.stage_database.as_ref())?,
            site: identifier("stage-site", self.stage_site.as_ref())?,
            endpoint: identifier("stage-endpoint", self.stage_endpoint.as_ref())?,
        };
        let connection = self.connection_name.clone().ok_or_else(|| {
            Refusal::new("read the input `connection-name`", "it is empty", "pass the output `connection-name` of plan")
        })?;
        Upgrade::new(id, production, stage, connection)
    }
}

/// Reads the identifier in an input; an absent input is an empty identifier.
///
/// # Errors
/// It is empty or no identifier of the kind.
pub fn identifier<T: std::str::FromStr<Err = IdError>>(input: &str, value: Option<&String>) -> Result<T, Refusal> {
    value.map_or("", String::as_str).parse().map_err(|error: IdError| {
        let hint = "pass the identifiers from the outputs of plan";
        Refusal::new(format!("read the input `{input}`"), error.to_string(), hint)
    })
}

/// Reads the identifier in an input that may be absent.
///
/// # Errors
/// It is there, and no identifier of the kind.
pub fn optional_identifier<T: std::str::FromStr<Err = IdError>>(
    input: &str,
    value: Option<&String>,
) -> Result<Option<T>, Refusal> {
    value.map(|_| identifier(input, value)).transpose()
}
