//! The stage site that prepare creates: what production's site is, what of it a new site gets, and what it would lack.

mod configuration;
mod differences;
mod model;
mod settings;

pub use configuration::{configuration, host_name_of, not_taken_over, site_properties};
pub use differences::{Difference, differences};
pub use model::{AppSetting, PackageSource, SiteModel, SiteOptions};
pub use settings::{LeftOut, Reason, Sharing, WEBJOBS_STOPPED};
