//! Scalar functions of the user's, written in place: those whose body is one `RETURN`.

use sqlparser::ast::Expr;

use super::{Binder, Bound, DEEPEST_VIEW, Scope, object_name};
use crate::{
    Message,
    catalogue::Object,
    error,
    syntax::{self, Kind, Routine, Statement},
};

impl Binder<'_> {
    /// The argument of the function that is being written in place.
    pub(super) fn argument(&self, name: &str) -> Option<Bound> {
        let arguments = self.arguments.last()?;
        arguments.iter().find(|(parameter, _)| parameter.eq_ignore_ascii_case(name)).map(|(_, bound)| bound.clone())
    }

    pub(super) fn user_function(
        &mut self,
        parts: &[String],
        arguments: &[&Expr],
        scope: &Scope<'_>,
    ) -> Result<Bound, Message> {
        let written = parts.join(".");
        let name = object_name(parts, self.env.state.database())?;
        let Some(Object::Routine(routine)) = self.env.catalogue.object(&name) else {
            return Err(Message::new(
                4121,
                16,
                format!(
                    "Cannot find either column \"{}\" or the user-defined function or aggregate \"{written}\", or the name is ambiguous.",
                    name.schema
                ),
            ));
        };
        let parsed = syntax::parse(&routine.text)?;
        let definition = routine_of(&parsed).filter(|definition| definition.returns.is_some());
        let definition = definition.ok_or_else(|| error::invalid_object(&written))?;
        let result = returned(&definition.body)
            .ok_or_else(|| error::unsupported(&format!("function {written}, whose body is more than one RETURN")))?;
        self.write_in_place(&written, definition, result, arguments, scope)
    }

    fn write_in_place(
        &mut self,
        name: &str,
        routine: &Routine,
        result: &Expr,
        arguments: &[&Expr],
        scope: &Scope<'_>,
    ) -> Result<Bound, Message> {
        if self.depth >= DEEPEST_VIEW {
            return Err(error::nesting());
        }
        if arguments.len() != routine.parameters.len() {
            let text =
                format!("An insufficient number of arguments were supplied for the procedure or function {name}.");
            return Err(Message::new(313, 16, text));
        }
        let mut bound = Vec::with_capacity(arguments.len());
        for (parameter, argument) in routine.parameters.iter().zip(arguments) {
            let value = self.expression_as(argument, scope, parameter.kind)?;
            bound.push((parameter.name.clone(), Bound { sql: format!("({})", value.sql), ..value }));
        }
        self.arguments.push(bound);
        self.depth += 1;
        let result = self.expression(result, &Scope::empty());
        self.depth -= 1;
        self.arguments.pop();
        let kind = routine.returns.unwrap_or(crate::types::Type::Null);
        Ok(result?.to(kind))
    }
}

/// The routine that a stored text defines.
pub(crate) fn routine_of(statements: &[Statement]) -> Option<&Routine> {
    match statements.first().map(|statement| &statement.kind) {
        Some(Kind::CreateRoutine { routine, .. }) => Some(routine),
        _ => None,
    }
}

/// The operand of the one `RETURN` that a body consists of.
fn returned(body: &[Statement]) -> Option<&Expr> {
    match body {
        [Statement { kind: Kind::Block(inner), .. }] => returned(inner),
        [Statement { kind: Kind::Return(result), .. }] => result.as_ref(),
        _ => None,
    }
}
