//! `DECLARE`, `SET @x` and the values of expressions.

use std::sync::Arc;

use rusqlite::types::Value;
use sqlparser::ast::Expr;

use super::{Engine, Outcome};
use crate::{
    bind::{Binder, Frame, TableVariable, Variable},
    catalogue::quoted,
    convert::{self, Overlong},
    error,
    syntax::{Declaration, Element},
    types::Type,
};

impl Engine<'_> {
    /// The value of an expression outside any query.
    pub(super) fn value_of(&mut self, expression: &Expr, kind: Option<Type>, frame: &Frame) -> Outcome<(Value, Type)> {
        let catalogue = self.catalogue()?;
        let environment = self.environment(frame, &catalogue);
        let mut binder = Binder::new(&environment);
        let outcome = binder.evaluate(expression, kind);
        let reads = binder.reads;
        self.check_stopped()?;
        if reads {
            self.may_read(expression)?;
        }
        Ok(outcome?)
    }

    pub(super) fn declare(&mut self, declarations: &[Declaration], frame: &mut Frame) -> Outcome<()> {
        for declaration in declarations {
            match declaration {
                Declaration::Variable { name, kind, value } => {
                    self.declare_variable(name, *kind, value.as_deref(), frame)?
                }
                Declaration::Table { name, elements } => self.declare_table(name, elements, frame)?,
            }
        }
        Ok(())
    }

    /// A declaration in a loop runs again and again; it sets the value only where it gives one.
    fn declare_variable(&mut self, name: &str, kind: Type, value: Option<&Expr>, frame: &mut Frame) -> Outcome<()> {
        let initial = match value {
            Some(value) => Some(self.value_of(value, Some(kind), frame)?.0),
            None => None,
        };
        let key = name.to_lowercase();
        match (initial, frame.variables.contains_key(&key)) {
            (None, true) => {}
            (value, _) => {
                frame.variables.insert(key, Variable { kind, value: value.unwrap_or(Value::Null) });
            }
        }
        Ok(())
    }

    fn declare_table(&mut self, name: &str, elements: &[Element], frame: &mut Frame) -> Outcome<()> {
        let key = name.to_lowercase();
        if let Some(variable) = frame.tables.remove(&key) {
            self.drop_table_variable(&variable);
        }
        self.state.table_variables += 1;
        let own = format!("{name}#{}", self.state.table_variables);
        let table = self.temporary_table(&own, elements, frame)?;
        frame.tables.insert(key, TableVariable { table: Arc::new(table) });
        Ok(())
    }

    /// Table variables end with their batch or procedure.
    pub(super) fn forget_tables(&mut self, frame: &Frame) {
        frame.tables.values().for_each(|variable| self.drop_table_variable(variable));
    }

    fn drop_table_variable(&self, variable: &TableVariable) {
        let name = quoted(&variable.table.sqlite_own_name());
        let _ = self.connection.execute_batch(&format!("DROP TABLE IF EXISTS temp.{name}"));
    }

    pub(super) fn assign(&mut self, name: &str, value: &Expr, frame: &mut Frame) -> Outcome<()> {
        let kind = frame.variable(name)?.kind;
        let (value, _) = self.value_of(value, Some(kind), frame)?;
        set(frame, name, value);
        Ok(())
    }

    /// Gives a variable a value of another type.
    pub(super) fn assign_value(&self, name: &str, value: Value, from: Type, frame: &mut Frame) -> Outcome<()> {
        let kind = frame.variables.get(&name.to_lowercase()).ok_or_else(|| error::undeclared(name))?.kind;
        let value =
            if convert::is_free(from, kind) { value } else { convert::convert(value, from, kind, 0, Overlong::Cut)? };
        set(frame, name, value);
        Ok(())
    }
}

fn set(frame: &mut Frame, name: &str, value: Value) {
    if let Some(variable) = frame.variables.get_mut(&name.to_lowercase()) {
        variable.value = value;
    }
}
