//! From T-SQL to SQLite's SQL: names are resolved, every expression gets its T-SQL type, and conversions that T-SQL
//! does by itself are written out.

mod aggregate;
mod case;
mod change;
mod convert_call;
mod environment;
mod expression;
mod from;
mod function;
mod inline;
mod literal;
mod operator;
mod order;
mod query;
mod scope;
mod select;
mod subquery;
mod system;
mod time_call;

use rusqlite::types::Value;
use sqlparser::ast::Expr;

pub(crate) use change::ChangePlan;
pub(crate) use change::{object_name, parts};
pub(crate) use environment::{CaughtError, Environment, Frame, TableVariable, Variable};
pub(crate) use from::ViewDefinition;
pub(crate) use inline::routine_of;
pub(crate) use literal::{constant, sql as literal_sql};
pub(crate) use scope::{Scope, Source, SourceColumn};
pub(crate) use system::split_name;

use crate::{Message, catalogue::quoted, collation, convert, types::Type};

/// Views in views, at most.
const DEEPEST_VIEW: usize = 32;

/// An expression in SQLite's SQL.
#[derive(Debug, Clone)]
pub(crate) struct Bound {
    pub(crate) sql: String,
    pub(crate) kind: Type,
    /// What it is, where that is known without running it.
    pub(crate) value: Option<Value>,
}

/// A query in SQLite's SQL.
#[derive(Debug)]
pub(crate) struct BoundQuery {
    pub(crate) sql: String,
    pub(crate) columns: Vec<SourceColumn>,
}

/// Binds the parts of one statement, whose parameters it collects.
pub(crate) struct Binder<'a> {
    pub(crate) env: &'a Environment<'a>,
    /// The values of `?1`, `?2`, …
    pub(crate) parameters: Vec<Value>,
    /// Whether a table or view of the user's is read.
    pub(crate) reads: bool,
    /// Common table expressions that can be named now, innermost last.
    tables: Vec<Source>,
    /// Arguments of functions that are written in place.
    arguments: Vec<Vec<(String, Bound)>>,
    /// How deep in views or functions this is.
    depth: usize,
    /// Parameters are not possible: the text goes into a definition.
    definition: bool,
}

impl<'a> Binder<'a> {
    pub(crate) fn new(env: &'a Environment<'a>) -> Self {
        Self {
            env,
            parameters: Vec::new(),
            reads: false,
            tables: Vec::new(),
            arguments: Vec::new(),
            depth: 0,
            definition: false,
        }
    }

    /// For the text of a constraint.
    pub(crate) fn for_definition(env: &'a Environment<'a>) -> Self {
        Self { definition: true, ..Self::new(env) }
    }

    /// A value as a parameter (or as a literal inside a definition).
    fn parameter(&mut self, value: Value, kind: Type) -> Bound {
        let sql = if self.definition {
            literal::sql(&value)
        } else {
            self.parameters.push(value.clone());
            format!("?{}", self.parameters.len())
        };
        Bound { sql, kind, value: Some(value) }
    }

    /// Binds an expression and converts it.
    pub(crate) fn expression_as(&mut self, expression: &Expr, scope: &Scope<'_>, kind: Type) -> Result<Bound, Message> {
        let bound = self.expression(expression, scope)?;
        Ok(bound.to(kind))
    }

    /// The value of an expression that names no column.
    pub(crate) fn evaluate(&mut self, expression: &Expr, kind: Option<Type>) -> Result<(Value, Type), Message> {
        if let (Some((value, from)), None) = (constant(expression), kind) {
            return Ok((value, from));
        }
        let mut binder = Binder { tables: Vec::new(), arguments: Vec::new(), parameters: Vec::new(), ..*self };
        let bound = binder.expression(expression, &Scope::empty())?;
        let bound = match kind {
            Some(kind) => bound.to(kind),
            None => bound,
        };
        self.reads |= binder.reads;
        let value = match bound.value {
            Some(value) => value,
            None => binder.env.query_value(&format!("SELECT {}", bound.sql), &binder.parameters)?,
        };
        Ok((value, bound.kind))
    }
}

impl Bound {
    pub(crate) fn new(sql: impl Into<String>, kind: Type) -> Self {
        Self { sql: sql.into(), kind, value: None }
    }

    fn null() -> Self {
        Self { sql: "NULL".to_owned(), kind: Type::Null, value: Some(Value::Null) }
    }

    /// Converted as T-SQL converts by itself.
    pub(crate) fn to(self, kind: Type) -> Self {
        if convert::is_free(self.kind, kind) {
            return Self { kind, ..self };
        }
        if self.kind.is_number() && kind == Type::Float {
            return Self { sql: format!("CAST({} AS REAL)", self.sql), kind, value: None };
        }
        self.cast(kind, 0)
    }

    /// Converted by the engine's function.
    fn cast(self, kind: Type, style: i64) -> Self {
        let known =
            self.value.and_then(|value| convert::convert(value, self.kind, kind, style, convert::Overlong::Cut).ok());
        let sql = match &known {
            Some(value) if !self.sql.starts_with('?') => literal::sql(value),
            _ => format!("ts_cast({}, {}, {}, {style})", self.sql, self.kind.code(), kind.code()),
        };
        Self { sql, kind, value: known }
    }

    /// With the collation written out, for text that is compared or sorted.
    fn collated(&self) -> String {
        if self.kind.is_text() { format!("{} COLLATE {}", self.sql, collation::NAME) } else { self.sql.clone() }
    }
}

/// `"alias"."column"`
fn column_sql(alias: &str, column: &str) -> String {
    format!("{}.{}", quoted(alias), quoted(column))
}
