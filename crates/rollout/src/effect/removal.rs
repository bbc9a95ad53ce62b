//! What cleanup removes.

use std::fmt;

use crate::{
    facts::EndpointKind,
    ids::{DatabaseId, EndpointId, SiteId},
};

/// What cleanup removes.
#[derive(Debug, Clone, PartialEq)]
pub enum RemovalEffect {
    /// Prove that nobody works on a database any more: no session but ours is on it.
    ProveUnused {
        /// Which database.
        database: DatabaseId,
    },
    /// Delete something.
    Delete(Resource),
    /// Prove that what was removed is gone, by another look: nothing may lose its labels because an answer was wrong once.
    ProveGone {
        /// The endpoint.
        endpoint: EndpointId,
        /// The site, where it was to be removed.
        site: Option<SiteId>,
        /// The database.
        database: DatabaseId,
    },
}

/// What can be deleted.
#[derive(Debug, Clone, PartialEq)]
pub enum Resource {
    /// An endpoint of the profile.
    Endpoint {
        /// Which.
        endpoint: EndpointId,
        /// Its kind.
        kind: EndpointKind,
    },
    /// A site; its plan is kept.
    Site {
        /// Which.
        site: SiteId,
    },
    /// A database.
    Database {
        /// Which.
        database: DatabaseId,
    },
}

impl RemovalEffect {
    /// It only waits or proves.
    pub(super) fn is_proof(&self) -> bool {
        matches!(self, Self::ProveUnused { .. } | Self::ProveGone { .. })
    }
}

impl fmt::Display for RemovalEffect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ProveGone { endpoint, site, database } => {
                let site = site.as_ref().map_or_else(String::new, |site| format!(", site `{site}`"));
                write!(f, "prove that endpoint `{endpoint}`{site} and `{database}` are gone")
            }
            Self::ProveUnused { database } => write!(f, "prove that no client works on `{database}` any more"),
            Self::Delete(Resource::Endpoint { endpoint, .. }) => write!(f, "remove endpoint `{endpoint}`"),
            Self::Delete(Resource::Site { site }) => write!(f, "delete site `{site}`"),
            Self::Delete(Resource::Database { database }) => write!(f, "delete database `{database}`"),
        }
    }
}
