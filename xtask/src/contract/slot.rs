//! Production or stage, told by the names that the simulated world gives its resources.

use std::fmt;

/// Where a version of the application runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Slot {
    /// V1.
    Production,
    /// V2.
    Stage,
}

/// Names of servers, sites, endpoints and plans in `docs/simulator.md`'s world.
const NAMES: [(&str, Slot); 6] = [
    ("contoso-sql-1", Slot::Production),
    ("contoso-1", Slot::Production),
    ("contoso-plan-1", Slot::Production),
    ("contoso-sql-2", Slot::Stage),
    ("contoso-2", Slot::Stage),
    ("contoso-plan-2", Slot::Stage),
];

impl Slot {
    /// Of the last part of a path that is of one.
    pub fn in_path(path: &str) -> Option<Self> {
        path.rsplit('/').find_map(Self::named)
    }

    /// Of a server, by its host name.
    pub fn of_host(host: &str) -> Option<Self> {
        Self::named(host.split('.').next().unwrap_or_default())
    }

    fn named(name: &str) -> Option<Self> {
        NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, slot)| *slot)
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Production => "production",
            Self::Stage => "stage",
        })
    }
}
