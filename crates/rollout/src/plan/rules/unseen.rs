//! What the other rules could not look at: a check that was skipped is told, never passed over in silence.

use super::{Found, notice};
use crate::{plan::Preflight, upgrade::Upgrade, world::World};

/// Everything was seen.
pub(super) fn check(upgrade: &Upgrade, world: &World, preflight: &Preflight) -> Option<Found> {
    let principals = &preflight.principals;
    let (production, stage) = (upgrade.production.database.server_id(), upgrade.stage.database.server_id());
    let database = &upgrade.production.database;
    let mut unseen: Vec<String> = preflight
        .granted
        .iter()
        .filter_map(|granted| why(&granted.grants, &format!("what this identity may do on {}", granted.name)))
        .collect();
    unseen.extend(why(&preflight.production_firewall, &format!("firewall rules of server `{production}`")));
    unseen.extend(why(&preflight.stage_firewall, &format!("firewall rules of server `{stage}`")));
    unseen.extend(why(&principals.users, &format!("users of `{database}`")));
    unseen.extend(why(&principals.production, &format!("log-ins of server `{production}`")));
    unseen.extend(why(&principals.stage, &format!("log-ins of server `{stage}`")));
    unseen.extend(why(&principals.dbmanager, &format!("roles in `master` of server `{production}`")));
    unseen.extend(why(&preflight.sessions, &format!("sessions of other clients on `{database}`")));
    unseen.extend(why(&preflight.digest_uploads, &format!("ledger digest uploads of `{database}`")));
    for (view, slot) in [(&world.production, &upgrade.production), (&world.stage, &upgrade.stage)] {
        let webjobs = view.webjobs.as_ref();
        unseen.extend(webjobs.and_then(|seen| why(seen, &format!("WebJobs of site `{}`", slot.site))));
    }
    if unseen.is_empty() {
        return None;
    }
    let what = format!("not checked, because this identity cannot see it: {}", unseen.join("; "));
    notice(what, "run plan with an identity that can see it, or check it yourself (docs/preflight.md)")
}

fn why<T>(seen: &Result<T, String>, what: &str) -> Option<String> {
    seen.as_ref().err().map(|why| format!("{what} ({why})"))
}

#[cfg(test)]
#[path = "unseen_test.rs"]
#[allow(clippy::unwrap_used)]
mod tests;
