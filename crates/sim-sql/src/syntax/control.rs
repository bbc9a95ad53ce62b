//! Control flow, messages and transactions.

use sqlparser::{ast::Expr, tokenizer::Token};

use super::{Cursor, Kind, Statement, outside, query, statement};
use crate::Message;

pub(super) fn condition(cursor: &mut Cursor<'_>) -> Result<Kind, Message> {
    cursor.skip(1);
    let condition = query::expression(cursor)?;
    let then = Box::new(body(cursor)?);
    let otherwise = if followed_by_else(cursor) { Some(Box::new(body(cursor)?)) } else { None };
    Ok(Kind::If { condition, then, otherwise })
}

/// Passes `ELSE`, before which a semicolon may stand.
fn followed_by_else(cursor: &mut Cursor<'_>) -> bool {
    let semicolon = usize::from(cursor.peek() == &Token::SemiColon);
    let found = cursor.is_at(semicolon, "ELSE");
    if found {
        cursor.skip(semicolon + 1);
    }
    found
}

fn body(cursor: &mut Cursor<'_>) -> Result<Statement, Message> {
    if cursor.at_end() {
        return Err(cursor.unexpected());
    }
    statement::next(cursor)
}

pub(super) fn repetition(cursor: &mut Cursor<'_>) -> Result<Kind, Message> {
    cursor.skip(1);
    let condition = query::expression(cursor)?;
    Ok(Kind::While { condition, body: Box::new(body(cursor)?) })
}

/// `BEGIN TRANSACTION`, `BEGIN TRY` or a block.
pub(super) fn begin(cursor: &mut Cursor<'_>) -> Result<Kind, Message> {
    cursor.skip(1);
    if cursor.eat_any(&["TRAN", "TRANSACTION"]) {
        let name = transaction_name(cursor);
        if cursor.eat("WITH") {
            cursor.expect("MARK")?;
            description(cursor);
        }
        return Ok(Kind::Begin(name));
    }
    if cursor.eat("TRY") {
        return attempt(cursor);
    }
    Ok(Kind::Block(statement::until_end(cursor)?))
}

/// What a mark of the log says, which nothing here reads.
fn description(cursor: &mut Cursor<'_>) {
    let is_text = matches!(cursor.peek(), Token::SingleQuotedString(_) | Token::NationalStringLiteral(_));
    cursor.skip(usize::from(is_text));
}

fn attempt(cursor: &mut Cursor<'_>) -> Result<Kind, Message> {
    let body = statement::until_end(cursor)?;
    cursor.expect("TRY")?;
    statement::skip_semicolons(cursor);
    cursor.expect("BEGIN")?;
    cursor.expect("CATCH")?;
    let handler = statement::until_end(cursor)?;
    cursor.expect("CATCH")?;
    Ok(Kind::Try { body, handler })
}

pub(super) fn leave(cursor: &mut Cursor<'_>) -> Result<Kind, Message> {
    cursor.skip(1);
    Ok(Kind::Return(if ends_here(cursor) { None } else { Some(query::expression(cursor)?) }))
}

/// Whether no operand follows.
fn ends_here(cursor: &Cursor<'_>) -> bool {
    match cursor.peek() {
        Token::EOF | Token::SemiColon => true,
        _ => cursor.word_at(0).is_some_and(super::boundary::is_starter),
    }
}

pub(super) fn print(cursor: &mut Cursor<'_>) -> Result<Kind, Message> {
    cursor.skip(1);
    Ok(Kind::Print(query::expression(cursor)?))
}

/// `RAISERROR (message, severity, state, argument, …) WITH NOWAIT`
pub(super) fn raise(cursor: &mut Cursor<'_>) -> Result<Kind, Message> {
    cursor.skip(1);
    cursor.expect_token(&Token::LParen)?;
    let arguments = expressions(cursor)?;
    cursor.expect_token(&Token::RParen)?;
    if arguments.len() < 3 {
        return Err(cursor.unexpected());
    }
    if cursor.eat("WITH") {
        cursor.identifier()?;
        while cursor.eat_token(&Token::Comma) {
            cursor.identifier()?;
        }
    }
    Ok(Kind::RaiseError(arguments))
}

/// `THROW number, message, state`, or `THROW` alone.
pub(super) fn throw(cursor: &mut Cursor<'_>) -> Result<Kind, Message> {
    cursor.skip(1);
    if ends_here(cursor) {
        return Ok(Kind::Throw(None));
    }
    let arguments: [Expr; 3] = expressions(cursor)?.try_into().map_err(|_| cursor.unexpected())?;
    Ok(Kind::Throw(Some(Box::new(arguments))))
}

/// Expressions with commas between them.
pub(super) fn expressions(cursor: &mut Cursor<'_>) -> Result<Vec<Expr>, Message> {
    let mut list = vec![query::expression(cursor)?];
    while cursor.eat_token(&Token::Comma) {
        list.push(query::expression(cursor)?);
    }
    Ok(list)
}

pub(super) fn wait(cursor: &mut Cursor<'_>) -> Result<Kind, Message> {
    if !cursor.is_at(1, "DELAY") {
        let known = cursor.is_at(1, "TIME") || cursor.peek_at(1) == &Token::LParen;
        if known {
            return Ok(outside::refused(cursor, 2, &[]));
        }
        cursor.skip(1);
        return Err(cursor.unexpected());
    }
    cursor.skip(2);
    Ok(Kind::WaitFor(query::expression(cursor)?))
}

pub(super) fn commit(cursor: &mut Cursor<'_>) -> Result<Kind, Message> {
    let start = cursor.position();
    cursor.skip(1);
    if cursor.eat_any(&["TRAN", "TRANSACTION"]) {
        transaction_name(cursor);
    } else {
        cursor.eat("WORK");
    }
    if cursor.is("WITH") && cursor.peek_at(1) == &Token::LParen {
        return Ok(outside::refused_at(cursor, start, "COMMIT … WITH DELAYED_DURABILITY"));
    }
    Ok(Kind::Commit)
}

pub(super) fn rollback(cursor: &mut Cursor<'_>) -> Result<Kind, Message> {
    cursor.skip(1);
    let named = cursor.eat_any(&["TRAN", "TRANSACTION"]);
    if !named {
        cursor.eat("WORK");
    }
    Ok(Kind::Rollback(if named { transaction_name(cursor) } else { None }))
}

pub(super) fn save(cursor: &mut Cursor<'_>) -> Result<Kind, Message> {
    cursor.skip(1);
    if !cursor.eat_any(&["TRAN", "TRANSACTION"]) {
        return Err(cursor.unexpected());
    }
    transaction_name(cursor).map(Kind::Save).ok_or_else(|| cursor.unexpected())
}

/// A name may follow, which can be no keyword that begins a statement.
fn transaction_name(cursor: &mut Cursor<'_>) -> Option<String> {
    let Token::Word(word) = cursor.peek() else { return None };
    let reserved = word.quote_style.is_none() && super::boundary::is_reserved(&word.value);
    let own_line = cursor.tokens().get(cursor.position().wrapping_sub(1)).zip(cursor.tokens().get(cursor.position()));
    let same_line = own_line.is_some_and(|(before, name)| before.span.end.line == name.span.start.line);
    if reserved || !same_line {
        return None;
    }
    cursor.identifier().ok()
}
