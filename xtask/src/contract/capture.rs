//! What the end-to-end suite recorded: requests to Azure Resource Manager with their answers, and SQL batches, each with
//! the step that sent it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The steps, in the order in which they run.
pub const STEPS: [&str; 10] =
    ["plan", "prepare", "freeze", "terminate", "migrate", "switch", "rollback", "cleanup", "firewall", "status"];

/// All that was recorded.
#[derive(Debug, Default)]
pub struct Traffic {
    /// Requests of the steps.
    pub requests: Vec<Request>,
    /// Batches of the steps, in the order in which they came.
    pub batches: Vec<Batch>,
}

/// A request of a step.
#[derive(Debug)]
pub struct Request {
    /// Name of the step.
    pub step: &'static str,
    /// The file, named after the test.
    pub origin: String,
    /// What was sent and answered.
    pub exchange: Exchange,
}

/// What was sent and answered, as the validator wants it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// `GET` and its like.
    pub method: String,
    /// With scheme, host and query.
    pub url: String,
    /// `Content-Type` of the request.
    pub content_type: Option<String>,
    /// JSON, or null for none.
    pub body: Value,
    /// Of the answer.
    pub status: u16,
    /// `Content-Type` of the answer.
    pub response_content_type: Option<String>,
    /// JSON, or null for none.
    pub response_body: Value,
}

/// A SQL batch of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Name of the step.
    pub step: &'static str,
    /// The file, named after the test.
    pub origin: String,
    /// Address of the client's side of the connection: tells sessions of one file apart.
    pub session: String,
    /// Host name of the logical server.
    pub server: String,
    /// Database of the log-in.
    pub database: String,
    /// Its text.
    pub sql: String,
}

#[derive(Deserialize)]
#[serde(tag = "protocol", rename_all = "kebab-case")]
enum Line {
    Arm(Box<ArmLine>),
    Tds(TdsLine),
    Site {},
    SignIn {},
    Publish {},
}

#[derive(Deserialize)]
struct ArmLine {
    method: String,
    url: String,
    headers: serde_json::Map<String, Value>,
    body: Value,
    status: u16,
    response_headers: serde_json::Map<String, Value>,
    response_body: Value,
}

#[derive(Deserialize)]
struct TdsLine {
    server: String,
    database: String,
    application: String,
    session: String,
    sql: String,
}

/// Reads every file of the folder, in the order of their names.
pub fn read(folder: &Path) -> anyhow::Result<Traffic> {
    let mut traffic = Traffic::default();
    for file in files(folder)? {
        let text = fs::read_to_string(&file).with_context(|| format!("read `{}`", file.display()))?;
        let origin = file.file_stem().unwrap_or_default().to_string_lossy();
        traffic.add(&origin, &text).with_context(|| format!("read `{}`", file.display()))?;
    }
    Ok(traffic)
}

/// The files of a folder that may not be there.
pub fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let entries = fs::read_dir(folder).with_context(|| format!("list `{}`", folder.display()))?;
    let mut files = entries.map(|entry| Ok(entry?.path())).collect::<anyhow::Result<Vec<_>>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "jsonl"));
    files.sort();
    Ok(files)
}

impl Traffic {
    fn add(&mut self, origin: &str, text: &str) -> anyhow::Result<()> {
        for (number, line) in text.lines().enumerate() {
            self.add_line(origin, line).with_context(|| format!("line {}", number + 1))?;
        }
        Ok(())
    }

    /// What is not ours (a test that acts as somebody else, a site that serves its users) is left out, and so are sign-in and
    /// the sites' publish API: they are not Azure Resource Manager.
    fn add_line(&mut self, origin: &str, line: &str) -> anyhow::Result<()> {
        match serde_json::from_str(line)? {
            Line::Arm(line) => {
                let agent = header(&line.headers, "user-agent").unwrap_or_default();
                if let Some(step) = step_of_agent(&agent)? {
                    self.requests.push(Request { step, origin: origin.to_owned(), exchange: line.exchange() });
                }
            }
            Line::Tds(line) => {
                if let Some(step) = step_of_application(&line.application)? {
                    self.batches.push(line.batch(step, origin));
                }
            }
            Line::Site {} | Line::SignIn {} | Line::Publish {} => {}
        }
        Ok(())
    }
}

impl ArmLine {
    fn exchange(self) -> Exchange {
        Exchange {
            content_type: header(&self.headers, "content-type"),
            response_content_type: header(&self.response_headers, "content-type"),
            method: self.method,
            url: self.url,
            body: self.body,
            status: self.status,
            response_body: self.response_body,
        }
    }
}

impl TdsLine {
    fn batch(self, step: &'static str, origin: &str) -> Batch {
        let Self { server, database, session, sql, .. } = self;
        Batch { step, origin: origin.to_owned(), session, server, database, sql }
    }
}

fn header(headers: &serde_json::Map<String, Value>, name: &str) -> Option<String> {
    let found = headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name));
    found.and_then(|(_, value)| value.as_str()).map(str::to_owned)
}

/// `rolling-upgrade/0.1.0 (freeze)` is of step `freeze`; somebody else's agent is of none.
fn step_of_agent(agent: &str) -> anyhow::Result<Option<&'static str>> {
    let Some(rest) = agent.strip_prefix("rolling-upgrade/") else { return Ok(None) };
    let step = rest.split_once('(').and_then(|(_, step)| step.strip_suffix(')'));
    known(step.unwrap_or_default()).with_context(|| format!("the User-Agent `{agent}`")).map(Some)
}

/// `rolling-upgrade/freeze/42` is of step `freeze`.
fn step_of_application(application: &str) -> anyhow::Result<Option<&'static str>> {
    let Some(rest) = application.strip_prefix("rolling-upgrade/") else { return Ok(None) };
    let step = rest.split('/').next().unwrap_or_default();
    known(step).with_context(|| format!("the application name `{application}`")).map(Some)
}

fn known(step: &str) -> anyhow::Result<&'static str> {
    let found = STEPS.into_iter().find(|known| *known == step);
    ensure!(found.is_some(), "names no step that is listed in `xtask/src/contract/capture.rs`");
    Ok(found.unwrap_or_default())
}

#[cfg(test)]
#[path = "capture_test.rs"]
mod tests;
