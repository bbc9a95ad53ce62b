//! Invariant 4, second half: in production's data nothing is touched by anyone but the sites, save the schema
//! `rolling_upgrade`.

const OURS: &str = "rolling_upgrade";

impl super::Findings {
    /// Somebody who is not a site has committed a write to these tables of production.
    pub(crate) fn foreign_write(&mut self, tables: &[String], cause: &str) {
        let foreign = tables.iter().find(|table| table.split('.').next() != Some(OURS));
        if let Some(table) = foreign {
            self.record(
                4,
                format!("`{table}` of production was written to by somebody who is not the application"),
                cause,
            );
        }
    }
}
