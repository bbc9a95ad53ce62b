//! What the runner tells a step, read once.

use std::{collections::BTreeMap, ffi::OsString, path::PathBuf};

/// The part of a GitHub runner's environment that concerns us; see GitHub's "Variables reference".
#[derive(Clone, Default, PartialEq, Eq)]
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
    /// Variables `UPGRADE_…` that are not empty: the inputs of a step.
    pub inputs: BTreeMap<String, String>,
}

impl Environment {
    /// Reads the variables of this process.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the runner's environment")]
    #[must_use]
    pub fn read() -> Self {
        let inputs =
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Self { inputs: inputs_among(inputs), ..Self::from_lookup(|name| std::env::var_os(name)) }
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
            inputs: BTreeMap::new(),
        }
    }
}

/// Values of inputs are left out: some are secrets.
impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Environment")
            .field("actions", &self.actions)
            .field("output", &self.output)
            .field("step_summary", &self.step_summary)
            .field("run_id", &self.run_id)
            .field("debug", &self.debug)
            .field("ci", &self.ci)
            .field("inputs", &self.inputs.keys())
            .finish()
    }
}

/// GitHub sets every input of an action, the unset ones to an empty text: those count as absent.
fn inputs_among(variables: impl Iterator<Item = (String, String)>) -> BTreeMap<String, String> {
    variables.filter(|(name, value)| name.starts_with("UPGRADE_") && !value.is_empty()).collect()
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
            inputs: BTreeMap::new(),
        };
        assert_eq!(environment, expected);
    }

    #[test]
    fn inputs_are_the_variables_with_our_prefix() {
        let variables = [("UPGRADE_SCRIPTS", "db"), ("UPGRADE_CHECKS", ""), ("PATH", "/bin")];
        let inputs = inputs_among(variables.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!(inputs.into_iter().collect::<Vec<_>>(), [("UPGRADE_SCRIPTS".to_owned(), "db".to_owned())]);
    }

    #[test]
    fn debug_shows_no_value_of_an_input() {
        let inputs = [("UPGRADE_ARM_TOKEN".to_owned(), "s3cret".to_owned())].into();
        let text = format!("{:?}", Environment { inputs, ..Environment::default() });
        assert!(text.contains("UPGRADE_ARM_TOKEN") && !text.contains("s3cret"), "{text}");
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
