//! The connection string of a site, changed by somebody whose pipeline applies its own settings.

use std::sync::Arc;

use crate::{
    clock,
    cloud::Cloud,
    site::ConnectionText,
    world::{Database, DatabaseKey, Name, Site, World},
};

/// The database that has nothing to do with the upgrade.
const ANOTHER: &str = "another";
/// The server that is not there.
const NOWHERE: &str = "contoso-dev";

impl Cloud {
    /// To another database of the copy's server, or to a server that is not there. The site starts anew.
    pub(super) fn point_stage(self: &Arc<Self>, elsewhere: bool) -> Result<(), String> {
        let copy = self.world().copy_key().ok_or("there is no copy of production")?;
        if elsewhere {
            self.add_another_database(&copy)?;
        }
        let mut world = self.world();
        let site = world.stage_site(&copy).ok_or("no site works on the copy")?;
        let stored = world.sites.get_mut(&site).ok_or("no site works on the copy")?;
        for setting in stored.connection_strings.values_mut() {
            setting.value = match elsewhere {
                true => setting.value.replace(&format!("={};", copy.1), &format!("={ANOTHER};")),
                false => setting.value.replace(copy.0.as_str(), NOWHERE),
            };
        }
        let (group, ready) = (stored.group.clone(), clock::now() + clock::seconds(self.scenario.site_start_ms));
        world.restart_site(group.as_str(), site.as_str(), ready).map_err(|refusal| refusal.message)
    }

    /// Production's site leads to a server that is not there.
    pub(super) fn point_production_nowhere(self: &Arc<Self>) -> Result<(), String> {
        let mut world = self.world();
        let (database, site) =
            (world.production_key().ok_or("production has no database")?, world.production_site.clone());
        let stored = world.sites.get_mut(&site).ok_or("production has no site")?;
        for setting in stored.connection_strings.values_mut() {
            setting.value = setting.value.replace(database.0.as_str(), NOWHERE);
        }
        let (group, ready) = (stored.group.clone(), clock::now() + clock::seconds(self.scenario.site_start_ms));
        world.restart_site(group.as_str(), site.as_str(), ready).map_err(|refusal| refusal.message)
    }

    fn add_another_database(&self, copy: &DatabaseKey) -> Result<(), String> {
        let key = (copy.0.clone(), Name::from(ANOTHER));
        let world = self.world();
        let known = world.databases.get(copy).cloned().ok_or("there is no copy of production")?;
        let there = world.databases.contains_key(&key);
        let number = world.databases.values().map(|database| database.number).max().unwrap_or(4) + 1;
        drop(world);
        let store = known.store.clone().ok_or("the copy is not seeded")?;
        if there {
            return Ok(());
        }
        let store = self.storage.copy(&store).map_err(|error| error.to_string())?;
        let guid = self.random.guid();
        let tags = std::collections::BTreeMap::new();
        let another =
            Database { name: key.1.clone(), origin: guid.clone(), guid, number, tags, store: Some(store), ..known };
        self.world().databases.insert(key, another);
        Ok(())
    }
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
