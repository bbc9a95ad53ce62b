//! The facade: one guest per process.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{
    Annotation, Environment, Log, OutputError, Redactor, SUMMARY_LIMIT, SummaryError, command, output, redact, summary,
};

/// A process that behaves on a runner. Clones share everything.
///
/// What cannot be written to stdout or stderr, such as a log line after the reader has gone, is dropped: that is no
/// reason to stop an upgrade half-way. Outputs, masks and the summary report their errors.
#[derive(Clone)]
pub struct RunnerIo {
    environment: Arc<Environment>,
    shared: Arc<Mutex<Shared>>,
}

struct Shared {
    secrets: Redactor,
    stdout: Box<dyn Write + Send>,
    stderr: Box<dyn Write + Send>,
}

impl RunnerIo {
    /// A guest with this process's environment, stdout and stderr.
    #[must_use]
    pub fn from_environment() -> Self {
        Self::new(Environment::read(), Box::new(io::stdout()), Box::new(io::stderr()))
    }

    /// A guest with an environment and channels of the caller's choice.
    #[must_use]
    pub fn new(environment: Environment, stdout: Box<dyn Write + Send>, stderr: Box<dyn Write + Send>) -> Self {
        let shared = Shared { secrets: Redactor::default(), stdout, stderr };
        Self { environment: Arc::new(environment), shared: Arc::new(Mutex::new(shared)) }
    }

    /// What the runner told us.
    #[must_use]
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// Registers a secret: it is replaced in everything that goes through this guest, and the runner is told to mask it
    /// (each line of it, since it masks line by line). To be called before anything else is written.
    ///
    /// # Errors
    /// The mask could not be written: go no further then.
    pub fn mask(&self, secret: &str) -> io::Result<()> {
        let mut shared = self.shared();
        shared.secrets.add(secret);
        if !self.environment.actions {
            return Ok(());
        }
        for part in redact::parts(secret).filter(|part| !part.contains(['\r', '\n'])) {
            writeln!(shared.stdout, "{}", command::command("add-mask", &[], part))?;
        }
        shared.stdout.flush()
    }

    /// The text without secrets.
    #[must_use]
    pub fn redact(&self, text: &str) -> String {
        self.shared().secrets.redact(text)
    }

    /// Shows a message: as an annotation of the run under GitHub Actions, else in the log.
    pub fn annotate(&self, annotation: &Annotation) {
        if self.environment.actions {
            self.command(&annotation.redact(self).command())
        } else {
            self.say(&annotation.plain())
        }
    }

    /// Folds what is logged until the value is dropped. The runner folds by what it reads on stdout.
    #[must_use]
    pub fn group(&self, title: &str) -> Group {
        if self.environment.actions {
            self.command(&command::command("group", &[], &self.redact(title)));
        } else {
            self.say(title);
        }
        Group { runner_io: self.clone() }
    }

    /// A line (or several) for people, to stderr.
    pub fn say(&self, text: &str) {
        let mut shared = self.shared();
        let clean = shared.secrets.redact(text);
        let lines: String = command::lines(&clean).map(|line| format!("{}\n", self.neutralize(line))).collect();
        let _ = shared.stderr.write_all(lines.as_bytes()).and_then(|()| shared.stderr.flush());
    }

    /// stderr as a writer, for a log library.
    #[must_use]
    pub fn log(&self) -> Log {
        Log::new(self.clone())
    }

    /// The JSON that was asked for, as one line on stdout. Under GitHub Actions stdout belongs to workflow commands and
    /// nothing is written: the same JSON is an output there.
    pub fn answer(&self, json: &serde_json::Value) {
        if self.environment.actions {
            return;
        }
        let mut shared = self.shared();
        let line = shared.secrets.redact(&json.to_string());
        let _ = writeln!(shared.stdout, "{line}").and_then(|()| shared.stdout.flush());
    }

    /// Sets outputs of the step, all or none of them. Without `GITHUB_OUTPUT`, and not under GitHub Actions, they are
    /// checked only.
    ///
    /// # Errors
    /// A name is odd, a value contains a secret, or the file cannot be written.
    pub fn outputs<'a>(&self, outputs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<(), OutputError> {
        let mut text = String::new();
        for (name, value) in outputs {
            output::check(name, value, &self.shared().secrets)?;
            if self.environment.actions && self.environment.output.is_none() {
                return Err(OutputError::NoFile { name: name.to_owned() });
            }
            text += &output::entry(name, value);
        }
        match &self.environment.output {
            Some(path) => append(path, &text).map_err(|source| OutputError::Write { path: path.clone(), source }),
            None => Ok(()),
        }
    }

    /// Appends Markdown to the step summary, if there is one, as far as GitHub's limit allows.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn summary(&self, markdown: &str) -> Result<(), SummaryError> {
        let Some(path) = &self.environment.step_summary else {
            return Ok(());
        };
        let used = path.metadata().map_or(0, |file| usize::try_from(file.len()).unwrap_or(usize::MAX));
        let text = summary::fit(&self.redact(markdown), SUMMARY_LIMIT.saturating_sub(used));
        append(path, &text).map_err(|source| SummaryError { path: path.clone(), source })
    }

    fn command(&self, line: &str) {
        let mut shared = self.shared();
        let _ = writeln!(shared.stdout, "{line}").and_then(|()| shared.stdout.flush());
    }

    fn neutralize(&self, line: &str) -> String {
        if self.environment.actions { command::neutralize(line) } else { line.to_owned() }
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Annotation {
    fn redact(&self, runner_io: &RunnerIo) -> Self {
        Self { level: self.level, title: runner_io.redact(&self.title), message: runner_io.redact(&self.message) }
    }
}

/// A folded part of the log; ends when dropped.
pub struct Group {
    runner_io: RunnerIo,
}

impl Drop for Group {
    fn drop(&mut self) {
        if self.runner_io.environment.actions {
            self.runner_io.command("::endgroup::");
        }
    }
}

fn append(path: &Path, text: &str) -> io::Result<()> {
    let mut file: File = OpenOptions::new().append(true).create(true).open(path)?;
    file.write_all(text.as_bytes())
}
