//! The outputs of a step, from the file that `GITHUB_OUTPUT` named.

#[path = "../../tests/github_output.rs"]
mod github_output;

pub use github_output::Outputs;

/// Reads the file as a runner does.
pub fn parse(file: &str) -> anyhow::Result<Outputs> {
    Ok(github_output::parse(file)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read() {
        let outputs = parse("a=1=<<2\nb<<end\nx\n\n\ny=1\nend\nc<<e\n\ne\n").unwrap();
        let expected = [("a", "1=<<2"), ("b", "x\n\n\ny=1"), ("c", "")];
        assert_eq!(outputs, expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
        assert_eq!(parse("").unwrap(), Outputs::new());
    }

    #[test]
    fn empty_lines_between_entries_are_skipped() {
        assert_eq!(parse("\na=1\n\nb=2\n").unwrap().len(), 2);
    }

    #[test]
    fn broken_files_are_refused() {
        assert_eq!(parse("a<<end\nx\n").unwrap_err().to_string(), "the delimiter `end` never comes");
        assert_eq!(
            parse("nothing\n").unwrap_err().to_string(),
            "the line `nothing` is neither `name=value` nor `name<<delimiter`"
        );
    }
}
