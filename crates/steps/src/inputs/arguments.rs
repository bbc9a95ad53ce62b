//! The command line, completed from the environment.

use std::{collections::BTreeMap, ffi::OsString};

use clap::{Arg, Command, CommandFactory, Parser};

/// What the command line asks for.
pub enum Parsed<T> {
    /// To run with these inputs.
    Inputs(Box<T>),
    /// To print this text: help or version.
    Text(String),
    /// It cannot be understood: this says why.
    Wrong(String),
}

/// Parses the command line of `name`. An input that has no flag is taken from `environment`, by its name in
/// `UPGRADE_<NAME>` form; an empty variable counts as absent, because GitHub sets every input of an action.
pub fn parse<T: Parser>(name: &'static str, line: Vec<OsString>, environment: &BTreeMap<String, String>) -> Parsed<T> {
    let command = command::<T>(name);
    let line = complete(&command, line, environment);
    let parsed = command.try_get_matches_from(line).and_then(|matches| T::from_arg_matches(&matches));
    match parsed {
        Ok(inputs) => Parsed::Inputs(Box::new(inputs)),
        Err(error) if error.use_stderr() => Parsed::Wrong(first_paragraph(&error.to_string())),
        Err(text) => Parsed::Text(text.to_string()),
    }
}

/// The flags of the binary `name`.
pub fn command<T: CommandFactory>(name: &'static str) -> Command {
    T::command().name(name).bin_name(name).version(env!("CARGO_PKG_VERSION"))
}

fn complete(command: &Command, mut line: Vec<OsString>, environment: &BTreeMap<String, String>) -> Vec<OsString> {
    let given: Vec<String> = line.iter().map(|argument| argument.to_string_lossy().into_owned()).collect();
    for (flag, arg) in command.get_arguments().filter_map(|arg| Some((arg.get_long()?, arg))) {
        let long = format!("--{flag}");
        let has_flag = given.iter().any(|argument| *argument == long || argument.starts_with(&format!("{long}=")));
        let variable = format!("UPGRADE_{}", flag.replace('-', "_").to_uppercase());
        if let Some(value) = environment.get(&variable).filter(|value| !has_flag && !value.trim().is_empty()) {
            line.extend(from_environment(flag, arg, value));
        }
    }
    line
}

/// A list may come in lines as well as in commas; a switch has no value.
fn from_environment(flag: &str, arg: &Arg, value: &str) -> Option<OsString> {
    if !arg.get_action().takes_values() {
        return (value.trim() == "true").then(|| format!("--{flag}").into());
    }
    if arg.get_value_delimiter().is_some() {
        let items: Vec<_> = value.split(['\n', ',']).map(str::trim).filter(|item| !item.is_empty()).collect();
        return Some(format!("--{flag}={}", items.join(",")).into());
    }
    Some(format!("--{flag}={value}").into())
}

/// Without clap's usage lines, on one line, without its `error: `.
fn first_paragraph(message: &str) -> String {
    let paragraph = message.split("\n\n").next().unwrap_or_default();
    let lines: Vec<_> = paragraph.lines().map(str::trim).collect();
    lines.join(" ").trim_start_matches("error: ").trim_end_matches('.').to_owned()
}
