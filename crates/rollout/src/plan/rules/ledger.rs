//! The production database uploads ledger digests.
//!
//! Seen in `sys.database_ledger_digest_locations` of production (a row with `is_current` = 1); `isLedgerOn` alone does no harm.
//! Terminate would get 400 `LedgerNoDropLink` inside the read-only time: "Geo-replication cannot be stopped because the database
//! has Ledger Digest Uploads enabled". A chain is refused with `UnableToCreateGeoChain`.

use super::{Found, blocking};
use crate::{plan::Preflight, upgrade::Upgrade, world::World};

/// No digests are uploaded.
pub(super) fn check(upgrade: &Upgrade, _: &World, preflight: &Preflight) -> Option<Found> {
    if !matches!(preflight.digest_uploads, Ok(true)) {
        return None;
    }
    let what = format!(
        "production database `{}` uploads ledger digests: Azure would answer 400 `LedgerNoDropLink` to the end of replication",
        upgrade.production.database
    );
    blocking(what, "disable ledger digest uploads for the upgrade, and enable them for V2's database after it")
}

#[cfg(test)]
#[path = "ledger_test.rs"]
#[allow(clippy::unwrap_used)]
mod tests;
