//! Objects that are there already, are missing or are in use.

use super::{error, with_state};
use crate::Message;

pub(crate) fn already_exists(name: &str) -> Message {
    with_state(6, error(2714, 16, format!("There is already an object named '{name}' in the database.")))
}

pub(crate) fn index_exists(index: &str, table: &str) -> Message {
    error(
        1913,
        16,
        format!(
            "The operation failed because an index or statistics with name '{index}' already exists on table '{table}'."
        ),
    )
}

pub(crate) fn column_exists(column: &str, table: &str) -> Message {
    with_state(
        4,
        error(
            2705,
            16,
            format!(
                "Column names in each table must be unique. Column name '{column}' in table '{table}' is specified more than once."
            ),
        ),
    )
}

pub(crate) fn cannot_drop(kind: &str, name: &str) -> Message {
    with_state(
        5,
        error(
            3701,
            11,
            format!("Cannot drop the {kind} '{name}', because it does not exist or you do not have permission."),
        ),
    )
}

pub(crate) fn cannot_find(kind: &str, name: &str) -> Message {
    error(
        4902,
        16,
        format!("Cannot find the {kind} \"{name}\" because it does not exist or you do not have permissions."),
    )
}

pub(crate) fn drop_referenced(name: &str) -> Message {
    error(3726, 16, format!("Could not drop object '{name}' because it is referenced by a FOREIGN KEY constraint."))
}

pub(crate) fn truncate_referenced(name: &str) -> Message {
    error(
        4712,
        16,
        format!("Cannot truncate table '{name}' because it is being referenced by a FOREIGN KEY constraint."),
    )
}

pub(crate) fn not_a_constraint(name: &str) -> Message {
    error(3728, 16, format!("'{name}' is not a constraint."))
}

/// 5074 names what uses the column, 4922 the statement that failed. `verb` is `ALTER` or `DROP`.
pub(crate) fn column_in_use(verb: &str, user: &str, column: &str) -> [Message; 2] {
    let action = if verb == "DROP" { "DROP COLUMN" } else { "ALTER COLUMN" };
    let object = format!("The object '{user}' is dependent on column '{column}'.");
    let failed = format!("ALTER TABLE {action} {column} failed because one or more objects access this column.");
    [error(5074, 16, object), with_state(9, error(4922, 16, failed))]
}

pub(crate) fn cannot_alter_column(column: &str, table: &str) -> Message {
    error(
        4924,
        16,
        format!("ALTER TABLE ALTER COLUMN failed because column '{column}' does not exist in table '{table}'."),
    )
}

pub(crate) fn cannot_drop_column(column: &str, table: &str) -> Message {
    error(
        4924,
        16,
        format!("ALTER TABLE DROP COLUMN failed because column '{column}' does not exist in table '{table}'."),
    )
}

pub(crate) fn duplicate_on_create(table: &str, index: &str, key: &str) -> Message {
    error(
        1505,
        16,
        format!(
            "The CREATE UNIQUE INDEX statement terminated because a duplicate key was found for the object name '{table}' and the index name '{index}'. The duplicate key value is ({key})."
        ),
    )
}

pub(crate) fn no_schema(name: &str) -> Message {
    error(
        2760,
        16,
        format!("The specified schema name \"{name}\" either does not exist or you do not have permission to use it."),
    )
}

pub(crate) fn no_referenced_table(constraint: &str, table: &str) -> Message {
    with_state(0, error(1767, 16, format!("Foreign key '{constraint}' references invalid table '{table}'.")))
}

pub(crate) fn no_referenced_key(table: &str, constraint: &str) -> Message {
    with_state(
        0,
        error(
            1776,
            16,
            format!(
                "There are no primary or candidate keys in the referenced table '{table}' that match the referencing column list in the foreign key '{constraint}'."
            ),
        ),
    )
}

pub(crate) fn constraint_failed() -> Message {
    with_state(1, error(1750, 16, "Could not create constraint or index. See previous errors.".to_owned()))
}

pub(crate) fn second_primary_key(table: &str) -> Message {
    with_state(0, error(1779, 16, format!("Table '{table}' already has a primary key defined on it.")))
}

pub(crate) fn add_not_null(column: &str, table: &str) -> Message {
    error(
        4901,
        16,
        format!(
            "ALTER TABLE only allows columns to be added that can contain nulls, or have a DEFAULT definition specified, or the column being added is an identity or timestamp column, or alternatively if none of the previous conditions are satisfied the table must be empty to allow addition of this column. Column '{column}' cannot be added to non-empty table '{table}' because it does not satisfy these conditions."
        ),
    )
}
