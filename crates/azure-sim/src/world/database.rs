//! Databases as Azure Resource Manager sees them.

use std::{collections::BTreeMap, sync::Arc};

use sim_sql::Store;

use super::{Name, Refusal, User};

/// A database: server, name.
pub(crate) type DatabaseKey = (Name, Name);

/// A database of a logical server.
#[derive(Clone)]
pub(crate) struct Database {
    pub(crate) server: Name,
    pub(crate) name: Name,
    /// The `databaseId`: another one for every database that was ever made.
    pub(crate) guid: String,
    /// The `databaseId` of the database that it was copied from at the very first; its own if from none.
    pub(crate) origin: String,
    /// The `database_id` of T-SQL, from 5.
    pub(crate) number: i32,
    pub(crate) sku: Sku,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) created: f64,
    /// Whether the operation that creates it has ended.
    pub(crate) online: bool,
    /// Its content; `None` until it is seeded.
    pub(crate) store: Option<Arc<Store>>,
    pub(crate) users: Vec<User>,
    /// The elastic pool of its server that it is in.
    pub(crate) elastic_pool: Option<String>,
    /// The failover group of its server that it is in.
    pub(crate) failover_group: Option<String>,
    /// It uploads ledger digests.
    pub(crate) digest_uploads: bool,
    /// Commit time of the last transaction that is not in the store's log any more.
    pub(crate) commit_floor: f64,
}

impl Database {
    pub(crate) fn key(&self) -> DatabaseKey {
        (self.server.clone(), self.name.clone())
    }

    /// `server/database`
    pub(crate) fn full_name(&self) -> String {
        format!("{}/{}", self.server, self.name)
    }

    /// It was copied from another one.
    pub(crate) fn is_copy(&self) -> bool {
        self.origin != self.guid
    }

    /// Commit time of the last transaction that it has.
    pub(crate) fn last_commit(&self) -> Option<f64> {
        let store = self.store.as_ref()?;
        let position = store.position();
        let last = store.commits_after(position.saturating_sub(1)).last().map(|commit| commit.at);
        Some(last.unwrap_or(self.commit_floor))
    }
}

/// A vCore SKU such as `GP_Gen5`, 2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sku {
    pub(crate) name: String,
    pub(crate) tier: String,
    pub(crate) family: String,
    pub(crate) capacity: i64,
}

/// The only tier whose databases have one geo-secondary at most, and none behind it.
pub(crate) const HYPERSCALE: &str = "Hyperscale";

const TIERS: [(&str, &str); 3] = [("GP", "GeneralPurpose"), ("BC", "BusinessCritical"), ("HS", "Hyperscale")];

impl Sku {
    /// Reads a SKU that a request names as `GP_Gen5` with a capacity or as `GP_Gen5_2`.
    pub(crate) fn read(name: &str, tier: Option<&str>, capacity: Option<i64>) -> Result<Self, Refusal> {
        let parts: Vec<&str> = name.split('_').collect();
        let (short, family, size) = match parts[..] {
            [short, family] => (short, family, capacity),
            [short, family, size] => (short, family, size.parse().ok()),
            _ => return Err(invalid(name)),
        };
        let known = TIERS.iter().find(|(prefix, _)| prefix.eq_ignore_ascii_case(short)).ok_or_else(|| invalid(name))?;
        if tier.is_some_and(|tier| !tier.eq_ignore_ascii_case(known.1)) {
            return Err(Refusal::bad_request("MismatchedSkuNameAndTier", "Mismatch between SKU name and tier."));
        }
        let size = size.ok_or_else(|| invalid(name))?;
        if capacity.is_some_and(|capacity| capacity != size) {
            return Err(Refusal::bad_request(
                "MismatchedSkuNameAndCapacity",
                "Mismatch between SKU name and capacity.",
            ));
        }
        Ok(Self {
            name: format!("{}_{family}", known.0),
            tier: known.1.to_owned(),
            family: family.to_owned(),
            capacity: size,
        })
    }

    /// `GP_Gen5_2`
    pub(crate) fn objective(&self) -> String {
        format!("{}_{}", self.name, self.capacity)
    }
}

fn invalid(name: &str) -> Refusal {
    Refusal::bad_request("InvalidSkuName", format!("Invalid SKU name '{name}'."))
}
