//! What plan finds out before anything is touched.

mod discover;
mod preflight;
pub mod rules;
mod summary;

pub use discover::{PlanInputs, Target, pick_setting, production_endpoint, target_of};
pub use preflight::{Elsewhere, Granted, LogIn, Preflight, Principals, Seen};
pub use rules::{Finding, check, check_scripts, kept_from_stage, stage_kind, users_hosts};
pub(crate) use rules::{renumber, smaller_number};
pub use summary::{Facts, digest};
