//! Reads the outputs of a step from the file that `GITHUB_OUTPUT` named, as a runner does.

use std::collections::BTreeMap;

use anyhow::{Context, bail};

/// Outputs by name.
pub type Outputs = BTreeMap<String, String>;

/// Both forms of an entry: `name=value`, and `name<<delimiter` with the value up to a line that is the delimiter.
pub fn parse(file: &str) -> anyhow::Result<Outputs> {
    let mut outputs = Outputs::new();
    let mut lines = file.split_terminator('\n');
    while let Some(line) = lines.next().filter(|line| !line.is_empty()) {
        let (name, value) = match (line.split_once("<<"), line.split_once('=')) {
            (Some((name, delimiter)), _) if !name.contains('=') => (name, heredoc(&mut lines, delimiter)?),
            (_, Some((name, value))) => (name, value.to_owned()),
            _ => bail!("the line `{line}` is neither `name=value` nor `name<<delimiter`"),
        };
        outputs.insert(name.to_owned(), value);
    }
    Ok(outputs)
}

fn heredoc<'a>(lines: &mut impl Iterator<Item = &'a str>, delimiter: &str) -> anyhow::Result<String> {
    let mut value = Vec::new();
    loop {
        let line = lines.next().with_context(|| format!("the delimiter `{delimiter}` never comes"))?;
        if line == delimiter {
            return Ok(value.join("\n"));
        }
        value.push(line);
    }
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
    fn broken_files_are_refused() {
        assert_eq!(parse("a<<end\nx\n").unwrap_err().to_string(), "the delimiter `end` never comes");
        assert_eq!(
            parse("nothing\n").unwrap_err().to_string(),
            "the line `nothing` is neither `name=value` nor `name<<delimiter`"
        );
    }
}
