//! Where the stage site of a rehearsal comes from.

use serde_json::{Value, json};
use sim_control::Ready;

use super::inputs::Input;

/// The plan that a created site runs in.
const PLAN: &str = "contoso-stage-rg/contoso-plan-2";

/// The two ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StageSite {
    /// It is there, with V2 deployed to it.
    Adopted,
    /// prepare creates it, and deploys V2's package from an address.
    Created,
}

impl StageSite {
    /// The scenario of a world in which it is so.
    pub fn scenario(self, mut scenario: Value) -> Value {
        if self == Self::Created {
            scenario["no-stage-site"] = json!(true);
        }
        scenario
    }

    /// What plan and prepare get besides; freeze is told the digest of the package.
    pub fn inputs(self, step: &str, ready: &Ready) -> Vec<Input> {
        match (self, step) {
            (Self::Created, "plan" | "prepare") => {
                vec![("stage-plan", PLAN.to_owned()), ("package", ready.credentials.package_address.clone())]
            }
            _ => Vec::new(),
        }
    }

    /// Whether cleanup of stage removes the site too.
    pub fn goes_with_stage(self) -> bool {
        self == Self::Created
    }
}
