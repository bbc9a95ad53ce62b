//! The connection string of a site, changed by somebody whose pipeline applies its own settings.

use crate::{
    azure::Azure,
    clock,
    world::{ConnectionText, Database, DatabaseKey, Name, Site, World},
};

/// The database that has nothing to do with the upgrade.
const ANOTHER: &str = "another";
/// The server that is not there.
const NOWHERE: &str = "contoso-dev";

/// To another database of the copy's server.
pub(super) fn point_elsewhere(azure: &Azure) -> Result<(), String> {
    let copy = azure.world().copy_key().ok_or("there is no copy of production")?;
    add_another_database(azure, &copy)?;
    let site = azure.world().stage_site(&copy).ok_or("no site works on the copy")?;
    point(azure, &site, &format!("={};", copy.1), &format!("={ANOTHER};"))
}

/// To a server that is not there.
pub(super) fn point_nowhere(azure: &Azure) -> Result<(), String> {
    let copy = azure.world().copy_key().ok_or("there is no copy of production")?;
    let site = azure.world().stage_site(&copy).ok_or("no site works on the copy")?;
    point(azure, &site, copy.0.as_str(), NOWHERE)
}

/// Production's site leads to a server that is not there.
pub(super) fn point_production_nowhere(azure: &Azure) -> Result<(), String> {
    let database = azure.world().production_key().ok_or("production has no database")?;
    let site = azure.world().production_site.clone();
    point(azure, &site, database.0.as_str(), NOWHERE)
}

/// Replaces a part of all connection strings of a site, which starts anew.
fn point(azure: &Azure, site: &Name, part: &str, other: &str) -> Result<(), String> {
    let mut world = azure.world();
    let stored = world.sites.get_mut(site).ok_or("there is no such site")?;
    for setting in stored.connection_strings.values_mut() {
        setting.value = setting.value.replace(part, other);
    }
    let (group, ready) = (stored.group.clone(), clock::now() + clock::seconds(azure.scenario.site_start_ms));
    world.restart_site(group.as_str(), site.as_str(), ready).map_err(|refusal| refusal.message)
}

fn add_another_database(azure: &Azure, copy: &DatabaseKey) -> Result<(), String> {
    let key = (copy.0.clone(), Name::from(ANOTHER));
    let world = azure.world();
    let known = world.databases.get(copy).cloned().ok_or("there is no copy of production")?;
    let there = world.databases.contains_key(&key);
    let number = world.databases.values().map(|database| database.number).max().unwrap_or(4) + 1;
    drop(world);
    let store = known.store.clone().ok_or("the copy is not seeded")?;
    if there {
        return Ok(());
    }
    let store = azure.storage.copy(&store).map_err(|error| error.to_string())?;
    let guid = azure.random.guid();
    let tags = std::collections::BTreeMap::new();
    let another =
        Database { name: key.1.clone(), origin: guid.clone(), guid, number, tags, store: Some(store), ..known };
    azure.world().databases.insert(key, another);
    Ok(())
}

impl World {
    fn stage_site(&self, copy: &DatabaseKey) -> Option<Name> {
        let uses = |site: &&Site| {
            let strings = site.connection_strings.values();
            strings.filter_map(|setting| ConnectionText::read(&setting.value).ok()).any(|text| {
                let server = self.server_of_host(&text.server);
                server.is_some_and(|server| server.name == copy.0) && copy.1 == *text.database.as_str()
            })
        };
        self.sites.values().find(uses).map(|site| site.name.clone())
    }
}
