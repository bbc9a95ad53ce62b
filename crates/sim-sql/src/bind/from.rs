//! `FROM`: tables, views, derived tables and joins.

use sqlparser::ast::{
    FunctionArg, FunctionArgExpr, Join, JoinConstraint, JoinOperator, ObjectName, Query, TableAlias, TableFactor,
    TableWithJoins,
};

use super::{Binder, DEEPEST_VIEW, Scope, Source, SourceColumn, parts, query::renamed};
use crate::{
    Message,
    catalogue::{Name, Object, Table, View, quoted, same},
    error, outside, syntax, system,
    types::Type,
};

impl Binder<'_> {
    /// ` FROM …`, and the sources in the scope.
    pub(super) fn from(&mut self, tables: &[TableWithJoins], scope: &mut Scope<'_>) -> Result<String, Message> {
        if tables.is_empty() {
            return Ok(String::new());
        }
        let mut items = Vec::with_capacity(tables.len());
        for table in tables {
            items.push(self.joined(table, scope)?);
        }
        Ok(format!(" FROM {}", items.join(" CROSS JOIN ")))
    }

    pub(super) fn joined(&mut self, table: &TableWithJoins, scope: &mut Scope<'_>) -> Result<String, Message> {
        let mut sql = self.factor(&table.relation, scope)?;
        for join in &table.joins {
            sql.push_str(&self.join(join, scope)?);
        }
        Ok(sql)
    }

    fn join(&mut self, join: &Join, scope: &mut Scope<'_>) -> Result<String, Message> {
        let (keyword, constraint) = match &join.join_operator {
            JoinOperator::Join(on) | JoinOperator::Inner(on) => ("JOIN", Some(on)),
            JoinOperator::Left(on) | JoinOperator::LeftOuter(on) => ("LEFT JOIN", Some(on)),
            JoinOperator::Right(on) | JoinOperator::RightOuter(on) => ("RIGHT JOIN", Some(on)),
            JoinOperator::FullOuter(on) => ("FULL JOIN", Some(on)),
            JoinOperator::CrossJoin(_) => ("CROSS JOIN", None),
            _ => return Err(error::unsupported("a join of this kind")),
        };
        let relation = self.factor(&join.relation, scope)?;
        match constraint {
            None => Ok(format!(" {keyword} {relation}")),
            Some(JoinConstraint::On(condition)) => {
                Ok(format!(" {keyword} {relation} ON {}", self.expression(condition, scope)?.sql))
            }
            Some(_) => Err(error::syntax("JOIN")),
        }
    }

    fn factor(&mut self, factor: &TableFactor, scope: &mut Scope<'_>) -> Result<String, Message> {
        match factor {
            TableFactor::Table { name, alias, args: None, .. } => self.named(name, alias.as_ref(), scope),
            TableFactor::Table { name, alias, args: Some(arguments), .. } if is_log_stats(name) => {
                self.log_stats(&arguments.args, alias.as_ref(), scope)
            }
            TableFactor::Table { name, args: Some(arguments), .. } => {
                let is_hint = arguments.args.iter().all(|argument| argument.to_string().eq_ignore_ascii_case("nolock"));
                if is_hint {
                    self.named(name, None, scope)
                } else {
                    Err(outside::table_function(&parts(name).join(".")))
                }
            }
            TableFactor::Derived { subquery, alias: Some(alias), .. } => self.derived(subquery, alias, scope),
            TableFactor::NestedJoin { table_with_joins, .. } => {
                Ok(format!("({})", self.joined(table_with_joins, scope)?))
            }
            other => Err(error::unsupported(&super::function::shortened(&other.to_string()))),
        }
    }

    /// `sys.dm_db_log_stats(database_id)`, the one table-valued function.
    fn log_stats(
        &mut self,
        arguments: &[FunctionArg],
        alias: Option<&TableAlias>,
        scope: &mut Scope<'_>,
    ) -> Result<String, Message> {
        let [FunctionArg::Unnamed(FunctionArgExpr::Expr(argument))] = arguments else {
            return Err(error::argument_count("dm_db_log_stats", 1));
        };
        let (database, _) = self.evaluate(argument, Some(Type::Int))?;
        let view = system::log_stats(self.env, &database)?;
        let alias = alias.map_or(LOG_STATS, |alias| alias.name.value.as_str()).to_owned();
        Ok(enter(scope, &alias, view.columns(), &view.sql()))
    }

    fn derived(&mut self, query: &Query, alias: &TableAlias, scope: &mut Scope<'_>) -> Result<String, Message> {
        let bound = self.query(query, scope.outer)?;
        let columns = renamed(bound.columns.clone(), alias)?;
        let sql = under_names(&bound.sql, &bound.columns, &columns);
        Ok(enter(scope, &alias.name.value, columns, &sql))
    }

    fn named(
        &mut self,
        name: &ObjectName,
        alias: Option<&TableAlias>,
        scope: &mut Scope<'_>,
    ) -> Result<String, Message> {
        let parts = parts(name);
        let own_name = parts.last().cloned().unwrap_or_default();
        let alias = alias.map_or(own_name.as_str(), |alias| alias.name.value.as_str()).to_owned();
        let (sql, columns) = self.relation(&parts)?;
        Ok(enter(scope, &alias, columns, &sql))
    }

    /// A table, view or common table expression by its name.
    fn relation(&mut self, parts: &[String]) -> Result<(String, Vec<SourceColumn>), Message> {
        if let [only] = parts {
            if let Some(found) = self.tables.iter().rev().find(|source| same(&source.alias, only)) {
                return Ok((quoted(&found.alias), found.columns.clone()));
            }
            if only.starts_with('@') {
                let variable = self.env.frame.tables.get(&only.to_lowercase());
                let table = &variable.ok_or_else(|| error::undeclared_table(only))?.table;
                return Ok((table.sqlite_name(), columns(table)));
            }
        }
        let name = super::object_name(parts, self.env.state.database())?;
        if let Some(table) = self.env.state.temporary.get(&name.name.to_lowercase()) {
            return Ok((table.sqlite_name(), columns(table)));
        }
        if let Some(view) = system::view(&name, self.env)? {
            return Ok((view.sql(), view.columns()));
        }
        self.user_object(&name, parts)
    }

    fn user_object(&mut self, name: &Name, parts: &[String]) -> Result<(String, Vec<SourceColumn>), Message> {
        self.reads = true;
        match self.env.catalogue.object(name) {
            Some(Object::Table(table)) => {
                self.env.state.store.count_scan(system::rows_of(table));
                Ok((table.sqlite_name(), columns(table)))
            }
            Some(Object::View(view)) => self.view(view),
            _ => Err(outside::relation(name, &parts.join("."))),
        }
    }

    /// A view is written in place, bound by itself: it names nothing of the query around it.
    fn view(&mut self, view: &View) -> Result<(String, Vec<SourceColumn>), Message> {
        if self.depth >= DEEPEST_VIEW {
            return Err(error::nesting());
        }
        let definition = view.definition()?;
        let tables = std::mem::take(&mut self.tables);
        let arguments = std::mem::take(&mut self.arguments);
        self.depth += 1;
        let bound = self.query(&definition.query, None);
        self.depth -= 1;
        self.tables = tables;
        self.arguments = arguments;
        let bound = bound?;
        let mut columns = bound.columns.clone();
        columns.iter_mut().zip(&definition.columns).for_each(|(column, name)| column.name.clone_from(name));
        Ok((under_names(&bound.sql, &bound.columns, &columns), columns))
    }
}

const LOG_STATS: &str = "dm_db_log_stats";

fn is_log_stats(name: &ObjectName) -> bool {
    matches!(&parts(name)[..], [schema, own] if same(schema, "sys") && same(own, LOG_STATS))
}

/// A parsed view.
#[derive(Debug, Clone)]
pub(crate) struct ViewDefinition {
    pub(crate) columns: Vec<String>,
    pub(crate) query: Box<Query>,
}

impl View {
    /// The view's query, parsed once.
    pub(crate) fn definition(&self) -> Result<&ViewDefinition, Message> {
        if let Some(parsed) = self.parsed.get() {
            return Ok(parsed);
        }
        let (columns, query) = syntax::view_of(syntax::parse(&self.text)?)
            .ok_or_else(|| error::invalid_object(&self.header.full_name()))?;
        Ok(self.parsed.get_or_init(|| ViewDefinition { columns, query }))
    }
}

/// A query in parentheses, its columns renamed where they have new names.
fn under_names(sql: &str, from: &[SourceColumn], to: &[SourceColumn]) -> String {
    if from.iter().zip(to).all(|(a, b)| a.name == b.name) {
        return format!("({sql})");
    }
    let items: Vec<String> =
        from.iter().zip(to).map(|(a, b)| format!("{} AS {}", quoted(&a.name), quoted(&b.name))).collect();
    format!("(SELECT {} FROM ({sql}))", items.join(", "))
}

fn enter(scope: &mut Scope<'_>, alias: &str, columns: Vec<SourceColumn>, sql: &str) -> String {
    scope.sources.push(Source { alias: alias.to_owned(), columns });
    format!("{sql} AS {}", quoted(alias))
}

pub(super) fn columns(table: &Table) -> Vec<SourceColumn> {
    table.columns.iter().map(|column| SourceColumn { name: column.name.clone(), kind: column.kind }).collect()
}
