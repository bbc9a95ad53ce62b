//! What a runner and a person see, to the letter.
#![allow(clippy::unwrap_used)]

use std::{
    fs,
    io::{self, Write},
    path::Path,
    sync::{Arc, Mutex},
};

use runner::{Annotation, Environment, Level, RunnerIo, SUMMARY_LIMIT};
use serde_json::json;

#[derive(Clone, Default)]
struct Channel(Arc<Mutex<Vec<u8>>>);

impl Channel {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Channel {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Stage {
    runner_io: RunnerIo,
    stdout: Channel,
    stderr: Channel,
}

fn stage(environment: Environment) -> Stage {
    let (stdout, stderr) = (Channel::default(), Channel::default());
    let runner_io = RunnerIo::new(environment, Box::new(stdout.clone()), Box::new(stderr.clone()));
    Stage { runner_io, stdout, stderr }
}

fn on_a_runner(folder: &Path) -> Stage {
    stage(Environment {
        actions: true,
        output: Some(folder.join("output")),
        step_summary: Some(folder.join("summary")),
        ..Environment::default()
    })
}

fn refusal() -> Annotation {
    Annotation {
        level: Level::Error,
        title: "freeze: refused, with reason".into(),
        message: "log in as `app`: the password p4ss-word is wrong\nask 100% of the team".into(),
    }
}

#[test]
fn a_runner_gets_commands_on_stdout_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let Stage { runner_io, stdout, stderr } = on_a_runner(folder.path());
    runner_io.mask("p4ss-word").unwrap();
    runner_io.mask("-----BEGIN KEY-----\nMIIEv\n").unwrap();
    {
        let _group = runner_io.group("apply 1-shelf.sql");
        runner_io.say("server says:\n::error::p4ss-word\n##[error]x");
    }
    runner_io.annotate(&refusal());
    runner_io.answer(&json!({ "outcome": "refused" }));
    assert_eq!(
        stdout.text(),
        "::add-mask::p4ss-word\n::add-mask::-----BEGIN KEY-----\n::add-mask::MIIEv\n\
         ::group::apply 1-shelf.sql\n::endgroup::\n\
         ::error title=freeze%3A refused%2C with reason::log in as `app`: the password *** is wrong%0Aask 100%25 of the team\n"
    );
    assert_eq!(stderr.text(), "server says:\n: :error::***\n## [error]x\n");
}

#[test]
fn a_person_gets_the_log_on_stderr_and_the_json_on_stdout() {
    let Stage { runner_io, stdout, stderr } = stage(Environment::default());
    runner_io.mask("p4ss-word").unwrap();
    {
        let _group = runner_io.group("apply 1-shelf.sql");
        writeln!(runner_io.log(), "INFO took {} s", 2).unwrap();
    }
    runner_io.annotate(&refusal());
    runner_io.answer(&json!({ "schema": 1, "why": "p4ss-word" }));
    runner_io.outputs([("outcome", "refused")]).unwrap();
    runner_io.summary("# nowhere").unwrap();
    assert_eq!(stdout.text(), "{\"schema\":1,\"why\":\"***\"}\n");
    assert_eq!(
        stderr.text(),
        "apply 1-shelf.sql\nINFO took 2 s\n\
         error: freeze: refused, with reason: log in as `app`: the password *** is wrong\nask 100% of the team\n"
    );
}

#[test]
fn the_log_is_cleaned_by_whole_lines() {
    let Stage { runner_io, stderr, .. } = stage(Environment::default());
    runner_io.mask("p4ss-word").unwrap();
    let mut log = runner_io.log();
    log.write_all(b"a p4ss").unwrap();
    assert_eq!(stderr.text(), "");
    log.write_all(b"-word\nb").unwrap();
    assert_eq!(stderr.text(), "a ***\n");
    drop(log);
    assert_eq!(stderr.text(), "a ***\nb\n");
}

#[test]
fn outputs_are_appended_in_heredoc_form() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("output");
    let Stage { runner_io, stdout, .. } = on_a_runner(folder.path());
    runner_io.outputs([("outcome", "done"), ("result", "{\n}")]).unwrap();
    runner_io.outputs([("outcome", "already-done")]).unwrap();
    let text = fs::read_to_string(file).unwrap();
    let delimiters: Vec<&str> = text.lines().filter_map(|line| line.split_once("<<")).map(|(_, end)| end).collect();
    let [first, second, third] = delimiters[..] else { panic!("{text}") };
    assert_eq!(
        text,
        format!(
            "outcome<<{first}\ndone\n{first}\nresult<<{second}\n{{\n}}\n{second}\noutcome<<{third}\nalready-done\n{third}\n"
        )
    );
    assert!(first != second && second != third && first != third);
    assert_eq!(stdout.text(), "");
}

#[test]
fn an_output_with_a_secret_is_refused_and_none_is_set() {
    let folder = tempfile::tempdir().unwrap();
    let Stage { runner_io, .. } = on_a_runner(folder.path());
    runner_io.mask("contoso-rg").unwrap();
    let outputs = [("outcome", "done"), ("stage-database", "contoso-rg/contoso-sql-2/shop")];
    let error = runner_io.outputs(outputs).unwrap_err();
    assert_eq!(
        error.to_string(),
        "set the output `stage-database`: its value contains a secret, and GitHub drops such an output, so that the \
         next job would get an empty one; keep secrets out of resource names, or do not mask what is not a secret"
    );
    assert!(!folder.path().join("output").exists());
}

#[test]
fn a_runner_without_an_output_file_is_an_error() {
    let Stage { runner_io, .. } = stage(Environment { actions: true, ..Environment::default() });
    let error = runner_io.outputs([("outcome", "done")]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "set the output `outcome`: GITHUB_ACTIONS is `true`, but GITHUB_OUTPUT is not set; run the step by a runner"
    );
}

#[test]
fn files_that_cannot_be_written_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing");
    let Stage { runner_io, .. } = on_a_runner(&missing);
    let output = runner_io.outputs([("outcome", "done")]).unwrap_err().to_string();
    let named = missing.join("output").display().to_string();
    assert_eq!(output, format!("append outputs to `{named}`, the file that GITHUB_OUTPUT names"));
    let summary = runner_io.summary("# A").unwrap_err().to_string();
    let named = missing.join("summary").display().to_string();
    assert_eq!(summary, format!("append to `{named}`, the file that GITHUB_STEP_SUMMARY names"));
}

#[test]
fn the_summary_is_cleaned_and_stays_under_the_limit() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("summary");
    let Stage { runner_io, .. } = on_a_runner(folder.path());
    runner_io.mask("p4ss-word").unwrap();
    runner_io.summary("# plan\np4ss-word").unwrap();
    assert_eq!(fs::read_to_string(&file).unwrap(), "# plan\n***\n");
    runner_io.summary(&"one more line\n".repeat(SUMMARY_LIMIT / 10)).unwrap();
    runner_io.summary("nothing fits now").unwrap();
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.len() <= SUMMARY_LIMIT && text.len() > SUMMARY_LIMIT - 200, "{}", text.len());
    let end = "one more line\n\n_The rest is left out: GitHub takes at most 1 MiB of summary for a step._\n";
    assert!(text.ends_with(end), "{}", &text[text.len() - 200..]);
}
