//! `DECLARE`, and the types it names.

use sqlparser::tokenizer::Token;

use super::{Cursor, Declaration, Kind, query, table};
use crate::{Message, types::Type};

pub(super) fn declare(cursor: &mut Cursor<'_>) -> Result<Kind, Message> {
    cursor.skip(1);
    let mut declarations = vec![declaration(cursor)?];
    while cursor.eat_token(&Token::Comma) {
        declarations.push(declaration(cursor)?);
    }
    Ok(Kind::Declare(declarations))
}

fn declaration(cursor: &mut Cursor<'_>) -> Result<Declaration, Message> {
    let name = variable(cursor)?;
    cursor.eat("AS");
    if cursor.eat("TABLE") {
        return Ok(Declaration::Table { name, elements: table::elements(cursor)? });
    }
    let kind = data_type(cursor)?;
    let value = if cursor.eat_token(&Token::Eq) { Some(Box::new(query::expression(cursor)?)) } else { None };
    Ok(Declaration::Variable { name, kind, value })
}

/// A name that begins with `@`.
pub(super) fn variable(cursor: &mut Cursor<'_>) -> Result<String, Message> {
    match cursor.word_at(0) {
        Some(name) if name.starts_with('@') && !name.starts_with("@@") => cursor.identifier(),
        _ => Err(cursor.unexpected()),
    }
}

/// A type with what is in parentheses after it.
pub(super) fn data_type(cursor: &mut Cursor<'_>) -> Result<Type, Message> {
    let line = cursor.line();
    let mut name = cursor.name()?.pop().unwrap_or_default();
    if name.eq_ignore_ascii_case("double") && cursor.eat("PRECISION") {
        name.push_str(" precision");
    }
    let mut arguments = Vec::new();
    if cursor.eat_token(&Token::LParen) {
        loop {
            arguments.push(argument(cursor)?);
            if !cursor.eat_token(&Token::Comma) {
                break;
            }
        }
        cursor.expect_token(&Token::RParen)?;
    }
    Type::parse(&name, &arguments).map_err(|message| message.at(line))
}

fn argument(cursor: &mut Cursor<'_>) -> Result<String, Message> {
    if cursor.eat("MAX") {
        return Ok("max".to_owned());
    }
    Ok(cursor.number()?.to_string())
}
