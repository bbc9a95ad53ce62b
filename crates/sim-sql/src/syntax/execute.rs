//! `EXEC`, and `INSERT`, whose source may be one.

use sqlparser::tokenizer::Token;

use super::{Argument, Cursor, Execute, Kind, Statement, boundary, cursor::bare as bare_word, declare, outside, query};
use crate::Message;

pub(super) fn execute(cursor: &mut Cursor<'_>) -> Result<Kind, Message> {
    let start = cursor.position();
    cursor.skip(1);
    if cursor.peek() == &Token::LParen {
        return text(cursor, start);
    }
    let result = result_variable(cursor)?;
    if cursor.word_at(0).is_some_and(|name| name.starts_with('@')) {
        return Ok(outside::refused_at(cursor, start, "EXECUTE @procedure"));
    }
    call(cursor, result)
}

/// `EXEC ('…')`; at a linked server, or as somebody else, it is outside the subset.
fn text(cursor: &mut Cursor<'_>, start: usize) -> Result<Kind, Message> {
    cursor.skip(1);
    let text = query::expression(cursor)?;
    if cursor.peek() == &Token::Comma {
        return Ok(outside::refused_at(cursor, start, "EXECUTE (…) AT"));
    }
    cursor.expect_token(&Token::RParen)?;
    match ["AT", "AS"].into_iter().find(|word| cursor.is(word)) {
        Some(word) => Ok(outside::refused_at(cursor, start, &format!("EXECUTE (…) {word}"))),
        None => Ok(Kind::ExecuteText(text)),
    }
}

/// A batch may begin with a procedure's name alone.
pub(super) fn bare(cursor: &mut Cursor<'_>) -> Result<Kind, Message> {
    call(cursor, None)
}

fn result_variable(cursor: &mut Cursor<'_>) -> Result<Option<String>, Message> {
    if cursor.peek_at(1) != &Token::Eq {
        return Ok(None);
    }
    let variable = declare::variable(cursor)?;
    cursor.skip(1);
    Ok(Some(variable))
}

fn call(cursor: &mut Cursor<'_>, result: Option<String>) -> Result<Kind, Message> {
    let start = cursor.position();
    let procedure = cursor.name()?;
    let end = boundary::end(cursor.tokens(), cursor.position());
    let mut arguments = Vec::new();
    if cursor.position() < end && !cursor.is("WITH") {
        arguments.push(argument(cursor)?);
        while cursor.eat_token(&Token::Comma) {
            arguments.push(argument(cursor)?);
        }
    }
    if cursor.is("WITH") && cursor.is_at(1, "RESULT") {
        return Ok(outside::refused_at(cursor, start, "EXECUTE … WITH RESULT SETS"));
    }
    if cursor.eat("WITH") {
        cursor.expect("RECOMPILE")?;
    }
    if cursor.position() < end {
        return Err(cursor.unexpected());
    }
    Ok(Kind::Execute(Execute { result, procedure, arguments }))
}

fn argument(cursor: &mut Cursor<'_>) -> Result<Argument, Message> {
    let named = cursor.word_at(0).is_some_and(|word| word.starts_with('@')) && cursor.peek_at(1) == &Token::Eq;
    let name = if named { Some(cursor.identifier()?) } else { None };
    cursor.skip(usize::from(named));
    let value = if cursor.eat("DEFAULT") { None } else { Some(value(cursor)?) };
    let output = cursor.eat_any(&["OUTPUT", "OUT"]);
    Ok(Argument { name, value, output })
}

/// A bare word is a string here (`EXEC sp_rename a, b`); `@x OUTPUT` must not read as a name with an alias.
fn value(cursor: &mut Cursor<'_>) -> Result<sqlparser::ast::Expr, Message> {
    use sqlparser::ast::{Expr, Value};
    match cursor.word_at(0) {
        Some(word) if !word.starts_with('@') && !word.eq_ignore_ascii_case("NULL") => {
            let text = cursor.name()?.join(".");
            Ok(Expr::value(Value::SingleQuotedString(text)))
        }
        _ => query::expression(cursor),
    }
}

/// `INSERT … EXEC …` is read here, everything else by `sqlparser`.
pub(super) fn insert(cursor: &mut Cursor<'_>) -> Result<Kind, Message> {
    let end = boundary::end(cursor.tokens(), cursor.position());
    if !has_execute(cursor, end) {
        return query::statement(cursor);
    }
    cursor.skip(1);
    cursor.eat("INTO");
    let table = cursor.name()?;
    let columns = if cursor.peek() == &Token::LParen { column_list(cursor)? } else { Vec::new() };
    let line = cursor.line();
    if !cursor.is("EXEC") && !cursor.is("EXECUTE") {
        return Err(cursor.unexpected());
    }
    let source = Box::new(Statement { line, kind: execute(cursor)? });
    Ok(Kind::InsertExecute { table, columns, source })
}

fn has_execute(cursor: &Cursor<'_>, end: usize) -> bool {
    let mut depth = 0_i32;
    cursor.slice_to(end).iter().any(|token| {
        match token.token {
            Token::LParen => depth += 1,
            Token::RParen => depth -= 1,
            _ => {}
        }
        depth == 0
            && bare_word(&token.token)
                .is_some_and(|word| word.eq_ignore_ascii_case("EXEC") || word.eq_ignore_ascii_case("EXECUTE"))
    })
}

/// Names in parentheses.
pub(super) fn column_list(cursor: &mut Cursor<'_>) -> Result<Vec<String>, Message> {
    cursor.expect_token(&Token::LParen)?;
    let mut columns = vec![cursor.identifier()?];
    while cursor.eat_token(&Token::Comma) {
        columns.push(cursor.identifier()?);
    }
    cursor.expect_token(&Token::RParen)?;
    Ok(columns)
}
