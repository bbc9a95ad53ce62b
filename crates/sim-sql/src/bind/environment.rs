//! What an expression can ask about the world around it.

use std::{collections::BTreeMap, sync::Arc};

use rusqlite::{Connection, params_from_iter, types::Value};

use crate::{
    Message,
    catalogue::{Catalogue, Table},
    error, functions,
    session::State,
    store::Member,
    types::Type,
};

/// The surroundings of one statement.
pub(crate) struct Environment<'a> {
    pub(crate) connection: &'a Connection,
    pub(crate) member: &'a Arc<Member>,
    pub(crate) state: &'a State,
    pub(crate) frame: &'a Frame,
    pub(crate) catalogue: &'a Catalogue,
    /// The statement's one reading of the clock: seconds since 1970.
    pub(crate) now: f64,
}

/// The variables of a batch or procedure.
#[derive(Default)]
pub(crate) struct Frame {
    /// By their lower-case name, with its `@`.
    pub(crate) variables: BTreeMap<String, Variable>,
    pub(crate) tables: BTreeMap<String, TableVariable>,
    /// The errors that `CATCH` blocks are handling, innermost last.
    pub(crate) caught: Vec<CaughtError>,
    /// The batch's own text; empty in a procedure.
    pub(crate) text: String,
    /// The procedure's name; empty in a batch.
    pub(crate) procedure: String,
    /// `SCOPE_IDENTITY()`
    pub(crate) identity: Option<i64>,
}

#[derive(Debug, Clone)]
pub(crate) struct Variable {
    pub(crate) kind: Type,
    pub(crate) value: Value,
}

/// A table variable and the temporary table that holds its rows.
#[derive(Clone)]
pub(crate) struct TableVariable {
    pub(crate) table: Arc<Table>,
}

/// An error inside its `CATCH` block.
#[derive(Debug, Clone)]
pub(crate) struct CaughtError {
    pub(crate) message: Message,
}

impl Frame {
    pub(crate) fn variable(&self, name: &str) -> Result<&Variable, Message> {
        self.variables.get(&name.to_lowercase()).ok_or_else(|| error::undeclared(name))
    }
}

impl Environment<'_> {
    /// The one value of a query.
    pub(crate) fn query_value(&self, sql: &str, parameters: &[Value]) -> Result<Value, Message> {
        let run = || {
            let mut statement = self.connection.prepare_cached(sql)?;
            statement.query_row(params_from_iter(parameters), |row| row.get(0))
        };
        run().map_err(|error| functions::message_of(&error))
    }
}
