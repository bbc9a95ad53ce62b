//! `SELECT`.

use sqlparser::ast::{
    Distinct, Expr, GroupByExpr, OrderBy, Select, SelectItem, SelectItemQualifiedWildcardKind, Top, TopQuantity,
};

use super::{Binder, Bound, BoundQuery, Scope, Source, SourceColumn, parts};
use crate::{Message, catalogue::quoted, error, types::Type};

/// What the name of a column without a name begins with; no identifier of T-SQL does.
const UNNAMED: char = '\u{e000}';

/// The name under which a column without one is known in SQLite.
pub(super) fn unnamed(index: usize) -> String {
    format!("{UNNAMED}{index}")
}

impl SourceColumn {
    /// The name that a client sees.
    pub(crate) fn visible_name(&self) -> &str {
        if self.name.starts_with(UNNAMED) { "" } else { &self.name }
    }
}

impl Binder<'_> {
    /// `order` and `limit` are those of the query that the `SELECT` is the body of.
    pub(super) fn select(
        &mut self,
        select: &Select,
        order: Option<&OrderBy>,
        limit: &str,
        outer: Option<&Scope<'_>>,
    ) -> Result<BoundQuery, Message> {
        let mut scope = outer.map_or_else(Scope::empty, Scope::inside);
        let from = self.from(&select.from, &mut scope)?;
        let items = self.projection(&select.projection, &scope)?;
        let filter = self.filter(" WHERE ", select.selection.as_ref(), &scope)?;
        let groups = self.groups(&select.group_by, &scope)?;
        let having = self.filter(" HAVING ", select.having.as_ref(), &scope)?;
        let distinct = distinct(select.distinct.as_ref())?;
        let columns: Vec<SourceColumn> =
            items.iter().map(|(name, bound)| SourceColumn { name: name.clone(), kind: bound.kind }).collect();
        let list: Vec<String> = items.iter().map(|(name, bound)| item(name, bound, distinct)).collect();
        let order = self.order(order, &columns, Some(&scope))?;
        let top = self.top(select.top.as_ref())?;
        let keyword = if distinct { "SELECT DISTINCT" } else { "SELECT" };
        let sql = format!("{keyword} {}{from}{filter}{groups}{having}{order}{limit}{top}", list.join(", "));
        Ok(BoundQuery { sql, columns })
    }

    pub(super) fn filter(
        &mut self,
        keyword: &str,
        condition: Option<&Expr>,
        scope: &Scope<'_>,
    ) -> Result<String, Message> {
        match condition {
            Some(condition) => Ok(format!("{keyword}{}", self.expression(condition, scope)?.sql)),
            None => Ok(String::new()),
        }
    }

    pub(super) fn projection(
        &mut self,
        items: &[SelectItem],
        scope: &Scope<'_>,
    ) -> Result<Vec<(String, Bound)>, Message> {
        let mut bound = Vec::with_capacity(items.len());
        for item in items {
            match item {
                SelectItem::UnnamedExpr(expr) => {
                    let name = implied_name(expr).unwrap_or_else(|| unnamed(bound.len()));
                    bound.push((name, self.expression(expr, scope)?));
                }
                SelectItem::ExprWithAlias { expr, alias } => {
                    bound.push((alias.value.clone(), self.expression(expr, scope)?));
                }
                SelectItem::Wildcard(_) => scope.sources.iter().for_each(|source| all_columns(source, &mut bound)),
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => {
                    let name = parts(name);
                    let source = scope.source(&name).ok_or_else(|| error::unbound(&format!("{}.*", name.join("."))))?;
                    all_columns(source, &mut bound);
                }
                other => return Err(error::unsupported(&other.to_string())),
            }
        }
        Ok(bound)
    }

    /// The items of an `OUTPUT` clause.
    pub(crate) fn output_items(
        &mut self,
        items: &[SelectItem],
        scope: &Scope<'_>,
    ) -> Result<Vec<(String, Bound)>, Message> {
        self.projection(items, scope)
    }

    fn groups(&mut self, group_by: &GroupByExpr, scope: &Scope<'_>) -> Result<String, Message> {
        let GroupByExpr::Expressions(items, _) = group_by else {
            return Err(error::unsupported("GROUP BY ALL"));
        };
        if items.is_empty() {
            return Ok(String::new());
        }
        let keys = items
            .iter()
            .map(|item| Ok(self.expression(item, scope)?.collated()))
            .collect::<Result<Vec<_>, Message>>()?;
        Ok(format!(" GROUP BY {}", keys.join(", ")))
    }

    fn top(&mut self, top: Option<&Top>) -> Result<String, Message> {
        let Some(top) = top else { return Ok(String::new()) };
        if top.percent || top.with_ties {
            return Err(error::unsupported("TOP … PERCENT or WITH TIES"));
        }
        match &top.quantity {
            Some(TopQuantity::Constant(count)) => Ok(format!(" LIMIT {count}")),
            Some(TopQuantity::Expr(count)) => {
                Ok(format!(" LIMIT {}", self.expression_as(count, &Scope::empty(), Type::BigInt)?.sql))
            }
            None => Ok(String::new()),
        }
    }
}

fn distinct(distinct: Option<&Distinct>) -> Result<bool, Message> {
    match distinct {
        None | Some(Distinct::All) => Ok(false),
        Some(Distinct::Distinct) => Ok(true),
        Some(Distinct::On(_)) => Err(error::unsupported("DISTINCT ON")),
    }
}

fn item(name: &str, bound: &Bound, distinct: bool) -> String {
    let sql = if distinct { bound.collated() } else { bound.sql.clone() };
    format!("{sql} AS {}", quoted(name))
}

/// A column keeps its name.
fn implied_name(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Identifier(name) if !name.value.starts_with('@') || name.quote_style.is_some() => {
            Some(name.value.clone())
        }
        Expr::CompoundIdentifier(names) => names.last().map(|name| name.value.clone()),
        Expr::Nested(inner) | Expr::Collate { expr: inner, .. } => implied_name(inner),
        _ => None,
    }
}

fn all_columns(source: &Source, items: &mut Vec<(String, Bound)>) {
    items.extend(source.columns.iter().map(|column| (column.name.clone(), source.bound(column))));
}
