//! Invariant 3: the site that users get answers under their host name, and is V1 or V2; at rest, users can write.

use sim_sql::{Access, Role};

use super::writers::takes_writes;
use crate::{
    http::SiteRequest,
    site::{SESSION_ENDED, Sites},
    users::{HOST, resolve},
    world::{Site, World},
};

/// What is wrong with the page that a user gets who asks for the application's name now.
pub(super) fn turned_away(sites: &Sites<'_>) -> Option<String> {
    let resolved = resolved(&sites.azure.world());
    let (address, site) = match resolved {
        Ok(found) => found,
        Err(what) => return Some(what),
    };
    match read_as_user(sites, &site) {
        200 => None,
        status => Some(format!("users get `{address}`, which says {status} to `{HOST}`")),
    }
}

/// What keeps users from writing. A database whose own option is READ_ONLY is invariant 6's.
pub(super) fn cannot_write(world: &World) -> Option<String> {
    let (address, site) = resolved(world).ok()?;
    let Some(database) = world.database_used(&site.effective) else {
        return Some(format!("at rest users get `{address}`, which has no database"));
    };
    let read_only = database.store.as_ref().is_some_and(|store| store.access() == Access::ReadOnly);
    if takes_writes(world, database) || (read_only && world.role(&database.key()) != Role::Secondary) {
        return None;
    }
    Some(format!("at rest users get `{address}`, and `{}` takes no writes", database.full_name()))
}

/// The address that users get, and the site there, if it is one of this application.
fn resolved(world: &World) -> Result<(String, Site), String> {
    let Some((address, _)) = resolve(world) else {
        return Err(format!("nobody is served: `{HOST}` leads nowhere"));
    };
    match world.site_of_address(&address) {
        Some(site) if world.is_of_the_application(site) => Ok((address, site.clone())),
        _ => Err(format!("users get `{address}`, which is neither V1 nor V2 of the application")),
    }
}

/// The status of a page read under the users' host name. A change of a database ends its sessions, maybe this one's too: such
/// a user reads once more.
fn read_as_user(sites: &Sites<'_>, site: &Site) -> u16 {
    let request =
        SiteRequest { method: "GET".to_owned(), path: "/read".to_owned(), user: 0, sequence: 0, token: String::new() };
    let read = || sites.serve(&site.unit, HOST, &request);
    let first = read();
    if first.error == Some(SESSION_ENDED) { read().status } else { first.status }
}
