//! `CREATE`, `ALTER` and `DROP` of what the engine has not.

use super::{Cursor, Outside};

const OBJECTS: [Outside; 57] = [
    Outside::plain("AGGREGATE"),
    Outside::plain("APPLICATION ROLE"),
    Outside::plain("ASSEMBLY"),
    Outside::plain("ASYMMETRIC KEY"),
    Outside::plain("AVAILABILITY GROUP"),
    Outside::plain("BROKER PRIORITY"),
    Outside::plain("CERTIFICATE"),
    Outside::plain("CLUSTERED COLUMNSTORE INDEX"),
    Outside::plain("COLUMN ENCRYPTION KEY"),
    Outside::plain("COLUMN MASTER KEY"),
    Outside::plain("COLUMNSTORE INDEX"),
    Outside::plain("CONTRACT"),
    Outside::plain("CREDENTIAL"),
    Outside::plain("CRYPTOGRAPHIC PROVIDER"),
    Outside::plain("DEFAULT"),
    Outside::plain("ENDPOINT"),
    Outside::plain("EVENT NOTIFICATION"),
    Outside::holding("EVENT SESSION", &["DROP"]),
    Outside::holding("EXTERNAL DATA SOURCE", &["SET"]),
    Outside::plain("EXTERNAL FILE FORMAT"),
    Outside::plain("EXTERNAL LANGUAGE"),
    Outside::plain("EXTERNAL LIBRARY"),
    Outside::plain("EXTERNAL TABLE"),
    Outside::plain("FULLTEXT CATALOG"),
    Outside::holding("FULLTEXT INDEX", &["SET", "DROP"]),
    Outside::holding("FULLTEXT STOPLIST", &["DROP"]),
    Outside::plain("JSON INDEX"),
    Outside::plain("LOGIN"),
    Outside::plain("MASTER KEY"),
    Outside::plain("MESSAGE TYPE"),
    Outside::plain("NONCLUSTERED COLUMNSTORE INDEX"),
    Outside::holding("PARTITION FUNCTION", &["MERGE"]),
    Outside::plain("PARTITION SCHEME"),
    Outside::plain("PRIMARY XML INDEX"),
    Outside::plain("QUEUE"),
    Outside::plain("REMOTE SERVICE BINDING"),
    Outside::plain("RESOURCE GOVERNOR"),
    Outside::plain("RESOURCE POOL"),
    Outside::holding("ROLE", &["DROP"]),
    Outside::plain("ROUTE"),
    Outside::plain("RULE"),
    Outside::holding("SEARCH PROPERTY LIST", &["DROP"]),
    Outside::holding("SECURITY POLICY", &["ALTER", "DROP", "INSERT", "UPDATE", "DELETE"]),
    Outside::plain("SEQUENCE"),
    Outside::plain("SERVER AUDIT"),
    Outside::holding("SERVER ROLE", &["DROP"]),
    Outside::holding("SERVICE", &["DROP"]),
    Outside::plain("SPATIAL INDEX"),
    Outside::plain("STATISTICS"),
    Outside::holding("SYMMETRIC KEY", &["DROP"]),
    Outside::plain("SYNONYM"),
    Outside::plain("TYPE"),
    Outside::plain("USER"),
    Outside::plain("WORKLOAD"),
    Outside::plain("XML INDEX"),
    Outside::plain("XML SCHEMA"),
    Outside::plain("VECTOR INDEX"),
];

/// How many tokens of the statement's beginning were recognised, and what the statement holds.
pub(super) fn found(cursor: &Cursor<'_>) -> Option<(usize, &'static [&'static str])> {
    if !["CREATE", "ALTER", "DROP"].iter().any(|verb| cursor.is(verb)) {
        return None;
    }
    let (words, holds) = OBJECTS.iter().find_map(|object| object.found(cursor.tokens(), cursor.position() + 1))?;
    Some((words + 1, holds))
}
