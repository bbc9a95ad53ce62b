//! Constraints: from their definition into a table's description.

use super::super::{Engine, Failure, Outcome};
use super::{places, table::invented};
use crate::{
    Message,
    bind::object_name,
    catalogue::{Check, ForeignKey, Key, Name, Sorted, Table, same},
    error,
    syntax::{ConstraintDefinition, Rule},
};

impl Engine<'_> {
    /// Enters constraints into a table's description, keys before what may refer to them.
    pub(super) fn describe_constraints(&mut self, table: &mut Table, rules: &[&ConstraintDefinition]) -> Outcome<()> {
        self.describe_in_order(table, rules).map_err(not_created)
    }

    fn describe_in_order(&mut self, table: &mut Table, rules: &[&ConstraintDefinition]) -> Outcome<()> {
        let is_key = |constraint: &&&ConstraintDefinition| matches!(constraint.rule, Rule::Key { .. });
        for constraint in rules.iter().filter(is_key) {
            self.describe_key(table, constraint)?;
        }
        for constraint in rules.iter().filter(|constraint| !is_key(constraint)) {
            self.describe_other(table, constraint)?;
        }
        Ok(())
    }

    fn constraint_id(&self, table: &Table) -> Outcome<i32> {
        if table.is_temporary() { Ok(0) } else { self.new_id() }
    }

    /// The name given, which must be free, or one that is made up.
    fn constraint_name(&mut self, table: &Table, given: Option<&String>, prefix: &str, id: i32) -> Outcome<String> {
        let Some(name) = given else { return Ok(invented(prefix, &table.header.name, None, id)) };
        let free = Name { schema: table.header.schema.clone(), name: name.clone() };
        if table.has_constraint(name) {
            return Err(error::already_exists(name).into());
        }
        if !table.is_temporary() {
            let catalogue = self.catalogue()?;
            let other = catalogue
                .tables()
                .filter(|other| other.header.id != table.header.id && same(&other.header.schema, &free.schema));
            if catalogue.object(&free).is_some() || other.into_iter().any(|other| other.has_constraint(name)) {
                return Err(error::already_exists(name).into());
            }
        }
        Ok(name.clone())
    }

    fn describe_key(&mut self, table: &mut Table, constraint: &ConstraintDefinition) -> Outcome<()> {
        let Rule::Key { primary, clustered, columns } = &constraint.rule else { return Ok(()) };
        let id = self.constraint_id(table)?;
        let name = self.constraint_name(table, constraint.name.as_ref(), if *primary { "PK" } else { "UQ" }, id)?;
        if *primary && table.keys.iter().any(|key| key.primary) {
            return Err(error::second_primary_key(&table.header.name).into());
        }
        let places = places(table, columns.iter().map(|column| column.name.clone()))?;
        if *primary {
            self.require_not_null(table, &places)?;
        }
        let columns: Vec<Sorted> = places
            .iter()
            .zip(columns)
            .map(|(place, sorted)| Sorted { name: table.columns[*place].name.clone(), descending: sorted.descending })
            .collect();
        table.keys.push(Key { id, name, primary: *primary, clustered: clustered.unwrap_or(*primary), columns });
        Ok(())
    }

    /// Columns of a new table become `NOT NULL` by its primary key; those of an existing one must be already.
    fn require_not_null(&mut self, table: &mut Table, places: &[usize]) -> Outcome<()> {
        let exists = !table.is_temporary() && self.catalogue()?.table(&table.header.to_name()).is_some();
        for place in places {
            let column = &mut table.columns[*place];
            if exists && column.nullable {
                let text = format!(
                    "Cannot define PRIMARY KEY constraint on nullable column in table '{}'.",
                    table.header.name
                );
                return Err(Message::new(8111, 16, text).into());
            }
            column.nullable = false;
        }
        Ok(())
    }

    fn describe_other(&mut self, table: &mut Table, constraint: &ConstraintDefinition) -> Outcome<()> {
        match &constraint.rule {
            Rule::Check { text, column } => {
                let id = self.constraint_id(table)?;
                let name = self.constraint_name(table, constraint.name.as_ref(), "CK", id)?;
                self.check_condition(table, text)?;
                let column = column.clone().or_else(|| only_column(table, text));
                table.checks.push(Check { id, name, text: text.clone(), column });
            }
            Rule::Reference { .. } if table.is_temporary() => {}
            Rule::Reference { .. } => self.describe_reference(table, constraint)?,
            Rule::Default { default, column } => {
                let place = places(table, std::iter::once(column.clone()))?[0];
                if table.columns[place].default.is_some() {
                    return Err(Message::new(1781, 16, "Column already has a DEFAULT bound to it.").into());
                }
                let described = self.describe_default(table, column, default)?;
                table.columns[place].default = Some(described);
            }
            Rule::Key { .. } => {}
        }
        Ok(())
    }

    fn describe_reference(&mut self, table: &mut Table, constraint: &ConstraintDefinition) -> Outcome<()> {
        let Rule::Reference { columns, table: parent, parents, on_delete, on_update } = &constraint.rule else {
            return Ok(());
        };
        let id = self.constraint_id(table)?;
        let name = self.constraint_name(table, constraint.name.as_ref(), "FK", id)?;
        let parent_name = object_name(parent, self.state.database())?;
        let catalogue = self.catalogue()?;
        let itself = parent_name.key() == table.header.to_name().key();
        let found = if itself { Some(&*table) } else { catalogue.table(&parent_name).map(|table| &**table) };
        let parent = found.ok_or_else(|| error::no_referenced_table(&name, &parent.join(".")))?;
        let parents = referenced(parent, parents, columns.len())
            .ok_or_else(|| error::no_referenced_key(&parent.header.full_name(), &name))?;
        let own = places(table, columns.iter().cloned())?;
        let key = ForeignKey {
            id,
            name,
            columns: own.into_iter().map(|place| table.columns[place].name.clone()).collect(),
            parent_schema: parent.header.schema.clone(),
            parent_table: parent.header.name.clone(),
            parent_columns: parents,
            on_delete: *on_delete,
            on_update: *on_update,
        };
        table.foreign_keys.push(key);
        Ok(())
    }
}

/// Error 1750 comes after the error of a constraint that could not be created.
pub(super) fn not_created(failure: Failure) -> Failure {
    match failure {
        Failure::Fault(mut fault) => {
            let cause = fault.main().map_or(0, |message| message.number);
            if [1505, 1767, 1776, 1779, 1911, 2714, 8111].contains(&cause) {
                fault.messages.push(error::constraint_failed());
            }
            Failure::Fault(fault)
        }
        other => other,
    }
}

/// The columns referred to, in their own spelling; they must be those of a key or unique index.
fn referenced(parent: &Table, named: &[String], count: usize) -> Option<Vec<String>> {
    let keys = parent.keys.iter().map(|key| (key.primary, &key.columns));
    let indexes = parent
        .indexes
        .iter()
        .filter(|index| index.unique && index.filter.is_none())
        .map(|index| (false, &index.columns));
    let mut candidates = keys.chain(indexes);
    if named.is_empty() {
        let (_, columns) = candidates.find(|(primary, columns)| *primary && columns.len() == count)?;
        return Some(columns.iter().map(|column| column.name.clone()).collect());
    }
    let is_named = |columns: &[Sorted]| {
        columns.len() == named.len() && columns.iter().all(|column| named.iter().any(|name| same(name, &column.name)))
    };
    candidates.find(|(_, columns)| named.len() == count && is_named(columns))?;
    named.iter().map(|name| parent.column(name).map(|column| column.name.clone())).collect()
}

/// The one column that a check is about: error 547 names it.
fn only_column(table: &Table, text: &str) -> Option<String> {
    let expression = crate::syntax::parse_expression(text).ok()?;
    let mut found: Vec<String> = Vec::new();
    let _ = sqlparser::ast::visit_expressions(&expression, |expression| {
        if let sqlparser::ast::Expr::Identifier(name) = expression
            && let Some(column) = table.column(&name.value)
            && !found.contains(&column.name)
        {
            found.push(column.name.clone());
        }
        std::ops::ControlFlow::<()>::Continue(())
    });
    if found.len() == 1 { found.pop() } else { None }
}
