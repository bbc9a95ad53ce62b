//! Reading a batch: its own grammar for control flow, definitions and administration; queries and data changes are read
//! by `sqlparser`, one statement at a time.

mod alter_database;
mod boundary;
mod control;
mod cursor;
mod declare;
mod declared;
mod definition;
mod execute;
mod outside;
mod query;
mod set;
mod statement;
mod table;
mod tree;

use sqlparser::{
    dialect::MsSqlDialect,
    tokenizer::{Token, TokenWithSpan, Tokenizer, TokenizerError},
};

use crate::{Message, error};

pub(crate) use cursor::Cursor;
pub(crate) use definition::view_of;
pub(crate) use query::insert_target;
pub(crate) use tree::*;

/// Reads a whole batch. Nothing of it may run if this fails.
pub(crate) fn parse(batch: &str) -> Result<Vec<Statement>, Message> {
    let tokens = tokenize(batch)?;
    let mut cursor = Cursor::new(&tokens);
    let statements = statement::all(&mut cursor)?;
    declared::check(&statements)?;
    Ok(statements)
}

/// Reads one expression, e.g. the text of a default.
pub(crate) fn parse_expression(text: &str) -> Result<sqlparser::ast::Expr, Message> {
    let tokens = tokenize(text)?;
    query::whole_expression(&tokens)
}

/// Reads a parameter list, as `sp_executesql` takes it.
pub(crate) fn parse_parameters(text: &str) -> Result<Vec<Parameter>, Message> {
    let tokens = tokenize(text)?;
    let mut cursor = Cursor::new(&tokens);
    let parameters = definition::parameters(&mut cursor)?;
    if cursor.at_end() { Ok(parameters) } else { Err(cursor.unexpected()) }
}

fn tokenize(text: &str) -> Result<Vec<TokenWithSpan>, Message> {
    let mut tokens =
        Tokenizer::new(&MsSqlDialect {}, text).tokenize_with_location().map_err(|error| lexical(&error))?;
    tokens.retain(|token| !matches!(token.token, Token::Whitespace(_)));
    Ok(tokens)
}

fn lexical(found: &TokenizerError) -> Message {
    let line = u32::try_from(found.location.line).unwrap_or(1);
    let message = if found.message.contains("comment") {
        error::missing_end_comment()
    } else if found.message.contains("Unterminated") {
        error::unclosed_string("")
    } else {
        error::syntax(&found.message)
    };
    message.at(line)
}

/// Reads a name of up to four parts, as it stands in a string.
pub(crate) fn parse_name(text: &str) -> Result<Vec<String>, Message> {
    let tokens = tokenize(text)?;
    let mut cursor = Cursor::new(&tokens);
    let name = cursor.name()?;
    if cursor.at_end() { Ok(name) } else { Err(cursor.unexpected()) }
}
