//! From the wire's error to ours.

use tiberius::error::TokenError;

use crate::error::{Kind, Place, ServerError, SqlError};

/// Reads the server's error. `first_line` is the line of the file in which the batch begins, where a file stands behind
/// it: a server counts lines from the start of the batch, from 1.
pub(crate) fn read(attempt: &str, error: &TokenError, kind: Kind, first_line: Option<u32>) -> SqlError {
    let place = match (error.procedure(), error.line(), first_line) {
        ("", 0, _) | ("", _, None) => None,
        ("", line, Some(first)) => Some(Place::Line(first.saturating_add(line - 1))),
        (procedure, line, _) => Some(Place::Procedure(procedure.to_owned(), line)),
    };
    let server = ServerError { number: error.code(), class: error.class(), state: error.state(), place };
    let message = error.message().trim_end().trim_end_matches('.').to_owned();
    SqlError { kind, attempt: attempt.to_owned(), message, server: Some(server) }
}
