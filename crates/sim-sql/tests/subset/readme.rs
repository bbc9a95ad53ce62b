//! The tables of the README, written from the rows.

use crate::{known, outside};

const README: &str = include_str!("../../README.md");

/// Where the generated part begins and ends.
const MARKS: (&str, &str) = ("<!-- subset: generated -->\n", "<!-- subset: end -->\n");

#[test]
fn the_readme_has_the_tables() {
    let (before, rest) = README.split_once(MARKS.0).unwrap();
    let (written, after) = rest.split_once(MARKS.1).unwrap();
    let expected = format!("\n{}\n{}", subset(), refused());
    if written == expected {
        return;
    }
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("README.md");
    std::fs::write(&file, format!("{before}{}{expected}{}{after}", MARKS.0, MARKS.1)).unwrap();
    panic!("crates/sim-sql/README.md has other rows than tests/subset: put `{}` in its place", file.display());
}

fn subset() -> String {
    let mut text = "## The subset\n".to_owned();
    for family in &known::FAMILIES {
        text += &format!("\n### {}\n\n| Form | Example | Answer |\n|---|---|---|\n", family.title);
        for (form, example, answer) in family.rows {
            text += &format!("| {} | {} | {} |\n", form, code(example), answered(answer));
        }
    }
    text
}

fn refused() -> String {
    let mut text = "## What it refuses by name\n".to_owned();
    for family in &outside::FAMILIES {
        text += &format!("\n### {}, refused\n\n| Example | Named in error 40510 |\n|---|---|\n", family.title);
        for (example, name) in family.rows {
            text += &format!("| {} | {} |\n", code(example), code(name));
        }
    }
    text
}

fn answered(answer: &str) -> String {
    if answer == "done" || answer.starts_with("error ") { answer.to_owned() } else { code(answer) }
}

/// Code in a cell: `|` would end it, and a back tick needs two around it.
fn code(text: &str) -> String {
    let text = text.replace('\n', " ").replace('|', "\\|");
    if text.contains('`') { format!("`` {text} ``") } else { format!("`{text}`") }
}
