//! The folder that migrate ran, written down in the stage copy once each of its scripts is finished: switch has no folder at hand.

use std::time::Duration;

use rollout::{ScriptName, UpgradeId, facts::FolderRow};

use super::quote;
use crate::{Session, SqlError, answer::Row};

/// So many rows one INSERT may have ("Table Value Constructor": 1,000).
const MOST_VALUES: usize = 1000;

/// Writes the folder down, in the place of what this upgrade wrote down before. The schema must be there.
///
/// # Errors
/// As [`Session::query`].
pub async fn keep(
    session: &mut Session,
    run: &UpgradeId,
    scripts: &[ScriptName],
    checks: &[ScriptName],
    limit: Duration,
) -> Result<(), SqlError> {
    session.query("record which scripts are finished", &keep_sql(run, scripts, checks), limit).await.map(drop)
}

fn keep_sql(run: &UpgradeId, scripts: &[ScriptName], checks: &[ScriptName]) -> String {
    let run = quote::text(run.as_str());
    let values = |folder: &[ScriptName], is_check: u8| -> Vec<String> {
        let value = |(place, file): (usize, &ScriptName)| {
            format!("({run}, {is_check}, {place}, {}, {})", quote::text(&file.name), quote::text(&file.digest))
        };
        folder.iter().enumerate().map(value).collect()
    };
    let all = [values(scripts, 0), values(checks, 1)].concat();
    let inserts = all.chunks(MOST_VALUES).map(|some| {
        format!(
            "INSERT INTO rolling_upgrade.folder (run, is_check, place, script, digest) VALUES\n{};\n",
            some.join(",\n")
        )
    });
    format!(
        "SET XACT_ABORT ON;\nBEGIN TRANSACTION;\nDELETE FROM rolling_upgrade.folder WHERE run = {run};\n{}COMMIT TRANSACTION;",
        inserts.collect::<String>()
    )
}

/// Reads a row of `rolling_upgrade.folder`.
pub(super) fn row(row: &Row) -> Result<FolderRow, SqlError> {
    let script = ScriptName { name: row.text("script")?, digest: row.text("digest")? };
    Ok(FolderRow { run: row.text("run")?, script, is_check: row.flag("is_check")? })
}
