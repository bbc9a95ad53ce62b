//! SQL log-ins are not replicated, the users that stand for them are.
//!
//! Seen in `sys.database_principals` of production (type S, `authentication_type` 1) and `sys.sql_logins` of both servers,
//! compared by security identifier. On the stage server such a user could not log in (18456, or 4060 where the log-in has
//! another identifier): V2 would fail in migrate, inside the read-only time. Users with a password of their own and users of
//! Microsoft Entra are replicated whole and need nothing.

use secrecy::ExposeSecret;

use super::{Found, blocking, list, notice};
use crate::{
    connection,
    ids::eq_azure_name,
    plan::{LogIn, Preflight},
    upgrade::Upgrade,
    world::World,
};

/// The site's own user can log in to the stage server.
pub(super) fn of_the_site(upgrade: &Upgrade, world: &World, preflight: &Preflight) -> Option<Found> {
    let name = user_of_site(upgrade, world)?;
    let log_in = stranded(preflight).into_iter().find(|log_in| stands_for(preflight, log_in, &name))?;
    let server = upgrade.stage.database.server_id();
    let there = preflight.principals.stage.iter().flatten().any(|there| eq_azure_name(&there.name, &name));
    let state = if there { "has a log-in of that name with another SID" } else { "has no such log-in" };
    let what = format!(
        "production's site logs in as `{name}`, whose user `{}` has SID {}, and stage server `{server}` {state}: V2 could not \
         log in (error 18456 or 4060)",
        log_in.name, log_in.sid
    );
    let hint = format!(
        "connect to `master` of `{server}`{} and run: CREATE LOGIN [{}] WITH PASSWORD = '<the same>', SID = {}",
        if there { ", drop that log-in" } else { "" },
        name.replace(']', "]]"),
        log_in.sid
    );
    blocking(what, hint)
}

/// So can everybody else.
pub(super) fn of_others(upgrade: &Upgrade, world: &World, preflight: &Preflight) -> Option<Found> {
    let site = user_of_site(upgrade, world);
    let of_site = |log_in: &&LogIn| site.as_ref().is_some_and(|name| stands_for(preflight, log_in, name));
    let others: Vec<_> = stranded(preflight).into_iter().filter(|log_in| !of_site(log_in)).collect();
    if others.is_empty() {
        return None;
    }
    let what = format!(
        "users of `{}` whose log-ins stage server `{}` does not have: {}",
        upgrade.production.database,
        upgrade.stage.database.server_id(),
        others.iter().map(|log_in| format!("`{}` (SID {})", log_in.name, log_in.sid)).collect::<Vec<_>>().join(", ")
    );
    let names = list(others.iter().map(|log_in| &log_in.name));
    notice(what, format!("create the log-ins of {names} there WITH SID, if V2 or its users need them"))
}

/// Who the connection string of production's site logs in as; `None` for an identity of Microsoft Entra.
fn user_of_site(upgrade: &Upgrade, world: &World) -> Option<String> {
    let setting = world.production.setting(&upgrade.connection_name)?;
    let user = connection::value_of(setting.value.expose_secret(), &["user id", "uid", "user"])?;
    user.split('@').next().map(str::to_owned)
}

/// The user stands for the log-in of this name: by SID where the log-ins of production's server can be seen.
fn stands_for(preflight: &Preflight, user: &LogIn, name: &str) -> bool {
    let known = preflight.principals.production.iter().flatten().find(|log_in| eq_azure_name(&log_in.name, name));
    known.map_or_else(|| eq_azure_name(&user.name, name), |log_in| eq_azure_name(&log_in.sid, &user.sid))
}

/// Users that stand for a log-in of production's server and for none of stage's; none while that cannot be seen.
fn stranded(preflight: &Preflight) -> Vec<&LogIn> {
    let principals = &preflight.principals;
    let (Ok(users), Ok(stage)) = (&principals.users, &principals.stage) else { return Vec::new() };
    let has = |log_ins: &[LogIn], user: &LogIn| log_ins.iter().any(|log_in| eq_azure_name(&log_in.sid, &user.sid));
    let in_use = |user: &&LogIn| principals.production.as_ref().map_or(true, |log_ins| has(log_ins, user));
    users.iter().filter(in_use).filter(|user| !has(stage, user)).collect()
}

#[cfg(test)]
#[path = "log_ins_test.rs"]
#[allow(clippy::unwrap_used)]
mod tests;
