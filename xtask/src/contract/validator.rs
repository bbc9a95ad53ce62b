//! `oav`, the official validator of traffic with Azure Resource Manager, fed by `tests/contract/validate.js`.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
};

use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize};

use super::capture::Exchange;
use crate::workspace::{self, Workspace};

/// The installed validator and what it reads.
pub struct Validator {
    script: PathBuf,
    modules: PathBuf,
    official: PathBuf,
    own: PathBuf,
    recordings: PathBuf,
}

/// What is to be checked.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum Subject {
    /// An exchange with the simulator.
    Simulated(Exchange),
    /// An exchange with Azure, in a recording.
    Recorded(Recorded),
}

/// Where Azure itself was recorded.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Recorded {
    /// Name of the file.
    pub recording: String,
    /// The first one of a file is 1.
    pub interaction: usize,
    /// The version whose description the interaction is held against.
    pub api_version: String,
}

/// What the validator said of one subject.
#[derive(Debug, Default)]
pub struct Verdict {
    /// Operation of the description; none if no description has the request.
    pub operation: Option<String>,
    /// The description is one of ours.
    pub own: bool,
    /// What is wrong.
    pub findings: Vec<Finding>,
}

/// Something that the description does not have.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Of the request, else of the response.
    pub in_request: bool,
    /// The validator's code.
    pub code: String,
    /// JSON path, every index written `[]`.
    pub path: String,
    /// The validator's words.
    pub message: String,
}

#[derive(Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
enum Line {
    Finding { id: usize, side: String, code: String, path: String, message: String },
    Checked { id: usize, operation: Option<String>, own: bool },
}

impl Validator {
    /// Installs what `tests/contract/package-lock.json` names, unless that is done already. `azure` is the folder with the
    /// official descriptions and the recordings.
    pub fn install(workspace: &Workspace, azure: &Path) -> anyhow::Result<Self> {
        let source = workspace.root.join("tests/contract");
        let folder = workspace.scratch("contract")?;
        let wanted = fs::read_to_string(source.join("package-lock.json")).context("read the list of packages")?;
        let stamp = folder.join("installed.json");
        if !fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
            install(&source, &folder)?;
            fs::write(&stamp, &wanted).context("note what is installed")?;
        }
        Ok(Self {
            script: source.join("validate.js"),
            modules: folder.join("node_modules"),
            official: azure.join("specs"),
            own: source.join("descriptions"),
            recordings: azure.join("recordings"),
        })
    }

    /// Checks all subjects; the verdicts are in their order.
    pub fn check(&self, subjects: &[Subject]) -> anyhow::Result<Vec<Verdict>> {
        let mut child = self.start()?;
        let writer = feed(&mut child, lines(subjects)?)?;
        let verdicts = read(&mut child, subjects.len());
        let status = child.wait().context("wait for the validator")?;
        let written = writer.join().map_err(|_| anyhow::anyhow!("the thread that feeds the validator panicked"))?;
        ensure!(status.success(), "the validator ended with {status}");
        written.context("write to the validator")?;
        verdicts
    }

    fn start(&self) -> anyhow::Result<Child> {
        let mut node = Command::new("node");
        node.arg(&self.script).args([&self.modules, &self.official, &self.own, &self.recordings]);
        node.stdin(Stdio::piped()).stdout(Stdio::piped());
        node.spawn().context("start `node`; the check of the contract needs Node 20")
    }
}

/// Packages run no script of theirs while they are installed.
fn install(source: &Path, folder: &Path) -> anyhow::Result<()> {
    eprintln!("installing the validator of traffic with Azure Resource Manager");
    for name in ["package.json", "package-lock.json"] {
        fs::copy(source.join(name), folder.join(name)).with_context(|| format!("copy `{name}`"))?;
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(folder);
    workspace::run(&mut npm).context("install the validator; it needs Node 20 with npm")
}

fn lines(subjects: &[Subject]) -> anyhow::Result<String> {
    #[derive(Serialize)]
    struct Numbered<'a> {
        id: usize,
        #[serde(flatten)]
        subject: &'a Subject,
    }
    let mut text = String::new();
    for (id, subject) in subjects.iter().enumerate() {
        text += &serde_json::to_string(&Numbered { id, subject })?;
        text.push('\n');
    }
    Ok(text)
}

/// Through a pipe and no file, because captures hold secrets.
fn feed(child: &mut Child, text: String) -> anyhow::Result<thread::JoinHandle<std::io::Result<()>>> {
    let mut stdin = child.stdin.take().context("the validator's stdin is not a pipe")?;
    Ok(thread::spawn(move || stdin.write_all(text.as_bytes())))
}

fn read(child: &mut Child, count: usize) -> anyhow::Result<Vec<Verdict>> {
    let stdout = child.stdout.take().context("the validator's stdout is not a pipe")?;
    let mut verdicts: Vec<Verdict> = std::iter::repeat_with(Verdict::default).take(count).collect();
    let mut checked = 0;
    for line in BufReader::new(stdout).lines() {
        checked += usize::from(note(&mut verdicts, &line?)?);
    }
    ensure!(checked == count, "the validator checked {checked} of {count} exchanges");
    Ok(verdicts)
}

/// Whether the line ends the verdict on an exchange.
fn note(verdicts: &mut [Verdict], line: &str) -> anyhow::Result<bool> {
    let place = |id: usize, verdicts: &mut [Verdict]| -> anyhow::Result<usize> {
        ensure!(id < verdicts.len(), "the validator speaks of exchange {id}, which it did not get");
        Ok(id)
    };
    match serde_json::from_str(line).with_context(|| format!("read what the validator said: `{line}`"))? {
        Line::Finding { id, side, code, path, message } => {
            let at = place(id, verdicts)?;
            let path = without_indices(&path);
            verdicts[at].findings.push(Finding { in_request: side == "request", code, path, message });
            Ok(false)
        }
        Line::Checked { id, operation, own } => {
            let at = place(id, verdicts)?;
            (verdicts[at].operation, verdicts[at].own) = (operation, own);
            Ok(true)
        }
    }
}

/// `$.value[3].id` as `$.value[].id`.
fn without_indices(path: &str) -> String {
    let mut pieces = path.split('[');
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        text.push('[');
        text += piece.trim_start_matches(|c: char| c.is_ascii_digit());
    }
    text
}

#[cfg(test)]
#[path = "validator_test.rs"]
mod tests;
