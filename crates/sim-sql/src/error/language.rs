//! What a batch says wrong: syntax, names, numbers of things.

use super::{UNSUPPORTED, error, with_state};
use crate::Message;

/// The one answer to T-SQL that is outside the subset: Azure's words, with the statement, clause or function.
pub(crate) fn unsupported(what: &str) -> Message {
    error(
        UNSUPPORTED,
        16,
        format!(
            "Statement '{what}' is not supported in this version of SQL Server. The simulated server does not know it."
        ),
    )
}

pub(crate) fn syntax(near: &str) -> Message {
    error(102, 15, format!("Incorrect syntax near '{near}'."))
}

pub(crate) fn syntax_keyword(near: &str) -> Message {
    error(156, 15, format!("Incorrect syntax near the keyword '{near}'."))
}

pub(crate) fn unclosed_string(text: &str) -> Message {
    error(105, 15, format!("Unclosed quotation mark after the character string '{text}'."))
}

pub(crate) fn missing_end_comment() -> Message {
    error(113, 15, "Missing end comment mark '*/'.".to_owned())
}

pub(crate) fn first_in_batch(what: &str) -> Message {
    error(111, 15, format!("'{what}' must be the first statement in a query batch."))
}

pub(crate) fn undeclared(name: &str) -> Message {
    with_state(1, error(137, 15, format!("Must declare the scalar variable \"{name}\".")))
}

pub(crate) fn undeclared_table(name: &str) -> Message {
    error(1087, 16, format!("Must declare the table variable \"{name}\"."))
}

pub(crate) fn declared_twice(name: &str) -> Message {
    error(
        134,
        15,
        format!(
            "The variable name '{name}' has already been declared. Variable names must be unique within a query batch or stored procedure."
        ),
    )
}

pub(crate) fn invalid_column(name: &str) -> Message {
    error(207, 16, format!("Invalid column name '{name}'."))
}

pub(crate) fn invalid_object(name: &str) -> Message {
    error(208, 16, format!("Invalid object name '{name}'."))
}

pub(crate) fn ambiguous_column(name: &str) -> Message {
    error(209, 16, format!("Ambiguous column name '{name}'."))
}

pub(crate) fn unbound(name: &str) -> Message {
    error(4104, 16, format!("The multi-part identifier \"{name}\" could not be bound."))
}

pub(crate) fn unknown_function(name: &str) -> Message {
    error(195, 15, format!("'{name}' is not a recognized built-in function name."))
}

pub(crate) fn argument_count(name: &str, expected: usize) -> Message {
    error(174, 15, format!("The {name} function requires {expected} argument(s)."))
}

pub(crate) fn unknown_type(name: &str) -> Message {
    error(243, 16, format!("Type {name} is not a defined system type."))
}

pub(crate) fn outside_database(name: &str) -> Message {
    error(
        40515,
        15,
        format!("Reference to database and/or server name in '{name}' is not supported in this version of SQL Server."),
    )
}

pub(crate) fn no_procedure(name: &str) -> Message {
    error(2812, 16, format!("Could not find stored procedure '{name}'."))
}

pub(crate) fn column_count(more_columns: bool) -> Message {
    let (number, relation) = if more_columns { (109, "more") } else { (110, "fewer") };
    error(
        number,
        15,
        format!(
            "There are {relation} columns in the INSERT statement than values specified in the VALUES clause. The number of values in the VALUES clause must match the number of columns specified in the INSERT statement."
        ),
    )
}

pub(crate) fn select_list_count(more_in_insert: bool) -> Message {
    let (number, relation) = if more_in_insert { (120, "fewer") } else { (121, "more") };
    error(
        number,
        15,
        format!(
            "The select list for the INSERT statement contains {relation} items than the insert list. The number of SELECT values must match the number of INSERT columns."
        ),
    )
}

pub(crate) fn supplied_values() -> Message {
    error(213, 16, "Column name or number of supplied values does not match table definition.".to_owned())
}

pub(crate) fn subquery_rows() -> Message {
    error(512, 16, "Subquery returned more than 1 value. This is not permitted when the subquery follows =, !=, <, <= , >, >= or when the subquery is used as an expression.".to_owned())
}

pub(crate) fn subquery_columns() -> Message {
    error(
        116,
        16,
        "Only one expression can be specified in the select list when the subquery is not introduced with EXISTS."
            .to_owned(),
    )
}

pub(crate) fn invalid_escape() -> Message {
    error(506, 16, "The invalid escape character \"\" was specified in a LIKE predicate.".to_owned())
}

pub(crate) fn set_lists_differ() -> Message {
    error(205, 16, "All queries combined using a UNION, INTERSECT or EXCEPT operator must have an equal number of expressions in their target lists.".to_owned())
}

pub(crate) fn nesting() -> Message {
    error(217, 16, "Maximum stored procedure, function, trigger, or view nesting level exceeded (limit 32).".to_owned())
}

pub(crate) fn missing_parameter(procedure: &str, parameter: &str) -> Message {
    with_state(
        4,
        error(
            201,
            16,
            format!("Procedure or function '{procedure}' expects parameter '{parameter}', which was not supplied."),
        ),
    )
}

pub(crate) fn unknown_parameter(procedure: &str, parameter: &str) -> Message {
    with_state(2, error(8145, 16, format!("{parameter} is not a parameter for procedure {procedure}.")))
}

pub(crate) fn too_many_arguments(procedure: &str) -> Message {
    with_state(2, error(8144, 16, format!("Procedure or function {procedure} has too many arguments specified.")))
}

pub(crate) fn not_output(parameter: &str) -> Message {
    with_state(
        2,
        error(
            8162,
            16,
            format!(
                "The formal parameter \"{parameter}\" was not declared as an OUTPUT parameter, but the actual parameter passed in requested output."
            ),
        ),
    )
}

/// What SQLite refused, or what the engine lost track of: its own fault, under a number that no script handles.
pub(crate) fn internal(text: &str) -> Message {
    error(UNSUPPORTED, 16, format!("The simulated server cannot run this statement: {text}"))
}

pub(crate) fn invalid_precision(precision: u8) -> Message {
    error(1001, 16, format!("Line 1: Length or precision specification {precision} is invalid."))
}

pub(crate) fn invalid_scale(scale: u8) -> Message {
    error(1002, 16, format!("Line 1: Specified scale {scale} is invalid."))
}

pub(crate) fn too_deep() -> Message {
    error(
        191,
        15,
        "Some part of your SQL statement is nested too deeply. Rewrite the query or break it up into smaller queries."
            .to_owned(),
    )
}
