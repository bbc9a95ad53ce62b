//! `CASE`, and the functions that choose between values.

use sqlparser::ast::{CaseWhen, Expr};

use super::{Binder, Bound, Scope, operator};
use crate::{Message, types::Type};

impl Binder<'_> {
    pub(super) fn case(
        &mut self,
        operand: Option<&Expr>,
        conditions: &[CaseWhen],
        otherwise: Option<&Expr>,
        scope: &Scope<'_>,
    ) -> Result<Bound, Message> {
        let operand = operand.map(|operand| self.expression(operand, scope)).transpose()?;
        let mut branches = Vec::with_capacity(conditions.len());
        for when in conditions {
            let condition = self.expression(&when.condition, scope)?;
            let condition = match &operand {
                Some(operand) => operator::comparison(operand.clone(), "=", condition),
                None => condition,
            };
            branches.push((condition, self.expression(&when.result, scope)?));
        }
        let otherwise = otherwise.map_or_else(|| Ok(Bound::null()), |otherwise| self.expression(otherwise, scope))?;
        Ok(choice(branches, otherwise))
    }

    /// `IIF(condition, a, b)`
    pub(super) fn iif(&mut self, arguments: &[&Expr], scope: &Scope<'_>) -> Result<Bound, Message> {
        let condition = self.expression(arguments[0], scope)?;
        let then = self.expression(arguments[1], scope)?;
        let otherwise = self.expression(arguments[2], scope)?;
        Ok(choice(vec![(condition, then)], otherwise))
    }

    /// `ISNULL(a, b)` has the type of `a`.
    pub(super) fn is_null(&mut self, arguments: &[&Expr], scope: &Scope<'_>) -> Result<Bound, Message> {
        let first = self.expression(arguments[0], scope)?;
        let second = self.expression(arguments[1], scope)?;
        let kind = if first.kind == Type::Null { second.kind } else { first.kind };
        Ok(Bound::new(format!("ifnull({}, {})", first.sql, second.to(kind).sql), kind))
    }

    pub(super) fn coalesce(&mut self, arguments: &[&Expr], scope: &Scope<'_>) -> Result<Bound, Message> {
        let bound = arguments.iter().map(|argument| self.expression(argument, scope)).collect::<Result<Vec<_>, _>>()?;
        let kind = bound.iter().fold(Type::Null, |kind, bound| kind.unify(bound.kind));
        let items: Vec<String> = bound.into_iter().map(|bound| bound.to(kind).sql).collect();
        if let [only] = items.as_slice() {
            return Ok(Bound::new(only.clone(), kind));
        }
        Ok(Bound::new(format!("coalesce({})", items.join(", ")), kind))
    }

    pub(super) fn null_if(&mut self, arguments: &[&Expr], scope: &Scope<'_>) -> Result<Bound, Message> {
        let first = self.expression(arguments[0], scope)?;
        let second = self.expression(arguments[1], scope)?;
        let equal = operator::comparison(first.clone(), "=", second);
        Ok(Bound::new(format!("CASE WHEN {} THEN NULL ELSE {} END", equal.sql, first.sql), first.kind))
    }

    /// `CHOOSE(n, a, b, …)`
    pub(super) fn choose(&mut self, arguments: &[&Expr], scope: &Scope<'_>) -> Result<Bound, Message> {
        let index = self.expression_as(arguments[0], scope, Type::Int)?;
        let mut branches = Vec::new();
        for (place, argument) in arguments[1..].iter().enumerate() {
            let condition = Bound::new(format!("{} = {}", index.sql, place + 1), Type::Bit);
            branches.push((condition, self.expression(argument, scope)?));
        }
        Ok(choice(branches, Bound::null()))
    }
}

fn choice(branches: Vec<(Bound, Bound)>, otherwise: Bound) -> Bound {
    let kind = branches.iter().fold(otherwise.kind, |kind, (_, result)| kind.unify(result.kind));
    let mut sql = String::from("CASE");
    for (condition, result) in branches {
        sql.push_str(&format!(" WHEN {} THEN {}", condition.sql, result.to(kind).sql));
    }
    sql.push_str(&format!(" ELSE {} END", otherwise.to(kind).sql));
    Bound::new(sql, kind)
}
