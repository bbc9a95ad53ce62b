//! Where a statement ends. T-SQL needs no semicolons: a statement ends where a keyword stands that can only begin
//! another one.

use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::cursor::bare;

/// Keywords that begin a statement; T-SQL reserves them, so that no unquoted name can be one of them.
const STARTERS: [&str; 49] = [
    "SELECT",
    "INSERT",
    "UPDATE",
    "DELETE",
    "MERGE",
    "SET",
    "DECLARE",
    "IF",
    "ELSE",
    "BEGIN",
    "END",
    "WHILE",
    "BREAK",
    "CONTINUE",
    "PRINT",
    "RAISERROR",
    "EXEC",
    "EXECUTE",
    "CREATE",
    "ALTER",
    "DROP",
    "TRUNCATE",
    "USE",
    "WAITFOR",
    "COMMIT",
    "ROLLBACK",
    "SAVE",
    "RETURN",
    "GOTO",
    "GRANT",
    "REVOKE",
    "DENY",
    "KILL",
    "OPEN",
    "CLOSE",
    "DEALLOCATE",
    "CHECKPOINT",
    "DBCC",
    "BACKUP",
    "RESTORE",
    "BULK",
    "RECONFIGURE",
    "FETCH",
    "REVERT",
    "SHUTDOWN",
    "SETUSER",
    "READTEXT",
    "WRITETEXT",
    "UPDATETEXT",
];

/// Further reserved words that error 156 names as keywords.
const RESERVED: [&str; 36] = [
    "FROM",
    "WHERE",
    "GROUP",
    "ORDER",
    "HAVING",
    "UNION",
    "INTO",
    "VALUES",
    "TABLE",
    "VIEW",
    "INDEX",
    "PROCEDURE",
    "FUNCTION",
    "TRIGGER",
    "DATABASE",
    "SCHEMA",
    "AND",
    "OR",
    "NOT",
    "NULL",
    "IN",
    "EXISTS",
    "LIKE",
    "BETWEEN",
    "IS",
    "AS",
    "ON",
    "JOIN",
    "INNER",
    "LEFT",
    "RIGHT",
    "CASE",
    "WHEN",
    "THEN",
    "WITH",
    "BY",
];

pub(super) fn is_starter(word: &str) -> bool {
    STARTERS.iter().any(|starter| starter.eq_ignore_ascii_case(word))
}

pub(super) fn is_reserved(word: &str) -> bool {
    is_starter(word) || RESERVED.iter().any(|reserved| reserved.eq_ignore_ascii_case(word))
}

/// The index after the last token of the statement or expression that begins at `start`.
pub(super) fn end(tokens: &[TokenWithSpan], start: usize) -> usize {
    let mut scan = Scan::new(tokens, start);
    let mut at = start;
    while at < tokens.len() && !scan.ends_at(at) {
        at += 1;
    }
    at
}

/// The same of a statement that is outside the subset. `passed` tokens belong to it whatever they are; the words of
/// `holds` begin no other statement.
pub(super) fn end_of_outside(
    tokens: &[TokenWithSpan],
    start: usize,
    passed: usize,
    holds: &'static [&'static str],
) -> usize {
    let start = (start + passed).min(tokens.len());
    let mut scan = Scan::new(tokens, start);
    if scan.lead != Lead::Merge {
        scan.lead = Lead::Outside(holds);
    }
    let mut at = start;
    while at < tokens.len() && !scan.ends_at(at) {
        at += 1;
    }
    at
}

/// What the scan has seen of the statement so far.
struct Scan<'a> {
    tokens: &'a [TokenWithSpan],
    start: usize,
    parentheses: usize,
    cases: usize,
    lead: Lead,
}

/// Which keywords may still follow inside the statement.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lead {
    /// A common table expression: the statement proper comes.
    With,
    /// `INSERT` whose source has not come yet.
    Insert,
    /// `UPDATE` whose `SET` has not come yet.
    Update,
    Merge,
    /// One that is outside the subset, with the keywords that it still holds.
    Outside(&'static [&'static str]),
    Other,
}

impl<'a> Scan<'a> {
    fn new(tokens: &'a [TokenWithSpan], start: usize) -> Self {
        let lead = tokens.get(start).and_then(|token| bare(&token.token)).map_or(Lead::Other, Lead::of);
        Self { tokens, start, parentheses: 0, cases: 0, lead }
    }

    fn ends_at(&mut self, at: usize) -> bool {
        match &self.tokens[at].token {
            Token::LParen => self.parentheses += 1,
            Token::RParen if self.parentheses == 0 => return true,
            Token::RParen => self.parentheses -= 1,
            Token::SemiColon if self.parentheses == 0 => return true,
            token if self.parentheses == 0 => {
                if let Some(word) = bare(token) {
                    return self.ends_at_word(at, word);
                }
            }
            _ => {}
        }
        false
    }

    fn ends_at_word(&mut self, at: usize, word: &str) -> bool {
        if self.is_part_of_name(at) {
            return false;
        }
        if word.eq_ignore_ascii_case("CASE") {
            self.cases += 1;
            return false;
        }
        if self.cases > 0 {
            self.cases -= usize::from(word.eq_ignore_ascii_case("END"));
            return false;
        }
        if at == self.start {
            return false;
        }
        if self.lead == Lead::Insert && word.eq_ignore_ascii_case("VALUES") {
            self.lead = Lead::Other;
            return false;
        }
        if word.eq_ignore_ascii_case("THROW") {
            return self.is_throw(at);
        }
        if self.is_label(at) || self.is_switch_of_trigger(at, word) {
            return true;
        }
        is_starter(word) && !self.continues(at, word)
    }

    /// Whether a `.` stands before or after.
    fn is_part_of_name(&self, at: usize) -> bool {
        let is_dot = |index: Option<usize>| {
            index.and_then(|index| self.tokens.get(index)).is_some_and(|token| token.token == Token::Period)
        };
        is_dot(at.checked_sub(1)) || is_dot(Some(at + 1))
    }

    /// `THROW` is not reserved: it is a statement if nothing or a number, variable or `;` follows.
    fn is_throw(&self, at: usize) -> bool {
        match self.tokens.get(at + 1).map(|token| &token.token) {
            None | Some(Token::SemiColon | Token::Number(..)) => true,
            Some(token) => bare(token).is_some_and(|word| word.starts_with('@') || word.eq_ignore_ascii_case("END")),
        }
    }

    /// `name:`, to which a `GOTO` may lead.
    fn is_label(&self, at: usize) -> bool {
        self.tokens.get(at + 1).is_some_and(|token| token.token == Token::Colon)
    }

    /// `ENABLE TRIGGER` and `DISABLE TRIGGER`: the first word is not reserved, the second one is.
    fn is_switch_of_trigger(&self, at: usize, word: &str) -> bool {
        let switches = ["ENABLE", "DISABLE"].iter().any(|switch| switch.eq_ignore_ascii_case(word));
        switches && self.is_next(at, "TRIGGER")
    }

    /// The `IF EXISTS` of a `DROP`, which no query follows.
    fn is_existence(&self, at: usize) -> bool {
        let query = self.tokens.get(at + 2).is_some_and(|token| token.token == Token::LParen);
        self.is_next(at, "EXISTS") && !query
    }

    fn is_next(&self, at: usize, word: &str) -> bool {
        let next = self.tokens.get(at + 1).and_then(|token| bare(&token.token));
        next.is_some_and(|next| next.eq_ignore_ascii_case(word))
    }

    /// Whether this keyword belongs to the statement that has begun.
    fn continues(&mut self, at: usize, word: &str) -> bool {
        let is = |keyword: &str| word.eq_ignore_ascii_case(keyword);
        let after = |keywords: &[&str]| {
            at.checked_sub(1)
                .and_then(|index| bare(&self.tokens[index].token))
                .is_some_and(|before| keywords.iter().any(|keyword| keyword.eq_ignore_ascii_case(before)))
        };
        if is("SELECT") && after(&["UNION", "ALL", "EXCEPT", "INTERSECT"]) {
            return true;
        }
        if (is("FETCH") && after(&["ROW", "ROWS"])) || (is("MERGE") && self.is_next(at, "JOIN")) {
            return true;
        }
        match self.lead {
            Lead::With if is("SELECT") || is("INSERT") || is("UPDATE") || is("DELETE") || is("MERGE") => {
                self.lead = Lead::of(word);
                true
            }
            Lead::Insert if is("SELECT") || is("EXEC") || is("EXECUTE") => {
                self.lead = Lead::Other;
                true
            }
            Lead::Update if is("SET") => {
                self.lead = Lead::Other;
                true
            }
            Lead::Outside(_) if is("IF") && self.is_existence(at) => true,
            Lead::Outside(holds) => match holds.iter().position(|held| is(held)) {
                Some(place) => {
                    self.lead = Lead::Outside(&holds[place + 1..]);
                    true
                }
                None => false,
            },
            Lead::Merge => is("SET") || (after(&["THEN"]) && (is("UPDATE") || is("DELETE") || is("INSERT"))),
            _ => false,
        }
    }
}

impl Lead {
    fn of(word: &str) -> Self {
        match word.to_ascii_uppercase().as_str() {
            "WITH" => Self::With,
            "INSERT" => Self::Insert,
            "UPDATE" => Self::Update,
            "MERGE" => Self::Merge,
            _ => Self::Other,
        }
    }
}
