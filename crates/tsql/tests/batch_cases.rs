//! The splitter against a collection of real cases: inputs from the tests, documentation and issues of projects that
//! split T-SQL scripts, each with the answer of Microsoft's batch parser.
#![allow(clippy::unwrap_used, clippy::print_stderr)]
#![expect(clippy::disallowed_methods, reason = "an evidence test may be skipped by hand, never where `CI` is set")]

use std::{fs, path::PathBuf};

use base64::{Engine, prelude::BASE64_STANDARD};
use serde::Deserialize;
use tsql::{
    decode::decode,
    split::{Problem, SplitError, split},
};

#[derive(Deserialize)]
struct Case {
    name: String,
    input: String,
    input_base64: Option<String>,
    ref_ssms: Reference,
    #[serde(default)]
    tags: Vec<String>,
}

#[derive(Deserialize)]
struct Reference {
    batches: Vec<(String, u32)>,
    error: Option<String>,
}

/// The answer in the words of the reference.
type Answer = Result<Vec<(String, u32)>, &'static str>;

impl Case {
    fn bytes(&self) -> Vec<u8> {
        let exact = self.input_base64.as_ref().map(|text| BASE64_STANDARD.decode(text).unwrap());
        exact.unwrap_or_else(|| self.input.clone().into_bytes())
    }

    /// What is expected here: the reference's answer, but for two rules that are stricter on purpose. A repeat count of
    /// 0 is an error (the reference drops the batch in silence), and with sqlcmd mode off, which is the only mode, a
    /// command of sqlcmd is refused instead of run.
    fn expected(&self) -> Answer {
        let sqlcmd = self.tags.iter().any(|tag| tag == "sqlcmd-mode");
        if sqlcmd && self.input.split(['\n', '\r']).any(|line| line.starts_with([':', '!'])) {
            return Err("UnsupportedCommand");
        }
        match self.ref_ssms.error.as_deref() {
            None if self.ref_ssms.batches.iter().any(|(_, repeat)| *repeat == 0) => Err("InvalidNumber"),
            None => Ok(self.ref_ssms.batches.clone()),
            Some("InvalidNumber") => Err("InvalidNumber"),
            Some("StringNotTerminated") => Err("StringNotTerminated"),
            Some("CommentNotTerminated") => Err("CommentNotTerminated"),
            Some(other) => panic!("`{}` expects an error that this test does not know: {other}", self.name),
        }
    }

    /// The fuzz-found case with a NUL asks the splitter alone; every other one is decoded as a file is.
    fn actual(&self) -> Answer {
        let bytes = self.bytes();
        let text = match bytes.contains(&0) && self.input_base64.is_none() {
            true => self.input.clone(),
            false => decode(&self.name, &bytes).unwrap(),
        };
        let batches = split(&text).map_err(reference_word)?;
        Ok(batches.into_iter().map(|batch| (batch.text, batch.repeat)).collect())
    }
}

fn reference_word(error: SplitError) -> &'static str {
    match error.problem {
        Problem::AfterGo(_) | Problem::Count(_) => "InvalidNumber",
        Problem::NoEnd(tsql::split::Span::Comment) => "CommentNotTerminated",
        Problem::NoEnd(_) => "StringNotTerminated",
        Problem::Sqlcmd(_) => "UnsupportedCommand",
    }
}

#[test]
fn every_collected_case_is_split_as_the_reference_splits_it() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/tsql/batch-cases.json");
    if !path.exists() {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{} is absent", path.display());
        eprintln!("evidence: not run (../shared absent)");
        return;
    }
    let cases: Vec<Case> = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    assert_eq!(cases.len(), 86);
    for case in &cases {
        assert_eq!(case.actual(), case.expected(), "case `{}`", case.name);
    }
}
