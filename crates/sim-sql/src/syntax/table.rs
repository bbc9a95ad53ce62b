//! Columns and constraints, and `ALTER TABLE`.

use sqlparser::tokenizer::Token;

use super::{
    ColumnDefinition, ConstraintDefinition, Cursor, DefaultDefinition, Element, IndexDefinition, Kind, Rule,
    TableChange, boundary, declare, definition, execute, outside, query,
};
use crate::{
    Message,
    catalogue::{Action, Sorted},
    error,
};

/// Options of columns that are outside the subset.
const COLUMN_OPTIONS: [&str; 5] = ["ENCRYPTED", "FILESTREAM", "GENERATED", "HIDDEN", "MASKED"];

/// Options of tables and indexes that change what statements do, and that are outside the subset unless they are `OFF`.
const STORAGE_OPTIONS: [&str; 6] =
    ["DROP_EXISTING", "IGNORE_DUP_KEY", "LEDGER", "MEMORY_OPTIMIZED", "REMOTE_DATA_ARCHIVE", "SYSTEM_VERSIONING"];

/// What `ALTER TABLE` can say beside what the engine does.
const CHANGES: [&str; 9] = ["ADD", "CHECK", "DISABLE", "DROP", "ENABLE", "NOCHECK", "REBUILD", "SET", "SWITCH"];

/// The elements between the parentheses of a table.
pub(super) fn elements(cursor: &mut Cursor<'_>) -> Result<Vec<Element>, Message> {
    cursor.expect_token(&Token::LParen)?;
    let mut elements = Vec::new();
    loop {
        elements.push(element(cursor)?);
        cursor.eat_token(&Token::Comma);
        if cursor.eat_token(&Token::RParen) {
            return Ok(elements);
        }
        if cursor.previous() != &Token::Comma && !begins_constraint(cursor) {
            return Err(cursor.unexpected());
        }
    }
}

fn begins_constraint(cursor: &Cursor<'_>) -> bool {
    ["CONSTRAINT", "PRIMARY", "UNIQUE", "FOREIGN", "CHECK"].iter().any(|word| cursor.is(word))
}

fn element(cursor: &mut Cursor<'_>) -> Result<Element, Message> {
    if begins_constraint(cursor) || cursor.is("DEFAULT") {
        return constraint(cursor).map(Element::Constraint);
    }
    if cursor.is("PERIOD") && cursor.is_at(1, "FOR") {
        return Err(error::unsupported("PERIOD FOR SYSTEM_TIME").at(cursor.line()));
    }
    if cursor.is("INDEX") {
        return inline_index(cursor).map(Element::Index);
    }
    column(cursor).map(|column| Element::Column(Box::new(column)))
}

fn inline_index(cursor: &mut Cursor<'_>) -> Result<IndexDefinition, Message> {
    cursor.skip(1);
    let name = cursor.identifier()?;
    let unique = cursor.eat("UNIQUE");
    let clustered = cursor.eat("CLUSTERED");
    cursor.eat("NONCLUSTERED");
    let columns = sorted_columns(cursor)?;
    let included = if cursor.eat("INCLUDE") { execute::column_list(cursor)? } else { Vec::new() };
    let filter = if cursor.eat("WHERE") { Some(query::expression(cursor)?.to_string()) } else { None };
    Ok(IndexDefinition { name, table: Vec::new(), unique, clustered, columns, included, filter })
}

fn column(cursor: &mut Cursor<'_>) -> Result<ColumnDefinition, Message> {
    let name = cursor.identifier()?;
    let computed = cursor.eat("AS");
    let mut column = ColumnDefinition {
        name,
        kind: None,
        computed: None,
        nullable: None,
        identity: None,
        default: None,
        constraints: Vec::new(),
    };
    if computed {
        column.computed = Some(query::expression(cursor)?.to_string());
        cursor.eat("PERSISTED");
    } else {
        column.kind = Some(declare::data_type(cursor)?);
    }
    while column_option(cursor, &mut column)? {}
    Ok(column)
}

fn column_option(cursor: &mut Cursor<'_>, column: &mut ColumnDefinition) -> Result<bool, Message> {
    if cursor.eat("NULL") {
        column.nullable = Some(true);
    } else if cursor.is("NOT") && cursor.is_at(1, "NULL") {
        cursor.skip(2);
        column.nullable = Some(false);
    } else if cursor.is("NOT") && cursor.is_at(1, "FOR") {
        cursor.skip(3);
    } else if cursor.eat("IDENTITY") {
        column.identity = Some(identity(cursor)?);
    } else if cursor.eat("COLLATE") {
        cursor.identifier()?;
    } else if cursor.eat_any(&["ROWGUIDCOL", "SPARSE", "PERSISTED"]) {
    } else if cursor.is("DEFAULT") || (cursor.is("CONSTRAINT") && cursor.is_at(2, "DEFAULT")) {
        column.default = Some(default(cursor)?);
    } else if begins_constraint(cursor) || cursor.is("REFERENCES") {
        let constraint = constraint_at(cursor, &column.name)?;
        column.constraints.push(constraint);
    } else if let Some(option) = COLUMN_OPTIONS.iter().find(|option| cursor.is(option)) {
        return Err(error::unsupported(&format!("column option {option}")).at(cursor.line()));
    } else {
        return Ok(false);
    }
    Ok(true)
}

fn identity(cursor: &mut Cursor<'_>) -> Result<(i64, i64), Message> {
    if !cursor.eat_token(&Token::LParen) {
        return Ok((1, 1));
    }
    let seed = cursor.number()?;
    cursor.expect_token(&Token::Comma)?;
    let increment = cursor.number()?;
    cursor.expect_token(&Token::RParen)?;
    Ok((seed, increment))
}

fn constraint_name(cursor: &mut Cursor<'_>) -> Result<Option<String>, Message> {
    if cursor.eat("CONSTRAINT") { cursor.identifier().map(Some) } else { Ok(None) }
}

fn default(cursor: &mut Cursor<'_>) -> Result<DefaultDefinition, Message> {
    let name = constraint_name(cursor)?;
    cursor.expect("DEFAULT")?;
    let text = query::expression(cursor)?.to_string();
    let with_values = cursor.is("WITH") && cursor.is_at(1, "VALUES");
    cursor.skip(if with_values { 2 } else { 0 });
    Ok(DefaultDefinition { name, text, with_values })
}

/// A constraint of the table.
fn constraint(cursor: &mut Cursor<'_>) -> Result<ConstraintDefinition, Message> {
    if cursor.is("DEFAULT") || cursor.is_at(2, "DEFAULT") {
        let mut default = default(cursor)?;
        cursor.expect("FOR")?;
        let column = cursor.identifier()?;
        if cursor.eat("WITH") {
            cursor.expect("VALUES")?;
            default.with_values = true;
        }
        return Ok(ConstraintDefinition { name: default.name.clone(), rule: Rule::Default { default, column } });
    }
    let name = constraint_name(cursor)?;
    let rule = rule(cursor, None)?;
    Ok(ConstraintDefinition { name, rule })
}

/// A constraint that stands at a column and is about it.
fn constraint_at(cursor: &mut Cursor<'_>, column: &str) -> Result<ConstraintDefinition, Message> {
    let name = constraint_name(cursor)?;
    let rule = rule(cursor, Some(column))?;
    Ok(ConstraintDefinition { name, rule })
}

fn rule(cursor: &mut Cursor<'_>, column: Option<&str>) -> Result<Rule, Message> {
    if cursor.eat("PRIMARY") {
        cursor.expect("KEY")?;
        return key(cursor, true, column);
    }
    if cursor.eat("UNIQUE") {
        return key(cursor, false, column);
    }
    if cursor.eat("CHECK") {
        if cursor.is("NOT") && cursor.is_at(1, "FOR") {
            cursor.skip(3);
        }
        return Ok(Rule::Check { text: in_parentheses(cursor)?, column: column.map(str::to_owned) });
    }
    reference(cursor, column)
}

/// The text of an expression in parentheses.
fn in_parentheses(cursor: &mut Cursor<'_>) -> Result<String, Message> {
    cursor.expect_token(&Token::LParen)?;
    let text = query::expression(cursor)?.to_string();
    cursor.expect_token(&Token::RParen)?;
    Ok(text)
}

fn key(cursor: &mut Cursor<'_>, primary: bool, column: Option<&str>) -> Result<Rule, Message> {
    let clustered = if cursor.eat("CLUSTERED") { Some(true) } else { cursor.eat("NONCLUSTERED").then_some(false) };
    let columns = match column {
        Some(column) if cursor.peek() != &Token::LParen => vec![Sorted { name: column.to_owned(), descending: false }],
        _ => sorted_columns(cursor)?,
    };
    skip_storage(cursor)?;
    Ok(Rule::Key { primary, clustered, columns })
}

fn reference(cursor: &mut Cursor<'_>, column: Option<&str>) -> Result<Rule, Message> {
    let mut columns: Vec<String> = column.map(str::to_owned).into_iter().collect();
    if cursor.eat("FOREIGN") {
        cursor.expect("KEY")?;
        if cursor.peek() == &Token::LParen {
            columns = execute::column_list(cursor)?;
        }
    }
    cursor.expect("REFERENCES")?;
    let table = cursor.name()?;
    let parents = if cursor.peek() == &Token::LParen { execute::column_list(cursor)? } else { Vec::new() };
    let (mut on_delete, mut on_update) = (Action::Nothing, Action::Nothing);
    while cursor.is("ON") && (cursor.is_at(1, "DELETE") || cursor.is_at(1, "UPDATE")) {
        let deletes = cursor.is_at(1, "DELETE");
        cursor.skip(2);
        let action = action(cursor)?;
        if deletes { on_delete = action } else { on_update = action }
    }
    if cursor.is("NOT") && cursor.is_at(1, "FOR") {
        cursor.skip(3);
    }
    Ok(Rule::Reference { columns, table, parents, on_delete, on_update })
}

fn action(cursor: &mut Cursor<'_>) -> Result<Action, Message> {
    if cursor.eat("CASCADE") {
        return Ok(Action::Cascade);
    }
    if cursor.eat("NO") {
        cursor.expect("ACTION")?;
        return Ok(Action::Nothing);
    }
    cursor.expect("SET")?;
    if cursor.eat("NULL") {
        return Ok(Action::SetNull);
    }
    cursor.expect("DEFAULT")?;
    Ok(Action::SetDefault)
}

/// `(a ASC, b DESC)`
pub(super) fn sorted_columns(cursor: &mut Cursor<'_>) -> Result<Vec<Sorted>, Message> {
    cursor.expect_token(&Token::LParen)?;
    let mut columns = Vec::new();
    loop {
        let name = cursor.identifier()?;
        let descending = cursor.eat("DESC");
        cursor.eat("ASC");
        columns.push(Sorted { name, descending });
        if !cursor.eat_token(&Token::Comma) {
            break;
        }
    }
    cursor.expect_token(&Token::RParen)?;
    Ok(columns)
}

/// Passes `WITH (…)`, `ON [PRIMARY]` and `TEXTIMAGE_ON [PRIMARY]`, which say where and how the rows are stored. What says
/// more than that is refused.
pub(super) fn skip_storage(cursor: &mut Cursor<'_>) -> Result<(), Message> {
    loop {
        if cursor.is("WITH") && cursor.peek_at(1) == &Token::LParen {
            cursor.skip(1);
            let start = cursor.position();
            cursor.skip_group()?;
            refuse_storage_option(cursor, start)?;
        } else if (cursor.is("ON") && !cursor.is_at(1, "DELETE") && !cursor.is_at(1, "UPDATE"))
            || cursor.is("TEXTIMAGE_ON")
        {
            cursor.skip(1);
            cursor.identifier()?;
            if cursor.peek() == &Token::LParen {
                return Err(error::unsupported("ON partition scheme").at(cursor.line()));
            }
        } else {
            return Ok(());
        }
    }
}

fn refuse_storage_option(cursor: &Cursor<'_>, start: usize) -> Result<(), Message> {
    let mut inner = Cursor::new(cursor.tokens());
    for at in start..cursor.position() {
        inner.move_to(at);
        let set = inner.peek_at(1) == &Token::Eq && !inner.is_at(2, "OFF");
        if let Some(option) = STORAGE_OPTIONS.iter().find(|option| set && inner.is(option)) {
            return Err(error::unsupported(&format!("option {option}")).at(inner.line()));
        }
    }
    Ok(())
}

/// `ALTER TABLE` from the table's name on.
pub(super) fn alter(cursor: &mut Cursor<'_>) -> Result<Kind, Message> {
    let table = cursor.name()?;
    let mut check_existing = true;
    if cursor.is("WITH") && (cursor.is_at(1, "CHECK") || cursor.is_at(1, "NOCHECK")) {
        check_existing = cursor.is_at(1, "CHECK");
        cursor.skip(2);
    }
    let change = if cursor.eat("ADD") {
        TableChange::Add { elements: added(cursor)?, check_existing }
    } else if cursor.is("ALTER") && cursor.is_at(1, "COLUMN") {
        alter_column(cursor)?
    } else if cursor.eat("DROP") {
        dropped(cursor)?
    } else {
        other(cursor)?
    };
    Ok(Kind::AlterTable { table, change })
}

fn added(cursor: &mut Cursor<'_>) -> Result<Vec<Element>, Message> {
    cursor.eat("COLUMN");
    let mut elements = vec![element(cursor)?];
    while cursor.eat_token(&Token::Comma) {
        elements.push(element(cursor)?);
    }
    Ok(elements)
}

fn alter_column(cursor: &mut Cursor<'_>) -> Result<TableChange, Message> {
    cursor.skip(2);
    let column = cursor.identifier()?;
    if cursor.is("ADD") || cursor.is("DROP") {
        return other(cursor);
    }
    let kind = declare::data_type(cursor)?;
    if cursor.eat("COLLATE") {
        cursor.identifier()?;
    }
    let nullable = if cursor.eat("NOT") {
        cursor.expect("NULL")?;
        Some(false)
    } else {
        cursor.eat("NULL").then_some(true)
    };
    skip_storage(cursor)?;
    Ok(TableChange::AlterColumn { column, kind, nullable })
}

fn dropped(cursor: &mut Cursor<'_>) -> Result<TableChange, Message> {
    if cursor.is("PERIOD") && cursor.is_at(1, "FOR") {
        return Err(error::unsupported("PERIOD FOR SYSTEM_TIME").at(cursor.line()));
    }
    let columns = cursor.eat("COLUMN");
    if !columns {
        cursor.eat("CONSTRAINT");
    }
    let if_exists = definition::if_exists(cursor)?;
    let mut names = vec![cursor.identifier()?];
    while cursor.eat_token(&Token::Comma) {
        cursor.eat_any(&["COLUMN", "CONSTRAINT"]);
        names.push(cursor.identifier()?);
    }
    skip_storage(cursor)?;
    Ok(if columns {
        TableChange::DropColumns { columns: names, if_exists }
    } else {
        TableChange::DropConstraints { constraints: names, if_exists }
    })
}

fn other(cursor: &mut Cursor<'_>) -> Result<TableChange, Message> {
    if !CHANGES.iter().any(|change| cursor.is(change)) {
        return Err(cursor.unexpected());
    }
    let end = boundary::end(cursor.tokens(), cursor.position());
    let words = outside::first_words(cursor.slice_to(end), 3);
    cursor.move_to(end.max(cursor.position() + 1));
    Ok(TableChange::Unsupported(format!("ALTER TABLE … {words}")))
}
