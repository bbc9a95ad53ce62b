//! A variable is declared once in a batch or routine, wherever in it that is.

use super::{Declaration, Kind, Statement};
use crate::{Message, error};

pub(super) fn check(statements: &[Statement]) -> Result<(), Message> {
    check_all(statements, &mut Vec::new())
}

fn check_all(statements: &[Statement], names: &mut Vec<String>) -> Result<(), Message> {
    statements.iter().try_for_each(|statement| check_one(statement, names))
}

fn check_one(statement: &Statement, names: &mut Vec<String>) -> Result<(), Message> {
    match &statement.kind {
        Kind::Block(statements) => check_all(statements, names),
        Kind::If { then, otherwise, .. } => {
            check_one(then, names)?;
            otherwise.as_ref().map_or(Ok(()), |otherwise| check_one(otherwise, names))
        }
        Kind::While { body, .. } => check_one(body, names),
        Kind::Try { body, handler } => {
            check_all(body, names)?;
            check_all(handler, names)
        }
        Kind::Declare(declarations) => {
            declarations.iter().try_for_each(|declaration| enter(name_of(declaration), statement.line, names))
        }
        Kind::CreateRoutine { routine, .. } => {
            let mut own = Vec::new();
            for parameter in &routine.parameters {
                enter(&parameter.name, statement.line, &mut own)?;
            }
            check_all(&routine.body, &mut own)
        }
        _ => Ok(()),
    }
}

fn name_of(declaration: &Declaration) -> &str {
    match declaration {
        Declaration::Variable { name, .. } | Declaration::Table { name, .. } => name,
    }
}

fn enter(name: &str, line: u32, names: &mut Vec<String>) -> Result<(), Message> {
    let lower = name.to_lowercase();
    if names.contains(&lower) {
        return Err(error::declared_twice(name).at(line));
    }
    names.push(lower);
    Ok(())
}
