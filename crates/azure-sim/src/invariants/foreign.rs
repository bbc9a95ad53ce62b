//! Invariant 4, second half: in production's data nothing is touched by anyone but the sites, save the schema
//! `rolling_upgrade`.

const OURS: &str = "rolling_upgrade";

/// What is wrong where somebody who is not a site has committed a write to these tables of production.
pub(super) fn check(tables: &[String]) -> Option<String> {
    let table = tables.iter().find(|table| table.split('.').next() != Some(OURS))?;
    Some(format!("`{table}` of production was written to by somebody who is not the application"))
}
