//! Subqueries inside expressions.

use sqlparser::ast::{Expr, GroupByExpr, Query, SelectItem, SetExpr};

use super::{Binder, Bound, Scope, aggregate, expression::not, operator};
use crate::{Message, catalogue::quoted, error, types::Type};

impl Binder<'_> {
    pub(super) fn exists(&mut self, query: &Query, negated: bool, scope: &Scope<'_>) -> Result<Bound, Message> {
        let bound = self.query(query, Some(scope))?;
        Ok(Bound::new(format!("({}EXISTS ({}))", not(negated), bound.sql), Type::Bit))
    }

    /// One value: more than one row is error 512.
    pub(super) fn scalar_subquery(&mut self, query: &Query, scope: &Scope<'_>) -> Result<Bound, Message> {
        let bound = self.query(query, Some(scope))?;
        let [column] = bound.columns.as_slice() else {
            return Err(error::subquery_columns());
        };
        if yields_one_row(query) {
            return Ok(Bound::new(format!("({})", bound.sql), column.kind));
        }
        let name = quoted(&column.name);
        let sql = format!(
            "(SELECT CASE WHEN count(*) > 1 THEN ts_many_rows() ELSE max({name}) END FROM ({} LIMIT 2))",
            without_limit(&bound.sql)
        );
        Ok(Bound::new(sql, column.kind))
    }

    pub(super) fn in_subquery(
        &mut self,
        operand: &Expr,
        query: &Query,
        negated: bool,
        scope: &Scope<'_>,
    ) -> Result<Bound, Message> {
        let operand = self.expression(operand, scope)?;
        let bound = self.query(query, Some(scope))?;
        let [column] = bound.columns.as_slice() else {
            return Err(error::subquery_columns());
        };
        let kind = operator::comparable(operand.kind, column.kind);
        let name = quoted(&column.name);
        let item = operator::prepared(Bound::new(name, column.kind), kind).sql;
        let operand = operator::prepared(operand, kind).collated();
        Ok(Bound::new(format!("({operand} {}IN (SELECT {item} FROM ({})))", not(negated), bound.sql), Type::Bit))
    }
}

/// A subquery is a query of its own, so that it may have its own limit.
fn without_limit(sql: &str) -> String {
    format!("SELECT * FROM ({sql})")
}

/// An aggregate without groups, `TOP (1)`, or no `FROM` at all.
fn yields_one_row(query: &Query) -> bool {
    let SetExpr::Select(select) = &*query.body else { return false };
    let grouped = !matches!(&select.group_by, GroupByExpr::Expressions(list, _) if list.is_empty());
    let aggregates = select.projection.iter().any(|item| match item {
        SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => aggregate::contains(expr),
        _ => false,
    });
    let one = select.top.as_ref().is_some_and(|top| !top.percent && top.to_string().replace(['(', ')'], "") == "TOP 1");
    (aggregates && !grouped) || one || select.from.is_empty()
}
