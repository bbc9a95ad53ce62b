//! `cargo xtask interface`: `action.yml` and the tables of `docs/inputs-and-outputs.md` are what the steps know.

mod action;
mod dump;
mod input;
mod page;

use std::fs;

use anyhow::Context;
use clap::Args;

use crate::{
    generated::{self, Part},
    workspace::Workspace,
};
use dump::Dump;

/// What to do about differences.
#[derive(Args)]
pub struct Options {
    /// Write the generated parts. Without it they are only compared.
    #[arg(long)]
    write: bool,
}

impl Options {
    /// Compares, as `verify` does.
    pub fn compare() -> Self {
        Self { write: false }
    }
}

/// Compares or writes. False if a file differs.
pub fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<bool> {
    let dump = Dump::ask(workspace)?;
    let files = [("action.yml", action::parts(&dump)), ("docs/inputs-and-outputs.md", page::parts(&dump))];
    let mut same = true;
    for (name, parts) in files {
        same &= one(workspace, name, &parts, options)?;
    }
    Ok(same || options.write)
}

fn one(workspace: &Workspace, name: &str, parts: &[Part], options: &Options) -> anyhow::Result<bool> {
    let file = workspace.root.join(name);
    let found = fs::read_to_string(&file).with_context(|| format!("read `{name}`"))?;
    let wanted = generated::fill(&found, parts).with_context(|| format!("fill `{name}`"))?;
    let difference = difference(&found, &wanted);
    if let Some(difference) = &difference {
        println!("{name}{difference}");
    }
    if options.write {
        fs::write(&file, wanted).with_context(|| format!("write `{name}`"))?;
    } else if difference.is_some() {
        println!("{name} is not what the steps know: `cargo xtask interface --write` writes it");
    }
    Ok(difference.is_none())
}

/// The first line that differs, in both forms.
fn difference(found: &str, wanted: &str) -> Option<String> {
    let (mut before, mut after) = (found.lines(), wanted.lines());
    for number in 1.. {
        match (before.next(), after.next()) {
            (None, None) => break,
            (one, other) if one == other => {}
            (one, other) => {
                let (one, other) = (one.unwrap_or_default(), other.unwrap_or_default());
                return Some(format!(":{number}\n- {one}\n+ {other}"));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_difference_is_shown() {
        assert_eq!(difference("a\nb\n", "a\nb\n"), None);
        assert_eq!(difference("a\nb\nc\n", "a\nx\ny\n"), Some(":2\n- b\n+ x".to_owned()));
        assert_eq!(difference("a\n", "a\nb\n"), Some(":2\n- \n+ b".to_owned()));
    }
}
