//! Statements by their first word.

use sqlparser::tokenizer::Token;

use super::{
    Cursor, Kind, Statement, alter_database, boundary, control, declare, definition, execute, outside, query, set,
};
use crate::Message;

/// All statements up to the end of the batch.
pub(super) fn all(cursor: &mut Cursor<'_>) -> Result<Vec<Statement>, Message> {
    let mut statements = Vec::new();
    skip_semicolons(cursor);
    while !cursor.at_end() {
        statements.push(next(cursor)?);
        skip_semicolons(cursor);
    }
    Ok(statements)
}

/// The statements up to `END`, which is passed.
pub(super) fn until_end(cursor: &mut Cursor<'_>) -> Result<Vec<Statement>, Message> {
    let mut statements = Vec::new();
    skip_semicolons(cursor);
    while !cursor.is("END") || cursor.is_at(1, "CONVERSATION") {
        if cursor.at_end() {
            return Err(cursor.unexpected());
        }
        statements.push(next(cursor)?);
        skip_semicolons(cursor);
    }
    cursor.skip(1);
    Ok(statements)
}

pub(super) fn skip_semicolons(cursor: &mut Cursor<'_>) {
    while cursor.eat_token(&Token::SemiColon) {}
}

/// One statement.
pub(super) fn next(cursor: &mut Cursor<'_>) -> Result<Statement, Message> {
    let line = cursor.line();
    let first = cursor.word_at(0).map(str::to_ascii_uppercase);
    let kind = match first.as_deref() {
        Some(word) => cursor.nested(|cursor| by_word(cursor, word))?,
        None if cursor.peek() == &Token::LParen => query::statement(cursor)?,
        None if cursor.position() == 0 => execute::bare(cursor)?,
        None => return Err(cursor.unexpected()),
    };
    Ok(Statement { line, kind })
}

fn by_word(cursor: &mut Cursor<'_>, word: &str) -> Result<Kind, Message> {
    if let Some(refused) = outside::statement(cursor) {
        return Ok(refused);
    }
    if is_label(cursor, word) {
        cursor.skip(2);
        return Ok(Kind::Block(Vec::new()));
    }
    known(cursor, word)
}

/// A label does nothing where it is reached; the `GOTO` that leads to it is refused.
fn is_label(cursor: &Cursor<'_>, word: &str) -> bool {
    cursor.peek_at(1) == &Token::Colon && !boundary::is_reserved(word)
}

fn known(cursor: &mut Cursor<'_>, word: &str) -> Result<Kind, Message> {
    match word {
        "SELECT" | "WITH" | "UPDATE" | "DELETE" => query::statement(cursor),
        "INSERT" => execute::insert(cursor),
        "IF" => control::condition(cursor),
        "WHILE" => control::repetition(cursor),
        "BEGIN" => control::begin(cursor),
        "BREAK" => simple(cursor, Kind::Break),
        "CONTINUE" => simple(cursor, Kind::Continue),
        "RETURN" => control::leave(cursor),
        "PRINT" => control::print(cursor),
        "RAISERROR" => control::raise(cursor),
        "THROW" => control::throw(cursor),
        "WAITFOR" => control::wait(cursor),
        "COMMIT" => control::commit(cursor),
        "ROLLBACK" => control::rollback(cursor),
        "SAVE" => control::save(cursor),
        "DECLARE" => declare::declare(cursor),
        "SET" => set::set(cursor),
        "USE" => set::use_database(cursor),
        "EXEC" | "EXECUTE" => execute::execute(cursor),
        "CREATE" | "ALTER" | "DROP" | "TRUNCATE" => define(cursor, word),
        "CHECKPOINT" => simple(cursor, Kind::Set(super::Setting::Other)),
        _ if boundary::is_reserved(word) => Err(cursor.unexpected()),
        _ if cursor.position() == 0 && word != "GO" => execute::bare(cursor),
        _ => Err(cursor.unexpected()),
    }
}

fn define(cursor: &mut Cursor<'_>, word: &str) -> Result<Kind, Message> {
    match word {
        "ALTER" if cursor.is_at(1, "DATABASE") => alter_database::alter(cursor),
        "CREATE" => definition::create(cursor),
        "ALTER" => definition::alter(cursor),
        "DROP" => definition::drop(cursor),
        _ => definition::truncate(cursor),
    }
}

fn simple(cursor: &mut Cursor<'_>, kind: Kind) -> Result<Kind, Message> {
    cursor.skip(1);
    Ok(kind)
}
