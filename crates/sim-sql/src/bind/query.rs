//! Queries: common table expressions, set operations, order and limits.

use std::ops::ControlFlow;

use sqlparser::ast::{
    Cte, LimitClause, Query, SetExpr, SetOperator, SetQuantifier, TableAlias, Values, With, visit_relations,
};

use super::{Binder, Bound, BoundQuery, Scope, Source, SourceColumn, parts, select::unnamed};
use crate::{
    Message,
    catalogue::{quoted, same},
    collation, error,
    types::Type,
};

impl Binder<'_> {
    /// A whole query. `outer` is the query around it, whose columns it may name.
    pub(crate) fn query(&mut self, query: &Query, outer: Option<&Scope<'_>>) -> Result<BoundQuery, Message> {
        let known = self.tables.len();
        let with = self.with(query.with.as_ref())?;
        let bound = self.body_and_order(query, outer);
        self.tables.truncate(known);
        let bound = bound?;
        Ok(BoundQuery { sql: format!("{with}{}", bound.sql), columns: bound.columns })
    }

    fn body_and_order(&mut self, query: &Query, outer: Option<&Scope<'_>>) -> Result<BoundQuery, Message> {
        let limit = self.limit(query)?;
        match &*query.body {
            SetExpr::Select(select) => self.select(select, query.order_by.as_ref(), &limit, outer),
            body => {
                let bound = self.set_expression(body, outer)?;
                let order = self.order_of_columns(query.order_by.as_ref(), &bound.columns)?;
                Ok(BoundQuery { sql: format!("{}{order}{limit}", bound.sql), columns: bound.columns })
            }
        }
    }

    /// `OFFSET … FETCH …` as a limit.
    fn limit(&mut self, query: &Query) -> Result<String, Message> {
        let offset = match &query.limit_clause {
            None => None,
            Some(LimitClause::LimitOffset { limit: None, offset, limit_by }) if limit_by.is_empty() => offset.as_ref(),
            Some(_) => return Err(error::syntax("LIMIT")),
        };
        let count = match query.fetch.as_ref().and_then(|fetch| fetch.quantity.as_ref()) {
            Some(count) => self.expression_as(count, &Scope::empty(), Type::BigInt)?.sql,
            None => "-1".to_owned(),
        };
        match offset {
            Some(offset) => {
                let offset = self.expression_as(&offset.value, &Scope::empty(), Type::BigInt)?.sql;
                Ok(format!(" LIMIT {count} OFFSET {offset}"))
            }
            None if query.fetch.is_some() => Ok(format!(" LIMIT {count}")),
            None => Ok(String::new()),
        }
    }

    /// `WITH …`, whose tables can be named from here on.
    pub(super) fn with(&mut self, with: Option<&With>) -> Result<String, Message> {
        let Some(with) = with else { return Ok(String::new()) };
        let mut recursive = false;
        let mut items = Vec::new();
        for cte in &with.cte_tables {
            let own = names_itself(cte);
            recursive |= own;
            items.push(self.common_table(cte, own)?);
        }
        Ok(format!("WITH {}{} ", if recursive { "RECURSIVE " } else { "" }, items.join(", ")))
    }

    fn common_table(&mut self, cte: &Cte, recursive: bool) -> Result<String, Message> {
        let bound = if recursive { self.recursive_table(cte)? } else { self.query(&cte.query, None)? };
        let columns = renamed(bound.columns, &cte.alias)?;
        let names: Vec<String> = columns.iter().map(|column| quoted(&column.name)).collect();
        let sql = format!("{}({}) AS ({})", quoted(&cte.alias.name.value), names.join(", "), bound.sql);
        self.tables.push(Source { alias: cte.alias.name.value.clone(), columns });
        Ok(sql)
    }

    /// The first part names nothing but what is outside; the second one names the table, whose columns are those of the
    /// first.
    fn recursive_table(&mut self, cte: &Cte) -> Result<BoundQuery, Message> {
        let name = &cte.alias.name.value;
        let SetExpr::SetOperation { left, op: SetOperator::Union, set_quantifier: SetQuantifier::All, right } =
            &*cte.query.body
        else {
            let text =
                format!("Recursive common table expression '{name}' does not contain a top-level UNION ALL operator.");
            return Err(Message::new(252, 16, text));
        };
        let anchor = self.set_expression(left, None)?;
        let columns = renamed(anchor.columns.clone(), &cte.alias)?;
        self.tables.push(Source { alias: name.clone(), columns: columns.clone() });
        let step = self.set_expression(right, None);
        self.tables.pop();
        let step = step?;
        check_recursive_types(name, &columns, &step.columns)?;
        Ok(BoundQuery { sql: format!("{} UNION ALL {}", anchor.sql, step.sql), columns })
    }

    pub(super) fn set_expression(&mut self, body: &SetExpr, outer: Option<&Scope<'_>>) -> Result<BoundQuery, Message> {
        match body {
            SetExpr::Select(select) => self.select(select, None, "", outer),
            SetExpr::Query(query) => self.query(query, outer),
            SetExpr::SetOperation { left, op, set_quantifier, right } => {
                let left = self.set_expression(left, outer)?;
                let right = self.set_expression(right, outer)?;
                combined(left, *op, *set_quantifier, right)
            }
            SetExpr::Values(values) => self.values(values, outer),
            other => Err(error::unsupported(&super::function::shortened(&other.to_string()))),
        }
    }

    fn values(&mut self, values: &Values, outer: Option<&Scope<'_>>) -> Result<BoundQuery, Message> {
        let empty = Scope::empty();
        let scope = outer.unwrap_or(&empty);
        let mut rows: Vec<Vec<Bound>> = Vec::with_capacity(values.rows.len());
        for row in &values.rows {
            rows.push(row.content.iter().map(|item| self.expression(item, scope)).collect::<Result<_, _>>()?);
        }
        let width = rows.first().map_or(0, Vec::len);
        if rows.iter().any(|row| row.len() != width) {
            return Err(error::supplied_values());
        }
        let kinds: Vec<Type> =
            (0..width).map(|index| rows.iter().fold(Type::Null, |kind, row| kind.unify(row[index].kind))).collect();
        let columns: Vec<SourceColumn> =
            kinds.iter().enumerate().map(|(index, kind)| SourceColumn { name: unnamed(index), kind: *kind }).collect();
        let names: Vec<String> = columns.iter().map(|column| quoted(&column.name)).collect();
        let names = names.join(", ");
        let lines: Vec<String> = rows.into_iter().map(|row| line(row, &columns)).collect();
        let sql = format!("WITH list({names}) AS (VALUES {}) SELECT {names} FROM list", lines.join(", "));
        Ok(BoundQuery { sql, columns })
    }
}

/// SQL Server wants the same types in both parts; here strings may differ in their lengths.
fn check_recursive_types(name: &str, anchor: &[SourceColumn], step: &[SourceColumn]) -> Result<(), Message> {
    if anchor.len() != step.len() {
        return Err(error::set_lists_differ());
    }
    let same = |(a, b): &(&SourceColumn, &SourceColumn)| a.kind == b.kind || (a.kind.is_text() && b.kind.is_text());
    match anchor.iter().zip(step).find(|pair| !same(pair)) {
        Some((column, _)) => {
            let text = format!(
                "Types don't match between the anchor and the recursive part in column \"{}\" of recursive query \"{name}\".",
                column.name
            );
            Err(Message::new(240, 16, text))
        }
        None => Ok(()),
    }
}

fn line(row: Vec<Bound>, columns: &[SourceColumn]) -> String {
    let items: Vec<String> = row.into_iter().zip(columns).map(|(item, column)| item.to(column.kind).sql).collect();
    format!("({})", items.join(", "))
}

fn names_itself(cte: &Cte) -> bool {
    let is_own = |name: &sqlparser::ast::ObjectName| matches!(parts(name).as_slice(), [only] if same(only, &cte.alias.name.value));
    visit_relations(&cte.query, |name| if is_own(name) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        .is_break()
}

/// The columns under the names that an alias gives them.
pub(super) fn renamed(columns: Vec<SourceColumn>, alias: &TableAlias) -> Result<Vec<SourceColumn>, Message> {
    if alias.columns.is_empty() {
        return Ok(columns);
    }
    if alias.columns.len() != columns.len() {
        let name = &alias.name.value;
        return Err(Message::new(
            8158,
            16,
            format!("'{name}' has more or fewer columns than were specified in the column list."),
        ));
    }
    let rename = |(column, name): (SourceColumn, &sqlparser::ast::TableAliasColumnDef)| SourceColumn {
        name: name.name.value.clone(),
        ..column
    };
    Ok(columns.into_iter().zip(&alias.columns).map(rename).collect())
}

fn combined(
    left: BoundQuery,
    op: SetOperator,
    quantifier: SetQuantifier,
    right: BoundQuery,
) -> Result<BoundQuery, Message> {
    if left.columns.len() != right.columns.len() {
        return Err(error::set_lists_differ());
    }
    let columns: Vec<SourceColumn> = left
        .columns
        .iter()
        .zip(&right.columns)
        .map(|(a, b)| SourceColumn { name: a.name.clone(), kind: a.kind.unify(b.kind) })
        .collect();
    let keyword = match (op, quantifier) {
        (SetOperator::Union, SetQuantifier::All) => "UNION ALL",
        (SetOperator::Union, _) => "UNION",
        (SetOperator::Except | SetOperator::Minus, _) => "EXCEPT",
        (SetOperator::Intersect, _) => "INTERSECT",
    };
    let sql = format!("{} {keyword} {}", side(&left, &columns), side(&right, &columns));
    Ok(BoundQuery { sql: format!("SELECT * FROM ({sql})"), columns })
}

/// One side with its columns converted to those of the result.
fn side(query: &BoundQuery, columns: &[SourceColumn]) -> String {
    let items: Vec<String> = query
        .columns
        .iter()
        .zip(columns)
        .map(|(from, to)| {
            let item = Bound::new(quoted(&from.name), from.kind).to(to.kind).sql;
            let collate = if to.kind.is_text() { format!(" COLLATE {}", collation::NAME) } else { String::new() };
            format!("{item}{collate} AS {}", quoted(&to.name))
        })
        .collect();
    format!("SELECT {} FROM ({})", items.join(", "), query.sql)
}
