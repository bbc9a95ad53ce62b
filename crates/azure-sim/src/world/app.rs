//! What is deployed to a site.

use std::collections::BTreeMap;

use anyhow::Context;
use serde::Deserialize;
use sha2::{Digest, Sha256};

/// An application: the SQL that it runs for each of its pages.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct App {
    pub(crate) version: String,
    pub(crate) health: Vec<String>,
    pub(crate) read: Vec<String>,
    pub(crate) write: Vec<String>,
    #[serde(default)]
    pub(crate) fail: Option<Failure>,
    /// What it does in the background.
    #[serde(default)]
    pub(crate) webjobs: WebJobs,
    /// SHA-256 of the text that it was read from.
    #[serde(skip)]
    pub(crate) digest: String,
}

/// The WebJobs of an application.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct WebJobs {
    /// Continuous ones by their names, with the SQL that they run for each message of the queue.
    pub(crate) continuous: BTreeMap<String, Vec<String>>,
    /// Names of triggered ones. They are shown, and never run.
    pub(crate) triggered: Vec<String>,
}

/// What is broken in an application on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Failure {
    /// `/health` answers 500.
    Health,
}

impl App {
    /// Reads an `app.json`.
    pub(crate) fn read(text: &str, origin: &str) -> anyhow::Result<Self> {
        let app: Self = serde_json::from_str(text).with_context(|| format!("reading the application `{origin}`"))?;
        let digest = Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { digest, ..app })
    }
}
