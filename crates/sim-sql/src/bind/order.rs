//! `ORDER BY`.

use sqlparser::ast::{Expr, OrderBy, OrderByExpr, OrderByKind, OrderBySort, Value};

use super::{Binder, Scope, SourceColumn};
use crate::{Message, catalogue::same, collation, error};

impl Binder<'_> {
    /// By output columns alone, as after a set operation.
    pub(super) fn order_of_columns(
        &mut self,
        order: Option<&OrderBy>,
        columns: &[SourceColumn],
    ) -> Result<String, Message> {
        self.order(order, columns, None)
    }

    /// By output columns or expressions over the sources.
    pub(super) fn order(
        &mut self,
        order: Option<&OrderBy>,
        columns: &[SourceColumn],
        scope: Option<&Scope<'_>>,
    ) -> Result<String, Message> {
        let Some(order) = order else { return Ok(String::new()) };
        let OrderByKind::Expressions(items) = &order.kind else { return Err(error::unsupported("ORDER BY ALL")) };
        let mut sorted = Vec::with_capacity(items.len());
        for item in items {
            let key = match (place(&item.expr, columns), scope) {
                (Some(place), _) => by_place(place, columns)?,
                (None, Some(scope)) => self.expression(&item.expr, scope)?.collated(),
                (None, None) => return Err(error::invalid_column(&item.expr.to_string())),
            };
            sorted.push(format!("{key}{}", direction(item)));
        }
        Ok(format!(" ORDER BY {}", sorted.join(", ")))
    }
}

pub(super) fn direction(item: &OrderByExpr) -> &'static str {
    match item.options.sort {
        Some(OrderBySort::Desc) => " DESC",
        _ => "",
    }
}

/// The place, from 1, of the output column that an item names by number or name.
fn place(expression: &Expr, columns: &[SourceColumn]) -> Option<usize> {
    match expression {
        Expr::Value(value) => match &value.value {
            Value::Number(text, _) => text.parse().ok(),
            _ => None,
        },
        Expr::Identifier(name) => columns.iter().position(|column| same(&column.name, &name.value)).map(|at| at + 1),
        _ => None,
    }
}

fn by_place(place: usize, columns: &[SourceColumn]) -> Result<String, Message> {
    let column = place.checked_sub(1).and_then(|index| columns.get(index)).ok_or_else(|| {
        Message::new(
            108,
            15,
            format!("The ORDER BY position number {place} is out of range of the number of items in the select list."),
        )
    })?;
    Ok(if column.kind.is_text() { format!("{place} COLLATE {}", collation::NAME) } else { place.to_string() })
}
