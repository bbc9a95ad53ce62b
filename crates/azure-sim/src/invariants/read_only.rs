//! Invariant 6: a read-only production that serves users always has somebody who ends it.
//!
//! Somebody is the upgrade whose fence row is open, with a deadline. Once that has passed, whoever holds the upgrade's lock
//! has the scenario's margin to end it. A database that serves nobody who asks anew may be read-only for ever.

use std::sync::Arc;

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use sim_sql::{Access, PeekedRow, Role, Store};

use super::serving_site;
use crate::{clock, world::World};

/// The table in which an upgrade says who ends the read-only time, and until when.
const FENCE: &str = "rolling_upgrade.fence";
/// The application lock of whoever acts.
const LOCK: &str = "rolling_upgrade";

/// A holder of the lock who could have ended an overdue read-only time.
#[derive(Debug, Clone)]
pub(crate) struct Overdue {
    session: i32,
    since: f64,
}

/// What is wrong after a change of state.
pub(super) fn check(world: &World) -> Option<String> {
    let (name, store) = serving_read_only(world)?;
    let open = deadline(&store).is_some();
    (!open).then(|| format!("`{name}` serves users, is read-only, and has no open fence row with a deadline"))
}

/// What is wrong as time passes: `margin` seconds after the deadline somebody still holds the lock.
pub(super) fn check_deadline(world: &World, known: &mut Option<Overdue>, margin: f64) -> Option<String> {
    let late = serving_read_only(world).and_then(|(name, store)| Some((name, overdue(&store)?)));
    let Some((name, session)) = late else {
        *known = None;
        return None;
    };
    let now = clock::now();
    let since = known.as_ref().filter(|known| known.session == session).map_or(now, |known| known.since);
    *known = Some(Overdue { session, since });
    let what =
        || format!("`{name}` serves users and is read-only past the deadline, though session {session} holds the lock");
    (now - since > margin).then(what)
}

/// The database that serves users, if its option is READ_ONLY; as `server/database`.
fn serving_read_only(world: &World) -> Option<(String, Arc<Store>)> {
    let database = world.database_used(&serving_site(world)?.effective)?;
    let store = database.store.clone().filter(|store| store.access() == Access::ReadOnly)?;
    let primary = world.role(&database.key()) != Role::Secondary;
    primary.then(|| (database.full_name(), store))
}

/// The latest deadline of open fence rows, in seconds since 1970.
fn deadline(store: &Store) -> Option<f64> {
    let rows = store.rows(FENCE)?;
    let open = rows.iter().filter(|row| !row.contains_key("closed_at"));
    open.filter_map(read_deadline).fold(None, |latest, at| Some(latest.map_or(at, |latest: f64| latest.max(at))))
}

fn read_deadline(row: &PeekedRow) -> Option<f64> {
    let at: DateTime = row.get("deadline")?.parse().ok()?;
    let at: Timestamp = at.to_zoned(TimeZone::UTC).ok()?.timestamp();
    Some(at.as_millisecond() as f64 / 1000.0)
}

/// Who holds the lock though the deadline has passed.
fn overdue(store: &Store) -> Option<i32> {
    let passed = deadline(store).is_some_and(|deadline| deadline < clock::now());
    store.lock_holder(LOCK).filter(|_| passed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_is_read_as_the_database_keeps_it() {
        let row = |text: &str| PeekedRow::from([("deadline".to_owned(), text.to_owned())]);
        assert_eq!(read_deadline(&row("1970-01-01 00:01:00.250")), Some(60.25));
        assert_eq!(read_deadline(&row("soon")), None);
    }
}
