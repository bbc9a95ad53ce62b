//! The bodies of requests, and the answers that no other file has.

use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Hand;

/// Waits for a condition.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wait {
    /// `link-catch-up`, `endpoint-online:<name>`, `idle`, `quiet` or `fault`.
    pub condition: String,
    /// In milliseconds.
    pub timeout_ms: u64,
}

/// Text that a step showed to somebody.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Output {
    /// The step.
    pub step: String,
    /// What it printed and wrote.
    pub text: String,
}

/// Somebody acts by hand.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Act {
    /// What he does.
    pub hand: Hand,
}

/// SQL clients come from elsewhere from now on.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Runner {
    /// Their addresses, in turns; none: through private endpoints.
    pub addresses: Vec<Ipv4Addr>,
}

/// Asks for the state piece by piece, so that two states can be compared.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AskForState {
    /// Columns whose values change from run to run: `schema.table.column`, in lower case.
    pub volatile: Vec<String>,
}

/// The state piece by piece.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StateDump {
    /// [`SCHEMA`](crate::SCHEMA)
    pub schema: u32,
    /// The tables whose rows users have changed, `schema.table` in lower case.
    pub users_wrote: Vec<String>,
    /// All that the digest covers.
    pub state: Value,
}
