//! `CREATE`, `ALTER`, `DROP` and `TRUNCATE`.

use sqlparser::{ast, tokenizer::Token};

use super::{
    CreateMode, Cursor, DropKind, IndexDefinition, Kind, Parameter, Parts, Routine, TableDefinition, declare, execute,
    outside, query, statement, table,
};
use crate::{Message, error};

pub(super) fn create(cursor: &mut Cursor<'_>) -> Result<Kind, Message> {
    let start = cursor.position();
    cursor.skip(1);
    let mode = if cursor.eat("OR") {
        cursor.expect("ALTER")?;
        CreateMode::CreateOrAlter
    } else {
        CreateMode::Create
    };
    if cursor.eat("TABLE") {
        return create_table(cursor);
    }
    if cursor.eat("SCHEMA") {
        return create_schema(cursor);
    }
    if let Some(index) = index(cursor)? {
        return Ok(Kind::CreateIndex(index));
    }
    module(cursor, start, mode)
}

pub(super) fn alter(cursor: &mut Cursor<'_>) -> Result<Kind, Message> {
    let start = cursor.position();
    cursor.skip(1);
    if cursor.eat("TABLE") {
        return table::alter(cursor);
    }
    if cursor.eat("SCHEMA") {
        let schema = cursor.identifier()?;
        cursor.expect("TRANSFER")?;
        if cursor.is("OBJECT") && cursor.peek_at(1) == &Token::DoubleColon {
            cursor.skip(2);
        }
        return Ok(Kind::Transfer { schema, object: cursor.name()? });
    }
    module(cursor, start, CreateMode::Alter)
}

/// Views and routines, which must be alone in their batch.
fn module(cursor: &mut Cursor<'_>, start: usize, mode: CreateMode) -> Result<Kind, Message> {
    let verb = if mode == CreateMode::Alter { "ALTER" } else { "CREATE" };
    let alone = |what: &str| if start == 0 { Ok(()) } else { Err(error::first_in_batch(&format!("{verb} {what}"))) };
    if cursor.eat("VIEW") {
        alone("VIEW")?;
        return create_view(cursor, mode);
    }
    if cursor.eat_any(&["PROC", "PROCEDURE"]) {
        alone("PROCEDURE")?;
        return create_procedure(cursor, mode);
    }
    if cursor.eat("FUNCTION") {
        alone("FUNCTION")?;
        return create_function(cursor, mode);
    }
    if cursor.eat("TRIGGER") {
        alone("TRIGGER")?;
        cursor.move_to(cursor.tokens().len());
        return Ok(Kind::Unsupported(format!("{verb} TRIGGER")));
    }
    Err(cursor.unexpected())
}

fn create_table(cursor: &mut Cursor<'_>) -> Result<Kind, Message> {
    let name = cursor.name()?;
    if cursor.is("AS") {
        return table_as(cursor);
    }
    let elements = table::elements(cursor)?;
    table::skip_storage(cursor)?;
    if cursor.is("AS") {
        return table_as(cursor);
    }
    Ok(Kind::CreateTable(TableDefinition { name, elements }))
}

/// `AS NODE`, `AS EDGE`, `AS FILETABLE`: tables of other kinds.
fn table_as(cursor: &mut Cursor<'_>) -> Result<Kind, Message> {
    let kind = ["NODE", "EDGE", "FILETABLE"].into_iter().find(|kind| cursor.is_at(1, kind));
    let kind = kind.ok_or_else(|| cursor.unexpected())?;
    let start = cursor.position();
    Ok(outside::refused_at(cursor, start, &format!("CREATE TABLE … AS {kind}")))
}

fn create_schema(cursor: &mut Cursor<'_>) -> Result<Kind, Message> {
    let name = cursor.identifier()?;
    if cursor.eat("AUTHORIZATION") {
        cursor.identifier()?;
    }
    Ok(Kind::CreateSchema(name))
}

/// `[UNIQUE] [CLUSTERED | NONCLUSTERED] INDEX name ON table (columns) …`
fn index(cursor: &mut Cursor<'_>) -> Result<Option<IndexDefinition>, Message> {
    let start = cursor.position();
    let unique = cursor.eat("UNIQUE");
    let clustered = cursor.eat("CLUSTERED");
    cursor.eat("NONCLUSTERED");
    if !cursor.eat("INDEX") {
        cursor.move_to(start);
        return Ok(None);
    }
    let name = cursor.identifier()?;
    cursor.expect("ON")?;
    let table = cursor.name()?;
    let columns = table::sorted_columns(cursor)?;
    let included = if cursor.eat("INCLUDE") { execute::column_list(cursor)? } else { Vec::new() };
    let filter = if cursor.eat("WHERE") { Some(query::expression(cursor)?.to_string()) } else { None };
    table::skip_storage(cursor)?;
    Ok(Some(IndexDefinition { name, table, unique, clustered, columns, included, filter }))
}

fn create_view(cursor: &mut Cursor<'_>, mode: CreateMode) -> Result<Kind, Message> {
    let name = cursor.name()?;
    let columns = if cursor.peek() == &Token::LParen { execute::column_list(cursor)? } else { Vec::new() };
    module_options(cursor)?;
    cursor.expect("AS")?;
    let kind = match query::statement(cursor)? {
        Kind::Query(query) => Kind::CreateView { name, columns, query, mode },
        refused @ Kind::Unsupported(_) => refused,
        _ => return Err(cursor.unexpected()),
    };
    statement::skip_semicolons(cursor);
    if cursor.at_end() { Ok(kind) } else { Err(cursor.unexpected()) }
}

fn create_procedure(cursor: &mut Cursor<'_>, mode: CreateMode) -> Result<Kind, Message> {
    let name = cursor.name()?;
    let in_parentheses = cursor.eat_token(&Token::LParen);
    let parameters = parameters(cursor)?;
    if in_parentheses {
        cursor.expect_token(&Token::RParen)?;
    }
    module_options(cursor)?;
    cursor.expect("AS")?;
    let routine = Box::new(Routine { parameters, returns: None, body: statement::all(cursor)? });
    Ok(Kind::CreateRoutine { name, routine, mode })
}

fn create_function(cursor: &mut Cursor<'_>, mode: CreateMode) -> Result<Kind, Message> {
    let name = cursor.name()?;
    cursor.expect_token(&Token::LParen)?;
    let parameters = parameters(cursor)?;
    cursor.expect_token(&Token::RParen)?;
    cursor.expect("RETURNS")?;
    if cursor.is("TABLE") || cursor.word_at(0).is_some_and(|word| word.starts_with('@')) {
        cursor.move_to(cursor.tokens().len());
        return Ok(Kind::Unsupported("CREATE FUNCTION … RETURNS TABLE".to_owned()));
    }
    let returns = Some(declare::data_type(cursor)?);
    module_options(cursor)?;
    cursor.expect("AS")?;
    let routine = Box::new(Routine { parameters, returns, body: statement::all(cursor)? });
    Ok(Kind::CreateRoutine { name, routine, mode })
}

/// Passes `WITH SCHEMABINDING, RECOMPILE …`, which change no result; what changes one is refused.
fn module_options(cursor: &mut Cursor<'_>) -> Result<(), Message> {
    if !cursor.eat("WITH") {
        return Ok(());
    }
    loop {
        if !cursor.eat_any(&["SCHEMABINDING", "RECOMPILE", "ENCRYPTION", "VIEW_METADATA"]) {
            return Err(refused_option(cursor));
        }
        if !cursor.eat_token(&Token::Comma) {
            return Ok(());
        }
    }
}

fn refused_option(cursor: &Cursor<'_>) -> Message {
    let options = [
        ("EXECUTE", "WITH EXECUTE AS"),
        ("EXEC", "WITH EXECUTE AS"),
        ("NATIVE_COMPILATION", "WITH NATIVE_COMPILATION"),
        ("RETURNS", "WITH RETURNS NULL ON NULL INPUT"),
        ("CALLED", "WITH CALLED ON NULL INPUT"),
        ("INLINE", "WITH INLINE"),
    ];
    let found = options.into_iter().find(|(word, _)| cursor.is(word));
    found.map_or_else(|| cursor.unexpected(), |(_, name)| error::unsupported(name).at(cursor.line()))
}

pub(super) fn parameters(cursor: &mut Cursor<'_>) -> Result<Vec<Parameter>, Message> {
    let mut parameters = Vec::new();
    while cursor.word_at(0).is_some_and(|word| word.starts_with('@')) {
        parameters.push(parameter(cursor)?);
        if !cursor.eat_token(&Token::Comma) {
            break;
        }
    }
    Ok(parameters)
}

fn parameter(cursor: &mut Cursor<'_>) -> Result<Parameter, Message> {
    let name = declare::variable(cursor)?;
    cursor.eat("AS");
    let kind = declare::data_type(cursor)?;
    cursor.eat("NULL");
    let default = if cursor.eat_token(&Token::Eq) { Some(query::expression(cursor)?) } else { None };
    let output = cursor.eat_any(&["OUTPUT", "OUT"]);
    cursor.eat("READONLY");
    Ok(Parameter { name, kind, default, output })
}

pub(super) fn drop(cursor: &mut Cursor<'_>) -> Result<Kind, Message> {
    let start = cursor.position();
    cursor.skip(1);
    if cursor.eat("INDEX") {
        let dropped = drop_index(cursor)?;
        let several = cursor.peek() == &Token::Comma;
        return Ok(if several { outside::refused_at(cursor, start, "DROP INDEX of several indexes") } else { dropped });
    }
    let kind = drop_kind(cursor).ok_or_else(|| cursor.unexpected())?;
    let if_exists = if_exists(cursor)?;
    let mut names: Vec<Parts> = vec![cursor.name()?];
    while cursor.eat_token(&Token::Comma) {
        names.push(cursor.name()?);
    }
    Ok(Kind::Drop { kind, names, if_exists })
}

fn drop_kind(cursor: &mut Cursor<'_>) -> Option<DropKind> {
    let kinds = [
        ("TABLE", DropKind::Table),
        ("VIEW", DropKind::View),
        ("PROCEDURE", DropKind::Procedure),
        ("PROC", DropKind::Procedure),
        ("FUNCTION", DropKind::Function),
        ("SCHEMA", DropKind::Schema),
    ];
    kinds.into_iter().find(|(word, _)| cursor.eat(word)).map(|(_, kind)| kind)
}

pub(super) fn if_exists(cursor: &mut Cursor<'_>) -> Result<bool, Message> {
    let found = cursor.eat("IF");
    if found {
        cursor.expect("EXISTS")?;
    }
    Ok(found)
}

/// `DROP INDEX i ON t`, or the old `DROP INDEX t.i`.
fn drop_index(cursor: &mut Cursor<'_>) -> Result<Kind, Message> {
    let if_exists = if_exists(cursor)?;
    let mut name = cursor.name()?;
    let index = name.pop().unwrap_or_default();
    let table = if cursor.eat("ON") { cursor.name()? } else { name };
    if table.is_empty() {
        return Err(cursor.unexpected());
    }
    table::skip_storage(cursor)?;
    Ok(Kind::DropIndex { index, table, if_exists })
}

pub(super) fn truncate(cursor: &mut Cursor<'_>) -> Result<Kind, Message> {
    let start = cursor.position();
    cursor.skip(1);
    cursor.expect("TABLE")?;
    let table = cursor.name()?;
    if cursor.is("WITH") && cursor.peek_at(1) == &Token::LParen {
        return Ok(outside::refused_at(cursor, start, "TRUNCATE TABLE … WITH PARTITIONS"));
    }
    Ok(Kind::Truncate(table))
}

/// The query of a view's stored text.
pub(crate) fn view_of(statements: Vec<super::Statement>) -> Option<(Vec<String>, Box<ast::Query>)> {
    match statements.into_iter().next().map(|statement| statement.kind) {
        Some(Kind::CreateView { columns, query, .. }) => Some((columns, query)),
        _ => None,
    }
}
