//! What the production database holds before an upgrade.

mod batches;
mod load;

pub(crate) use load::load;

/// The book shop of this project.
pub(crate) const SAMPLE: &str = include_str!("../../../../sample/shop.sql");
/// Its application before the upgrade.
pub(crate) const SAMPLE_V1: &str = include_str!("../../../../sample/v1/app.json");
/// Its application after the upgrade.
pub(crate) const SAMPLE_V2: &str = include_str!("../../../../sample/v2/app.json");
