//! `SET` and `USE`.

use std::time::Duration;

use sqlparser::{
    ast::{BinaryOperator, Expr, Ident},
    tokenizer::Token,
};

use super::{Cursor, Kind, Setting, boundary, declare, query};
use crate::Message;

/// Options that are accepted and change nothing here.
const WITHOUT_EFFECT: [&str; 22] = [
    "QUOTED_IDENTIFIER",
    "ANSI_NULLS",
    "ANSI_PADDING",
    "ANSI_WARNINGS",
    "ANSI_NULL_DFLT_ON",
    "ANSI_NULL_DFLT_OFF",
    "ANSI_DEFAULTS",
    "ARITHABORT",
    "ARITHIGNORE",
    "CONCAT_NULL_YIELDS_NULL",
    "NUMERIC_ROUNDABORT",
    "CURSOR_CLOSE_ON_COMMIT",
    "TEXTSIZE",
    "LANGUAGE",
    "DATEFORMAT",
    "DATEFIRST",
    "DEADLOCK_PRIORITY",
    "QUERY_GOVERNOR_COST_LIMIT",
    "STATISTICS",
    "NO_BROWSETABLE",
    "CONTEXT_INFO",
    "TRANSACTION",
];

pub(super) fn set(cursor: &mut Cursor<'_>) -> Result<Kind, Message> {
    cursor.skip(1);
    match cursor.word_at(0) {
        Some(name) if name.starts_with('@') => assignment(cursor),
        Some(_) => option(cursor).map(Kind::Set),
        None => Err(cursor.unexpected()),
    }
}

fn assignment(cursor: &mut Cursor<'_>) -> Result<Kind, Message> {
    let variable = declare::variable(cursor)?;
    let operator = compound(cursor.peek());
    cursor.skip(usize::from(operator.is_some()));
    cursor.expect_token(&Token::Eq)?;
    let value = query::expression(cursor)?;
    let value = match operator {
        None => value,
        Some(op) => Expr::BinaryOp {
            left: Box::new(Expr::Identifier(Ident::new(variable.clone()))),
            op,
            right: Box::new(Expr::Nested(Box::new(value))),
        },
    };
    Ok(Kind::Assign { variable, value })
}

/// The operator of `+=` and its like.
fn compound(token: &Token) -> Option<BinaryOperator> {
    Some(match token {
        Token::Plus => BinaryOperator::Plus,
        Token::Minus => BinaryOperator::Minus,
        Token::Mul => BinaryOperator::Multiply,
        Token::Div => BinaryOperator::Divide,
        Token::Mod => BinaryOperator::Modulo,
        _ => return None,
    })
}

fn option(cursor: &mut Cursor<'_>) -> Result<Setting, Message> {
    let name = cursor.word_at(0).unwrap_or_default().to_ascii_uppercase();
    match name.as_str() {
        "XACT_ABORT" => switch(cursor).map(Setting::XactAbort),
        "NOCOUNT" => switch(cursor).map(Setting::NoCount),
        "PARSEONLY" => switch(cursor).map(Setting::ParseOnly),
        "NOEXEC" => switch(cursor).map(Setting::NoExec),
        "IMPLICIT_TRANSACTIONS" => switch(cursor).map(Setting::ImplicitTransactions),
        "LOCK_TIMEOUT" => lock_timeout(cursor),
        "IDENTITY_INSERT" => identity_insert(cursor),
        _ if WITHOUT_EFFECT.contains(&name.as_str()) => {
            cursor.move_to(boundary::end(cursor.tokens(), cursor.position()));
            Ok(Setting::Other)
        }
        _ => Err(cursor.unexpected()),
    }
}

fn switch(cursor: &mut Cursor<'_>) -> Result<bool, Message> {
    cursor.skip(1);
    on_or_off(cursor)
}

fn on_or_off(cursor: &mut Cursor<'_>) -> Result<bool, Message> {
    if cursor.eat("ON") {
        return Ok(true);
    }
    cursor.expect("OFF")?;
    Ok(false)
}

fn lock_timeout(cursor: &mut Cursor<'_>) -> Result<Setting, Message> {
    cursor.skip(1);
    let milliseconds = cursor.number()?;
    Ok(Setting::LockTimeout(u64::try_from(milliseconds).ok().map(Duration::from_millis)))
}

fn identity_insert(cursor: &mut Cursor<'_>) -> Result<Setting, Message> {
    cursor.skip(1);
    let table = cursor.name()?;
    Ok(Setting::IdentityInsert { table, on: on_or_off(cursor)? })
}

pub(super) fn use_database(cursor: &mut Cursor<'_>) -> Result<Kind, Message> {
    cursor.skip(1);
    cursor.identifier().map(Kind::Use)
}
