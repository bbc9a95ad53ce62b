//! What a step says when it is done: outputs, one JSON object, a summary, an annotation.

use anyhow::Context;
use rollout::Outcome;
use runner::{Annotation, Level, RunnerIo};
use serde_json::{Map, Value, json};

use crate::{
    failure::Failure,
    outputs::{Output, Outputs},
};

/// The end of a step.
#[derive(Debug)]
pub struct Report {
    /// Its name.
    pub step: &'static str,
    /// How it ended.
    pub outcome: Outcome,
    /// Its outputs, besides `outcome` and `result`.
    pub outputs: Outputs,
    /// What it did, in words, in order, with seconds.
    pub done: Vec<(String, f64)>,
    /// Markdown for the summary, after the heading.
    pub summary: String,
    /// Why it ended without success, and what to do next.
    pub failure: Option<(String, String)>,
}

impl Report {
    /// A step that succeeded.
    pub fn success(step: &'static str, outcome: Outcome) -> Self {
        Self { step, outcome, outputs: Outputs::new(), done: Vec::new(), summary: String::new(), failure: None }
    }

    /// A step that did not.
    pub fn failure(step: &'static str, failure: &Failure) -> Self {
        let reason = (failure.message(), failure.hint.clone());
        Self { failure: Some(reason), ..Self::success(step, failure.outcome) }
    }

    /// All of it as one JSON object.
    pub fn json(&self) -> Value {
        let done = self.done.iter().map(|(what, seconds)| json!({"what": what, "seconds": seconds}));
        let mut object = Map::from_iter([
            ("schema".to_owned(), json!(1)),
            ("step".to_owned(), json!(self.step)),
            ("outcome".to_owned(), json!(self.outcome)),
            ("done".to_owned(), done.collect()),
        ]);
        object.extend(self.outputs.iter().map(|(output, value)| (output.name(), value.clone())));
        if let Some((message, hint)) = &self.failure {
            object.insert("message".to_owned(), json!(message));
            object.insert("hint".to_owned(), json!(hint));
        }
        Value::Object(object)
    }

    /// Tells the runner and the people.
    ///
    /// # Errors
    /// An output or the summary cannot be written.
    pub fn tell(&self, runner_io: &RunnerIo, wants_json: bool) -> anyhow::Result<()> {
        self.tell_people(runner_io);
        let json = self.json();
        if wants_json {
            runner_io.answer(&json);
        }
        runner_io.summary(&self.markdown()).context("could not write the step summary")?;
        self.write_outputs(runner_io, &json)
    }

    fn tell_people(&self, runner_io: &RunnerIo) {
        let title = format!("upgrade-{}", self.step);
        if !self.summary.is_empty() {
            runner_io.say(&self.summary);
        }
        match &self.failure {
            None => runner_io.say(&format!("{title}: {}", self.outcome)),
            Some((message, hint)) => {
                let text = format!("{}: {message}\nhint: {hint}", self.outcome);
                runner_io.annotate(&Annotation { level: Level::Error, title, message: text });
            }
        }
    }

    fn write_outputs(&self, runner_io: &RunnerIo, json: &Value) -> anyhow::Result<()> {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let mut outputs: Vec<_> = self.outputs.iter().map(|(output, value)| (*output, text(value))).collect();
        outputs.push((Output::Outcome, self.outcome.word().to_owned()));
        outputs.push((Output::Result, runner_io.redact(&json.to_string())));
        self.sets_no_other_outputs(&outputs);
        let named: Vec<_> = outputs.iter().map(|(output, value)| (output.name(), value)).collect();
        let named = named.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        runner_io.outputs(named).context("could not set the outputs")
    }

    /// The documentation says which step sets which output; the tests hold the steps to it.
    fn sets_no_other_outputs(&self, outputs: &[(Output, String)]) {
        let other = outputs.iter().find(|(output, _)| !output.is_of(self.step));
        debug_assert!(other.is_none(), "{other:?} is no output of {}", self.step);
    }

    fn markdown(&self) -> String {
        let mut text = format!("## upgrade-{}: {}\n\n{}", self.step, self.outcome, self.summary);
        if let Some((message, hint)) = &self.failure {
            text += &format!("**Why:** {message}\n\n**What to do:** {hint}\n\n");
        }
        if !self.done.is_empty() {
            text += "| what was done | seconds |\n|---|---:|\n";
            let rows = self.done.iter().map(|(what, seconds)| format!("| {what} | {seconds:.3} |\n"));
            text.extend(rows);
            text.push('\n');
        }
        text
    }
}
