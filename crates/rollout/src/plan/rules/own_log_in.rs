//! What the identity of this run may do inside the servers.
//!
//! Seen with `HAS_PERMS_BY_NAME` in production's database and `IS_ROLEMEMBER` in its server's `master`. Prepare would fail to
//! make the fence table (2760, 262), freeze with 5011, terminate with 15247; freeze tries all of it once more.

use super::{Found, blocking, notice};
use crate::{plan::Preflight, upgrade::Upgrade, world::World};

/// It may make the fence table and set production read-only.
pub(super) fn check(upgrade: &Upgrade, _: &World, preflight: &Preflight) -> Option<Found> {
    let lacks = &preflight.principals.lacks;
    if lacks.is_empty() {
        return None;
    }
    let what =
        format!("this identity lacks in production database `{}`: {}", upgrade.production.database, lacks.join(", "));
    blocking(what, "make its user a member of db_owner there")
}

/// It may end the link by T-SQL.
pub(super) fn dbmanager(upgrade: &Upgrade, _: &World, preflight: &Preflight) -> Option<Found> {
    if !matches!(preflight.principals.dbmanager, Ok(false)) {
        return None;
    }
    let server = upgrade.production.database.server_id();
    let what = format!(
        "this identity is not in the role dbmanager in `master` of server `{server}`: `ALTER DATABASE … REMOVE SECONDARY` would \
         fail with error 15247"
    );
    notice(
        what,
        "add its user to dbmanager in that `master`; freeze refuses where no other way to end the link is open",
    )
}

#[cfg(test)]
#[path = "own_log_in_test.rs"]
#[allow(clippy::unwrap_used)]
mod tests;
