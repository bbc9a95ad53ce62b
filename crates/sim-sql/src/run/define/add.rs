//! `ALTER TABLE … ADD`.

use super::super::{Engine, Outcome};
use super::table::all_rules;
use crate::{
    bind::{Binder, Frame, Scope},
    catalogue::{Table, quoted},
    collation, error,
    syntax::{self, ColumnDefinition, ConstraintDefinition, Element, Rule},
};

impl Engine<'_> {
    pub(super) fn add_elements(
        &mut self,
        table: &Table,
        elements: &[Element],
        check_existing: bool,
        frame: &Frame,
    ) -> Outcome<()> {
        let mut table = table.clone();
        for element in elements {
            match element {
                Element::Column(column) => self.add_column(&mut table, column, frame)?,
                Element::Index(index) => self.add_index(&mut table, index)?,
                Element::Constraint(_) => {}
            }
        }
        let rules = all_rules(elements);
        if !rules.is_empty() {
            self.add_constraints(&mut table, &rules, check_existing)?;
        }
        self.keep_table(table)
    }

    /// Adds the column at the end, and fills it in the rows that are there.
    fn add_column(&mut self, table: &mut Table, definition: &ColumnDefinition, frame: &Frame) -> Outcome<()> {
        if definition.computed.is_some() {
            return Err(error::unsupported("ALTER TABLE ADD of a computed column").into());
        }
        self.describe_column(table, definition)?;
        let Some(column) = table.columns.last().cloned() else { return Ok(()) };
        let collate = if column.kind.is_text() { format!(" COLLATE {}", collation::NAME) } else { String::new() };
        let name = quoted(&column.name);
        let sql = format!("ALTER TABLE {} ADD COLUMN {name}{collate}", table.sqlite_name());
        self.change_sqlite(table, sql)?;
        if column.identity.is_some() {
            return self.number_rows(table, &name, column.identity.unwrap_or((1, 1)));
        }
        let with_values = definition.default.as_ref().is_some_and(|default| default.with_values);
        if column.default.is_some() && (!column.nullable || with_values) {
            return self.fill(table, &column, frame);
        }
        if !column.nullable && self.has_rows(table)? {
            return Err(error::add_not_null(&column.name, &table.header.name).into());
        }
        Ok(())
    }

    fn has_rows(&self, table: &Table) -> Outcome<bool> {
        let sql = format!("SELECT 1 FROM {} LIMIT 1", table.sqlite_name());
        self.sqlite(|connection| connection.prepare(&sql)?.exists([]))
    }

    /// Gives all rows the column's default.
    fn fill(&mut self, table: &Table, column: &crate::catalogue::Column, frame: &Frame) -> Outcome<()> {
        let Some(default) = &column.default else { return Ok(()) };
        let expression = syntax::parse_expression(&default.text)?;
        let catalogue = self.catalogue()?;
        let environment = self.environment(frame, &catalogue);
        let mut binder = Binder::new(&environment);
        let bound = binder.expression_as(&expression, &Scope::empty(), column.kind)?;
        let parameters = binder.parameters;
        let sql = format!("UPDATE {} SET {} = {}", table.sqlite_name(), quoted(&column.name), bound.sql);
        self.sqlite(|connection| connection.execute(&sql, rusqlite::params_from_iter(parameters)))?;
        Ok(())
    }

    fn number_rows(&mut self, table: &Table, name: &str, (seed, increment): (i64, i64)) -> Outcome<()> {
        let own = table.sqlite_name();
        let numbered = format!("SELECT _rowid_ AS id, row_number() OVER (ORDER BY _rowid_) - 1 AS place FROM {own}");
        let sql =
            format!("UPDATE {own} SET {name} = ?1 + ?2 * n.place FROM ({numbered}) AS n WHERE n.id = {own}._rowid_");
        let sql = sql.replace(&format!("= {own}._rowid_"), &format!("= {}._rowid_", quoted(&table.sqlite_own_name())));
        let rows = self.sqlite(|connection| connection.execute(&sql, [seed, increment]))?;
        if rows == 0 || table.is_temporary() {
            return Ok(());
        }
        let last = seed + increment * (i64::try_from(rows).unwrap_or(1) - 1);
        let sql = "INSERT INTO main.__identity(object, last) VALUES(?1, ?2)";
        self.sqlite(|connection| connection.execute(sql, [i64::from(table.header.id), last]))?;
        Ok(())
    }

    fn add_constraints(
        &mut self,
        table: &mut Table,
        rules: &[&ConstraintDefinition],
        check_existing: bool,
    ) -> Outcome<()> {
        let (keys, checks, references) = (table.keys.len(), table.checks.len(), table.foreign_keys.len());
        self.describe_constraints(table, rules)?;
        for key in &table.keys[keys..] {
            self.make_key(table, key)?;
        }
        if table.checks.len() > checks || table.foreign_keys.len() > references {
            self.redefine(table)?;
        }
        if check_existing {
            for check in &table.checks[checks..] {
                self.check_rows(table, check)?;
            }
            if table.foreign_keys.len() > references
                && let Some(key) = self.broken_reference(table)?
            {
                return Err(self.conflict_with_parent("ALTER TABLE", table, &key).into());
            }
        }
        let defaults = rules.iter().filter_map(|constraint| match &constraint.rule {
            Rule::Default { default, column } if default.with_values => Some(column),
            _ => None,
        });
        if let Some(column) = defaults.into_iter().next() {
            return Err(error::unsupported(&format!("ADD DEFAULT … FOR {column} WITH VALUES")).into());
        }
        Ok(())
    }

    fn check_rows(&mut self, table: &Table, check: &crate::catalogue::Check) -> Outcome<()> {
        let condition = self.check_condition(table, &check.text)?;
        let alias = quoted(&table.sqlite_own_name());
        let sql = format!("SELECT 1 FROM {} AS {alias} WHERE NOT ({condition}) LIMIT 1", table.sqlite_name());
        if !self.sqlite(|connection| connection.prepare(&sql)?.exists([]))? {
            return Ok(());
        }
        let table_name = table.header.full_name();
        let database = self.state.database();
        Err(error::conflict("ALTER TABLE", "CHECK", &check.name, database, &table_name, check.column.as_deref()).into())
    }
}
