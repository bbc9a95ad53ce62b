//! `ALTER DATABASE`: the access option with its termination clause, and the end of a geo-replication link.

use std::time::Duration;

use super::{Cursor, Kind, outside};
use crate::{Access, Message, store::Termination};

/// The words of an option, with the database's name before them.
const NAMED: usize = 5;

/// What may follow the name of a database, or a first word that is none (`ALTER DATABASE SCOPED CONFIGURATION`).
const CHANGES: [&str; 12] = [
    "SET",
    "ADD",
    "REMOVE",
    "MODIFY",
    "COLLATE",
    "FAILOVER",
    "FORCE_FAILOVER_ALLOW_DATA_LOSS",
    "PERFORM_CUTOVER",
    "CONFIGURATION",
    "CREDENTIAL",
    "KEY",
    "SPECIFICATION",
];

pub(super) fn alter(cursor: &mut Cursor<'_>) -> Result<Kind, Message> {
    let start = cursor.position();
    cursor.skip(2);
    let database = if cursor.eat("CURRENT") { None } else { Some(cursor.identifier()?) };
    if cursor.eat("SET") {
        let access = if cursor.eat("READ_ONLY") {
            Some(Access::ReadOnly)
        } else {
            cursor.eat("READ_WRITE").then_some(Access::ReadWrite)
        };
        if let Some(access) = access {
            return Ok(Kind::SetAccess { database, access, termination: termination(cursor)? });
        }
    }
    if let (true, Some(database)) = (cursor.is("REMOVE") && cursor.is_at(1, "SECONDARY"), database) {
        return remove_secondary(cursor, database);
    }
    cursor.move_to(start);
    if !CHANGES.iter().any(|change| cursor.is_at(3, change)) {
        cursor.skip(3);
        return Err(cursor.unexpected());
    }
    Ok(outside::refused(cursor, NAMED, &["SET", "ROLLBACK"]))
}

fn termination(cursor: &mut Cursor<'_>) -> Result<Termination, Message> {
    if !cursor.eat("WITH") {
        return Ok(Termination::Wait);
    }
    if cursor.eat("NO_WAIT") {
        return Ok(Termination::NoWait);
    }
    cursor.expect("ROLLBACK")?;
    if cursor.eat("IMMEDIATE") {
        return Ok(Termination::RollbackAfter(Duration::ZERO));
    }
    cursor.expect("AFTER")?;
    let seconds = u64::try_from(cursor.number()?).map_err(|_| cursor.unexpected())?;
    cursor.eat("SECONDS");
    Ok(Termination::RollbackAfter(Duration::from_secs(seconds)))
}

fn remove_secondary(cursor: &mut Cursor<'_>, database: String) -> Result<Kind, Message> {
    cursor.skip(2);
    cursor.expect("ON")?;
    cursor.expect("SERVER")?;
    Ok(Kind::RemoveSecondary { database, server: cursor.identifier()? })
}
