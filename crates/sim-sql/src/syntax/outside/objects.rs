//! `CREATE`, `ALTER` and `DROP` of what the engine has not.

use super::{Cursor, Outside, matched};

const fn object(head: &'static str) -> Outside {
    Outside { head, holds: &[] }
}

const fn holding(head: &'static str, holds: &'static [&'static str]) -> Outside {
    Outside { head, holds }
}

const OBJECTS: [Outside; 57] = [
    object("AGGREGATE"),
    object("APPLICATION ROLE"),
    object("ASSEMBLY"),
    object("ASYMMETRIC KEY"),
    object("AVAILABILITY GROUP"),
    object("BROKER PRIORITY"),
    object("CERTIFICATE"),
    object("CLUSTERED COLUMNSTORE INDEX"),
    object("COLUMN ENCRYPTION KEY"),
    object("COLUMN MASTER KEY"),
    object("COLUMNSTORE INDEX"),
    object("CONTRACT"),
    object("CREDENTIAL"),
    object("CRYPTOGRAPHIC PROVIDER"),
    object("DEFAULT"),
    object("ENDPOINT"),
    object("EVENT NOTIFICATION"),
    holding("EVENT SESSION", &["DROP"]),
    holding("EXTERNAL DATA SOURCE", &["SET"]),
    object("EXTERNAL FILE FORMAT"),
    object("EXTERNAL LANGUAGE"),
    object("EXTERNAL LIBRARY"),
    object("EXTERNAL TABLE"),
    object("FULLTEXT CATALOG"),
    holding("FULLTEXT INDEX", &["SET", "DROP"]),
    holding("FULLTEXT STOPLIST", &["DROP"]),
    object("JSON INDEX"),
    object("LOGIN"),
    object("MASTER KEY"),
    object("MESSAGE TYPE"),
    object("NONCLUSTERED COLUMNSTORE INDEX"),
    holding("PARTITION FUNCTION", &["MERGE"]),
    object("PARTITION SCHEME"),
    object("PRIMARY XML INDEX"),
    object("QUEUE"),
    object("REMOTE SERVICE BINDING"),
    object("RESOURCE GOVERNOR"),
    object("RESOURCE POOL"),
    holding("ROLE", &["DROP"]),
    object("ROUTE"),
    object("RULE"),
    holding("SEARCH PROPERTY LIST", &["DROP"]),
    holding("SECURITY POLICY", &["ALTER", "DROP", "INSERT", "UPDATE", "DELETE"]),
    object("SEQUENCE"),
    object("SERVER AUDIT"),
    holding("SERVER ROLE", &["DROP"]),
    holding("SERVICE", &["DROP"]),
    object("SPATIAL INDEX"),
    object("STATISTICS"),
    holding("SYMMETRIC KEY", &["DROP"]),
    object("SYNONYM"),
    object("TYPE"),
    object("USER"),
    object("WORKLOAD"),
    object("XML INDEX"),
    object("XML SCHEMA"),
    object("VECTOR INDEX"),
];

/// How many tokens of the statement's beginning were recognised, and what the statement holds.
pub(super) fn found(cursor: &Cursor<'_>) -> Option<(usize, &'static [&'static str])> {
    if !["CREATE", "ALTER", "DROP"].iter().any(|verb| cursor.is(verb)) {
        return None;
    }
    OBJECTS.iter().find_map(|object| {
        let words = matched(cursor.tokens(), cursor.position() + 1, object.head)?;
        Some((words + 1, object.holds))
    })
}
