//! The generated parts of a file that people write, each between two marks.

use anyhow::Context;

/// A generated part.
#[derive(Debug)]
pub struct Part {
    /// The line before it.
    pub begin: String,
    /// The line after it.
    pub end: &'static str,
    /// Its lines.
    pub text: String,
}

impl Part {
    /// Of a page in Markdown: an empty line parts the text from its marks.
    pub fn of_page(name: &str, text: &str) -> Self {
        Self { begin: format!("<!-- generated: {name} -->"), end: "<!-- end -->", text: format!("\n{text}\n") }
    }
}

/// The file with these parts written anew, and everything else as it is.
///
/// # Errors
/// A mark is missing.
pub fn fill(file: &str, parts: &[Part]) -> anyhow::Result<String> {
    parts.iter().try_fold(file.to_owned(), |file, part| filled(&file, part))
}

fn filled(file: &str, part: &Part) -> anyhow::Result<String> {
    let Part { begin, end, text } = part;
    let missing = || format!("the mark `{}` is missing", begin.trim());
    let (head, rest) = file.split_once(&format!("{begin}\n")).with_context(missing)?;
    let (_, tail) = rest.split_once(&format!("{end}\n")).with_context(|| format!("`{}` has no end", begin.trim()))?;
    Ok(format!("{head}{begin}\n{text}{end}\n{tail}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(text: &str) -> Part {
        Part { begin: "# generated: x".to_owned(), end: "# end", text: text.to_owned() }
    }

    #[test]
    fn everything_between_the_marks_is_replaced() {
        let file = "a\n# generated: x\nold\nolder\n# end\nb\n";
        assert_eq!(fill(file, &[part("new\n")]).unwrap(), "a\n# generated: x\nnew\n# end\nb\n");
    }

    #[test]
    fn a_missing_mark_is_named() {
        assert_eq!(fill("a\n", &[part("")]).unwrap_err().to_string(), "the mark `# generated: x` is missing");
        let open = fill("# generated: x\n", &[part("")]);
        assert_eq!(open.unwrap_err().to_string(), "`# generated: x` has no end");
    }
}
