//! What belongs to an upgrade, written into production by prepare: labels of the profile may be wiped, a row goes with its database.

use std::time::Duration;

use rollout::{Slot, Upgrade, UpgradeId};

use super::quote;
use crate::{Session, SqlError, answer::Row};

/// Writes it down, in the place of what the same upgrade wrote before. The schema must be there.
///
/// # Errors
/// As [`Session::query`].
pub async fn record(session: &mut Session, upgrade: &Upgrade, limit: Duration) -> Result<(), SqlError> {
    session.query("record the identifiers of the upgrade", &record_sql(upgrade), limit).await.map(drop)
}

/// Writes down which package the upgrade has deployed to its stage site, as the label of the profile has it.
///
/// # Errors
/// As [`Session::query`].
pub async fn record_package(
    session: &mut Session,
    run: &UpgradeId,
    value: &str,
    limit: Duration,
) -> Result<(), SqlError> {
    let (run, value) = (quote::text(run.as_str()), quote::text(value));
    let sql = format!("UPDATE rolling_upgrade.upgrade SET package = {value} WHERE run = {run};");
    session.query("record which package was deployed", &sql, limit).await.map(drop)
}

fn record_sql(upgrade: &Upgrade) -> String {
    let run = quote::text(upgrade.id.as_str());
    let of = |slot: &Slot| [slot.database.to_string(), slot.site.to_string(), slot.endpoint.to_string()];
    let slots = [of(&upgrade.production), of(&upgrade.stage)].concat();
    let values: Vec<_> = [upgrade.connection_name.clone()].iter().chain(&slots).map(|text| quote::text(text)).collect();
    format!(
        "\
SET XACT_ABORT ON;
BEGIN TRANSACTION;
DELETE FROM rolling_upgrade.upgrade WHERE run = {run};
INSERT INTO rolling_upgrade.upgrade (run, connection_name, production_database, production_site, production_endpoint, stage_database, stage_site, stage_endpoint)
VALUES ({run}, {});
COMMIT TRANSACTION;",
        values.join(", ")
    )
}

/// Reads a row of the table.
pub(super) fn read(row: &Row) -> Result<Upgrade, SqlError> {
    let slot = |side: &str| {
        Ok(Slot {
            database: identifier(row, &format!("{side}_database"))?,
            site: identifier(row, &format!("{side}_site"))?,
            endpoint: identifier(row, &format!("{side}_endpoint"))?,
        })
    };
    Ok(Upgrade {
        id: identifier(row, "run")?,
        production: slot("production")?,
        stage: slot("stage")?,
        connection_name: row.text("connection_name")?,
    })
}

/// Upgrade id and package of a row that has one.
pub(super) fn package(row: &Row) -> Result<Option<(String, String)>, SqlError> {
    let package = row.optional_text("package")?;
    package.map(|package| Ok((row.text("run")?, package))).transpose()
}

fn identifier<T: std::str::FromStr<Err: std::fmt::Display>>(row: &Row, column: &str) -> Result<T, SqlError> {
    let text = row.text(column)?;
    text.parse().map_err(|error| SqlError::unexpected(&*row.attempt, format!("column `{column}`: {error}")))
}
