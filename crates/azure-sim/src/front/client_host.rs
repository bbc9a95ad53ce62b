//! A logical server, as the session of a client sees it: what the client changes is watched.

use std::sync::{Arc, Weak};

use sim_sql::{Access, Change, DatabaseRow, Host, LinkRow, Message, PrincipalRow, Stop};

use crate::{
    cloud::Cloud,
    faults::Batch,
    lock::lock,
    replication, secrets,
    sql::{ServerHost, shutting_down},
};

/// The logical server around the session of one client.
pub(super) struct ClientHost {
    cloud: Weak<Cloud>,
    server: ServerHost,
    application: String,
    batch: Arc<Batch>,
}

impl ClientHost {
    pub(super) fn new(cloud: &Arc<Cloud>, server: ServerHost, application: String) -> Self {
        Self { cloud: Arc::downgrade(cloud), server, application, batch: Arc::default() }
    }

    /// What the session runs.
    pub(super) fn batch(&self) -> Arc<Batch> {
        Arc::clone(&self.batch)
    }

    /// The batch that runs, as a change is blamed on it.
    fn cause(&self, cloud: &Cloud) -> String {
        let statement = secrets::hide(&cloud.azure, &self.batch.statement());
        let short: String = statement.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(300).collect();
        format!("SQL on `{}` by `{}`: {short}", self.server.name(), self.application)
    }

    fn watch(&self, cloud: &Cloud, change: &Change) {
        let cause = self.cause(cloud);
        cloud.faults.changed(self.batch.number());
        if let Change::Committed { database, tables, .. } = change
            && self.server.is_production(database)
        {
            lock(&cloud.findings).foreign_write(tables, &cause);
        }
        cloud.observe(&cause);
        cloud.azure.changes.notify();
    }
}

impl Host for ClientHost {
    fn databases(&self) -> Vec<DatabaseRow> {
        self.server.databases()
    }

    fn links(&self) -> Vec<LinkRow> {
        self.server.links()
    }

    fn remove_secondary(&self, database: &str, partner: &str) -> Result<(), Message> {
        let cloud = self.cloud.upgrade().ok_or_else(shutting_down)?;
        let guid = self.server.link_to_end(database, partner)?;
        cloud.faults.changed(self.batch.number());
        cloud.around(&self.cause(&cloud), || replication::cut(&cloud.azure, &guid));
        Ok(())
    }

    fn wait_for_copy_sync(&self, database: &str, server: &str, target: &str, stop: &Stop) -> Result<i32, Message> {
        self.server.wait_for_copy_sync(database, server, target, stop)
    }

    fn may_alter(&self, database: &str, access: Access) -> Result<(), Message> {
        self.server.may_alter(database, access)?;
        if let Some(cloud) = self.cloud.upgrade() {
            cloud.tick();
        }
        Ok(())
    }

    fn users(&self, database: &str) -> Vec<PrincipalRow> {
        self.server.users(database)
    }

    fn log_ins(&self) -> Vec<PrincipalRow> {
        self.server.log_ins()
    }

    fn shows_state(&self) -> bool {
        self.server.shows_state()
    }

    fn uploads_digests(&self, database: &str) -> bool {
        self.server.uploads_digests(database)
    }

    fn changed(&self, change: &Change) {
        if let Some(cloud) = self.cloud.upgrade() {
            self.watch(&cloud, change);
        }
    }
}
