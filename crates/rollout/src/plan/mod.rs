//! What plan finds out before anything is touched.

mod discover;
mod rules;
mod summary;

pub use discover::{PlanInputs, Target, pick_setting, production_endpoint, target_of};
pub use rules::{Finding, Surroundings, check, stage_kind, users_hosts};
pub use summary::{Facts, digest};
