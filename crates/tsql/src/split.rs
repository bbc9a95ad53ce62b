//! From the text of a script to the batches that are sent, split where Microsoft's batch parser splits
//! (SSMS, Invoke-Sqlcmd, the VS Code extension; `GO` itself is described under "SQL Server Utilities Statements - GO").
//!
//! The scanner knows two things about T-SQL: what begins a line, and what hides a line, which is strings, quoted names
//! and comments. Sqlcmd's own commands (`:r`, `:setvar`, `!!` …) are not T-SQL and are refused; `$(name)` is plain text.

use std::fmt;

/// A part of a script that is sent on its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// The text, unchanged, with its line ends.
    pub text: String,
    /// How often it is sent: the count after `GO`, else 1.
    pub repeat: u32,
    /// The line of the file in which the text begins, from 1. A server counts an error's line from the batch's start.
    pub first_line: u32,
    /// There is nothing in it but comments and white space: a server would have nothing to do.
    pub comments_only: bool,
}

/// Why a script cannot be split, and where: line and column count from 1, columns in characters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {problem}")]
pub struct SplitError {
    /// The line of the file.
    pub line: u32,
    /// The character in that line.
    pub column: u32,
    /// What is wrong there.
    pub problem: Problem,
}

/// What is wrong with a script.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Something other than a repeat count and a `--` comment follows `GO`.
    #[error(
        "`{0}` cannot stand after `GO`: only a repeat count and a comment that begins with `--` may follow; put \
         anything else on a line of its own"
    )]
    AfterGo(String),
    /// The repeat count is 0 or too large.
    #[error(
        "`{0}` is not a repeat count for `GO`: it must be 1 to 2147483647; to leave a batch out, remove it from the \
         script"
    )]
    Count(String),
    /// A string, a quoted name or a comment has no end.
    #[error("the {0} that begins here has no end: add the closing `{closing}`", closing = .0.closing())]
    NoEnd(Span),
    /// A command of the sqlcmd tool.
    #[error(
        "`{0}` is a command of the sqlcmd tool, not T-SQL, and no command of sqlcmd is run here: write the statements \
         and values themselves into the script"
    )]
    Sqlcmd(String),
}

/// What can reach over line ends and hide a `GO`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    /// `'…'`, `''` inside stands for one quote.
    String,
    /// `"…"`, `""` inside stands for one quote.
    QuotedName,
    /// `[…]`, `]]` inside stands for one bracket.
    BracketedName,
    /// `/* … */`, which nests.
    Comment,
}

impl Span {
    fn beginning(rest: &str) -> Option<Self> {
        match rest.as_bytes() {
            [b'\'', ..] => Some(Self::String),
            [b'"', ..] => Some(Self::QuotedName),
            [b'[', ..] => Some(Self::BracketedName),
            [b'/', b'*', ..] => Some(Self::Comment),
            _ => None,
        }
    }

    fn closing(self) -> &'static str {
        match self {
            Self::String => "'",
            Self::QuotedName => "\"",
            Self::BracketedName => "]",
            Self::Comment => "*/",
        }
    }

    /// The length of the span that `rest` begins with; `None` when it has no end.
    fn length(self, rest: &str) -> Option<usize> {
        match self {
            Self::Comment => comment_length(rest),
            quoted => quoted_length(rest, quoted.closing()),
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::String => "string",
            Self::QuotedName => "quoted name",
            Self::BracketedName => "bracketed name",
            Self::Comment => "comment",
        })
    }
}

/// The closing character ends the span unless it is doubled.
fn quoted_length(rest: &str, closing: &str) -> Option<usize> {
    let mut at = 1;
    loop {
        at += rest[at..].find(closing)? + 1;
        if !rest[at..].starts_with(closing) {
            return Some(at);
        }
        at += 1;
    }
}

/// Every `/*` inside asks for a `*/` of its own.
fn comment_length(rest: &str) -> Option<usize> {
    let (mut at, mut depth) = (2, 1);
    while depth > 0 {
        at += rest[at..].find(['/', '*'])?;
        match rest.as_bytes()[at..] {
            [b'/', b'*', ..] => (at, depth) = (at + 2, depth + 1),
            [b'*', b'/', ..] => (at, depth) = (at + 2, depth - 1),
            _ => at += 1,
        }
    }
    Some(at)
}

/// Splits a script into its batches, those of white space alone left out.
///
/// # Errors
/// The first thing in the text that makes it uncertain what would be sent; nothing of the script may be sent then.
pub fn split(text: &str) -> Result<Vec<Batch>, SplitError> {
    let mut scanner = Scanner { text, at: 0, batch: 0, statement: false, batches: Vec::new() };
    while scanner.at < text.len() {
        scanner.line()?;
    }
    scanner.end_batch(text.len(), 1);
    Ok(scanner.with_line_numbers())
}

struct Scanner<'t> {
    text: &'t str,
    /// The next byte to look at; always at a character.
    at: usize,
    /// Where the present batch begins.
    batch: usize,
    /// The present batch has more than comments and white space.
    statement: bool,
    /// Found so far, each with the offset at which it begins.
    batches: Vec<(usize, Batch)>,
}

impl<'t> Scanner<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    /// What is left of the present line, without its end.
    fn rest_of_line(&self) -> &'t str {
        let rest = self.rest();
        &rest[..rest.find(['\n', '\r']).unwrap_or(rest.len())]
    }

    /// One line; more where a string, a name or a comment reaches over its end.
    fn line(&mut self) -> Result<(), SplitError> {
        let start = self.at;
        let line = self.rest_of_line();
        let command = line.trim_start_matches([' ', '\t']);
        let indent = line.len() - command.len();
        if let Some(name) = sqlcmd_command(command) {
            return Err(self.error(start + indent, Problem::Sqlcmd(name.to_owned())));
        }
        match after_go(command) {
            Some(rest) => self.separator(start, rest),
            None => self.line_of_text(),
        }
    }

    /// The line that begins at `start` is a separator; `rest` is what follows its `GO`.
    fn separator(&mut self, start: usize, rest: &str) -> Result<(), SplitError> {
        let end = start + self.rest_of_line().len();
        let count = repeat_count(rest);
        let repeat = count.map_err(|problem| self.error(end - rest.trim_start().len(), problem))?;
        self.end_batch(start, repeat);
        self.at = end;
        self.line_end();
        self.batch = self.at;
        Ok(())
    }

    fn line_of_text(&mut self) -> Result<(), SplitError> {
        while self.at < self.text.len() && !self.line_end() {
            if self.rest().starts_with("--") {
                self.at += self.rest_of_line().len();
            } else if let Some(span) = Span::beginning(self.rest()) {
                self.span(span)?;
            } else {
                self.character();
            }
        }
        Ok(())
    }

    fn span(&mut self, span: Span) -> Result<(), SplitError> {
        let length = span.length(self.rest()).ok_or_else(|| self.error(self.at, Problem::NoEnd(span)))?;
        self.at += length;
        self.statement |= span != Span::Comment;
        Ok(())
    }

    fn character(&mut self) {
        if let Some(character) = self.rest().chars().next() {
            self.at += character.len_utf8();
            self.statement |= !character.is_whitespace();
        }
    }

    /// Steps over a line end (`\n`, `\r\n`, `\r`), if there is one here.
    fn line_end(&mut self) -> bool {
        let length = line_end_length(self.rest());
        self.at += length;
        length > 0
    }

    fn end_batch(&mut self, end: usize, repeat: u32) {
        let text = &self.text[self.batch..end];
        let comments_only = !std::mem::take(&mut self.statement);
        if !text.trim().is_empty() {
            let batch = Batch { text: text.to_owned(), repeat, first_line: 0, comments_only };
            self.batches.push((self.batch, batch));
        }
    }

    fn with_line_numbers(self) -> Vec<Batch> {
        let (mut line, mut counted) = (1, 0);
        let numbered = self.batches.into_iter().map(|(start, batch)| {
            line += line_ends(&self.text[counted..start]);
            counted = start;
            Batch { first_line: line, ..batch }
        });
        numbered.collect()
    }

    fn error(&self, at: usize, problem: Problem) -> SplitError {
        let before = &self.text[..at];
        let line_start = before.rfind(['\n', '\r']).map_or(0, |end| end + 1);
        let column = 1 + before[line_start..].chars().count();
        SplitError { line: 1 + line_ends(before), column: u32::try_from(column).unwrap_or(u32::MAX), problem }
    }
}

fn line_end_length(rest: &str) -> usize {
    match rest.as_bytes() {
        [b'\r', b'\n', ..] => 2,
        [b'\r' | b'\n', ..] => 1,
        _ => 0,
    }
}

fn line_ends(text: &str) -> u32 {
    let ends = text.match_indices(['\n', '\r']).filter(|(at, _)| !text[*at..].starts_with("\r\n")).count();
    u32::try_from(ends).unwrap_or(u32::MAX)
}

/// What follows `GO` where the line is a separator: `GO` in any case, then a boundary. `GOTO`, `GO_x`, `GO;` are text.
fn after_go(command: &str) -> Option<&str> {
    let rest = command.get(..2).filter(|word| word.eq_ignore_ascii_case("GO")).map(|_| &command[2..])?;
    let boundary = |c: char| c.is_whitespace() || "$/-'\"([!".contains(c);
    rest.chars().next().is_none_or(boundary).then_some(rest)
}

fn repeat_count(rest: &str) -> Result<u32, Problem> {
    let rest = rest.trim();
    let (digits, after) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()));
    let after = after.trim_start();
    if !after.is_empty() && !after.starts_with("--") {
        return Err(Problem::AfterGo(rest.to_owned()));
    }
    match digits.parse::<u32>() {
        _ if digits.is_empty() => Ok(1),
        Ok(count) if (1..=i32::MAX.unsigned_abs()).contains(&count) => Ok(count),
        _ => Err(Problem::Count(digits.to_owned())),
    }
}

/// The command where the line is one of sqlcmd's: `:` and a word, `!!`, or `:!!`. A line of T-SQL may begin with `::`.
fn sqlcmd_command(command: &str) -> Option<&str> {
    let name = command.strip_prefix(':').unwrap_or(command);
    let shell = name.starts_with("!!");
    let word = name.len() < command.len() && name.starts_with(|c: char| c.is_ascii_alphabetic());
    (shell || word).then(|| command.split_whitespace().next().unwrap_or(command))
}

#[cfg(test)]
#[path = "split_test.rs"]
#[allow(clippy::unwrap_used)]
mod tests;
