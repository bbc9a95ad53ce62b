//! Names and texts as parts of a statement.

/// A text as a Unicode literal: `N'it''s'`.
pub fn text(value: &str) -> String {
    format!("N'{}'", value.replace('\'', "''"))
}

/// A name of anything: `[a]]b]`.
pub fn name(value: &str) -> String {
    format!("[{}]", value.replace(']', "]]"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::split::split;

    #[test]
    fn closing_characters_are_doubled() {
        assert_eq!(text("it's"), "N'it''s'");
        assert_eq!(name("a]b[c"), "[a]]b[c]");
    }

    proptest! {
        #[test]
        fn nothing_escapes_its_quotes(value in "[^\0]*") {
            for quoted in [text(&value), name(&value)] {
                let batches = split(&format!("{quoted}\nGO\n{quoted}")).unwrap();
                let texts: Vec<&str> = batches.iter().map(|batch| batch.text.as_str()).collect();
                prop_assert_eq!(texts, [&format!("{quoted}\n"), &quoted]);
            }
        }
    }
}
