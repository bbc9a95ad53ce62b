//! The interface of the steps as data: the flags that clap parses, and the outputs. `cargo xtask interface` writes
//! `action.yml` and its page of the documentation from it.

use std::{any::TypeId, path::PathBuf};

use clap::{Arg, Command, ValueEnum};
use secrecy::SecretString;
use serde::Serialize;

use crate::{
    inputs::{
        CleanupArguments, FirewallArguments, FreezeArguments, MigrateArguments, PlanArguments, PrepareArguments,
        RollbackArguments, Span, StatusArguments, SwitchArguments, TerminateArguments, command,
    },
    outputs::Output,
};

/// All steps: those of an upgrade in their order, then those that may run at any time.
pub(crate) const STEPS: [&str; 10] =
    ["plan", "prepare", "freeze", "terminate", "migrate", "switch", "rollback", "cleanup", "status", "firewall"];

/// What the steps take and what they give.
#[derive(Debug, Serialize)]
pub struct Interface {
    steps: Vec<StepEntry>,
    outputs: Vec<OutputEntry>,
}

#[derive(Debug, Serialize)]
struct StepEntry {
    name: &'static str,
    flags: Vec<Flag>,
}

/// A flag as `--help` shows it.
#[derive(Debug, Serialize)]
struct Flag {
    name: String,
    heading: Option<String>,
    help: String,
    default: Option<String>,
    form: String,
    secret: bool,
}

#[derive(Debug, Serialize)]
struct OutputEntry {
    name: String,
    meaning: String,
    steps: Vec<&'static str>,
}

/// The interface, with flags and outputs in the order in which people read them.
pub fn interface() -> Interface {
    let steps = STEPS.into_iter().map(|name| StepEntry { name, flags: flags(&command_of(name)) });
    let outputs = Output::value_variants().iter().map(|output| OutputEntry {
        name: output.name(),
        meaning: output.meaning(),
        steps: STEPS.into_iter().filter(|step| output.is_of(step)).collect(),
    });
    Interface { steps: steps.collect(), outputs: outputs.collect() }
}

fn command_of(step: &str) -> Command {
    match step {
        "plan" => command::<PlanArguments>("upgrade-plan"),
        "prepare" => command::<PrepareArguments>("upgrade-prepare"),
        "freeze" => command::<FreezeArguments>("upgrade-freeze"),
        "terminate" => command::<TerminateArguments>("upgrade-terminate"),
        "migrate" => command::<MigrateArguments>("upgrade-migrate"),
        "switch" => command::<SwitchArguments>("upgrade-switch"),
        "rollback" => command::<RollbackArguments>("upgrade-rollback"),
        "cleanup" => command::<CleanupArguments>("upgrade-cleanup"),
        "status" => command::<StatusArguments>("upgrade-status"),
        _ => command::<FirewallArguments>("upgrade-firewall"),
    }
}

fn flags(command: &Command) -> Vec<Flag> {
    let flags = command.get_arguments().filter_map(|arg| Some((arg.get_long()?, arg)));
    flags.map(|(name, arg)| flag(name, arg)).collect()
}

fn flag(name: &str, arg: &Arg) -> Flag {
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let (help, described) = split_default(&help);
    let defaults: Vec<_> = arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
    Flag {
        name: name.to_owned(),
        heading: arg.get_help_heading().map(str::to_owned),
        help: help.to_owned(),
        default: if defaults.is_empty() { described.map(str::to_owned) } else { Some(defaults.join(",")) },
        form: form(arg),
        secret: is::<SecretString>(arg),
    }
}

/// A default that is no fixed value stands at the end of the help, in the form that clap gives to the others.
fn split_default(help: &str) -> (&str, Option<&str>) {
    let described = help.strip_suffix(']').and_then(|help| help.split_once(" [default: "));
    described.map_or((help, None), |(help, default)| (help, Some(default)))
}

/// How a value is written.
fn form(arg: &Arg) -> String {
    let values: Vec<_> = arg.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect();
    match arg {
        _ if !arg.get_action().takes_values() => "switch".to_owned(),
        _ if arg.get_value_delimiter().is_some() => "list".to_owned(),
        _ if !values.is_empty() => values.join(" or "),
        _ if is::<Span>(arg) => "time".to_owned(),
        _ if is::<PathBuf>(arg) => "path".to_owned(),
        _ if is::<url::Url>(arg) => "address".to_owned(),
        _ if is::<u8>(arg) || is::<u32>(arg) => "number".to_owned(),
        _ => "text".to_owned(),
    }
}

fn is<T: 'static>(arg: &Arg) -> bool {
    arg.get_value_parser().type_id() == TypeId::of::<T>()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found<'i>(interface: &'i Interface, step: &str, flag: &str) -> &'i Flag {
        let step = interface.steps.iter().find(|entry| entry.name == step).unwrap();
        step.flags.iter().find(|entry| entry.name == flag).unwrap()
    }

    #[test]
    fn each_step_has_its_own_command() {
        for step in STEPS {
            assert_eq!(command_of(step).get_name(), format!("upgrade-{step}"));
        }
    }

    #[test]
    fn flags_have_what_help_shows() {
        let interface = interface();
        let flag = found(&interface, "freeze", "max-lag");
        assert_eq!((flag.heading.as_deref(), flag.default.as_deref()), (Some("Limits"), Some("5s")));
        assert_eq!((flag.form.as_str(), flag.secret), ("time", false));
        assert_eq!(flag.help, "Replication lag above which production is not frozen");
        let lock_wait = found(&interface, "rollback", "lock-wait");
        assert_eq!(lock_wait.default.as_deref(), Some("60s in rollback, else 0s"));
    }

    #[test]
    fn values_have_their_form() {
        let interface = interface();
        for (step, flag, form) in [
            ("plan", "json", "switch"),
            ("plan", "connect-to", "list"),
            ("plan", "scripts", "path"),
            ("plan", "arm-endpoint", "address"),
            ("plan", "retry-jitter", "number"),
            ("plan", "upgrade-id", "text"),
            ("switch", "health-repeats", "number"),
            ("switch", "accept-stage-writes", "true or false"),
            ("firewall", "firewall", "open or close"),
        ] {
            assert_eq!(found(&interface, step, flag).form, form, "{flag}");
        }
        assert!(found(&interface, "plan", "sql-password").secret);
    }
}
