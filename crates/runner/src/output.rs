//! Outputs of a step, in the form that a runner reads from `GITHUB_OUTPUT`.

use std::path::PathBuf;

use crate::redact::Redactor;

/// Why an output cannot be set. Nothing has been written then.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// The name would not work in an expression.
    #[error(
        "set the output `{name}`: a name starts with a letter or `_` and goes on with letters, digits, `-` and `_`; \
         choose another name"
    )]
    Name {
        /// The name that was given.
        name: String,
    },
    /// GitHub would drop the output with nothing but a warning in the job's log.
    #[error(
        "set the output `{name}`: its value contains a secret, and GitHub drops such an output, so that the next job \
         would get an empty one; keep secrets out of resource names, or do not mask what is not a secret"
    )]
    Secret {
        /// The output's name.
        name: String,
    },
    /// A runner that names no file.
    #[error(
        "set the output `{name}`: GITHUB_ACTIONS is `true`, but GITHUB_OUTPUT is not set; run the step by a runner"
    )]
    NoFile {
        /// The output's name.
        name: String,
    },
    /// The file cannot be written.
    #[error("append outputs to `{}`, the file that GITHUB_OUTPUT names", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// Checks name and value of one output.
pub(crate) fn check(name: &str, value: &str, secrets: &Redactor) -> Result<(), OutputError> {
    if !is_name(name) {
        return Err(OutputError::Name { name: secrets.redact(name) });
    }
    if secrets.finds(value) {
        return Err(OutputError::Secret { name: name.to_owned() });
    }
    Ok(())
}

fn is_name(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && characters.all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

/// One output in heredoc form. The delimiter is drawn for each value, so that no value can end its own text and set
/// outputs of its choice.
pub(crate) fn entry(name: &str, value: &str) -> String {
    let delimiter = delimiter(value, || format!("end-{}", uuid::Uuid::new_v4().simple()));
    format!("{name}<<{delimiter}\n{value}\n{delimiter}\n")
}

fn delimiter(value: &str, mut draw: impl FnMut() -> String) -> String {
    loop {
        let delimiter = draw();
        if !value.contains(&delimiter) {
            return delimiter;
        }
    }
}

#[cfg(test)]
#[path = "../../../tests/github_output.rs"]
mod github_output;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_form_is_the_runners() {
        let entry = entry("plan-digest", "a\nb");
        let delimiter = entry.lines().next().unwrap().strip_prefix("plan-digest<<").unwrap();
        assert!(delimiter.len() >= 32);
        assert_eq!(entry, format!("plan-digest<<{delimiter}\na\nb\n{delimiter}\n"));
    }

    #[test]
    fn a_delimiter_in_the_value_is_drawn_again() {
        let mut drawn = ["x", "xy", "z"].iter().map(|text| (*text).to_owned());
        assert_eq!(delimiter("axyb", || drawn.next().unwrap()), "z");
    }

    #[test]
    fn odd_names_are_refused() {
        for name in ["", "a b", "a=b", "1a", "a<<b", "a\nb", "-a", "é"] {
            let error = check(name, "v", &Redactor::default()).unwrap_err();
            assert_eq!(
                error.to_string(),
                format!(
                    "set the output `{name}`: a name starts with a letter or `_` and goes on with letters, digits, `-` \
                     and `_`; choose another name"
                )
            );
        }
        assert!(check("_read-only-seconds2", "v", &Redactor::default()).is_ok());
    }

    proptest! {
        #[test]
        fn values_come_back_whole(values in proptest::collection::vec("[a-c<>\r\n]{0,12}|\\PC*", 0..4)) {
            let named = values.iter().enumerate();
            let file: String = named.map(|(place, value)| entry(&format!("value{place}"), value)).collect();
            let read: Vec<String> = github_output::parse(&file).unwrap().into_values().collect();
            prop_assert_eq!(read, values);
        }
    }
}
