//! How a step ended, and what it has said.

use anyhow::bail;
use serde_json::Value;

use crate::outputs::{self, Outputs};

/// How a step ended.
#[derive(Debug, Clone)]
pub struct Ended {
    /// Its exit code; `None` if it was killed.
    pub code: Option<i32>,
    /// It was killed by this tool.
    pub killed: bool,
    /// All that it printed.
    pub text: String,
    /// Its outputs.
    pub outputs: Outputs,
}

/// A step that was killed may have written half of its outputs.
pub fn outputs_of(written: &str, code: Option<i32>) -> anyhow::Result<Outputs> {
    match (outputs::parse(written), code) {
        (Ok(outputs), _) => Ok(outputs),
        (Err(_), None) => Ok(Outputs::new()),
        (Err(error), Some(_)) => Err(error.context("read the outputs")),
    }
}

impl Ended {
    /// Why it ended without success, in its own words: message and hint.
    pub fn why(&self) -> Option<(String, String)> {
        let result: Value = serde_json::from_str(self.outputs.get("result")?).ok()?;
        Some((result["message"].as_str()?.to_owned(), result["hint"].as_str()?.to_owned()))
    }

    /// Refuses a step that did not succeed.
    pub fn succeeded(&self, step: &str) -> anyhow::Result<()> {
        match self.code {
            Some(0) => Ok(()),
            code => bail!("{step} ended with {}: {}", told(code), self.final_message()),
        }
    }

    /// Message and hint, or what it printed last.
    pub fn final_message(&self) -> String {
        self.why().map_or_else(
            || self.text.lines().rev().take(3).collect::<Vec<_>>().join(" / "),
            |(message, hint)| format!("{message} (hint: {hint})"),
        )
    }

    /// Its outputs but for times and words about how it went.
    pub fn lasting_outputs(&self) -> Outputs {
        let passing = |name: &str| matches!(name, "outcome" | "result") || name.ends_with("-seconds");
        self.outputs
            .iter()
            .filter(|(name, _)| !passing(name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }
}

/// An exit code for people.
pub fn told(code: Option<i32>) -> String {
    code.map_or_else(|| "a signal".to_owned(), |code| format!("exit code {code}"))
}
