//! Definitions: what they change in the catalogue, and what that means for SQLite.

mod add;
mod column;
mod constraint;
mod index;
mod module;
mod remove;
mod rename;
mod sqlite;
mod table;

use std::sync::Arc;

use super::{Engine, Outcome};
use crate::{
    Message,
    bind::{Binder, Frame, object_name},
    catalogue::{self, Header, Name, Object, Table, same},
    clock, error,
    principal::Permission,
    store,
    syntax::{Kind, TableChange},
};

pub(super) use index::index_name;

impl Engine<'_> {
    pub(super) fn define(&mut self, kind: &Kind, frame: &mut Frame) -> Outcome<()> {
        match kind {
            Kind::CreateTable(definition) => self.create_table(definition, frame)?,
            Kind::AlterTable { table, change } => self.alter_table(table, change, frame)?,
            Kind::CreateIndex(definition) => self.create_index(definition, frame)?,
            Kind::DropIndex { index, table, if_exists } => self.drop_index(index, table, *if_exists, frame)?,
            Kind::Drop { kind, names, if_exists } => self.drop_objects(*kind, names, *if_exists)?,
            Kind::Truncate(table) => self.truncate(table, frame)?,
            Kind::CreateSchema(name) => self.create_schema(name)?,
            Kind::Transfer { schema, object } => self.transfer(schema, object)?,
            Kind::CreateView { name, mode, .. } => self.create_view(name, *mode, frame)?,
            Kind::CreateRoutine { name, routine, mode } => self.create_routine(name, routine, *mode, frame)?,
            _ => return Err(error::unsupported("this statement").into()),
        }
        self.finished();
        Ok(())
    }

    fn alter_table(&mut self, name: &[String], change: &TableChange, frame: &mut Frame) -> Outcome<()> {
        let table = self.defined_table(name, frame)?;
        let body = |engine: &mut Self| match change {
            TableChange::Add { elements, check_existing } => {
                engine.add_elements(&table, elements, *check_existing, frame)
            }
            TableChange::AlterColumn { column, kind, nullable } => {
                engine.alter_column(&table, column, *kind, *nullable)
            }
            TableChange::DropColumns { columns, if_exists } => engine.drop_columns(&table, columns, *if_exists),
            TableChange::DropConstraints { constraints, if_exists } => {
                engine.drop_constraints(&table, constraints, *if_exists)
            }
            TableChange::Unsupported(what) => Err(error::unsupported(what).into()),
        };
        if table.is_temporary() { self.writing_temporary(body) } else { self.writing(body) }
    }

    /// The table that an `ALTER TABLE` names: error 4902 if there is none.
    fn defined_table(&mut self, parts: &[String], frame: &Frame) -> Outcome<Arc<Table>> {
        self.may_define("ALTER TABLE", parts)?;
        self.target(parts, frame).map_err(|_| error::cannot_find("object", &parts.join(".")).into())
    }

    /// Refuses a definition to somebody who may not make any. Temporary tables are everybody's own.
    fn may_define(&self, statement: &str, parts: &[String]) -> Result<(), Message> {
        let temporary = parts.last().is_some_and(|name| name.starts_with('#'));
        if temporary || (!self.state.master && self.member.who.may(Permission::Define)) {
            return Ok(());
        }
        Err(error::definition_denied(statement, self.state.database()))
    }

    /// The name of a new object, whose schema must exist.
    fn new_name(&mut self, parts: &[String]) -> Outcome<Name> {
        let mut name = object_name(parts, self.state.database())?;
        let catalogue = self.catalogue()?;
        let schema = catalogue.schema(&name.schema).ok_or_else(|| error::no_schema(&name.schema))?;
        name.schema.clone_from(&schema.name);
        Ok(name)
    }

    /// Refuses a name that an object or constraint of the schema has.
    fn check_free(&mut self, name: &Name) -> Outcome<()> {
        let catalogue = self.catalogue()?;
        if catalogue.object(name).is_some() || catalogue.constraint_exists(&name.schema, &name.name) {
            return Err(error::already_exists(&name.name).into());
        }
        Ok(())
    }

    fn new_id(&self) -> Outcome<i32> {
        self.sqlite(store::next_object)
    }

    fn new_header(&self, name: Name) -> Outcome<Header> {
        let now = clock::unix_now();
        Ok(Header { id: self.new_id()?, schema: name.schema, name: name.name, created: now, modified: now })
    }

    /// Enters an object into the catalogue.
    fn keep(&mut self, object: &Object) -> Outcome<()> {
        let name = object.header().to_name();
        self.sqlite(|connection| catalogue::save(connection, &name.key(), object))?;
        self.state.transaction.touch(&name.key());
        Ok(())
    }

    /// Enters a table as it is now: in the catalogue, or among the session's temporary ones.
    fn keep_table(&mut self, mut table: Table) -> Outcome<()> {
        table.header.modified = clock::unix_now();
        if !table.is_temporary() {
            return self.keep(&Object::Table(Arc::new(table)));
        }
        self.state.temporary.insert(table.header.name.to_lowercase(), Arc::new(table));
        Ok(())
    }

    /// Changes SQLite's own definitions: with an entry in the log, unless the table is temporary.
    fn change_sqlite(&mut self, table: &Table, sql: String) -> Outcome<()> {
        if table.is_temporary() {
            return self.sqlite(|connection| connection.execute_batch(&sql));
        }
        self.define_sqlite(sql)
    }

    fn create_schema(&mut self, name: &str) -> Outcome<()> {
        self.may_define("CREATE SCHEMA", &[])?;
        self.writing(|engine| {
            let catalogue = engine.catalogue()?;
            if catalogue.schema(name).is_some() {
                return Err(error::already_exists(name).into());
            }
            let mut schemas = catalogue.schemas.clone();
            let id = schemas.iter().map(|schema| schema.id).max().unwrap_or(4) + 1;
            schemas.push(catalogue::Schema { id, name: name.to_owned() });
            engine.state.transaction.touch(name);
            engine.sqlite(|connection| catalogue::save_schemas(connection, &schemas))
        })
    }

    /// Binds something for the text of a definition.
    fn bound_for_definition<T>(&mut self, bind: impl FnOnce(&mut Binder<'_>) -> Result<T, Message>) -> Outcome<T> {
        let catalogue = self.catalogue()?;
        let frame = Frame::default();
        let environment = self.environment(&frame, &catalogue);
        Ok(bind(&mut Binder::for_definition(&environment))?)
    }
}

/// The places of columns in a table; error 1911 if there is no such column.
fn places(table: &Table, names: impl Iterator<Item = String>) -> Result<Vec<usize>, Message> {
    names
        .map(|name| {
            let place = table.columns.iter().position(|column| same(&column.name, &name));
            place.ok_or_else(|| {
                Message::new(1911, 16, format!("Column name '{name}' does not exist in the target table or view."))
            })
        })
        .collect()
}
