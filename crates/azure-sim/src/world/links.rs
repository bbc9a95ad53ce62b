//! Roles in geo-replication, and the end of a link.

use sim_sql::Role;

use super::{DatabaseKey, Link, LinkState, Refusal, World};

impl World {
    pub(crate) fn role(&self, database: &DatabaseKey) -> Role {
        if self.links.iter().any(|link| link.target == *database) {
            Role::Secondary
        } else if self.links.iter().any(|link| link.source == *database) {
            Role::Primary
        } else {
            Role::Standalone
        }
    }

    /// The links of a database, as either side.
    pub(crate) fn links_of(&self, database: &DatabaseKey) -> Vec<&Link> {
        self.links.iter().filter(|link| link.touches(database)).collect()
    }

    /// The link from `database` to `partner_database` on the server `partner`.
    pub(crate) fn link_to(&self, database: &DatabaseKey, partner: &str, partner_database: &str) -> Option<&Link> {
        let wanted =
            |link: &&Link| link.source == *database && link.target.0 == *partner && link.target.1 == *partner_database;
        self.links.iter().find(wanted)
    }

    pub(crate) fn link(&self, database: &DatabaseKey, guid: &str) -> Result<&Link, Refusal> {
        let found = self.links.iter().find(|link| link.guid.eq_ignore_ascii_case(guid) && link.touches(database));
        found.ok_or_else(|| {
            let text = format!("The requested resource of type 'Microsoft.Sql/servers/databases/replicationLinks' with name '{guid}' was not found.");
            Refusal::new(404, "ResourceNotFound", text)
        })
    }

    /// Ends a link. A target that was not seeded yet never gets a content: it vanishes.
    pub(crate) fn remove_link(&mut self, guid: &str) -> Option<Link> {
        let at = self.links.iter().position(|link| link.guid == guid)?;
        let link = self.links.remove(at);
        if link.state != LinkState::CatchUp {
            self.databases.remove(&link.target);
        }
        Some(link)
    }
}
