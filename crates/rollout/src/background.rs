//! Background work of an application: what was seen of it, what an upgrade writes down, and what has to run when.
//!
//! Continuous WebJobs can be stopped and started one by one. The mark of a stopped one is a file beside it, so it outlives restarts of
//! the site, and not a deployment that replaces all files. The application setting [`WEBJOBS_STOPPED`](crate::site::WEBJOBS_STOPPED) keeps every WebJob of a site from
//! running, triggered ones too, and outlives deployments; but to change it restarts the site.

use std::fmt;

use serde::Serialize;

use crate::{ids::eq_azure_name, upgrade::Upgrade};

/// What is kept in the place of a setting that was not there.
pub const UNSET: &str = "unset";

/// A continuous WebJob of a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebJob {
    /// Its name.
    pub name: String,
    /// `status`: the word of one of the instances that it runs on, e.g. `Running`, `PendingRestart`, `Disabling`, `Stopped`.
    pub status: String,
    /// The words of all instances, from `detailed_status`.
    pub instances: Vec<String>,
}

impl WebJob {
    /// No instance runs it or is about to: each says `Stopped`.
    pub fn at_rest(&self) -> bool {
        let words = self.instances.iter().chain([&self.status]);
        words.into_iter().all(|word| eq_azure_name(word, "Stopped"))
    }
}

/// The WebJobs of a site.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WebJobs {
    /// Those that run all the time, unless they are stopped.
    pub continuous: Vec<WebJob>,
    /// Names of those that run on a schedule or on demand.
    pub triggered: Vec<String>,
}

impl WebJobs {
    /// There is none.
    pub fn is_empty(&self) -> bool {
        self.continuous.is_empty() && self.triggered.is_empty()
    }

    /// Names of the continuous ones that are not at rest.
    pub fn running(&self) -> Vec<String> {
        self.continuous.iter().filter(|job| !job.at_rest()).map(|job| job.name.clone()).collect()
    }
}

/// One of the two slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// V1.
    Production,
    /// V2.
    Stage,
}

impl Side {
    /// As it stands in the database.
    pub fn word(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Stage => "stage",
        }
    }

    /// The side of this word.
    pub fn read(word: &str) -> Option<Self> {
        [Self::Production, Self::Stage].into_iter().find(|side| side.word() == word)
    }
}

/// A continuous WebJob, and whether it runs where its site's may: nobody has stopped it by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Noted {
    /// Its name.
    pub name: String,
    /// It runs.
    pub runs: bool,
}

/// A row of `rolling_upgrade.worker`: what an upgrade has found before it stopped anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worker {
    /// Upgrade id.
    pub run: String,
    /// Whose site.
    pub side: Side,
    /// The WebJob.
    pub noted: Noted,
}

/// An executable of the user's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hook {
    /// Stops background work that this software does not know, before production becomes read-only.
    Quiesce,
    /// Starts it again, once production has its write access back.
    Resume,
    /// Starts that of V2, once users are on it.
    Activate,
}

impl Hook {
    /// The input that names it, which is its name in the database too.
    pub fn input(self) -> &'static str {
        match self {
            Self::Quiesce => "hook-quiesce",
            Self::Resume => "hook-resume",
            Self::Activate => "hook-activate",
        }
    }
}

impl fmt::Display for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.input())
    }
}

/// A row of `rolling_upgrade.hook`: `hook-quiesce` was begun and not undone yet, or `hook-activate` has succeeded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookRow {
    /// Upgrade id.
    pub run: String,
    /// The input that names the hook.
    pub hook: String,
}

/// What this upgrade wrote down of one side.
pub fn noted(workers: &[Worker], upgrade: &Upgrade, side: Side) -> Vec<Noted> {
    let ours = workers.iter().filter(|worker| upgrade.id.is(&worker.run) && worker.side == side);
    ours.map(|worker| worker.noted.clone()).collect()
}

/// The WebJobs of V2 that run once users are on it: those that ran in V1 under the same name; and where V1 has none of that name,
/// those that nobody had stopped on the stage site.
pub fn to_activate(workers: &[Worker], upgrade: &Upgrade) -> Vec<String> {
    let production = noted(workers, upgrade, Side::Production);
    let before =
        |job: &Noted| production.iter().find(|other| eq_azure_name(&other.name, &job.name)).map(|other| other.runs);
    let stage = noted(workers, upgrade, Side::Stage);
    stage.into_iter().filter(|job| before(job).unwrap_or(job.runs)).map(|job| job.name).collect()
}

/// Names of those that run.
pub fn running(noted: &[Noted]) -> Vec<String> {
    noted.iter().filter(|job| job.runs).map(|job| job.name.clone()).collect()
}

#[cfg(test)]
#[path = "background_test.rs"]
#[allow(clippy::unwrap_used)]
mod tests;
