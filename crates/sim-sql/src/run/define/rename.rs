//! `sp_rename` and `ALTER SCHEMA … TRANSFER`.

use std::sync::Arc;

use super::super::{Engine, Outcome};
use super::column::mentions;
use crate::{
    Message,
    bind::object_name,
    catalogue::{self, Name, Object, Table, quoted, same},
    error,
};

impl Engine<'_> {
    /// `sp_rename 'table.column', 'new', 'COLUMN'`, or of a table, view or procedure.
    pub(in super::super) fn rename(&mut self, old: &str, new: &str, kind: Option<&str>) -> Outcome<()> {
        self.may_define("ALTER TABLE", &[])?;
        let parts = crate::bind::split_name(old)?;
        self.writing(|engine| match kind.map(str::to_ascii_lowercase).as_deref() {
            Some("column") => engine.rename_column(&parts, new),
            Some("index") => Err(error::unsupported("sp_rename of an index").into()),
            _ => engine.rename_object(&parts, new),
        })
    }

    fn rename_object(&mut self, parts: &[String], new: &str) -> Outcome<()> {
        let name = object_name(parts, self.state.database())?;
        let catalogue = self.catalogue()?;
        let object = catalogue.object(&name).cloned().ok_or_else(|| ambiguous(&parts.join(".")))?;
        let renamed = Name { schema: object.header().schema.clone(), name: new.to_owned() };
        if !same(&name.name, new) {
            self.check_free(&renamed)?;
        }
        self.move_object(&name, object, renamed)
    }

    pub(super) fn transfer(&mut self, schema: &str, parts: &[String]) -> Outcome<()> {
        self.may_define("ALTER SCHEMA", &[])?;
        self.writing(|engine| {
            let name = object_name(parts, engine.state.database())?;
            let catalogue = engine.catalogue()?;
            let object =
                catalogue.object(&name).cloned().ok_or_else(|| error::cannot_find("object", &parts.join(".")))?;
            let schema = catalogue.schema(schema).ok_or_else(|| error::no_schema(schema))?.name.clone();
            let moved = Name { schema, name: object.header().name.clone() };
            engine.check_free(&moved)?;
            engine.move_object(&name, object, moved)
        })
    }

    /// Gives an object another name: in the catalogue, in SQLite, and in the references to it.
    fn move_object(&mut self, old: &Name, object: Object, new: Name) -> Outcome<()> {
        self.sqlite(|connection| catalogue::remove(connection, &old.key()))?;
        self.state.transaction.touch(&old.key());
        match object {
            Object::Table(table) => self.move_table(&table, &new),
            Object::View(_) | Object::Routine(_) => {
                Err(error::unsupported("sp_rename of a view, procedure or function").into())
            }
        }
    }

    fn move_table(&mut self, table: &Table, new: &Name) -> Outcome<()> {
        let catalogue = self.catalogue()?;
        let mut renamed = table.clone();
        renamed.header.schema.clone_from(&new.schema);
        renamed.header.name.clone_from(&new.name);
        let children: Vec<Table> = catalogue
            .tables()
            .filter(|child| child.header.id != table.header.id)
            .map(|child| Table::clone(child))
            .collect();
        let sql = format!("ALTER TABLE {} RENAME TO {}", table.sqlite_name(), quoted(&renamed.sqlite_own_name()));
        self.define_sqlite(sql)?;
        point_to(&mut renamed, table, new);
        self.redefine(&renamed)?;
        self.keep_table(renamed)?;
        for mut child in children {
            if point_to(&mut child, table, new) {
                self.redefine(&child)?;
                self.keep_table(child)?;
            }
        }
        Ok(())
    }

    fn rename_column(&mut self, parts: &[String], new: &str) -> Outcome<()> {
        let (column, table_name) = parts.split_last().ok_or_else(|| ambiguous(""))?;
        let name = object_name(table_name, self.state.database())?;
        let catalogue = self.catalogue()?;
        let table = catalogue.table(&name).ok_or_else(|| ambiguous(&parts.join(".")))?;
        let old = table.column(column).ok_or_else(|| ambiguous(&parts.join(".")))?.name.clone();
        if table.column(new).is_some_and(|_| !same(&old, new)) {
            return Err(error::column_exists(new, &table.header.name).into());
        }
        let computed = table.columns.iter().filter_map(|column| column.computed.as_ref());
        if table.checks.iter().map(|check| &check.text).chain(computed).any(|text| mentions(text, &old)) {
            let text = format!(
                "Object '{}' cannot be renamed because the object participates in enforced dependencies.",
                parts.join(".")
            );
            return Err(Message::new(15336, 16, text).into());
        }
        let sql = format!("ALTER TABLE {} RENAME COLUMN {} TO {}", table.sqlite_name(), quoted(&old), quoted(new));
        let mut renamed = Table::clone(table);
        let children: Vec<Arc<Table>> = catalogue.references_to(table).map(|(child, _)| Arc::clone(child)).collect();
        self.define_sqlite(sql)?;
        rename_in(&mut renamed, &old, new);
        let id = renamed.header.id;
        self.keep_table(renamed)?;
        for child in children.into_iter().filter(|child| child.header.id != id) {
            let mut child = Table::clone(&child);
            for key in &mut child.foreign_keys {
                if same(&key.parent_schema, &name.schema) && same(&key.parent_table, &name.name) {
                    key.parent_columns
                        .iter_mut()
                        .filter(|column| same(column, &old))
                        .for_each(|column| new.clone_into(column));
                }
            }
            self.keep_table(child)?;
        }
        Ok(())
    }
}

fn ambiguous(name: &str) -> Message {
    Message::new(
        15248,
        11,
        format!("Either the parameter @objname is ambiguous or the claimed @objtype (object) is wrong ({name})."),
    )
}

/// Points the references to a table at its new name; whether there were any.
fn point_to(child: &mut Table, old: &Table, new: &Name) -> bool {
    let mut found = false;
    for key in &mut child.foreign_keys {
        if same(&key.parent_schema, &old.header.schema) && same(&key.parent_table, &old.header.name) {
            key.parent_schema.clone_from(&new.schema);
            key.parent_table.clone_from(&new.name);
            found = true;
        }
    }
    found
}

fn rename_in(table: &mut Table, old: &str, new: &str) {
    let rename = |name: &mut String| {
        if same(name, old) {
            new.clone_into(name);
        }
    };
    table.columns.iter_mut().for_each(|column| rename(&mut column.name));
    table.keys.iter_mut().flat_map(|key| &mut key.columns).for_each(|column| rename(&mut column.name));
    table.indexes.iter_mut().flat_map(|index| &mut index.columns).for_each(|column| rename(&mut column.name));
    table.indexes.iter_mut().flat_map(|index| &mut index.included).for_each(rename);
    let own = (table.header.schema.clone(), table.header.name.clone());
    for key in &mut table.foreign_keys {
        key.columns.iter_mut().for_each(rename);
        if same(&key.parent_schema, &own.0) && same(&key.parent_table, &own.1) {
            key.parent_columns.iter_mut().for_each(rename);
        }
    }
    table.checks.iter_mut().filter_map(|check| check.column.as_mut()).for_each(rename);
}
