//! `SELECT`: to the client, into variables, into a new table.

use rusqlite::{params_from_iter, types::Value};
use sqlparser::ast::{Expr, Query, SelectItem, SetExpr};

use super::{Engine, Outcome, output};
use crate::{
    Event, Message,
    bind::{Binder, BoundQuery, Frame, SourceColumn},
    catalogue::Header,
    error,
    principal::Permission,
};

/// A bound query with its parameters.
pub(super) struct Prepared {
    pub(super) sql: String,
    pub(super) columns: Vec<SourceColumn>,
    pub(super) parameters: Vec<Value>,
}

impl Engine<'_> {
    pub(super) fn query(&mut self, query: &Query, frame: &mut Frame) -> Outcome<()> {
        if let Some(variables) = assigned(query) {
            return self.select_into_variables(query, &variables?, frame);
        }
        if let SetExpr::Select(select) = &*query.body
            && let Some(into) = &select.into
        {
            let [target] = into.targets.as_slice() else { return Err(error::syntax("INTO").into()) };
            return self.select_into_table(query, target, frame);
        }
        let prepared = self.prepare(query, frame)?;
        self.emit(Event::Columns(output::columns(&prepared.columns)));
        let rows = self.each_row(&prepared, |engine, values| {
            let row = output::row(values, &prepared.columns)?;
            engine.emit(Event::Row(row));
            Ok(())
        })?;
        self.done(rows);
        Ok(())
    }

    /// Binds a query and checks that it may be run.
    pub(super) fn prepare(&mut self, query: &Query, frame: &Frame) -> Outcome<Prepared> {
        let catalogue = self.catalogue()?;
        let environment = self.environment(frame, &catalogue);
        let mut binder = Binder::new(&environment);
        let BoundQuery { sql, columns } = binder.query(query, None)?;
        let (parameters, reads) = (binder.parameters, binder.reads);
        if reads {
            self.may_read(query)?;
        }
        Ok(Prepared { sql, columns, parameters })
    }

    /// Runs a query and hands over each row as it comes.
    pub(super) fn each_row(
        &mut self,
        query: &Prepared,
        mut take: impl FnMut(&mut Self, Vec<Value>) -> Outcome<()>,
    ) -> Outcome<usize> {
        let connection = self.connection;
        let mut statement = connection.prepare_cached(&query.sql).map_err(|error| self.failure(&error))?;
        let width = query.columns.len();
        let mut rows = statement.query(params_from_iter(&query.parameters)).map_err(|error| self.failure(&error))?;
        let mut count = 0;
        loop {
            let row = match rows.next() {
                Ok(Some(row)) => output::values(row, width),
                Ok(None) => return Ok(count),
                Err(error) => Err(error),
            };
            let values = row.map_err(|error| self.failure(&error))?;
            take(self, values)?;
            self.check_stopped()?;
            count += 1;
        }
    }

    /// All rows at once.
    pub(super) fn all_rows(&mut self, query: &Prepared) -> Outcome<Vec<Vec<Value>>> {
        let mut all = Vec::new();
        self.each_row(query, |_, values| {
            all.push(values);
            Ok(())
        })?;
        Ok(all)
    }

    /// The last row's values stay in the variables; without rows they keep theirs.
    fn select_into_variables(&mut self, query: &Query, variables: &[String], frame: &mut Frame) -> Outcome<()> {
        let prepared = self.prepare(query, frame)?;
        let rows = self.all_rows(&prepared)?;
        if let Some(last) = rows.last() {
            for ((name, value), column) in variables.iter().zip(last).zip(&prepared.columns) {
                self.assign_value(name, value.clone(), column.kind, frame)?;
            }
        } else {
            variables.iter().try_for_each(|name| frame.variable(name).map(|_| ()))?;
        }
        self.state.row_count = i64::try_from(rows.len()).unwrap_or(i64::MAX);
        Ok(())
    }

    fn select_into_table(&mut self, query: &Query, target: &Expr, frame: &mut Frame) -> Outcome<()> {
        let name = expression_name(target)?;
        let prepared = self.prepare(query, frame)?;
        let rows = self.all_rows(&prepared)?;
        if let Some(column) = prepared.columns.iter().find(|column| column.visible_name().is_empty()) {
            let text = format!(
                "An object or column name is missing or empty. For SELECT INTO statements, verify each column has a name ({}).",
                column.kind.name()
            );
            return Err(Message::new(1038, 15, text).into());
        }
        let count = rows.len();
        self.create_from_rows(&name, &prepared.columns, rows, frame)?;
        self.done(count);
        Ok(())
    }

    /// Refuses a query on user tables to somebody who may not read.
    pub(super) fn may_read(&self, read: &impl sqlparser::ast::Visit) -> Result<(), Message> {
        self.may(Permission::Read, "SELECT", || first_table(read))
    }

    /// Error 229 names the object; it is looked for only when it is needed.
    pub(super) fn may(&self, permission: Permission, verb: &str, object: impl Fn() -> String) -> Result<(), Message> {
        if self.member.who.may(permission) {
            return Ok(());
        }
        let written = object();
        let (schema, name) = written.rsplit_once('.').unwrap_or(("dbo", &written));
        Err(error::permission_denied(verb, name, self.state.database(), schema))
    }

    /// Refuses a change of a table to somebody who may not write. Temporary tables are everybody's own.
    pub(super) fn may_write(&self, verb: &str, header: &Header) -> Result<(), Message> {
        self.may(Permission::Write, verb, || header.full_name())
    }
}

fn first_table(read: &impl sqlparser::ast::Visit) -> String {
    let mut found = String::new();
    let _ = sqlparser::ast::visit_relations(read, |name| {
        found = crate::bind::parts(name).join(".");
        std::ops::ControlFlow::<()>::Break(())
    });
    found
}

/// The parts of a name that stands where an expression may.
fn expression_name(target: &Expr) -> Result<Vec<String>, Message> {
    match target {
        Expr::Identifier(name) => Ok(vec![name.value.clone()]),
        Expr::CompoundIdentifier(names) => Ok(names.iter().map(|name| name.value.clone()).collect()),
        _ => Err(error::syntax("INTO")),
    }
}

/// The variables of a `SELECT @a = …, @b = …`; an error if only some items assign.
fn assigned(query: &Query) -> Option<Result<Vec<String>, Message>> {
    let SetExpr::Select(select) = &*query.body else { return None };
    let variable = |item: &SelectItem| match item {
        SelectItem::ExprWithAlias { alias, .. } if alias.quote_style.is_none() && alias.value.starts_with('@') => {
            Some(alias.value.clone())
        }
        _ => None,
    };
    let variables: Vec<String> = select.projection.iter().filter_map(variable).collect();
    if variables.is_empty() {
        return None;
    }
    if variables.len() < select.projection.len() {
        let text = "A SELECT statement that assigns a value to a variable must not be combined with data-retrieval operations.";
        return Some(Err(Message::new(141, 15, text)));
    }
    Some(Ok(variables))
}
