//! Values that a column, type or constraint refuses.

use super::{error, with_state};
use crate::Message;

pub(crate) fn null_refused(column: &str, table: &str, statement: &str) -> Message {
    with_state(
        2,
        error(
            515,
            16,
            format!(
                "Cannot insert the value NULL into column '{column}', table '{table}'; column does not allow nulls. {statement} fails."
            ),
        ),
    )
}

pub(crate) fn conflict(
    statement: &str,
    kind: &str,
    name: &str,
    database: &str,
    table: &str,
    column: Option<&str>,
) -> Message {
    let column = column.map(|column| format!(", column '{column}'")).unwrap_or_default();
    with_state(
        0,
        error(
            547,
            16,
            format!(
                "The {statement} statement conflicted with the {kind} constraint \"{name}\". The conflict occurred in database \"{database}\", table \"{table}\"{column}."
            ),
        ),
    )
}

pub(crate) fn duplicate_key(kind: &str, name: &str, table: &str, key: &str) -> Message {
    error(
        2627,
        14,
        format!(
            "Violation of {kind} constraint '{name}'. Cannot insert duplicate key in object '{table}'. The duplicate key value is ({key})."
        ),
    )
}

pub(crate) fn duplicate_row(index: &str, table: &str, key: &str) -> Message {
    error(
        2601,
        14,
        format!(
            "Cannot insert duplicate key row in object '{table}' with unique index '{index}'. The duplicate key value is ({key})."
        ),
    )
}

pub(crate) fn truncated(table: &str, column: &str, value: &str) -> Message {
    error(
        2628,
        16,
        format!(
            "String or binary data would be truncated in table '{table}', column '{column}'. Truncated value: '{value}'."
        ),
    )
}

pub(crate) fn divide_by_zero() -> Message {
    error(8134, 16, "Divide by zero error encountered.".to_owned())
}

pub(crate) fn conversion_failed(kind: &str, value: &str, to: &str) -> Message {
    error(245, 16, format!("Conversion failed when converting the {kind} value '{value}' to data type {to}."))
}

pub(crate) fn conversion_failed_time() -> Message {
    error(241, 16, "Conversion failed when converting date and/or time from character string.".to_owned())
}

pub(crate) fn conversion_failed_guid() -> Message {
    error(8169, 16, "Conversion failed when converting from a character string to uniqueidentifier.".to_owned())
}

pub(crate) fn conversion_refused(from: &str, to: &str) -> Message {
    error(529, 16, format!("Explicit conversion from data type {from} to {to} is not allowed."))
}

pub(crate) fn operand_clash(from: &str, to: &str) -> Message {
    error(206, 16, format!("Operand type clash: {from} is incompatible with {to}"))
}

pub(crate) fn conversion_error(from: &str, to: &str) -> Message {
    error(8114, 16, format!("Error converting data type {from} to {to}."))
}

pub(crate) fn overflow(to: &str) -> Message {
    with_state(2, error(8115, 16, format!("Arithmetic overflow error converting expression to data type {to}.")))
}

pub(crate) fn out_of_range(to: &str) -> Message {
    error(
        242,
        16,
        format!("The conversion of a varchar data type to a {to} data type resulted in an out-of-range value."),
    )
}

pub(crate) fn identity_refused(table: &str) -> Message {
    error(
        544,
        16,
        format!(
            "Cannot insert explicit value for identity column in table '{table}' when IDENTITY_INSERT is set to OFF."
        ),
    )
}

pub(crate) fn identity_update(column: &str) -> Message {
    error(8102, 16, format!("Cannot update identity column '{column}'."))
}
