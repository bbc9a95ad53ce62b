//! `sys.database_ledger_digest_locations`: whether digests of the ledger are uploaded from here.

use std::time::Duration;

use crate::{Session, SqlError};

/// "Invalid object name": a server that knows no ledger uploads none of it.
const NO_SUCH_VIEW: u32 = 208;

const CURRENT: &str = "SELECT COUNT(*) AS locations FROM sys.database_ledger_digest_locations WHERE is_current = 1;";

/// Whether the session's database uploads digests now. It takes the permission VIEW LEDGER CONTENT.
///
/// # Errors
/// As [`Session::query`].
pub async fn uploads_digests(session: &mut Session, limit: Duration) -> Result<bool, SqlError> {
    match session.query("see where ledger digests are uploaded to", CURRENT, limit).await {
        Ok(answer) => Ok(answer.row()?.integer("locations")? > 0),
        Err(error) if error.number() == Some(NO_SUCH_VIEW) => Ok(false),
        Err(error) => Err(error),
    }
}
