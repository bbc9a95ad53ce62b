//! Kudu, the service beside each site, as far as it runs WebJobs (rules: `ContinuousJobRunner` of projectkudu/kudu).
//!
//! It is a process of its own. It goes on while its site is stopped, and its WebJobs with it.

use std::collections::BTreeMap;

use super::{ConnectionString, Name, Site};

/// Application setting that keeps every WebJob of a site from running.
const STOPPED: &str = "WEBJOBS_STOPPED";

/// A site's Kudu.
#[derive(Debug, Clone, Default)]
pub(crate) struct Kudu {
    /// Which process: another number after every restart.
    pub(crate) process: u64,
    /// The connection strings that it started with.
    pub(crate) effective: BTreeMap<String, ConnectionString>,
    /// When it can run something.
    ready_at: f64,
    /// It started with `WEBJOBS_STOPPED=1`.
    held: bool,
    /// Continuous WebJobs that have the file `disable.job`, with the time from which on no process of theirs is left.
    disabled: BTreeMap<Name, f64>,
    /// When those that were started singly can work.
    started: BTreeMap<Name, f64>,
}

/// What a continuous WebJob does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JobStatus {
    Starting,
    Running,
    /// It was told to stop, and its process is still there.
    Stopping,
    Stopped,
}

impl Kudu {
    /// A WebJob is disabled for good: the file that says so outlives restarts. Its process gets some time to end.
    pub(crate) fn stop(&mut self, job: &Name, now: f64, gone_at: f64) {
        let runs = self.status(job, now) != JobStatus::Stopped;
        let gone_at = if runs { gone_at } else { now };
        self.disabled.entry(job.clone()).or_insert(gone_at);
        self.started.remove(job);
    }

    /// A WebJob is enabled. It runs, unless none of the site may.
    pub(crate) fn start(&mut self, job: &Name, ready_at: f64) {
        if self.disabled.remove(job).is_some() {
            self.started.insert(job.clone(), ready_at);
        }
    }

    pub(crate) fn status(&self, job: &Name, now: f64) -> JobStatus {
        match self.disabled.get(job) {
            Some(gone_at) if now < *gone_at => JobStatus::Stopping,
            Some(_) => JobStatus::Stopped,
            None if self.held => JobStatus::Stopped,
            None if now < self.ready_at.max(self.started.get(job).copied().unwrap_or_default()) => JobStatus::Starting,
            None => JobStatus::Running,
        }
    }

    /// The names of WebJobs that have the file `disable.job`.
    pub(crate) fn disabled(&self) -> impl Iterator<Item = &Name> {
        self.disabled.keys()
    }
}

impl Site {
    /// A new process of Kudu, which reads the settings now. No process of a WebJob is left of the old one.
    pub(crate) fn restart_kudu(&mut self, ready_at: f64) {
        let setting = self.app_settings.iter().find(|(name, _)| name.eq_ignore_ascii_case(STOPPED));
        let mut disabled = std::mem::take(&mut self.kudu.disabled);
        disabled.values_mut().for_each(|gone_at| *gone_at = 0.0);
        self.kudu = Kudu {
            process: self.kudu.process + 1,
            effective: self.connection_strings.clone(),
            ready_at,
            held: setting.is_some_and(|(_, value)| value == "1"),
            disabled,
            started: BTreeMap::new(),
        };
    }

    /// The files of a package take the place of all that was there, those that disable WebJobs among it.
    pub(crate) fn wipe_kudu(&mut self) {
        self.kudu.disabled.clear();
    }

    /// The continuous WebJobs of what is deployed.
    pub(crate) fn continuous(&self) -> Vec<Name> {
        let app = self.app.as_ref();
        app.map_or_else(Vec::new, |app| app.webjobs.continuous.keys().map(|job| job.as_str().into()).collect())
    }

    /// Those of them that have a process, or are about to get one.
    pub(crate) fn live_jobs(&self, now: f64) -> Vec<Name> {
        self.continuous().into_iter().filter(|job| self.kudu.status(job, now) != JobStatus::Stopped).collect()
    }

    /// None of them is on its way up or down.
    pub(crate) fn settled(&self, now: f64) -> bool {
        let moves = |job: &Name| matches!(self.kudu.status(job, now), JobStatus::Starting | JobStatus::Stopping);
        !self.continuous().iter().any(moves)
    }

    /// Those of them that take work.
    pub(crate) fn working_jobs(&self, now: f64) -> Vec<Name> {
        let works = |job: &Name| matches!(self.kudu.status(job, now), JobStatus::Running | JobStatus::Stopping);
        self.continuous().into_iter().filter(works).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_that_is_told_to_stop_goes_on_for_a_while_and_stays_stopped() {
        let (mut kudu, job) = (Kudu::default(), Name::from("fulfil"));
        assert_eq!(kudu.status(&job, 1.0), JobStatus::Running);
        kudu.stop(&job, 1.0, 2.0);
        assert_eq!((kudu.status(&job, 1.5), kudu.status(&job, 2.0)), (JobStatus::Stopping, JobStatus::Stopped));
        kudu.stop(&job, 3.0, 4.0);
        assert_eq!(kudu.status(&job, 3.5), JobStatus::Stopped, "stopping it again starts nothing");
        kudu.start(&job, 5.0);
        assert_eq!((kudu.status(&job, 4.5), kudu.status(&job, 5.0)), (JobStatus::Starting, JobStatus::Running));
    }
}
