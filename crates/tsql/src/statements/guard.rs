//! What is asked of a session that has run a batch of the user's, before anything of ours relies on it: is it still in the
//! transaction that we began?

use std::time::Duration;

use crate::{Session, SqlError};

/// What the probe says. An error of the probe itself is the server's, and nobody else is blamed for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Guarded {
    /// The transaction is the one that we began, at depth 1.
    Kept,
    /// It was ended, or another one was begun.
    Broken,
    /// There is no answer at all, as after `SET NOEXEC ON`.
    Silenced,
}

/// `CURRENT_TRANSACTION_ID()` is unique per instance of the server, and another one in each transaction.
const PROBE: &str = "SELECT @@TRANCOUNT AS depth, CURRENT_TRANSACTION_ID() AS id;";
/// Whatever is left of a transaction.
pub(super) const ROLL_BACK: &str = "IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION;";
/// Rolling back takes about as long as the work took.
pub(super) const ROLL_BACK_LIMIT: Duration = Duration::from_secs(600);

/// Whether the session is still in the transaction of this id.
pub(super) async fn probe(session: &mut Session, id: i64, limit: Duration) -> Result<Guarded, SqlError> {
    let answer = session.query("see whether the transaction is still open", PROBE, limit).await?;
    match answer.sets.first().map(Vec::as_slice) {
        Some([row]) if row.integer("depth")? == 1 && row.integer("id")? == id => Ok(Guarded::Kept),
        Some([_]) => Ok(Guarded::Broken),
        _ => Ok(Guarded::Silenced),
    }
}
