//! `EXEC`: procedures of the user's, and text.

use std::sync::Arc;

use rusqlite::types::Value;
use sqlparser::ast::Expr;

use super::{DEEPEST, Engine, Failure, Flow, Outcome, Reach};
use crate::{
    bind::{Frame, Variable, object_name, routine_of},
    catalogue::{Object, Routine},
    convert::{self, Overlong},
    error, outside,
    principal::Permission,
    syntax::{self, Argument, Execute, Statement},
    types::Type,
};

impl Engine<'_> {
    pub(super) fn execute(&mut self, execute: &Execute, frame: &mut Frame) -> Outcome<()> {
        if let Some(result) = &execute.result {
            frame.variable(result)?;
        }
        let code = match self.system_procedure(execute, frame)? {
            Some(code) => code,
            None => self.user_procedure(execute, frame)?,
        };
        if let Some(result) = &execute.result {
            self.assign_value(result, Value::Integer(code), Type::Int, frame)?;
        }
        Ok(())
    }

    fn user_procedure(&mut self, execute: &Execute, frame: &mut Frame) -> Outcome<i64> {
        let written = execute.procedure.join(".");
        let name = object_name(&execute.procedure, self.state.database())?;
        let catalogue = self.catalogue()?;
        let Some(Object::Routine(routine)) = catalogue.object(&name).filter(|object| object.kind() == "P") else {
            return Err(outside::procedure(&written).into());
        };
        let routine = Arc::clone(routine);
        self.may(Permission::Execute, "EXECUTE", || routine.header.full_name())?;
        let parsed = syntax::parse(&routine.text)?;
        let definition = routine_of(&parsed).ok_or_else(|| error::no_procedure(&written))?;
        let mut inner = Frame { procedure: routine.header.name.clone(), ..Frame::default() };
        self.pass_arguments(&routine, definition, &execute.arguments, frame, &mut inner)?;
        let code = self.call(&definition.body, &mut inner)?;
        self.take_outputs(definition, &execute.arguments, &inner, frame)?;
        Ok(code)
    }

    /// Runs a body in a frame of its own.
    fn call(&mut self, body: &[Statement], frame: &mut Frame) -> Outcome<i64> {
        if self.depth >= DEEPEST {
            return Err(error::nesting().into());
        }
        let before = self.state.transaction.count;
        self.depth += 1;
        let outcome = self.all(body, frame);
        self.forget_tables(frame);
        self.depth -= 1;
        let code = match outcome {
            Ok(Flow::Return(code)) => code,
            Ok(_) => 0,
            Err(Failure::Aborted(Reach::Scope)) => -6,
            Err(failure) => return Err(failure),
        };
        let now = self.state.transaction.count;
        if now != before && !self.state.transaction.doomed {
            return Err(error::transaction_count(before, now).into());
        }
        Ok(code)
    }

    fn pass_arguments(
        &mut self,
        routine: &Routine,
        definition: &syntax::Routine,
        arguments: &[Argument],
        outer: &Frame,
        inner: &mut Frame,
    ) -> Outcome<()> {
        let procedure = &routine.header.name;
        if arguments.len() > definition.parameters.len() {
            return Err(error::too_many_arguments(procedure).into());
        }
        let unknown = arguments
            .iter()
            .filter_map(|argument| argument.name.as_ref())
            .find(|name| !definition.parameters.iter().any(|parameter| parameter.name.eq_ignore_ascii_case(name)));
        if let Some(name) = unknown {
            return Err(error::unknown_parameter(procedure, name).into());
        }
        for (place, parameter) in definition.parameters.iter().enumerate() {
            let argument = argument_for(arguments, place, &parameter.name);
            if argument.is_some_and(|argument| argument.output && !parameter.output) {
                return Err(error::not_output(&parameter.name).into());
            }
            let given = argument.and_then(|argument| argument.value.as_ref());
            let value = match (given, &parameter.default) {
                (Some(value), _) => self.value_of(value, Some(parameter.kind), outer)?.0,
                (None, Some(default)) => self.value_of(default, Some(parameter.kind), &Frame::default())?.0,
                (None, None) => return Err(error::missing_parameter(procedure, &parameter.name).into()),
            };
            inner.variables.insert(parameter.name.to_lowercase(), Variable { kind: parameter.kind, value });
        }
        Ok(())
    }

    fn take_outputs(
        &self,
        definition: &syntax::Routine,
        arguments: &[Argument],
        inner: &Frame,
        outer: &mut Frame,
    ) -> Outcome<()> {
        for (place, parameter) in definition.parameters.iter().enumerate() {
            let Some(argument) = argument_for(arguments, place, &parameter.name).filter(|argument| argument.output)
            else {
                continue;
            };
            if let Some(target) = argument.value.as_ref().and_then(variable_of) {
                let value = inner.variable(&parameter.name)?.clone();
                self.assign_value(target, value.value, value.kind, outer)?;
            }
        }
        Ok(())
    }

    /// `EXEC ('…')`
    pub(super) fn execute_text(&mut self, text: &Expr, frame: &mut Frame) -> Outcome<()> {
        let text = self.text_of(text, frame)?;
        let mut inner = Frame { text: text.clone(), ..Frame::default() };
        self.run_text(&text, &mut inner).map(|_| ())
    }

    pub(super) fn run_text(&mut self, text: &str, inner: &mut Frame) -> Outcome<i64> {
        let statements = syntax::parse(text).map_err(|message| {
            let line = message.line;
            let failure: Failure = message.into();
            match failure {
                Failure::Fault(mut fault) => {
                    fault.locate(line, "", self.depth + 1);
                    Failure::Fault(fault)
                }
                other => other,
            }
        })?;
        self.call(&statements, inner)
    }

    /// `sp_executesql @statement, @parameters, values …`
    pub(super) fn execute_sql(&mut self, arguments: &[Argument], frame: &mut Frame) -> Outcome<i64> {
        let text = match arguments.first().and_then(|argument| argument.value.as_ref()) {
            Some(text) => self.text_of(text, frame)?,
            None => return Err(error::missing_parameter("sp_executesql", "@statement").into()),
        };
        let parameters = match arguments.get(1).and_then(|argument| argument.value.as_ref()) {
            Some(list) => syntax::parse_parameters(&self.text_of(list, frame)?)?,
            None => Vec::new(),
        };
        let values = arguments.get(2..).unwrap_or(&[]);
        let mut inner = Frame { text: text.clone(), ..Frame::default() };
        for (place, parameter) in parameters.iter().enumerate() {
            let given = argument_for(values, place, &parameter.name).and_then(|argument| argument.value.as_ref());
            let value = match given {
                Some(value) => self.value_of(value, Some(parameter.kind), frame)?.0,
                None => return Err(error::missing_parameter("sp_executesql", &parameter.name).into()),
            };
            inner.variables.insert(parameter.name.to_lowercase(), Variable { kind: parameter.kind, value });
        }
        let code = self.run_text(&text, &mut inner)?;
        let definition = syntax::Routine { parameters, returns: None, body: Vec::new() };
        self.take_outputs(&definition, values, &inner, frame)?;
        Ok(code)
    }
}

/// The argument of a parameter: by its name, else by its place.
pub(super) fn argument_for<'a>(arguments: &'a [Argument], place: usize, parameter: &str) -> Option<&'a Argument> {
    let named = arguments
        .iter()
        .find(|argument| argument.name.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(parameter)));
    named.or_else(|| arguments.get(place).filter(|argument| argument.name.is_none()))
}

/// The variable that an output argument is.
fn variable_of(value: &Expr) -> Option<&str> {
    match value {
        Expr::Identifier(name) if name.value.starts_with('@') => Some(&name.value),
        _ => None,
    }
}

/// A value cut to its type, for arguments of system procedures.
pub(super) fn as_text(value: Value, kind: Type) -> Option<String> {
    match convert::convert(value, kind, crate::types::NVARCHAR_MAX, 0, Overlong::Cut) {
        Ok(Value::Text(text)) => Some(text),
        _ => None,
    }
}
