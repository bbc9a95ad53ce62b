//! Statements by their first word.

use sqlparser::tokenizer::Token;

use super::{Cursor, Kind, Statement, alter_database, boundary, control, declare, definition, execute, query, set};
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
    while !cursor.is("END") {
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
    match word {
        "SELECT" | "WITH" | "UPDATE" | "DELETE" | "MERGE" => query::statement(cursor),
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
        _ if boundary::is_reserved(word) && !boundary::is_starter(word) => Err(cursor.unexpected()),
        _ if boundary::is_starter(word) && word != "END" && word != "ELSE" => unsupported(cursor),
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

/// A statement that begins like one of T-SQL but is outside the subset: refused when it runs.
pub(super) fn unsupported(cursor: &mut Cursor<'_>) -> Result<Kind, Message> {
    let end = boundary::end(cursor.tokens(), cursor.position() + permissions(cursor));
    let words: Vec<String> = cursor.slice_to(end).iter().take(3).map(|token| token.token.to_string()).collect();
    cursor.move_to(end.max(cursor.position() + 1));
    Ok(Kind::Unsupported(words.join(" ")))
}

/// How many tokens a `GRANT`, `DENY` or `REVOKE` has before its `TO` or `FROM`: permissions have the names of statements.
fn permissions(cursor: &Cursor<'_>) -> usize {
    if !["GRANT", "DENY", "REVOKE"].iter().any(|word| cursor.is(word)) {
        return 0;
    }
    let left = cursor.tokens().len() - cursor.position();
    (1..left).find(|ahead| cursor.is_at(*ahead, "TO") || cursor.is_at(*ahead, "FROM")).unwrap_or(0)
}
