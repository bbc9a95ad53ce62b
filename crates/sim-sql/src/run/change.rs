//! `UPDATE` and `DELETE`: a query finds the rows and their new values, then each row is changed by its id.

use std::collections::BTreeSet;

use rusqlite::types::Value;
use sqlparser::ast::{Delete, Expr, Update, With};

use super::{
    Engine, Failure, Outcome,
    query::Prepared,
    rows::{execute, real_columns, references_itself},
    violation::{self, Change, Violated},
};
use crate::{
    bind::{Binder, ChangePlan, Frame, SourceColumn},
    catalogue::{Table, quoted, same},
    principal::Permission,
    system::changed_indexes,
    types::Type,
};

/// A row to change: its id and the values assigned.
struct Changed {
    row: i64,
    values: Vec<Value>,
}

impl Engine<'_> {
    pub(super) fn update(
        &mut self,
        update: &Update,
        top: Option<&Expr>,
        with: Option<&With>,
        frame: &mut Frame,
    ) -> Outcome<()> {
        let (plan, query) = self.plan(frame, |binder| binder.update(update, top, with))?;
        let table = std::sync::Arc::clone(&plan.target.table);
        self.may_write_to(&table, "UPDATE")?;
        let body = |engine: &mut Self| engine.update_rows(&table, &plan, &query, update.output.as_ref(), frame);
        let rows = if table.is_temporary() { self.writing_temporary(body)? } else { self.writing(body)? };
        let places = plan.assigned.iter().filter_map(|(place, _)| table.columns.get(*place));
        let assigned: Vec<&str> = places.map(|column| column.name.as_str()).collect();
        self.count_change(&table, Some(&assigned));
        self.done(rows);
        Ok(())
    }

    /// The instance counts one operation on each index that the change went through, whether it met a row or not, and never takes
    /// it back. Temporary tables are in another database.
    pub(super) fn count_change(&self, table: &Table, assigned: Option<&[&str]>) {
        if !table.is_temporary() {
            self.state.store.count_update(changed_indexes(table, assigned));
        }
    }

    /// Binds a change and makes its query ready.
    fn plan(
        &mut self,
        frame: &Frame,
        bind: impl FnOnce(&mut Binder<'_>) -> Result<ChangePlan, crate::Message>,
    ) -> Outcome<(ChangePlan, Prepared)> {
        let catalogue = self.catalogue()?;
        let environment = self.environment(frame, &catalogue);
        let mut binder = Binder::new(&environment);
        let plan = bind(&mut binder)?;
        let kinds = std::iter::once(Type::BigInt).chain(plan.assigned.iter().map(|(_, kind)| *kind));
        let columns = kinds.map(|kind| SourceColumn { name: String::new(), kind }).collect();
        let (parameters, reads) = (binder.parameters, binder.reads);
        if reads && !plan.target.table.is_temporary() {
            self.may(Permission::Read, "SELECT", || plan.target.table.header.full_name())?;
        }
        let query = Prepared { sql: plan.sql.clone(), columns, parameters };
        Ok((plan, query))
    }

    /// The rows found, each once: where a join finds one several times, the first counts.
    fn found(&mut self, query: &Prepared) -> Outcome<Vec<Changed>> {
        let mut seen = BTreeSet::new();
        let rows = self.all_rows(query)?;
        let changed = rows.into_iter().filter_map(|mut values| match values.remove(0) {
            Value::Integer(row) if seen.insert(row) => Some(Changed { row, values }),
            _ => None,
        });
        Ok(changed.collect())
    }

    fn update_rows(
        &mut self,
        table: &Table,
        plan: &ChangePlan,
        query: &Prepared,
        output: Option<&sqlparser::ast::OutputClause>,
        frame: &mut Frame,
    ) -> Outcome<usize> {
        let mut changed = self.found(query)?;
        for row in &mut changed {
            self.convert_assigned(table, plan, row)?;
        }
        for (name, place) in &plan.variables {
            if let Some(last) = changed.last() {
                self.assign_value(name, last.values[*place].clone(), plan.assigned[*place].1, frame)?;
            }
        }
        let before = self.images(output, table, &changed)?;
        self.write_updates(table, plan, &changed)?;
        if let Some(output) = output {
            let ids: Vec<i64> = changed.iter().map(|row| row.row).collect();
            self.output_changed(output, table, &ids, before, frame)?;
        }
        Ok(changed.len())
    }

    /// The rows as they are, where an `OUTPUT` clause asks for them.
    fn images(
        &mut self,
        output: Option<&sqlparser::ast::OutputClause>,
        table: &Table,
        changed: &[Changed],
    ) -> Outcome<Vec<Vec<Value>>> {
        if output.is_none() {
            return Ok(Vec::new());
        }
        let ids: Vec<i64> = changed.iter().map(|row| row.row).collect();
        self.rows_of(table, &ids)
    }

    fn convert_assigned(&self, table: &Table, plan: &ChangePlan, row: &mut Changed) -> Outcome<()> {
        for (value, (place, kind)) in row.values.iter_mut().zip(&plan.assigned) {
            if let Some(column) = table.columns.get(*place) {
                let old = std::mem::replace(value, Value::Null);
                *value = self.stored(old, *kind, column, table, "UPDATE")?;
            }
        }
        Ok(())
    }

    fn write_updates(&mut self, table: &Table, plan: &ChangePlan, changed: &[Changed]) -> Outcome<()> {
        let places: Vec<usize> =
            plan.assigned.iter().map(|(place, _)| *place).filter(|place| *place != usize::MAX).collect();
        if places.is_empty() || changed.is_empty() {
            return Ok(());
        }
        let deferred = changed.len() > 1 && references_itself(table);
        self.defer_references(deferred)?;
        match self.write_each(table, &places, plan, changed) {
            Ok(()) => {}
            Err((_, true)) if changed.len() > 1 => {
                return self.write_by_way_of_placeholders(table, &places, plan, changed);
            }
            Err((failure, _)) => return Err(failure),
        }
        if deferred {
            self.check_references(table, "UPDATE")?;
            self.defer_references(false)?;
        }
        Ok(())
    }

    /// Writes row by row. The error says whether it was one of a duplicate key.
    fn write_each(
        &mut self,
        table: &Table,
        places: &[usize],
        plan: &ChangePlan,
        changed: &[Changed],
    ) -> Result<(), (Failure, bool)> {
        let connection = self.connection;
        let sql = setting(table, places);
        let mut statement = connection.prepare_cached(&sql).map_err(|error| (self.failure(&error), false))?;
        for row in changed {
            let mut values = own_values(plan, row);
            values.push(Value::Integer(row.row));
            if let Err(error) = execute(&mut statement, &values) {
                let is_duplicate = matches!(violation::violated(&text_of(&error)), Some(Violated::Unique(_)));
                let future = self.future(table, places, row.row, &values);
                let failure = future.map_or_else(
                    |failure| failure,
                    |future| self.violation(&error, table, &Change::Update(row.row, &future)),
                );
                return Err((failure, is_duplicate));
            }
        }
        Ok(())
    }

    /// The row as it was to be.
    fn future(&mut self, table: &Table, places: &[usize], row: i64, values: &[Value]) -> Outcome<Vec<Value>> {
        let mut future = self.rows_of(table, &[row])?.pop().unwrap_or_default();
        for (place, value) in places.iter().zip(values) {
            let own = real_columns(table).position(|column| same(&column.name, &table.columns[*place].name));
            if let Some(slot) = own.and_then(|own| future.get_mut(own)) {
                slot.clone_from(value);
            }
        }
        Ok(future)
    }

    /// SQL Server looks at keys when all rows are written, SQLite after each one: rows whose keys move among each other
    /// get a placeholder first, which no other row can have.
    fn write_by_way_of_placeholders(
        &mut self,
        table: &Table,
        places: &[usize],
        plan: &ChangePlan,
        changed: &[Changed],
    ) -> Outcome<()> {
        let keys: Vec<usize> =
            places.iter().copied().filter(|place| is_in_key(table, &table.columns[*place].name)).collect();
        self.defer_references(true)?;
        self.sqlite(|connection| connection.execute_batch("PRAGMA ignore_check_constraints = ON"))?;
        let placed = self.sqlite(|connection| {
            let mut statement = connection.prepare_cached(&setting(table, &keys))?;
            for row in changed {
                let mut values = vec![Value::Blob(row.row.to_be_bytes().to_vec()); keys.len()];
                values.push(Value::Integer(row.row));
                execute(&mut statement, &values)?;
            }
            Ok(())
        });
        self.sqlite(|connection| connection.execute_batch("PRAGMA ignore_check_constraints = OFF"))?;
        placed?;
        self.write_each(table, places, plan, changed).map_err(|(failure, _)| failure)?;
        self.check_references(table, "UPDATE")?;
        self.defer_references(false)
    }

    pub(super) fn delete(
        &mut self,
        delete: &Delete,
        top: Option<&Expr>,
        with: Option<&With>,
        frame: &mut Frame,
    ) -> Outcome<()> {
        let (plan, query) = self.plan(frame, |binder| binder.delete(delete, top, with))?;
        let table = std::sync::Arc::clone(&plan.target.table);
        self.may_write_to(&table, "DELETE")?;
        let body = |engine: &mut Self| engine.delete_rows(&table, &query, delete.output.as_ref(), frame);
        let rows = if table.is_temporary() { self.writing_temporary(body)? } else { self.writing(body)? };
        self.count_change(&table, None);
        self.done(rows);
        Ok(())
    }

    fn delete_rows(
        &mut self,
        table: &Table,
        query: &Prepared,
        output: Option<&sqlparser::ast::OutputClause>,
        frame: &mut Frame,
    ) -> Outcome<usize> {
        let changed = self.found(query)?;
        let before = self.images(output, table, &changed)?;
        let deferred = changed.len() > 1 && references_itself(table);
        self.defer_references(deferred)?;
        let connection = self.connection;
        let sql = format!("DELETE FROM {} WHERE _rowid_ = ?1", table.sqlite_name());
        let mut statement = connection.prepare_cached(&sql).map_err(|error| self.failure(&error))?;
        for row in &changed {
            if let Err(error) = statement.execute([row.row]) {
                return Err(self.violation(&error, table, &Change::Delete(row.row)));
            }
        }
        drop(statement);
        if deferred {
            self.check_references(table, "DELETE")?;
            self.defer_references(false)?;
        }
        if let Some(output) = output {
            self.output_deleted(output, table, before, frame)?;
        }
        Ok(changed.len())
    }
}

fn text_of(error: &rusqlite::Error) -> String {
    match error {
        rusqlite::Error::SqliteFailure(_, Some(text)) => text.clone(),
        other => other.to_string(),
    }
}

fn setting(table: &Table, places: &[usize]) -> String {
    let list: Vec<String> = places.iter().map(|place| format!("{} = ?", quoted(&table.columns[*place].name))).collect();
    format!("UPDATE {} SET {} WHERE _rowid_ = ?", table.sqlite_name(), list.join(", "))
}

/// The values of columns, without those of variables.
fn own_values(plan: &ChangePlan, row: &Changed) -> Vec<Value> {
    let with_place = row.values.iter().zip(&plan.assigned);
    with_place.filter(|(_, (place, _))| *place != usize::MAX).map(|(value, _)| value.clone()).collect()
}

fn is_in_key(table: &Table, column: &str) -> bool {
    let keys = table.keys.iter().map(|key| &key.columns);
    let indexes = table.indexes.iter().filter(|index| index.unique).map(|index| &index.columns);
    keys.chain(indexes).flatten().any(|sorted| same(&sorted.name, column))
}
