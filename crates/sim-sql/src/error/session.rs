//! Transactions, permissions and the state of the database.

use super::{error, with_state};
use crate::Message;

pub(crate) fn use_refused() -> Message {
    error(40508, 16, "USE statement is not supported to switch between databases. Use a new connection to connect to a different database.".to_owned())
}

pub(crate) fn read_only(database: &str) -> Message {
    error(3906, 16, format!("Failed to update database \"{database}\" because the database is read-only."))
}

/// Azure SQL Database says so on Basic, S0, S1 and in elastic pools.
pub(crate) fn server_state_denied() -> Message {
    error(300, 14, "VIEW SERVER STATE permission was denied on object 'server', database 'master'.".to_owned())
}

pub(crate) fn database_state_denied(database: &str) -> Message {
    error(262, 14, format!("VIEW DATABASE STATE permission denied in database '{database}'."))
}

pub(crate) fn commit_without_begin() -> Message {
    error(3902, 16, "The COMMIT TRANSACTION request has no corresponding BEGIN TRANSACTION.".to_owned())
}

pub(crate) fn rollback_without_begin() -> Message {
    error(3903, 16, "The ROLLBACK TRANSACTION request has no corresponding BEGIN TRANSACTION.".to_owned())
}

pub(crate) fn unknown_savepoint(name: &str) -> Message {
    error(6401, 16, format!("Cannot roll back {name}. No transaction or savepoint of that name was found."))
}

pub(crate) fn save_without_begin() -> Message {
    error(628, 16, "Cannot issue SAVE TRANSACTION when there is no active transaction.".to_owned())
}

pub(crate) fn doomed() -> Message {
    error(3930, 16, "The current transaction cannot be committed and cannot support operations that write to the log file. Roll back the transaction.".to_owned())
}

pub(crate) fn doomed_at_end() -> Message {
    error(
        3998,
        16,
        "Uncommittable transaction is detected at the end of the batch. The transaction is rolled back.".to_owned(),
    )
}

pub(crate) fn transaction_count(before: i32, now: i32) -> Message {
    with_state(
        2,
        error(
            266,
            16,
            format!(
                "Transaction count after EXECUTE indicates a mismatching number of BEGIN and COMMIT statements. Previous count = {before}, current count = {now}."
            ),
        ),
    )
}

pub(crate) fn in_transaction(statement: &str) -> Message {
    with_state(6, error(226, 16, format!("{statement} statement not allowed within multi-statement transaction.")))
}

pub(crate) fn alter_not_permitted(database: &str) -> Message {
    error(
        5011,
        14,
        format!(
            "User does not have permission to alter database '{database}', the database does not exist, or the database is not in a state that allows access checks."
        ),
    )
}

pub(crate) fn alter_failed() -> Message {
    error(5069, 16, "ALTER DATABASE statement failed.".to_owned())
}

pub(crate) fn alter_lock_not_placed(database: &str) -> Message {
    error(
        5061,
        16,
        format!("ALTER DATABASE failed because a lock could not be placed on database '{database}'. Try again later."),
    )
}

pub(crate) fn other_users(database: &str) -> Message {
    with_state(
        2,
        error(
            5070,
            16,
            format!("Database state cannot be changed while other users are using the database '{database}'"),
        ),
    )
}

pub(crate) fn permission_denied(what: &str, object: &str, database: &str, schema: &str) -> Message {
    with_state(
        5,
        error(
            229,
            14,
            format!(
                "The {what} permission was denied on the object '{object}', database '{database}', schema '{schema}'."
            ),
        ),
    )
}

pub(crate) fn definition_denied(statement: &str, database: &str) -> Message {
    error(262, 14, format!("{statement} permission denied in database '{database}'."))
}

pub(crate) fn no_permission() -> Message {
    error(15247, 16, "User does not have permission to perform this action.".to_owned())
}

pub(crate) fn lock_timeout() -> Message {
    with_state(45, error(1222, 16, "Lock request time out period exceeded.".to_owned()))
}

pub(crate) fn cannot_open(database: &str) -> Message {
    error(4060, 11, format!("Cannot open database \"{database}\" requested by the login. The login failed."))
}
