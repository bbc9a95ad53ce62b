//! A place in a batch's tokens.

use sqlparser::tokenizer::{Token, TokenWithSpan, Word};

use crate::{Message, error};

/// Statements in statements, at most.
const DEEPEST: u32 = 64;

const END: &Token = &Token::EOF;

/// Walks over the tokens of a batch, white space and comments left out.
pub(crate) struct Cursor<'a> {
    tokens: &'a [TokenWithSpan],
    at: usize,
    depth: u32,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(tokens: &'a [TokenWithSpan]) -> Self {
        Self { tokens, at: 0, depth: 0 }
    }

    /// Reads something that may hold its like; blocks in blocks have an end.
    pub(crate) fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Message>) -> Result<T, Message> {
        if self.depth >= DEEPEST {
            return Err(error::too_deep().at(self.line()));
        }
        self.depth += 1;
        let found = read(self);
        self.depth -= 1;
        found
    }

    pub(crate) fn position(&self) -> usize {
        self.at
    }

    pub(crate) fn peek(&self) -> &'a Token {
        self.peek_at(0)
    }

    pub(crate) fn peek_at(&self, ahead: usize) -> &'a Token {
        self.tokens.get(self.at + ahead).map_or(END, |token| &token.token)
    }

    /// The token before this place.
    pub(crate) fn previous(&self) -> &'a Token {
        self.at.checked_sub(1).and_then(|at| self.tokens.get(at)).map_or(END, |token| &token.token)
    }

    pub(crate) fn at_end(&self) -> bool {
        self.at >= self.tokens.len()
    }

    pub(crate) fn skip(&mut self, count: usize) {
        self.at += count;
    }

    /// The line of the next token, or of the last one at the end.
    pub(crate) fn line(&self) -> u32 {
        let token = self.tokens.get(self.at).or(self.tokens.last());
        token.map_or(1, |token| u32::try_from(token.span.start.line).unwrap_or(1).max(1))
    }

    /// The unquoted word at this distance.
    pub(crate) fn word_at(&self, ahead: usize) -> Option<&'a str> {
        bare(self.peek_at(ahead))
    }

    pub(crate) fn is(&self, keyword: &str) -> bool {
        self.is_at(0, keyword)
    }

    pub(crate) fn is_at(&self, ahead: usize, keyword: &str) -> bool {
        self.word_at(ahead).is_some_and(|word| word.eq_ignore_ascii_case(keyword))
    }

    /// Passes the keyword if it is next.
    pub(crate) fn eat(&mut self, keyword: &str) -> bool {
        let found = self.is(keyword);
        self.at += usize::from(found);
        found
    }

    /// Passes one of these keywords.
    pub(crate) fn eat_any(&mut self, keywords: &[&str]) -> bool {
        keywords.iter().any(|keyword| self.eat(keyword))
    }

    pub(crate) fn expect(&mut self, keyword: &str) -> Result<(), Message> {
        if self.eat(keyword) { Ok(()) } else { Err(self.unexpected()) }
    }

    pub(crate) fn eat_token(&mut self, token: &Token) -> bool {
        let found = self.peek() == token;
        self.at += usize::from(found);
        found
    }

    pub(crate) fn expect_token(&mut self, token: &Token) -> Result<(), Message> {
        if self.eat_token(token) { Ok(()) } else { Err(self.unexpected()) }
    }

    /// "Incorrect syntax near" the next token.
    pub(crate) fn unexpected(&self) -> Message {
        let near = self.tokens.get(self.at).or(self.tokens.last());
        near.map_or_else(|| error::syntax(""), |token| incorrect(&token.token)).at(self.line())
    }

    /// An identifier, quoted or not.
    pub(crate) fn identifier(&mut self) -> Result<String, Message> {
        match self.peek() {
            Token::Word(word) => {
                self.at += 1;
                Ok(word.value.clone())
            }
            Token::DoubleQuotedString(text) => {
                self.at += 1;
                Ok(text.clone())
            }
            _ => Err(self.unexpected()),
        }
    }

    /// A name of up to four parts; an empty part (`db..t`) is an empty string.
    pub(crate) fn name(&mut self) -> Result<Vec<String>, Message> {
        let mut parts = vec![self.identifier()?];
        while self.eat_token(&Token::Period) {
            if self.peek() == &Token::Period {
                parts.push(String::new());
            } else {
                parts.push(self.identifier()?);
            }
        }
        Ok(parts)
    }

    pub(crate) fn number(&mut self) -> Result<i64, Message> {
        let negative = self.eat_token(&Token::Minus);
        match self.peek() {
            Token::Number(text, _) => {
                let number: i64 = text.parse().map_err(|_| self.unexpected())?;
                self.at += 1;
                Ok(if negative { -number } else { number })
            }
            _ => Err(self.unexpected()),
        }
    }

    /// The tokens from here to `end`.
    pub(crate) fn slice_to(&self, end: usize) -> &'a [TokenWithSpan] {
        self.tokens.get(self.at..end).unwrap_or(&[])
    }

    /// All tokens.
    pub(crate) fn tokens(&self) -> &'a [TokenWithSpan] {
        self.tokens
    }

    pub(crate) fn move_to(&mut self, at: usize) {
        self.at = at;
    }

    /// Passes a parenthesised group, whatever is in it.
    pub(crate) fn skip_group(&mut self) -> Result<(), Message> {
        self.expect_token(&Token::LParen)?;
        let mut depth = 1;
        while depth > 0 {
            match self.peek() {
                Token::LParen => depth += 1,
                Token::RParen => depth -= 1,
                Token::EOF => return Err(self.unexpected()),
                _ => {}
            }
            self.at += 1;
        }
        Ok(())
    }
}

/// The word, if it is one without quotes.
pub(super) fn bare(token: &Token) -> Option<&str> {
    match token {
        Token::Word(Word { value, quote_style: None, .. }) => Some(value),
        _ => None,
    }
}

/// Error 102, or 156 for a keyword that T-SQL reserves.
pub(super) fn incorrect(token: &Token) -> Message {
    match token {
        Token::Word(word) if word.quote_style.is_none() && super::boundary::is_reserved(&word.value) => {
            error::syntax_keyword(&word.value)
        }
        Token::Word(word) => error::syntax(&word.value),
        Token::SingleQuotedString(text) | Token::NationalStringLiteral(text) => error::syntax(text),
        other => error::syntax(&other.to_string()),
    }
}
