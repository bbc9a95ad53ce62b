//! `CREATE TABLE`, temporary tables, and tables made from a query.

use rusqlite::types::Value;

use super::super::{Engine, Outcome, insert::Incoming, query::Prepared};
use crate::{
    Message,
    bind::{Frame, SourceColumn, object_name},
    catalogue::{Column, Default, Header, Name, Object, TEMPORARY, Table, same},
    clock, error,
    syntax::{ColumnDefinition, DefaultDefinition, Element, Rule, TableDefinition},
    types::Type,
};
use std::sync::Arc;

impl Engine<'_> {
    pub(super) fn create_table(&mut self, definition: &TableDefinition, frame: &Frame) -> Outcome<()> {
        self.may_define("CREATE TABLE", &definition.name)?;
        let own = definition.name.last().cloned().unwrap_or_default();
        if own.starts_with('#') {
            if self.state.temporary.contains_key(&own.to_lowercase()) {
                return Err(error::already_exists(&own).into());
            }
            let table = self.temporary_table(&own, &definition.elements, frame)?;
            return self.keep_table(table);
        }
        self.writing(|engine| {
            let name = engine.new_name(&definition.name)?;
            engine.check_free(&name)?;
            let table = engine.new_table(name, &definition.elements)?;
            engine.keep_table(table)
        })
    }

    /// Makes a temporary table or the table behind a table variable.
    pub(in super::super) fn temporary_table(
        &mut self,
        name: &str,
        elements: &[Element],
        _frame: &Frame,
    ) -> Outcome<Table> {
        let name = Name { schema: TEMPORARY.to_owned(), name: name.to_owned() };
        self.writing_temporary(|engine| engine.new_table(name, elements))
    }

    fn new_table(&mut self, name: Name, elements: &[Element]) -> Outcome<Table> {
        let header = if name.schema == TEMPORARY { self.temporary_header(name) } else { self.new_header(name)? };
        let mut table = Table {
            header,
            columns: Vec::new(),
            keys: Vec::new(),
            foreign_keys: Vec::new(),
            checks: Vec::new(),
            indexes: Vec::new(),
            last_column: 0,
        };
        for column in columns(elements) {
            self.describe_column(&mut table, column)?;
        }
        if table.columns.is_empty() {
            return Err(error::syntax(")").into());
        }
        let rules = all_rules(elements);
        self.describe_constraints(&mut table, &rules)?;
        let mut sql = self.sqlite_definition(&table)?;
        if table.is_temporary() {
            sql = sql.replacen("CREATE TABLE ", "CREATE TABLE temp.", 1);
        }
        self.change_sqlite(&table, sql)?;
        for key in table.keys.clone() {
            self.make_key(&table, &key)?;
        }
        for element in elements {
            if let Element::Index(index) = element {
                self.add_index(&mut table, index)?;
            }
        }
        Ok(table)
    }

    /// Negative ids keep temporary tables apart.
    fn temporary_header(&mut self, name: Name) -> Header {
        self.state.table_variables += 1;
        let id = -i32::try_from(self.state.table_variables).unwrap_or(i32::MAX);
        let now = clock::unix_now();
        Header { id, schema: name.schema, name: name.name, created: now, modified: now }
    }

    /// Enters a column into a table's description.
    pub(super) fn describe_column(&mut self, table: &mut Table, definition: &ColumnDefinition) -> Outcome<()> {
        let name = &definition.name;
        if table.column(name).is_some() {
            return Err(error::column_exists(name, &table.header.name).into());
        }
        if ["_rowid_", "rowid", "oid"].iter().any(|reserved| same(reserved, name)) && same(name, "_rowid_") {
            return Err(error::unsupported("a column named _rowid_").into());
        }
        let is_key =
            definition.constraints.iter().any(|constraint| matches!(constraint.rule, Rule::Key { primary: true, .. }));
        table.last_column += 1;
        let mut column = Column {
            id: table.last_column,
            name: name.clone(),
            kind: definition.kind.unwrap_or(Type::Null),
            nullable: definition.nullable.unwrap_or(!is_key && definition.identity.is_none()),
            identity: definition.identity,
            default: None,
            computed: definition.computed.clone(),
        };
        if column.identity.is_some() && table.identity_column().is_some() {
            let text = format!(
                "Multiple identity columns specified for table '{}'. Only one identity column per table is allowed.",
                table.header.name
            );
            return Err(Message::new(2744, 16, text).into());
        }
        if let Some(default) = &definition.default {
            column.default = Some(self.describe_default(table, name, default)?);
        }
        if let Some(text) = &column.computed {
            column.nullable = true;
            column.kind = self.type_over(table, text)?;
        }
        table.columns.push(column);
        Ok(())
    }

    /// The type of an expression over the table's columns so far.
    fn type_over(&mut self, table: &Table, text: &str) -> Outcome<Type> {
        let expression = crate::syntax::parse_expression(text)?;
        Ok(self.bound_for_definition(|binder| binder.over_columns(&expression, table))?.kind)
    }

    pub(super) fn describe_default(
        &mut self,
        table: &Table,
        column: &str,
        definition: &DefaultDefinition,
    ) -> Outcome<Default> {
        let id = if table.is_temporary() { 0 } else { self.new_id()? };
        let name = match &definition.name {
            Some(name) => name.clone(),
            None => invented("DF", &table.header.name, Some(column), id),
        };
        if table.has_constraint(&name) {
            return Err(error::already_exists(&name).into());
        }
        Ok(Default { id, name, text: definition.text.clone() })
    }

    /// `SELECT … INTO`: a table with the columns of a result and its rows.
    pub(in super::super) fn create_from_rows(
        &mut self,
        parts: &[String],
        columns: &[SourceColumn],
        rows: Vec<Vec<Value>>,
        frame: &mut Frame,
    ) -> Outcome<()> {
        self.may_define("CREATE TABLE", parts)?;
        let elements: Vec<Element> =
            columns.iter().map(|column| Element::Column(Box::new(plain_column(column)))).collect();
        let definition = TableDefinition { name: parts.to_vec(), elements };
        let places: Vec<usize> = (0..columns.len()).collect();
        let source = Prepared { sql: String::new(), columns: columns.to_vec(), parameters: Vec::new() };
        let incoming = Incoming::of(rows, &source);
        if parts.last().is_some_and(|name| name.starts_with('#')) {
            self.create_table(&definition, frame)?;
            let table = self.target(parts, frame)?;
            return self.insert_rows(&table, &places, incoming, frame).map(|_| ());
        }
        let name = object_name(parts, self.state.database())?;
        self.writing(|engine| {
            let name = engine.new_name(&[name.schema, name.name])?;
            engine.check_free(&name)?;
            let table = engine.new_table(name, &definition.elements)?;
            let table = Arc::new(table);
            engine.keep(&Object::Table(Arc::clone(&table)))?;
            engine.insert_within(&table, &places, incoming, frame)
        })
    }
}

fn plain_column(column: &SourceColumn) -> ColumnDefinition {
    ColumnDefinition {
        name: column.name.clone(),
        kind: Some(if column.kind == Type::Null { Type::Int } else { column.kind }),
        computed: None,
        nullable: Some(true),
        identity: None,
        default: None,
        constraints: Vec::new(),
    }
}

fn columns(elements: &[Element]) -> impl Iterator<Item = &ColumnDefinition> {
    elements.iter().filter_map(|element| match element {
        Element::Column(column) => Some(&**column),
        _ => None,
    })
}

/// The constraints of the table and of its columns.
pub(super) fn all_rules(elements: &[Element]) -> Vec<&crate::syntax::ConstraintDefinition> {
    elements
        .iter()
        .flat_map(|element| match element {
            Element::Column(column) => column.constraints.iter().collect::<Vec<_>>(),
            Element::Constraint(constraint) => vec![constraint],
            Element::Index(_) => Vec::new(),
        })
        .collect()
}

/// The name that SQL Server gives what has none: prefix, parts of the names, and a number.
pub(super) fn invented(prefix: &str, table: &str, column: Option<&str>, id: i32) -> String {
    let part = |text: &str, length: usize| text.chars().take(length).collect::<String>();
    let column = column.map(|column| format!("__{}", part(column, 5))).unwrap_or_default();
    format!("{prefix}__{}{column}__{id:08X}", part(table, 9))
}
