//! T-SQL that is valid and outside the subset: it is recognised here, so that it is refused by its name (40510) and not
//! taken for a syntax error.

mod clause;
mod objects;
mod statements;

use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::{Cursor, Kind, boundary, cursor::bare};

pub(super) use clause::clause;

/// How many words of a statement its refusal names.
const NAMED: usize = 3;

/// A statement that is known only to be refused.
struct Outside {
    /// What it begins with; `?` is any one token.
    head: &'static str,
    /// Keywords that begin statements elsewhere and continue this one, in their order, each once.
    holds: &'static [&'static str],
}

impl Outside {
    const fn plain(head: &'static str) -> Self {
        Self { head, holds: &[] }
    }

    const fn holding(head: &'static str, holds: &'static [&'static str]) -> Self {
        Self { head, holds }
    }

    /// How many tokens it takes at this place, and what it holds.
    fn found(&self, tokens: &[TokenWithSpan], at: usize) -> Option<(usize, &'static [&'static str])> {
        Some((matched(tokens, at, self.head)?, self.holds))
    }
}

/// Passes a statement that is outside the subset, if one begins here.
pub(super) fn statement(cursor: &mut Cursor<'_>) -> Option<Kind> {
    let (words, holds) = statements::found(cursor).or_else(|| objects::found(cursor))?;
    Some(refused(cursor, words.max(NAMED), holds))
}

/// Passes the statement that begins here and refuses it by its first words. A refusal ends the batch, so what follows
/// needs no exact place; but what stands behind an `IF` must not be swallowed.
pub(super) fn refused(cursor: &mut Cursor<'_>, words: usize, holds: &'static [&'static str]) -> Kind {
    let end = boundary::end_of_outside(cursor.tokens(), cursor.position(), permissions(cursor), holds);
    let name = first_words(cursor.slice_to(end), words);
    cursor.move_to(end.max(cursor.position() + 1));
    Kind::Unsupported(name)
}

/// The same, by a name of its own, where more than the beginning of the statement had to be read.
pub(super) fn refused_at(cursor: &mut Cursor<'_>, start: usize, name: &str) -> Kind {
    cursor.move_to(start);
    refused(cursor, NAMED, &[]);
    Kind::Unsupported(name.to_owned())
}

/// The words among the first tokens.
pub(super) fn first_words(tokens: &[TokenWithSpan], count: usize) -> String {
    let first = tokens.iter().take(count).map(|token| &token.token);
    let words: Vec<String> = first.filter(|token| matches!(token, Token::Word(_))).map(Token::to_string).collect();
    words.join(" ")
}

/// How many tokens a `GRANT`, `DENY` or `REVOKE` has before its `TO` or `FROM`: permissions have the names of statements.
fn permissions(cursor: &Cursor<'_>) -> usize {
    if !["GRANT", "DENY", "REVOKE"].iter().any(|word| cursor.is(word)) {
        return 0;
    }
    let left = cursor.tokens().len() - cursor.position();
    (1..left).find(|ahead| cursor.is_at(*ahead, "TO") || cursor.is_at(*ahead, "FROM")).unwrap_or(0)
}

/// How many tokens the pattern takes at this place; `None` if it does not stand here. `?` is any one token.
fn matched(tokens: &[TokenWithSpan], at: usize, pattern: &str) -> Option<usize> {
    let mut count = 0;
    for part in pattern.split(' ') {
        let token = &tokens.get(at + count)?.token;
        if part != "?" && !sign(token).eq_ignore_ascii_case(part) {
            return None;
        }
        count += 1;
    }
    Some(count)
}

/// A token as patterns write it: an unquoted word, or one of the signs that patterns use.
fn sign(token: &Token) -> &str {
    match token {
        Token::LParen => "(",
        Token::Period => ".",
        Token::DoubleColon => "::",
        Token::LBrace => "{",
        Token::Eq => "=",
        Token::Mul => "*",
        Token::Lt => "<",
        Token::Gt => ">",
        Token::ExclamationMark => "!",
        Token::Placeholder(text) => text,
        other => bare(other).unwrap_or(""),
    }
}
