//! The hand-over to `sqlparser`.

use sqlparser::{
    ast::{self, Expr, SetExpr, TableObject},
    dialect::MsSqlDialect,
    keywords::Keyword,
    parser::{Parser, ParserError},
    tokenizer::{Token, TokenWithSpan, Word},
};

use super::{Cursor, Kind, boundary, cursor, outside};
use crate::{Message, error};

const DIALECT: MsSqlDialect = MsSqlDialect {};

/// Reads an expression; what follows it is left.
pub(super) fn expression(cursor: &mut Cursor<'_>) -> Result<Expr, Message> {
    let tokens = cursor.slice_to(boundary::end(cursor.tokens(), cursor.position()));
    refuse_clause(tokens, cursor.line())?;
    let mut parser = Parser::new(&DIALECT).with_tokens_with_locations(tokens.to_vec());
    let expression = parser.parse_expr().map_err(|error| refused(&error, tokens, &parser))?;
    cursor.skip(parser.index());
    Ok(expression)
}

/// Reads an expression that is all there is.
pub(super) fn whole_expression(tokens: &[TokenWithSpan]) -> Result<Expr, Message> {
    let mut parser = Parser::new(&DIALECT).with_tokens_with_locations(tokens.to_vec());
    let expression = parser.parse_expr().map_err(|error| refused(&error, tokens, &parser))?;
    match tokens.get(parser.index()) {
        None => Ok(expression),
        Some(token) => Err(near(token)),
    }
}

/// Reads a query or a data change.
pub(super) fn statement(cursor: &mut Cursor<'_>) -> Result<Kind, Message> {
    let end = boundary::end(cursor.tokens(), cursor.position());
    let tokens = without_option(cursor.slice_to(end));
    refuse_go(tokens)?;
    refuse_empty_list(tokens)?;
    let kind = match outside::clause(tokens) {
        Some(clause) => Kind::Unsupported(clause.to_owned()),
        None => parse(tokens)?,
    };
    cursor.move_to(end);
    Ok(kind)
}

/// An expression cannot be passed over: its clause is refused as soon as it is read.
fn refuse_clause(tokens: &[TokenWithSpan], line: u32) -> Result<(), Message> {
    outside::clause(tokens).map_or(Ok(()), |clause| Err(error::unsupported(clause).at(line)))
}

/// `GO` is the client's: a server takes it for a syntax error.
fn refuse_go(tokens: &[TokenWithSpan]) -> Result<(), Message> {
    match tokens.iter().find(|token| cursor::bare(&token.token).is_some_and(|word| word.eq_ignore_ascii_case("GO"))) {
        Some(token) => Err(near(token)),
        None => Ok(()),
    }
}

/// `SELECT FROM` selects nothing.
fn refuse_empty_list(tokens: &[TokenWithSpan]) -> Result<(), Message> {
    let is = |token: &TokenWithSpan, keyword: &str| {
        cursor::bare(&token.token).is_some_and(|word| word.eq_ignore_ascii_case(keyword))
    };
    match tokens.windows(2).find(|pair| is(&pair[0], "SELECT") && is(&pair[1], "FROM")) {
        Some(pair) => Err(near(&pair[1])),
        None => Ok(()),
    }
}

/// Leaves a trailing `OPTION (…)` out: hints change no result.
fn without_option(tokens: &[TokenWithSpan]) -> &[TokenWithSpan] {
    let is_option = |index: usize| {
        cursor::bare(&tokens[index].token).is_some_and(|word| word.eq_ignore_ascii_case("OPTION"))
            && tokens.get(index + 1).is_some_and(|next| next.token == Token::LParen)
    };
    let at = (1..tokens.len()).rev().find(|index| is_option(*index));
    at.map_or(tokens, |at| &tokens[..at])
}

fn parse(tokens: &[TokenWithSpan]) -> Result<Kind, Message> {
    let mut tokens = tokens.to_vec();
    let mut top = None;
    if let Some(start) = change_at(&tokens) {
        let mut change = tokens.split_off(start);
        top = take_top(&mut change)?;
        add_missing_from(&mut change);
        expand_compound_assignments(&mut change);
        tokens.append(&mut change);
    }
    let mut parser = Parser::new(&DIALECT).with_tokens_with_locations(tokens.clone());
    let statement = parser.parse_statement().map_err(|error| refused(&error, &tokens, &parser))?;
    if let Some(token) = tokens.get(parser.index()) {
        return Err(near(token));
    }
    kind(statement, top)
}

/// Where the `UPDATE` or `DELETE` begins: at the start, or after common table expressions.
fn change_at(tokens: &[TokenWithSpan]) -> Option<usize> {
    let mut depth = 0_i32;
    tokens.iter().position(|token| {
        match token.token {
            Token::LParen => depth += 1,
            Token::RParen => depth -= 1,
            _ => {}
        }
        let begins = |word: &str| ["UPDATE", "DELETE"].iter().any(|change| change.eq_ignore_ascii_case(word));
        depth == 0 && cursor::bare(&token.token).is_some_and(begins)
    })
}

fn kind(statement: ast::Statement, top: Option<Expr>) -> Result<Kind, Message> {
    Ok(match statement {
        ast::Statement::Query(query) => query_kind(*query, top),
        ast::Statement::Insert(insert) => Kind::Insert(Box::new(insert)),
        ast::Statement::Update(update) => Kind::Update { update: Box::new(update), top, with: None },
        ast::Statement::Delete(delete) => Kind::Delete { delete: Box::new(delete), top, with: None },
        other => Kind::Unsupported(first_words(&other.to_string())),
    })
}

/// `WITH x AS (…) UPDATE …` is a query to `sqlparser`.
fn query_kind(query: ast::Query, top: Option<Expr>) -> Kind {
    let with = query.with.clone();
    match *query.body {
        SetExpr::Update(ast::Statement::Update(update)) => Kind::Update { update: Box::new(update), top, with },
        SetExpr::Delete(ast::Statement::Delete(delete)) => Kind::Delete { delete: Box::new(delete), top, with },
        SetExpr::Insert(ast::Statement::Insert(mut insert)) => {
            if let Some(source) = &mut insert.source {
                source.with = with;
            }
            Kind::Insert(Box::new(insert))
        }
        body => Kind::Query(Box::new(ast::Query { body: Box::new(body), ..query })),
    }
}

/// The first words of a statement, enough to recognise it.
pub(super) fn first_words(text: &str) -> String {
    text.split_whitespace().take(3).collect::<Vec<_>>().join(" ")
}

/// Takes the `TOP (n)` of an `UPDATE` or `DELETE` out, which `sqlparser` does not read there.
fn take_top(tokens: &mut Vec<TokenWithSpan>) -> Result<Option<Expr>, Message> {
    let word = |tokens: &[TokenWithSpan], index: usize, keyword: &str| {
        tokens
            .get(index)
            .and_then(|token| cursor::bare(&token.token))
            .is_some_and(|word| word.eq_ignore_ascii_case(keyword))
    };
    let changes = word(tokens, 0, "UPDATE") || word(tokens, 0, "DELETE");
    if !changes || !word(tokens, 1, "TOP") {
        return Ok(None);
    }
    let rest = tokens[2..].to_vec();
    let mut cursor = Cursor::new(&rest);
    cursor.skip_group()?;
    let length = cursor.position();
    let quantity = whole_expression(&rest[..length])?;
    tokens.drain(1..2 + length);
    Ok(Some(quantity))
}

/// `DELETE t WHERE …` becomes `DELETE FROM t WHERE …`.
fn add_missing_from(tokens: &mut Vec<TokenWithSpan>) {
    let word = |index: usize| tokens.get(index).and_then(|token| cursor::bare(&token.token)).unwrap_or("");
    if !word(0).eq_ignore_ascii_case("DELETE") {
        return;
    }
    if has_from(tokens) {
        return;
    }
    let keyword = Word { value: "FROM".to_owned(), quote_style: None, keyword: Keyword::FROM };
    tokens.insert(1, TokenWithSpan { token: Token::Word(keyword), span: tokens[0].span });
}

/// Whether `FROM` stands before the condition, outside parentheses.
fn has_from(tokens: &[TokenWithSpan]) -> bool {
    let mut depth = 0_i32;
    let found = tokens.iter().skip(1).find(|token| {
        match token.token {
            Token::LParen => depth += 1,
            Token::RParen => depth -= 1,
            _ => {}
        }
        depth == 0 && ends_assignment(&token.token) && !is_word(token, "OUTPUT")
    });
    found.is_some_and(|token| is_word(token, "FROM"))
}

fn is_word(token: &TokenWithSpan, keyword: &str) -> bool {
    cursor::bare(&token.token).is_some_and(|word| word.eq_ignore_ascii_case(keyword))
}

/// `c += e` becomes `c = c + e` in the `SET` of an `UPDATE`. What follows is one operand more; where it is a sum itself
/// the result is the same, and a lower operator is put in parentheses.
fn expand_compound_assignments(tokens: &mut Vec<TokenWithSpan>) {
    let is_update = tokens
        .first()
        .and_then(|token| cursor::bare(&token.token))
        .is_some_and(|word| word.eq_ignore_ascii_case("UPDATE"));
    if !is_update {
        return;
    }
    let mut at = 2;
    while at + 1 < tokens.len() {
        let compound = matches!(tokens[at].token, Token::Plus | Token::Minus | Token::Mul | Token::Div | Token::Mod)
            && tokens[at + 1].token == Token::Eq;
        if compound {
            expand_at(tokens, at);
        }
        at += 1;
    }
}

fn expand_at(tokens: &mut Vec<TokenWithSpan>, at: usize) {
    let span = tokens[at].span;
    let with = |token: Token| TokenWithSpan { token, span };
    let mut first = at - 1;
    while first >= 2 && tokens[first - 1].token == Token::Period {
        first -= 2;
    }
    let end = end_of_operand(tokens, at + 2);
    tokens.insert(end, with(Token::RParen));
    let operator = tokens[at].token.clone();
    let mut replacement = vec![with(Token::Eq)];
    replacement.extend_from_slice(&tokens[first..at]);
    replacement.extend([with(operator), with(Token::LParen)]);
    tokens.splice(at..at + 2, replacement);
}

fn end_of_operand(tokens: &[TokenWithSpan], start: usize) -> usize {
    let mut depth = 0_i32;
    for (offset, token) in tokens[start..].iter().enumerate() {
        match &token.token {
            Token::LParen => depth += 1,
            Token::RParen => depth -= 1,
            Token::Comma if depth == 0 => return start + offset,
            token if depth == 0 && ends_assignment(token) => return start + offset,
            _ => {}
        }
    }
    tokens.len()
}

fn ends_assignment(token: &Token) -> bool {
    cursor::bare(token).is_some_and(|word| ["FROM", "WHERE", "OUTPUT"].iter().any(|end| end.eq_ignore_ascii_case(word)))
}

fn near(token: &TokenWithSpan) -> Message {
    cursor::incorrect(&token.token).at(u32::try_from(token.span.start.line).unwrap_or(1))
}

/// What `sqlparser` could not read: the token it stumbled over.
fn refused(error: &ParserError, tokens: &[TokenWithSpan], parser: &Parser<'_>) -> Message {
    if matches!(error, ParserError::RecursionLimitExceeded) {
        return error::too_deep();
    }
    let text = error.to_string();
    let stumbled = text.rsplit_once(" at Line: ").and_then(|(_, place)| {
        let (line, column) = place.split_once(", Column: ")?;
        let (line, column): (u64, u64) = (line.trim().parse().ok()?, column.trim().parse().ok()?);
        tokens.iter().find(|token| token.span.start.line == line && token.span.start.column == column)
    });
    let token = stumbled.or_else(|| tokens.get(parser.index())).or(tokens.last());
    token.map_or_else(|| error::syntax(""), near)
}

/// The target of an `INSERT` as a name.
pub(crate) fn insert_target(table: &TableObject) -> Option<&ast::ObjectName> {
    match table {
        TableObject::TableName(name) => Some(name),
        _ => None,
    }
}
