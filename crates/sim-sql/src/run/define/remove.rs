//! `DROP`, `TRUNCATE` and the end of constraints.

use std::sync::Arc;

use super::super::{Engine, Outcome};
use crate::{
    bind::{Frame, object_name},
    catalogue::{self, Name, Object, Table, quoted, same},
    error,
    syntax::DropKind,
};

impl Engine<'_> {
    pub(super) fn drop_objects(&mut self, kind: DropKind, names: &[Vec<String>], if_exists: bool) -> Outcome<()> {
        names.iter().try_for_each(|parts| match kind {
            DropKind::Schema => self.drop_schema(parts, if_exists),
            _ => self.drop_object(kind, parts, if_exists),
        })
    }

    fn drop_object(&mut self, kind: DropKind, parts: &[String], if_exists: bool) -> Outcome<()> {
        let (word, statement) = words(kind);
        self.may_define(statement, parts)?;
        let own = parts.last().cloned().unwrap_or_default();
        if kind == DropKind::Table && self.state.temporary.contains_key(&own.to_lowercase()) {
            return self.drop_temporary(&own);
        }
        let name = object_name(parts, self.state.database())?;
        let catalogue = self.catalogue()?;
        let found = catalogue.object(&name).filter(|object| object.kind() == code(kind)).cloned();
        let Some(object) = found else {
            return if if_exists { Ok(()) } else { Err(error::cannot_drop(word, &parts.join(".")).into()) };
        };
        self.writing(|engine| engine.remove(&name, &object))
    }

    fn drop_temporary(&mut self, own: &str) -> Outcome<()> {
        self.writing_temporary(|engine| {
            engine.sqlite(|connection| connection.execute_batch(&format!("DROP TABLE temp.{}", quoted(own))))
        })?;
        self.state.temporary.remove(&own.to_lowercase());
        Ok(())
    }

    fn remove(&mut self, name: &Name, object: &Object) -> Outcome<()> {
        if let Object::Table(table) = object {
            let catalogue = self.catalogue()?;
            if catalogue.references_to(table).any(|(child, _)| child.header.id != table.header.id) {
                return Err(error::drop_referenced(&table.header.full_name()).into());
            }
            self.sqlite(|connection| {
                connection.flush_prepared_statement_cache();
                connection.execute("DELETE FROM main.__identity WHERE object = ?1", [table.header.id])
            })?;
            self.define_sqlite(format!("DROP TABLE {}", table.sqlite_name()))?;
            let _ = self.state.transaction.written.take();
        }
        self.sqlite(|connection| catalogue::remove(connection, &name.key()))?;
        self.state.transaction.touch(&name.key());
        Ok(())
    }

    fn drop_schema(&mut self, parts: &[String], if_exists: bool) -> Outcome<()> {
        self.may_define("DROP SCHEMA", parts)?;
        let name = parts.last().cloned().unwrap_or_default();
        self.writing(|engine| {
            let catalogue = engine.catalogue()?;
            let Some(schema) = catalogue.schema(&name) else {
                return if if_exists { Ok(()) } else { Err(error::cannot_drop("schema", &name).into()) };
            };
            if let Some(object) = catalogue.objects.values().find(|object| same(&object.header().schema, &name)) {
                let text = format!(
                    "Cannot drop schema '{name}' because it is being referenced by object '{}'.",
                    object.header().name
                );
                return Err(crate::Message::new(3729, 16, text).into());
            }
            let rest: Vec<_> = catalogue.schemas.iter().filter(|other| other.id != schema.id).cloned().collect();
            engine.state.transaction.touch(&name);
            engine.sqlite(|connection| catalogue::save_schemas(connection, &rest))
        })
    }

    pub(super) fn truncate(&mut self, parts: &[String], frame: &Frame) -> Outcome<()> {
        self.may_define("TRUNCATE TABLE", parts)?;
        let table = self.target(parts, frame)?;
        if table.is_temporary() {
            return self.writing_temporary(|engine| engine.empty(&table));
        }
        self.writing(|engine| {
            let catalogue = engine.catalogue()?;
            if catalogue.references_to(&table).next().is_some() {
                return Err(error::truncate_referenced(&table.header.full_name()).into());
            }
            engine.sqlite(|connection| {
                connection.execute("DELETE FROM main.__identity WHERE object = ?1", [table.header.id])
            })?;
            engine.empty(&table)
        })
    }

    /// The condition keeps SQLite from deleting all rows without telling of each.
    fn empty(&mut self, table: &Table) -> Outcome<()> {
        let sql = format!("DELETE FROM {} WHERE 1", table.sqlite_name());
        self.sqlite(|connection| connection.execute(&sql, []))?;
        Ok(())
    }

    pub(super) fn drop_constraints(&mut self, table: &Arc<Table>, names: &[String], if_exists: bool) -> Outcome<()> {
        let mut table = Table::clone(table);
        for name in names {
            if !table.has_constraint(name) {
                if if_exists {
                    continue;
                }
                return Err(error::not_a_constraint(name).into());
            }
            self.drop_constraint(&mut table, name)?;
        }
        self.keep_table(table)
    }

    fn drop_constraint(&mut self, table: &mut Table, name: &str) -> Outcome<()> {
        if let Some(place) = table.keys.iter().position(|key| same(&key.name, name)) {
            self.refuse_referenced_key(table, place)?;
            let key = table.keys.remove(place);
            return self.unmake_index(table, &key.name);
        }
        let before = table.checks.len() + table.foreign_keys.len();
        table.checks.retain(|check| !same(&check.name, name));
        table.foreign_keys.retain(|key| !same(&key.name, name));
        for column in &mut table.columns {
            column.default.take_if(|default| same(&default.name, name));
        }
        if table.checks.len() + table.foreign_keys.len() < before {
            self.redefine(table)?;
        }
        Ok(())
    }

    fn refuse_referenced_key(&mut self, table: &Table, place: usize) -> Outcome<()> {
        let key = &table.keys[place];
        let catalogue = self.catalogue()?;
        let uses = |columns: &[String]| {
            columns.len() == key.columns.len()
                && columns.iter().all(|name| key.columns.iter().any(|column| same(&column.name, name)))
        };
        let user = catalogue.references_to(table).find(|(_, reference)| uses(&reference.parent_columns));
        match user {
            Some((child, reference)) => {
                let text = format!(
                    "The constraint '{}' is being referenced by table '{}', foreign key constraint '{}'.",
                    key.name, child.header.name, reference.name
                );
                Err(crate::Message::new(3725, 16, text).into())
            }
            None => Ok(()),
        }
    }
}

fn words(kind: DropKind) -> (&'static str, &'static str) {
    match kind {
        DropKind::Table => ("table", "DROP TABLE"),
        DropKind::View => ("view", "DROP VIEW"),
        DropKind::Procedure => ("procedure", "DROP PROCEDURE"),
        DropKind::Function => ("function", "DROP FUNCTION"),
        DropKind::Schema => ("schema", "DROP SCHEMA"),
    }
}

fn code(kind: DropKind) -> &'static str {
    match kind {
        DropKind::Table => "U",
        DropKind::View => "V",
        DropKind::Procedure => "P",
        DropKind::Function => "FN",
        DropKind::Schema => "",
    }
}
