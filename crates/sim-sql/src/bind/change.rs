//! What `UPDATE`, `DELETE` and `INSERT` write to, and which rows.

use std::sync::Arc;

use sqlparser::ast::{
    Assignment, AssignmentTarget, BinaryOperator, Delete, Expr, FromTable, ObjectName, TableFactor, TableWithJoins,
    Update, UpdateTableFromKind, With,
};

use super::{Binder, Bound, Scope};
use crate::{
    Message,
    catalogue::{Name, Object, Table, quoted, same},
    error,
    types::Type,
};

/// A table that is written.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) table: Arc<Table>,
}

/// The list of the query, the columns with their types, and the variables with their places.
type Assigned = (String, Vec<(usize, Type)>, Vec<(String, usize)>);

/// The rows to change: row ids, and for an update the new values.
#[derive(Debug)]
pub(crate) struct ChangePlan {
    pub(crate) target: Target,
    /// Yields the row id, then one value per assignment.
    pub(crate) sql: String,
    /// The columns assigned, by their place in the table, with the types of the values.
    pub(crate) assigned: Vec<(usize, Type)>,
    /// Variables that take a value, with the place of their column among the values.
    pub(crate) variables: Vec<(String, usize)>,
}

/// The identifiers of a name.
pub(crate) fn parts(name: &ObjectName) -> Vec<String> {
    name.0.iter().map(|part| part.as_ident().map_or_else(|| part.to_string(), |ident| ident.value.clone())).collect()
}

/// The schema and name that the parts say; a database's name must be the current one's.
pub(crate) fn object_name(parts: &[String], database: &str) -> Result<Name, Message> {
    let make = |schema: &str, name: &str| Name {
        schema: if schema.is_empty() { "dbo".to_owned() } else { schema.to_owned() },
        name: name.to_owned(),
    };
    match parts {
        [name] => Ok(make("dbo", name)),
        [schema, name] => Ok(make(schema, name)),
        [base, schema, name] if same(base, database) || same(base, "tempdb") || same(schema, "sys") => {
            Ok(make(schema, name))
        }
        _ => Err(error::outside_database(&parts.join("."))),
    }
}

impl Binder<'_> {
    /// The table that a name says, to write to.
    pub(crate) fn target(&self, parts: &[String]) -> Result<Target, Message> {
        if let [only] = parts
            && only.starts_with('@')
        {
            let variable = self.env.frame.tables.get(&only.to_lowercase());
            let table = Arc::clone(&variable.ok_or_else(|| error::undeclared_table(only))?.table);
            return Ok(Target { table });
        }
        let name = object_name(parts, self.env.state.database())?;
        if let Some(table) = self.env.state.temporary.get(&name.name.to_lowercase()) {
            return Ok(Target { table: Arc::clone(table) });
        }
        match self.env.catalogue.object(&name) {
            Some(Object::Table(table)) => Ok(Target { table: Arc::clone(table) }),
            Some(Object::View(_)) => Err(error::unsupported(&format!("a change through the view {}", parts.join(".")))),
            _ => Err(error::invalid_object(&parts.join("."))),
        }
    }

    pub(crate) fn update(
        &mut self,
        update: &Update,
        top: Option<&Expr>,
        with: Option<&With>,
    ) -> Result<ChangePlan, Message> {
        let with = self.with(with)?;
        let mut scope = Scope::empty();
        let from = match &update.from {
            Some(UpdateTableFromKind::AfterSet(from) | UpdateTableFromKind::BeforeSet(from)) => from.as_slice(),
            None => &[],
        };
        let (target, alias, from) = self.changed(&update.table, from, &mut scope)?;
        let (list, assigned, variables) = self.assignments(&update.assignments, &target, &scope)?;
        let filter = self.filter(" WHERE ", update.selection.as_ref(), &scope)?;
        let limit = self.change_limit(top)?;
        let row = format!("{}._rowid_", quoted(&alias));
        let sql = format!("{with}SELECT {row}{list}{from}{filter}{limit}");
        Ok(ChangePlan { target, sql, assigned, variables })
    }

    pub(crate) fn delete(
        &mut self,
        delete: &Delete,
        top: Option<&Expr>,
        with: Option<&With>,
    ) -> Result<ChangePlan, Message> {
        let with = self.with(with)?;
        let mut scope = Scope::empty();
        let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
        let named = delete.tables.first().map(|name| TableWithJoins { relation: bare_table(name), joins: Vec::new() });
        let (target, alias, from) = match (&named, from.as_slice(), &delete.using) {
            (Some(named), from, _) => self.changed(named, from, &mut scope)?,
            (None, [first, ..], Some(using)) => self.changed(first, using, &mut scope)?,
            (None, [only], None) => self.changed(only, &[], &mut scope)?,
            _ => return Err(error::unsupported("DELETE of this form")),
        };
        let filter = self.filter(" WHERE ", delete.selection.as_ref(), &scope)?;
        let limit = self.change_limit(top)?;
        let sql = format!("{with}SELECT {}._rowid_{from}{filter}{limit}", quoted(&alias));
        Ok(ChangePlan { target, sql, assigned: Vec::new(), variables: Vec::new() })
    }

    /// The target with the alias that it has in the `FROM`, and the `FROM` itself.
    fn changed(
        &mut self,
        named: &TableWithJoins,
        from: &[TableWithJoins],
        scope: &mut Scope<'_>,
    ) -> Result<(Target, String, String), Message> {
        let TableFactor::Table { name, alias, .. } = &named.relation else {
            return Err(error::unsupported("a change of something that is not a table"));
        };
        let parts = parts(name);
        if from.is_empty() {
            let target = self.target(&parts)?;
            let alias = alias
                .as_ref()
                .map_or_else(|| parts.last().cloned().unwrap_or_default(), |alias| alias.name.value.clone());
            let sql = self.from(std::slice::from_ref(named), scope)?;
            return Ok((target, alias, sql));
        }
        if let Some((source, alias)) = find_in_from(from, &parts) {
            let target = self.target(&source)?;
            return Ok((target, alias, self.from(from, scope)?));
        }
        let with_target: Vec<TableWithJoins> = std::iter::once(named).chain(from).cloned().collect();
        let target = self.target(&parts)?;
        let alias = parts.last().cloned().unwrap_or_default();
        Ok((target, alias, self.from(&with_target, scope)?))
    }

    /// The values assigned, as further columns of the query.
    fn assignments(
        &mut self,
        assignments: &[Assignment],
        target: &Target,
        scope: &Scope<'_>,
    ) -> Result<Assigned, Message> {
        let (mut list, mut assigned, mut variables) = (String::new(), Vec::new(), Vec::new());
        for assignment in assignments {
            let AssignmentTarget::ColumnName(name) = &assignment.target else {
                return Err(error::unsupported("UPDATE … SET (…) = …"));
            };
            let name = parts(name).pop().unwrap_or_default();
            let (bound, column) = self.assignment(&name, &assignment.value, target, scope)?;
            list.push_str(&format!(", {}", bound.sql));
            if name.starts_with('@') {
                variables.push((name, assigned.len()));
            }
            assigned.push((column, bound.kind));
        }
        Ok((list, assigned, variables))
    }

    fn assignment(
        &mut self,
        name: &str,
        value: &Expr,
        target: &Target,
        scope: &Scope<'_>,
    ) -> Result<(Bound, usize), Message> {
        if name.starts_with('@') {
            if matches!(value, Expr::BinaryOp { op: BinaryOperator::Eq, .. }) {
                return Err(error::unsupported("UPDATE … SET @variable = column = …"));
            }
            return Ok((self.expression(value, scope)?, usize::MAX));
        }
        let place = target.table.columns.iter().position(|column| same(&column.name, name));
        let place = place.ok_or_else(|| error::invalid_column(name))?;
        let column = &target.table.columns[place];
        if column.identity.is_some() {
            return Err(error::identity_update(&column.name));
        }
        if column.computed.is_some() {
            return Err(Message::new(
                271,
                16,
                format!(
                    "The column \"{name}\" cannot be modified because it is either a computed column or is the result of a UNION operator."
                ),
            ));
        }
        let is_default = matches!(value, Expr::Identifier(word) if word.value.eq_ignore_ascii_case("default") && word.quote_style.is_none());
        let bound = if is_default { self.default_of(column)? } else { self.expression(value, scope)? };
        Ok((bound, place))
    }

    /// A column's default as an expression.
    pub(crate) fn default_of(&mut self, column: &crate::catalogue::Column) -> Result<Bound, Message> {
        match &column.default {
            Some(default) => self.expression(&crate::syntax::parse_expression(&default.text)?, &Scope::empty()),
            None => Ok(Bound::null()),
        }
    }

    fn change_limit(&mut self, top: Option<&Expr>) -> Result<String, Message> {
        match top {
            Some(top) => Ok(format!(" LIMIT {}", self.expression_as(top, &Scope::empty(), Type::BigInt)?.sql)),
            None => Ok(String::new()),
        }
    }

    /// The text of a check constraint or computed column in SQLite's SQL, over the table's own columns.
    pub(crate) fn over_columns(&mut self, expression: &Expr, table: &Table) -> Result<Bound, Message> {
        let source = super::Source { alias: String::new(), columns: super::from::columns(table) };
        self.expression(expression, &Scope { sources: vec![source], outer: None })
    }
}

fn bare_table(name: &ObjectName) -> TableFactor {
    TableFactor::Table {
        name: name.clone(),
        alias: None,
        args: None,
        with_hints: Vec::new(),
        version: None,
        with_ordinality: false,
        partitions: Vec::new(),
        json_path: None,
        sample: None,
        index_hints: Vec::new(),
    }
}

/// The table in a `FROM` that a target's name means: by alias, else by name. Returns its own name and its alias.
fn find_in_from(from: &[TableWithJoins], target: &[String]) -> Option<(Vec<String>, String)> {
    let factors = from
        .iter()
        .flat_map(|table| std::iter::once(&table.relation).chain(table.joins.iter().map(|join| &join.relation)));
    let tables: Vec<(Vec<String>, String)> = factors
        .filter_map(|factor| match factor {
            TableFactor::Table { name, alias, .. } => {
                let name = parts(name);
                let own = name.last().cloned().unwrap_or_default();
                Some((name, alias.as_ref().map_or(own, |alias| alias.name.value.clone())))
            }
            _ => None,
        })
        .collect();
    let wanted = target.last()?;
    let by_alias = tables.iter().find(|(_, alias)| same(alias, wanted));
    by_alias.or_else(|| tables.iter().find(|(name, _)| name.last().is_some_and(|name| same(name, wanted)))).cloned()
}
