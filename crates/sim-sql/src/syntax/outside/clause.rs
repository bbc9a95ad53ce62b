//! Clauses of queries and data changes. Each pattern has a word that T-SQL reserves, or several words, so that no name
//! of a user's is taken for one.

use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::{matched, sign};

/// A pattern, and the words of a refusal where the pattern's own would not do.
type Clause = (&'static str, &'static str);

const CLAUSES: [Clause; 50] = [
    ("! <", "operator !<"),
    ("! >", "operator !>"),
    (":: ? (", "method of a type (::)"),
    (". WRITE (", "UPDATE … SET column.WRITE"),
    ("{ D", "ODBC escape {d}"),
    ("{ FN", "ODBC escape {fn}"),
    ("{ GUID", "ODBC escape {guid}"),
    ("{ T", "ODBC escape {t}"),
    ("{ TS", "ODBC escape {ts}"),
    ("$IDENTITY", ""),
    ("$PARTITION", ""),
    ("$ROWGUID", ""),
    ("AT TIME ZONE", ""),
    ("CHANGETABLE (", "CHANGETABLE"),
    ("CONTAINS (", "CONTAINS"),
    ("CONTAINSTABLE (", "CONTAINSTABLE"),
    ("CROSS APPLY", ""),
    ("CURRENT OF", "WHERE CURRENT OF"),
    ("FOR BROWSE", ""),
    ("FOR JSON", ""),
    ("FOR SYSTEM_TIME", ""),
    ("FOR XML", ""),
    ("FREETEXT (", "FREETEXT"),
    ("FREETEXTTABLE (", "FREETEXTTABLE"),
    ("GROUP BY ALL", ""),
    ("GROUPING SETS", ""),
    ("HASH JOIN", ""),
    ("IGNORE NULLS", ""),
    ("LOOP JOIN", ""),
    ("MERGE JOIN", ""),
    ("MERGE INTO", "MERGE"),
    ("MERGE ?", "MERGE"),
    ("NEXT VALUE FOR", ""),
    ("OPENDATASOURCE (", "OPENDATASOURCE"),
    ("OPENJSON (", "OPENJSON"),
    ("OPENQUERY (", "OPENQUERY"),
    ("OPENROWSET (", "OPENROWSET"),
    ("OPENXML (", "OPENXML"),
    ("OUTER APPLY", ""),
    ("PARSE ( ? AS", "function PARSE"),
    ("PIVOT (", "PIVOT"),
    ("REMOTE JOIN", ""),
    ("TABLESAMPLE", ""),
    ("TRY_PARSE ( ? AS", "function TRY_PARSE"),
    ("UNPIVOT (", "UNPIVOT"),
    ("WINDOW ? AS (", "WINDOW"),
    ("WITH CHECK OPTION", ""),
    ("WITH CUBE", ""),
    ("WITH ROLLUP", ""),
    ("WITH XMLNAMESPACES", ""),
];

/// The first clause in these tokens that is outside the subset.
pub(in super::super) fn clause(tokens: &[TokenWithSpan]) -> Option<&'static str> {
    (0..tokens.len()).find_map(|at| named(tokens, at)).or_else(|| columns_of_output(tokens))
}

/// `OUTPUT … INTO t (a, b)`
fn columns_of_output(tokens: &[TokenWithSpan]) -> Option<&'static str> {
    let find =
        |from: usize, word: &str| (from..tokens.len()).find(|at| sign(&tokens[*at].token).eq_ignore_ascii_case(word));
    let into = find(find(0, "OUTPUT")?, "INTO")?;
    let mut end = into + 2;
    while tokens.get(end).is_some_and(|token| token.token == Token::Period) {
        end += 2;
    }
    let listed = tokens.get(end).is_some_and(|token| token.token == Token::LParen);
    listed.then_some("OUTPUT … INTO table (columns)")
}

fn named(tokens: &[TokenWithSpan], at: usize) -> Option<&'static str> {
    if sign(&tokens[at].token).is_empty() {
        return None;
    }
    let (pattern, name) = CLAUSES.iter().find(|(pattern, _)| matched(tokens, at, pattern).is_some())?;
    Some(if name.is_empty() { pattern } else { name })
}
