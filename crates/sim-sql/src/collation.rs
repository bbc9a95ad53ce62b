//! Comparison of strings as under `SQL_Latin1_General_CP1_CI_AS`: without regard to case, with regard to accents,
//! trailing blanks ignored.

use std::cmp::Ordering;

/// The collation's name in SQLite.
pub(crate) const NAME: &str = "TSQL";

/// Compares base letters first; where those are all equal, accents decide.
pub(crate) fn compare(a: &str, b: &str) -> Ordering {
    let (a, b) = (a.trim_end_matches(' '), b.trim_end_matches(' '));
    if a.is_ascii() && b.is_ascii() {
        return compare_ascii(a.as_bytes(), b.as_bytes());
    }
    let bases = a.chars().map(|c| weight(c).0).cmp(b.chars().map(|c| weight(c).0));
    bases.then_with(|| a.chars().map(|c| weight(c).1).cmp(b.chars().map(|c| weight(c).1)))
}

fn compare_ascii(a: &[u8], b: &[u8]) -> Ordering {
    a.iter().map(u8::to_ascii_lowercase).cmp(b.iter().map(u8::to_ascii_lowercase))
}

/// Whether two characters are the same letter.
pub(crate) fn same_letter(a: char, b: char) -> bool {
    a == b || weight(a) == weight(b)
}

/// The base letter in lower case, and which accent it bears.
fn weight(c: char) -> (char, u8) {
    if c.is_ascii() {
        return (c.to_ascii_lowercase(), 0);
    }
    let lower = c.to_lowercase().next().unwrap_or(c);
    ACCENTS
        .iter()
        .find_map(|(base, accented)| {
            accented.chars().position(|candidate| candidate == lower).map(|place| (*base, place as u8 + 1))
        })
        .unwrap_or((lower, 0))
}

/// The accented letters of Latin-1 by their base.
const ACCENTS: [(char, &str); 9] = [
    ('a', "áàâäãå"),
    ('c', "ç"),
    ('e', "éèêë"),
    ('i', "íìîï"),
    ('n', "ñ"),
    ('o', "óòôöõø"),
    ('u', "úùûü"),
    ('y', "ýÿ"),
    ('s', "š"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_trailing_blanks_do_not_count_but_accents_do() {
        assert_eq!(compare("Abc  ", "aBC"), Ordering::Equal);
        assert_eq!(compare("É", "é "), Ordering::Equal);
        assert_ne!(compare("é", "e"), Ordering::Equal);
        assert_eq!(compare("émile", "ezra"), Ordering::Less);
        assert_eq!(compare(" a", "a"), Ordering::Less);
    }
}
