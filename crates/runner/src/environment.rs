//! What the runner tells a step, read once.

use std::{ffi::OsString, path::PathBuf};

/// The part of a GitHub runner's environment that concerns us; see GitHub's "Variables reference".
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environment {
    /// `GITHUB_ACTIONS` is `true`: stdout is read by a runner.
    pub actions: bool,
    /// `GITHUB_OUTPUT`: the file that takes outputs.
    pub output: Option<PathBuf>,
    /// `GITHUB_STEP_SUMMARY`: the file that takes the summary, GitHub-flavoured Markdown.
    pub step_summary: Option<PathBuf>,
    /// `GITHUB_RUN_ID`: the same in every attempt of a workflow run.
    pub run_id: Option<String>,
    /// `RUNNER_DEBUG` is `1`: somebody asked for debug logging.
    pub debug: bool,
    /// `CI` is set to anything but `false`.
    pub ci: bool,
}

impl Environment {
    /// Reads the variables of this process.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the runner's environment")]
    #[must_use]
    pub fn read() -> Self {
        Self::from_lookup(|name| std::env::var_os(name))
    }

    fn from_lookup(lookup: impl Fn(&str) -> Option<OsString>) -> Self {
        let set = |name| lookup(name).filter(|value| !value.is_empty());
        Self {
            actions: set("GITHUB_ACTIONS").is_some_and(|value| value == "true"),
            output: set("GITHUB_OUTPUT").map(PathBuf::from),
            step_summary: set("GITHUB_STEP_SUMMARY").map(PathBuf::from),
            run_id: set("GITHUB_RUN_ID").and_then(|value| value.into_string().ok()),
            debug: set("RUNNER_DEBUG").is_some_and(|value| value == "1"),
            ci: set("CI").is_some_and(|value| value != "false"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Environment {
        Environment::from_lookup(|name| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| value.into()))
    }

    #[test]
    fn a_runner_is_recognised() {
        let environment = read(&[
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_OUTPUT", "/t/output"),
            ("GITHUB_STEP_SUMMARY", "/t/summary"),
            ("GITHUB_RUN_ID", "42"),
            ("RUNNER_DEBUG", "1"),
            ("CI", "true"),
        ]);
        let expected = Environment {
            actions: true,
            output: Some("/t/output".into()),
            step_summary: Some("/t/summary".into()),
            run_id: Some("42".into()),
            debug: true,
            ci: true,
        };
        assert_eq!(environment, expected);
    }

    #[test]
    fn empty_and_negative_values_count_as_absent() {
        let environment = read(&[
            ("GITHUB_ACTIONS", "false"),
            ("GITHUB_OUTPUT", ""),
            ("GITHUB_RUN_ID", ""),
            ("RUNNER_DEBUG", "0"),
            ("CI", "false"),
        ]);
        assert_eq!(environment, Environment::default());
        assert_eq!(read(&[]), Environment::default());
    }
}
