//! Expressions by their kind.

use sqlparser::ast::{BinaryOperator, Expr, Ident, UnaryOperator};

use super::{Binder, Bound, Scope, literal, operator};
use crate::{Message, error, types::Type};

impl Binder<'_> {
    pub(crate) fn expression(&mut self, expression: &Expr, scope: &Scope<'_>) -> Result<Bound, Message> {
        match expression {
            Expr::Value(value) => literal::bound(&value.value),
            Expr::Identifier(name) => self.identifier(name, scope),
            Expr::CompoundIdentifier(names) => qualified(names, scope),
            Expr::Nested(inner) => Ok(parenthesised(self.expression(inner, scope)?)),
            Expr::BinaryOp { left, op, right } => self.binary(left, op, right, scope),
            Expr::UnaryOp { op, expr } => self.unary(*op, expr, scope),
            Expr::Function(function) => self.function(function, scope),
            Expr::Prefixed { value, .. } => self.expression(value, scope),
            Expr::Collate { expr, .. } => self.expression(expr, scope),
            Expr::IsNull(_) | Expr::IsNotNull(_) | Expr::Between { .. } | Expr::Like { .. } | Expr::InList { .. } => {
                self.predicate(expression, scope)
            }
            Expr::IsDistinctFrom(left, right) => self.distinct(left, right, "IS NOT", scope),
            Expr::IsNotDistinctFrom(left, right) => self.distinct(left, right, "IS", scope),
            Expr::Exists { subquery, negated } => self.exists(subquery, *negated, scope),
            Expr::Subquery(query) => self.scalar_subquery(query, scope),
            Expr::InSubquery { expr, subquery, negated } => self.in_subquery(expr, subquery, *negated, scope),
            Expr::AnyOp { .. } | Expr::AllOp { .. } => Err(error::unsupported("ANY, SOME or ALL")),
            Expr::Case { operand, conditions, else_result, .. } => {
                self.case(operand.as_deref(), conditions, else_result.as_deref(), scope)
            }
            other => self.call_like(other, scope),
        }
    }

    /// A column, or a variable, or one of the functions without parentheses.
    fn identifier(&mut self, name: &Ident, scope: &Scope<'_>) -> Result<Bound, Message> {
        let text = name.value.as_str();
        if name.quote_style.is_none() && text.starts_with("@@") {
            return self.global(text);
        }
        if name.quote_style.is_none() && text.starts_with('@') {
            return self.variable(text);
        }
        if name.quote_style.is_none()
            && let Some(bound) = self.niladic(text)?
        {
            return Ok(bound);
        }
        scope.column(text)
    }

    fn variable(&mut self, name: &str) -> Result<Bound, Message> {
        if let Some(argument) = self.argument(name) {
            return Ok(argument);
        }
        let variable = self.env.frame.variable(name)?.clone();
        Ok(self.parameter(variable.value, variable.kind))
    }

    fn unary(&mut self, op: UnaryOperator, expression: &Expr, scope: &Scope<'_>) -> Result<Bound, Message> {
        let bound = self.expression(expression, scope)?;
        match op {
            UnaryOperator::Plus => Ok(bound),
            UnaryOperator::Minus => {
                let bound = if bound.kind.is_text() { bound.to(Type::Int) } else { bound };
                let kind = if bound.kind == Type::Bit { Type::Int } else { bound.kind };
                let value = literal::constant(&Expr::UnaryOp { op, expr: Box::new(expression.clone()) })
                    .map(|(value, _)| value);
                Ok(Bound { sql: format!("(-{})", bound.sql), kind, value })
            }
            UnaryOperator::Not => Ok(Bound::new(format!("(NOT {})", bound.sql), Type::Bit)),
            UnaryOperator::BitwiseNot => Ok(Bound::new(format!("(~{})", bound.sql), bound.kind)),
            other => Err(error::unsupported(&other.to_string())),
        }
    }

    fn binary(&mut self, left: &Expr, op: &BinaryOperator, right: &Expr, scope: &Scope<'_>) -> Result<Bound, Message> {
        let left = self.expression(left, scope)?;
        let right = self.expression(right, scope)?;
        operator::binary(left, op, right)
    }

    fn distinct(&mut self, left: &Expr, right: &Expr, op: &str, scope: &Scope<'_>) -> Result<Bound, Message> {
        let left = self.expression(left, scope)?;
        let right = self.expression(right, scope)?;
        Ok(operator::comparison(left, op, right))
    }

    fn predicate(&mut self, expression: &Expr, scope: &Scope<'_>) -> Result<Bound, Message> {
        match expression {
            Expr::IsNull(inner) => self.null_test(inner, "IS NULL", scope),
            Expr::IsNotNull(inner) => self.null_test(inner, "IS NOT NULL", scope),
            Expr::Between { expr, negated, low, high } => {
                let operand = self.expression(expr, scope)?;
                let low = self.expression(low, scope)?;
                let high = self.expression(high, scope)?;
                let low = operator::comparison(operand.clone(), ">=", low);
                let high = operator::comparison(operand, "<=", high);
                Ok(Bound::new(format!("({}({} AND {}))", not(*negated), low.sql, high.sql), Type::Bit))
            }
            Expr::Like { negated, expr, pattern, escape_char, .. } => {
                let operand = self.text_operand(expr, scope)?;
                let pattern = self.text_operand(pattern, scope)?;
                let escape = match escape_char {
                    Some(escape) => self.text_operand(escape, scope)?,
                    None => "NULL".to_owned(),
                };
                Ok(Bound::new(format!("({}ts_like({operand}, {pattern}, {escape}))", not(*negated)), Type::Bit))
            }
            Expr::InList { expr, list, negated } => self.in_list(expr, list, *negated, scope),
            other => Err(error::unsupported(&other.to_string())),
        }
    }

    fn null_test(&mut self, inner: &Expr, test: &str, scope: &Scope<'_>) -> Result<Bound, Message> {
        let bound = self.expression(inner, scope)?;
        Ok(Bound::new(format!("({} {test})", bound.sql), Type::Bit))
    }

    fn text_operand(&mut self, expression: &Expr, scope: &Scope<'_>) -> Result<String, Message> {
        let bound = self.expression(expression, scope)?;
        Ok(if bound.kind.is_text() { bound.sql } else { bound.to(crate::types::NVARCHAR_MAX).sql })
    }

    fn in_list(&mut self, operand: &Expr, list: &[Expr], negated: bool, scope: &Scope<'_>) -> Result<Bound, Message> {
        let operand = self.expression(operand, scope)?;
        let mut items = list.iter().map(|item| self.expression(item, scope)).collect::<Result<Vec<_>, _>>()?;
        let kind = items.iter().fold(operand.kind, |kind, item| operator::comparable(kind, item.kind));
        let operand = operator::prepared(operand, kind).collated();
        let items: Vec<String> = items.drain(..).map(|item| operator::prepared(item, kind).sql).collect();
        Ok(Bound::new(format!("({operand} {}IN ({}))", not(negated), items.join(", ")), Type::Bit))
    }
}

fn qualified(names: &[Ident], scope: &Scope<'_>) -> Result<Bound, Message> {
    let mut parts: Vec<String> = names.iter().map(|name| name.value.clone()).collect();
    let column = parts.pop().unwrap_or_default();
    scope.qualified(&parts, &column)
}

fn parenthesised(bound: Bound) -> Bound {
    Bound { sql: format!("({})", bound.sql), ..bound }
}

pub(super) fn not(negated: bool) -> &'static str {
    if negated { "NOT " } else { "" }
}
