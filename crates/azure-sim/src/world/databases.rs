//! Transitions of databases, and the end of long operations.

use std::{collections::BTreeMap, sync::Arc};

use sim_sql::Store;

use super::{
    Database, DatabaseKey, Effect, Fate, Link, LinkState, Name, Operation, Refusal, Sku, World,
    lookup::database_not_found,
};

/// A request for a geo-secondary that reads well by itself.
pub(crate) struct NewSecondary {
    pub(crate) server: Name,
    pub(crate) name: Name,
    pub(crate) source: DatabaseKey,
    pub(crate) sku: Option<Sku>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) database_guid: String,
    pub(crate) link_guid: String,
    pub(crate) null_readings: u32,
    pub(crate) seeding: f64,
}

/// What the end of an operation left to be done outside the model, and to be told.
pub(crate) struct Finished {
    pub(crate) cause: String,
    pub(crate) dropped: Vec<Arc<Store>>,
    pub(crate) parted: Vec<Link>,
}

impl World {
    /// Creates a secondary: the database and its link are there at once, its content comes with seeding.
    pub(crate) fn create_secondary(&mut self, new: NewSecondary, now: f64) -> Result<(), Refusal> {
        let sku = self.check_secondary(&new)?;
        let source = self.databases.get(&new.source).ok_or_else(|| database_not_found(new.source.1.as_str()))?;
        let database = Database {
            server: new.server,
            name: new.name,
            guid: new.database_guid,
            origin: source.origin.clone(),
            number: self.databases.values().map(|database| database.number).max().unwrap_or(4) + 1,
            sku,
            tags: new.tags,
            created: now,
            online: false,
            store: None,
            users: source.users.clone(),
            elastic_pool: None,
            failover_group: None,
            digest_uploads: false,
            commit_floor: now,
        };
        self.links.push(Link {
            guid: new.link_guid,
            source: new.source,
            target: database.key(),
            state: LinkState::Pending,
            started: now,
            modified: now,
            seeded_at: now + new.seeding,
            null_readings: new.null_readings,
            resumes_at: now,
            restored_at: now,
            backlog: Vec::new(),
        });
        self.databases.insert(database.key(), database);
        Ok(())
    }

    /// The rules of facts 2.1, with the codes of the specification.
    fn check_secondary(&self, new: &NewSecondary) -> Result<Sku, Refusal> {
        let source = self
            .databases
            .get(&new.source)
            .ok_or_else(|| Refusal::new(404, "SourceDatabaseNotFound", "The source database does not exist."))?;
        if source.server == new.server {
            let text = "The replication source and target databases must be in different logical servers.";
            return Err(Refusal::bad_request("ReplicationSourceAndTargetMustBeInDifferentServers", text));
        }
        if source.name != new.name {
            let text = "The replication source and target databases must have the same name.";
            return Err(Refusal::bad_request("ReplicationSourceAndTargetMustHaveSameName", text));
        }
        self.check_target(new)?;
        self.check_features(source, &new.server)?;
        if source.store.is_none() {
            let text = "The operation is disallowed on the database in its current replication state.";
            return Err(Refusal::bad_request("UpdateNotAllowedInCurrentReplicationState", text));
        }
        check_tier(&source.sku, new.sku.clone().unwrap_or_else(|| source.sku.clone()))
    }

    fn check_target(&self, new: &NewSecondary) -> Result<(), Refusal> {
        let target = (new.server.clone(), new.name.clone());
        if !self.databases.contains_key(&target) {
            return Ok(());
        }
        if self.links.iter().any(|link| link.source == new.source && link.target == target) {
            let text = "The databases are already in a replication relation. This is a duplicate request.";
            return Err(Refusal::conflict("DuplicateGeoDrRelation", text));
        }
        let text =
            format!("The destination database name '{}' already exists on the server '{}'.", new.name, new.server);
        Err(Refusal::conflict("DatabaseAlreadyExists", text))
    }

    /// Accepts an operation; it ends when it is due, unless a fault has something else in mind for it.
    pub(crate) fn accept(&mut self, operation: Operation) {
        let fate = std::mem::take(&mut self.next_fate);
        self.operations.insert(operation.id.clone(), Operation { fate, ..operation });
    }

    /// The links that end in a friendly way by now, each of which has to be drained before.
    pub(crate) fn unlinking(&self, now: f64) -> Vec<Link> {
        let due =
            self.operations.values().filter(|operation| operation.is_due(now) && operation.fate == Fate::Succeeds);
        let guid = |operation: &Operation| match &operation.effect {
            Effect::Unlink(guid) => self.links.iter().find(|link| link.guid == *guid).cloned(),
            _ => None,
        };
        due.filter_map(guid).collect()
    }

    /// Ends the operations that are due.
    pub(crate) fn finish_operations(&mut self, now: f64) -> Vec<Finished> {
        let due: Vec<Operation> = self.operations.values().filter(|operation| operation.is_due(now)).cloned().collect();
        due.into_iter().map(|operation| self.finish(operation)).collect()
    }

    fn finish(&mut self, operation: Operation) -> Finished {
        if let Some(stored) = self.operations.get_mut(&operation.id) {
            stored.done = true;
        }
        let cause = format!("end of {} ({})", operation.name, operation.cause);
        let mut finished = Finished { cause, dropped: Vec::new(), parted: Vec::new() };
        match operation.effect {
            // Whatever was begun of a creation is taken away again; all else has done nothing yet.
            Effect::CreateDatabase if operation.fate == Fate::Fails => {
                self.remove_database(&operation.database, &mut finished);
            }
            _ if operation.fate == Fate::Fails => {}
            Effect::CreateDatabase => self.bring_online(&operation.database),
            Effect::Update { tags, sku } => self.update(&operation.database, tags, sku),
            Effect::StopLink(guid) | Effect::Unlink(guid) => finished.parted.extend(self.remove_link(&guid)),
            Effect::DropDatabase => self.remove_database(&operation.database, &mut finished),
        }
        finished
    }

    fn bring_online(&mut self, key: &DatabaseKey) {
        if let Some(database) = self.databases.get_mut(key) {
            database.online = true;
        }
    }

    fn update(&mut self, key: &DatabaseKey, tags: Option<BTreeMap<String, String>>, sku: Option<Sku>) {
        let Some(database) = self.databases.get_mut(key) else { return };
        database.tags = tags.unwrap_or_else(|| std::mem::take(&mut database.tags));
        database.sku = sku.unwrap_or_else(|| database.sku.clone());
    }

    fn remove_database(&mut self, key: &DatabaseKey, finished: &mut Finished) {
        let links: Vec<String> =
            self.links.iter().filter(|link| link.touches(key)).map(|link| link.guid.clone()).collect();
        finished.parted.extend(links.iter().filter_map(|guid| self.remove_link(guid)));
        finished.dropped.extend(self.databases.remove(key).and_then(|database| database.store));
    }
}

fn check_tier(source: &Sku, wanted: Sku) -> Result<Sku, Refusal> {
    let rank =
        |sku: &Sku| ["GeneralPurpose", "BusinessCritical", "Hyperscale"].iter().position(|tier| sku.tier == *tier);
    if rank(source) > rank(&wanted) {
        let text = "The source database cannot have higher edition than the target database.";
        return Err(Refusal::bad_request("SourceDatabaseEditionCouldNotBeUpgraded", text));
    }
    if rank(source) < rank(&wanted) {
        let text = "The target database cannot have lower edition than the source database.";
        return Err(Refusal::bad_request("TargetDatabaseEditionCouldNotBeDowngraded", text));
    }
    Ok(wanted)
}
