//! What the simulated Azure holds, as its control interface shows it.

use serde_json::Value;

/// The state at one moment.
pub struct World(pub Value);

impl World {
    /// Whether a database is there: `<resource-group>/<server>/<database>`.
    pub fn has_database(&self, id: &str) -> bool {
        let wanted: Vec<&str> = id.split('/').skip(1).collect();
        self.any("databases", |found| {
            [&found["server"], &found["name"]].iter().map(|part| part.as_str()).eq(wanted.iter().copied().map(Some))
        })
    }

    /// Whether a site is there: `<resource-group>/<site>`.
    pub fn has_site(&self, id: &str) -> bool {
        self.any("sites", |found| id.split('/').map(Some).eq([found["group"].as_str(), found["name"].as_str()]))
    }

    fn any(&self, kind: &str, matches: impl Fn(&Value) -> bool) -> bool {
        self.0[kind].as_array().is_some_and(|found| found.iter().any(matches))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_there_is_found_by_its_identifier() {
        let world = World(json!({
            "databases": [{ "server": "sql-1", "name": "shop" }],
            "sites": [{ "group": "rg", "name": "web" }],
        }));
        assert!(world.has_database("rg/sql-1/shop") && world.has_site("rg/web"));
        for missing in ["rg/sql-2/shop", "rg/sql-1/other", "sql-1/shop", ""] {
            assert!(!world.has_database(missing), "{missing}");
        }
        assert!(!world.has_site("rg/other") && !world.has_site("rg/web/slot"));
    }
}
