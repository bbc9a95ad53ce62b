//! Reads the file that `GITHUB_OUTPUT` names, as a runner does. `xtask`, the end-to-end tests and the tests of crate
//! `runner` share this file, and nothing else: `xtask` links none of the product's crates.

use std::{
    collections::BTreeMap,
    fmt::{self, Display, Formatter},
};

/// Outputs by name.
pub type Outputs = BTreeMap<String, String>;

/// Why a runner would refuse the file.
#[derive(Debug)]
pub struct Malformed(String);

impl Display for Malformed {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Malformed {}

/// Reads both forms of an entry: `name=value`, and `name<<delimiter` with the value up to a line that is the delimiter.
///
/// # Errors
/// A line has neither form, or a delimiter never comes.
pub fn parse(file: &str) -> Result<Outputs, Malformed> {
    let mut outputs = Outputs::new();
    let mut lines = file.split_terminator('\n');
    while let Some(line) = lines.next() {
        if !line.is_empty() {
            outputs.extend([entry(line, &mut lines)?]);
        }
    }
    Ok(outputs)
}

fn entry<'a>(line: &str, rest: &mut impl Iterator<Item = &'a str>) -> Result<(String, String), Malformed> {
    match (line.split_once("<<"), line.split_once('=')) {
        (Some((name, delimiter)), _) if !name.contains('=') => Ok((name.to_owned(), heredoc(rest, delimiter)?)),
        (_, Some((name, value))) => Ok((name.to_owned(), value.to_owned())),
        _ => Err(Malformed(format!("the line `{line}` is neither `name=value` nor `name<<delimiter`"))),
    }
}

fn heredoc<'a>(lines: &mut impl Iterator<Item = &'a str>, delimiter: &str) -> Result<String, Malformed> {
    let mut value = Vec::new();
    loop {
        match lines.next() {
            Some(line) if line == delimiter => return Ok(value.join("\n")),
            Some(line) => value.push(line),
            None => return Err(Malformed(format!("the delimiter `{delimiter}` never comes"))),
        }
    }
}
