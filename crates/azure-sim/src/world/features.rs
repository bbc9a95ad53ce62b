//! What databases with certain features cannot do in geo-replication, with the codes of `Databases.json` and
//! `ReplicationLinks.json` (2021-11-01).

use sim_sql::Role;

use super::{Database, DatabaseKey, Name, Refusal, World, database::HYPERSCALE};

/// Secondaries per primary (facts 2.1), and of a Hyperscale database without previews (facts 2.2).
const MOST_SECONDARIES: usize = 4;
const MOST_OF_HYPERSCALE: usize = 1;

impl World {
    /// Whether `source` may get a secondary on this server.
    pub(crate) fn check_features(&self, source: &Database, target: &Name) -> Result<(), Refusal> {
        let most = if source.sku.tier == HYPERSCALE { MOST_OF_HYPERSCALE } else { MOST_SECONDARIES };
        if self.links.iter().filter(|link| link.source == source.key()).count() >= most {
            let text = "The per-replica replication limit was reached.";
            return Err(Refusal::bad_request("GeoReplicaLimitReached", text));
        }
        if source.elastic_pool.is_some() {
            return Err(Refusal::not_modelled("a secondary of a database in an elastic pool"));
        }
        self.check_chain(source)?;
        self.check_key(&source.server, target)
    }

    /// A secondary of a secondary.
    fn check_chain(&self, source: &Database) -> Result<(), Refusal> {
        if self.role(&source.key()) != Role::Secondary {
            return Ok(());
        }
        if self.key_of(&source.server).is_some() {
            let text = "Creating secondary of secondary (a process known as chaining) is not supported when enabling \
                        Transparent Data Encryption using Azure Key Vault (BYOK).";
            return Err(Refusal::bad_request("SecurityAzureKeyVaultGeoChainError", text));
        }
        if self.digests_upstream(&source.key()) {
            let text = "User attempted to create secondary database (chaining) even though automatic upload of ledger \
                        digests has been configured.";
            return Err(Refusal::bad_request("UnableToCreateGeoChain", text));
        }
        Ok(())
    }

    fn digests_upstream(&self, secondary: &DatabaseKey) -> bool {
        let source = self.links.iter().find(|link| link.target == *secondary).map(|link| &link.source);
        source.and_then(|key| self.databases.get(key)).is_some_and(|database| database.digest_uploads)
    }

    fn key_of(&self, server: &Name) -> Option<&String> {
        self.servers.get(server)?.settings.customer_managed_key.as_ref()
    }

    fn check_key(&self, source: &Name, target: &Name) -> Result<(), Refusal> {
        let (ours, theirs) = (self.key_of(source), self.key_of(target));
        if ours.is_none() || ours == theirs {
            return Ok(());
        }
        let text = "Secondary server does not have the key material of the primary server's encryption protector.";
        Err(Refusal::bad_request("SameKeyMaterialNotFoundOnRemoteServer", text))
    }

    /// Whether a link of this database may be ended. That a failover group forbids it for every link, not for its own alone,
    /// is stricter than Azure may be.
    pub(crate) fn check_end_of_link(&self, source: &DatabaseKey) -> Result<(), Refusal> {
        let Some(database) = self.databases.get(source) else { return Ok(()) };
        if database.digest_uploads {
            let text = "Geo-replication cannot be stopped because the database has Ledger Digest Uploads enabled. Disable \
                        Ledger Digest Uploads and retry the operation.";
            return Err(Refusal::bad_request("LedgerNoDropLink", text));
        }
        if database.failover_group.is_some() {
            let text = "The operation cannot be performed because the geo-replication link is part of a Failover Group. You \
                        must remove the database from the group in order to individually terminate or failover.";
            return Err(Refusal::conflict("FailoverGroupAlreadySetup", text));
        }
        Ok(())
    }
}
