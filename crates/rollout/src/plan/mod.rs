//! What plan finds out before anything is touched.

mod discover;
pub mod rules;
mod summary;
mod surroundings;

pub use discover::{PlanInputs, Target, pick_setting, production_endpoint, target_of};
pub use rules::{Finding, check, check_scripts, kept_from_stage, stage_kind, users_hosts};
pub(crate) use rules::{renumber, smaller_number};
pub use summary::{Facts, digest};
pub use surroundings::{Elsewhere, Granted, LogIn, Principals, Seen, Surroundings};
