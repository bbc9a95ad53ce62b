//! Statements by what they begin with.

use super::{Cursor, Outside, matched};

const fn plain(head: &'static str) -> Outside {
    Outside { head, holds: &[] }
}

const fn holding(head: &'static str, holds: &'static [&'static str]) -> Outside {
    Outside { head, holds }
}

/// What a cursor's definition holds: its query, and `FOR UPDATE`.
const QUERY: &[&str] = &["SELECT", "UPDATE"];

const STATEMENTS: [Outside; 68] = [
    plain("ADD SIGNATURE"),
    plain("ADD SENSITIVITY CLASSIFICATION"),
    plain("ADD COUNTER SIGNATURE"),
    plain("ALTER AUTHORIZATION"),
    holding("ALTER INDEX", &["SET"]),
    plain("BACKUP"),
    plain("BEGIN DISTRIBUTED"),
    plain("BEGIN DIALOG"),
    plain("BEGIN CONVERSATION"),
    plain("BEGIN ATOMIC"),
    holding("BULK INSERT", &["INSERT"]),
    plain("CLOSE"),
    plain("CREATE DATABASE"),
    plain("DBCC"),
    plain("DEALLOCATE"),
    holding("DECLARE ? CURSOR", QUERY),
    holding("DECLARE ? INSENSITIVE CURSOR", QUERY),
    holding("DECLARE ? SCROLL CURSOR", QUERY),
    holding("DECLARE ? INSENSITIVE SCROLL CURSOR", QUERY),
    plain("DENY"),
    plain("DISABLE TRIGGER"),
    plain("DROP DATABASE"),
    plain("DROP SENSITIVITY CLASSIFICATION"),
    plain("DROP SIGNATURE"),
    plain("DROP TRIGGER"),
    plain("ENABLE TRIGGER"),
    plain("END CONVERSATION"),
    plain("EXEC AS"),
    plain("EXECUTE AS"),
    plain("FETCH NEXT"),
    plain("FETCH PRIOR"),
    plain("FETCH FIRST"),
    plain("FETCH LAST"),
    plain("FETCH ABSOLUTE"),
    plain("FETCH RELATIVE"),
    plain("FETCH FROM"),
    plain("FETCH ?"),
    plain("GET CONVERSATION"),
    plain("GOTO"),
    plain("GRANT"),
    plain("KILL"),
    plain("MERGE INTO"),
    plain("MERGE TOP"),
    plain("MERGE ?"),
    plain("MOVE CONVERSATION"),
    plain("OPEN"),
    plain("READTEXT"),
    plain("RECEIVE TOP"),
    plain("RECEIVE *"),
    plain("RECONFIGURE"),
    plain("RESTORE"),
    plain("REVERT"),
    plain("REVOKE"),
    plain("SEND ON CONVERSATION"),
    plain("SET FIPS_FLAGGER"),
    plain("SET FMTONLY"),
    plain("SET FORCEPLAN"),
    plain("SET OFFSETS"),
    plain("SET REMOTE_PROC_TRANSACTIONS"),
    plain("SET ROWCOUNT"),
    plain("SET SHOWPLAN_ALL"),
    plain("SET SHOWPLAN_TEXT"),
    plain("SET SHOWPLAN_XML"),
    holding("SET ? = CURSOR", QUERY),
    plain("SETUSER"),
    plain("SHUTDOWN"),
    plain("UPDATE STATISTICS"),
    plain("UPDATETEXT"),
];

/// How many tokens of a statement's beginning were recognised, and what the statement holds.
pub(super) fn found(cursor: &Cursor<'_>) -> Option<(usize, &'static [&'static str])> {
    STATEMENTS.iter().find_map(|outside| {
        let words = matched(cursor.tokens(), cursor.position(), outside.head)?;
        Some((words, outside.holds))
    })
}
