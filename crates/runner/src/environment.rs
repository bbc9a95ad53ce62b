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
    /// `ACTIONS_ID_TOKEN_REQUEST_URL` and `ACTIONS_ID_TOKEN_REQUEST_TOKEN`: the runner's token service, which is there in a
    /// job with `id-token: write`.
    pub id_token_request: Option<IdTokenRequest>,
    /// Variables `UPGRADE_…` that are not empty: the inputs of a step.
    pub inputs: BTreeMap<String, String>,
    /// Names of the variables among all these whose value is not Unicode. Such a value must not pass for an absent one.
    pub unreadable: Vec<String>,
    /// Names of the variables that are for this process alone, and for none that it starts: its inputs, the tokens of the runner,
    /// and where its outputs go.
    pub own: Vec<OsString>,
}

/// Where a job asks for an identity token, and with what.
#[derive(Clone, PartialEq, Eq)]
pub struct IdTokenRequest {
    /// The address, with a query.
    pub url: String,
    /// The bearer token: a secret.
    pub token: String,
}

/// The token is left out.
impl std::fmt::Debug for IdTokenRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IdTokenRequest").field("url", &self.url).finish_non_exhaustive()
    }
}

impl Environment {
    /// Reads the variables of this process.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the runner's environment")]
    #[must_use]
    pub fn read() -> Self {
        let inputs =
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        let unreadable = unreadable_among(std::env::vars_os());
        let own = std::env::vars_os().map(|(name, _)| name).filter(|name| is_own(&name.to_string_lossy())).collect();
        Self { inputs: inputs_among(inputs), unreadable, own, ..Self::from_lookup(|name| std::env::var_os(name)) }
    }

    fn from_lookup(lookup: impl Fn(&str) -> Option<OsString>) -> Self {
        let set = |name| lookup(name).filter(|value| !value.is_empty());
        let text = |name| set(name).and_then(|value| value.into_string().ok());
        let (url, token) = (text("ACTIONS_ID_TOKEN_REQUEST_URL"), text("ACTIONS_ID_TOKEN_REQUEST_TOKEN"));
        Self {
            actions: set("GITHUB_ACTIONS").is_some_and(|value| value == "true"),
            output: set("GITHUB_OUTPUT").map(PathBuf::from),
            step_summary: set("GITHUB_STEP_SUMMARY").map(PathBuf::from),
            run_id: text("GITHUB_RUN_ID"),
            debug: set("RUNNER_DEBUG").is_some_and(|value| value == "1"),
            ci: set("CI").is_some_and(|value| value != "false"),
            id_token_request: url.zip(token).map(|(url, token)| IdTokenRequest { url, token }),
            inputs: BTreeMap::new(),
            unreadable: Vec::new(),
            own: Vec::new(),
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
            .field("id_token_request", &self.id_token_request)
            .field("inputs", &self.inputs.keys())
            .field("unreadable", &self.unreadable)
            .field("own", &self.own)
            .finish()
    }
}

/// `ACTIONS_…` variables hold what a job asks the runner's services with. Who could write to the files of outputs and state would speak
/// for this step.
fn is_own(name: &str) -> bool {
    let prefixes = ["UPGRADE_", "ACTIONS_ID_TOKEN_REQUEST_", "ACTIONS_RUNTIME_"];
    prefixes.iter().any(|prefix| name.starts_with(prefix)) || matches!(name, "GITHUB_OUTPUT" | "GITHUB_STATE")
}

/// GitHub sets every input of an action, the unset ones to an empty text: those count as absent.
fn inputs_among(variables: impl Iterator<Item = (String, String)>) -> BTreeMap<String, String> {
    variables.filter(|(name, value)| name.starts_with("UPGRADE_") && !value.is_empty()).collect()
}

/// Variables that are read as text.
const TEXTS: [&str; 3] = ["GITHUB_RUN_ID", "ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"];

/// A name with our prefix that is not Unicode itself may be meant for an input.
fn unreadable_among(variables: impl Iterator<Item = (OsString, OsString)>) -> Vec<String> {
    let readable = |text: &OsString| text.to_str().is_some();
    let odd = variables.filter(|(name, value)| !readable(name) || !readable(value));
    let names = odd.map(|(name, _)| name.to_string_lossy().into_owned());
    let mut ours: Vec<_> =
        names.filter(|name| name.starts_with("UPGRADE_") || TEXTS.contains(&name.as_str())).collect();
    ours.sort_unstable();
    ours
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
            ("ACTIONS_ID_TOKEN_REQUEST_URL", "https://pipelines.example/token?api-version=2.0"),
            ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "s3cret"),
        ]);
        let (url, token) = ("https://pipelines.example/token?api-version=2.0".to_owned(), "s3cret".to_owned());
        let expected = Environment {
            actions: true,
            output: Some("/t/output".into()),
            step_summary: Some("/t/summary".into()),
            run_id: Some("42".into()),
            debug: true,
            ci: true,
            id_token_request: Some(IdTokenRequest { url, token }),
            inputs: BTreeMap::new(),
            unreadable: Vec::new(),
            own: Vec::new(),
        };
        assert!(!format!("{environment:?}").contains("s3cret"));
        assert_eq!(environment, expected);
    }

    #[test]
    fn what_a_process_of_ours_must_not_have_is_known_by_name() {
        for name in [
            "UPGRADE_ARM_TOKEN",
            "UPGRADE_X",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
            "ACTIONS_RUNTIME_TOKEN",
            "GITHUB_OUTPUT",
        ] {
            assert!(is_own(name), "{name}");
        }
        for name in
            ["PATH", "HOME", "AZURE_CONFIG_DIR", "GITHUB_TOKEN", "GITHUB_ENV", "ACTIONS_STEP_DEBUG", "MY_UPGRADE_X"]
        {
            assert!(!is_own(name), "{name}");
        }
    }

    #[test]
    fn inputs_are_the_variables_with_our_prefix() {
        let variables = [("UPGRADE_SCRIPTS", "db"), ("UPGRADE_CHECKS", ""), ("PATH", "/bin")];
        let inputs = inputs_among(variables.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!(inputs.into_iter().collect::<Vec<_>>(), [("UPGRADE_SCRIPTS".to_owned(), "db".to_owned())]);
    }

    #[cfg(unix)]
    #[test]
    fn what_is_not_unicode_is_told_by_name() {
        use std::os::unix::ffi::OsStringExt;
        let text = |bytes: &[u8]| OsString::from_vec(bytes.to_vec());
        let variables: [(&[u8], &[u8]); 6] = [
            (b"UPGRADE_SCRIPTS", "pr\u{fc}fung".as_bytes()),
            (b"UPGRADE_CHECKS", b"pr\xfcfung"),
            (b"GITHUB_RUN_ID", b"\xff"),
            (b"UPGRADE_CH\xc3", b"checks"),
            (b"HOME", b"/home/\xff"),
            (b"\xff", b""),
        ];
        let variables = variables.into_iter().map(|(name, value)| (text(name), text(value)));
        assert_eq!(unreadable_among(variables), ["GITHUB_RUN_ID", "UPGRADE_CHECKS", "UPGRADE_CH\u{fffd}"]);
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
            ("ACTIONS_ID_TOKEN_REQUEST_URL", "https://pipelines.example/token"),
            ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", ""),
        ]);
        assert_eq!(environment, Environment::default());
        assert_eq!(read(&[]), Environment::default());
    }
}
