//! Continuous WebJobs.

use std::fmt;

use super::list;
use crate::{
    background::{Noted, Side},
    ids::{DatabaseId, SiteId, UpgradeId},
    site::WEBJOBS_STOPPED,
};

/// Continuous WebJobs.
#[derive(Debug, Clone, PartialEq)]
pub enum WebJobsEffect {
    /// Write down the continuous WebJobs of a site as they were found, before any of them is stopped. What is written down already stays.
    Record {
        /// Where.
        database: DatabaseId,
        /// Key of the rows.
        upgrade: UpgradeId,
        /// Whose site.
        side: Side,
        /// All of them.
        jobs: Vec<Noted>,
    },
    /// Delete what was written down of these WebJobs.
    Unrecord {
        /// Where.
        database: DatabaseId,
        /// Key of the rows.
        upgrade: UpgradeId,
        /// Of whose site.
        side: Side,
        /// Their names.
        names: Vec<String>,
    },
    /// Delete all that this upgrade has written down of WebJobs, at once: half of it would say something else.
    Forget {
        /// Where.
        database: DatabaseId,
        /// Key of the rows.
        upgrade: UpgradeId,
    },
    /// Stop continuous WebJobs, each by itself, and wait until no instance runs them.
    Stop {
        /// Of which site.
        site: SiteId,
        /// Their names.
        names: Vec<String>,
        /// Those of them that are started again where this is taken back.
        ran: Vec<String>,
        /// What follows is more important: one that cannot be stopped is told, and no error.
        lenient: bool,
    },
    /// Start continuous WebJobs, each by itself. One that is not there any more is told and no error.
    Start {
        /// Of which site.
        site: SiteId,
        /// Their names.
        names: Vec<String>,
        /// Wait until they run. Where the site is stopped, or none of its WebJobs may run, they might never.
        wait: bool,
    },
    /// Keep every WebJob of an adopted site from running, by its application settings; the old value is kept beside it. The site
    /// restarts.
    Suspend {
        /// The site.
        site: SiteId,
        /// Name under which the old value of the setting is kept.
        keep: String,
    },
    /// Take away what keeps every WebJob of a site from running. The site restarts if it runs.
    Release {
        /// The site.
        site: SiteId,
    },
    /// Give an adopted site back what its application settings said of WebJobs before.
    Restore {
        /// The site.
        site: SiteId,
        /// Name under which the old value was kept; removed.
        kept: String,
    },
}

impl WebJobsEffect {
    pub(super) fn undo(&self) -> Option<Self> {
        match self.clone() {
            Self::Stop { site, ran, .. } => Some(Self::Start { site, names: ran, wait: false }),
            Self::Record { database, upgrade, side, jobs } => {
                let names = jobs.into_iter().map(|job| job.name).collect();
                Some(Self::Unrecord { database, upgrade, side, names })
            }
            _ => None,
        }
    }

    /// The site whose WebJobs it changes.
    pub(super) fn changed_site(&self) -> Option<&SiteId> {
        match self {
            Self::Restore { site, .. }
            | Self::Suspend { site, .. }
            | Self::Release { site }
            | Self::Start { site, .. }
            | Self::Stop { site, .. } => Some(site),
            Self::Record { .. } | Self::Unrecord { .. } | Self::Forget { .. } => None,
        }
    }
}

impl fmt::Display for WebJobsEffect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Record { database, side, jobs, .. } => {
                let jobs = list(jobs.iter().map(|job| &job.name));
                write!(f, "record WebJobs {jobs} of {} in `{database}`", side.word())
            }
            Self::Forget { database, .. } => {
                write!(f, "delete the record of WebJobs in `{database}`")
            }
            Self::Unrecord { database, side, .. } => {
                write!(f, "delete the record of {}'s WebJobs in `{database}`", side.word())
            }
            Self::Stop { site, names, .. } => write!(f, "stop WebJobs {} of site `{site}`", list(names)),
            Self::Start { site, names, .. } => write!(f, "start WebJobs {} of site `{site}`", list(names)),
            Self::Suspend { site, .. } => {
                write!(f, "stop every WebJob of site `{site}` with `{WEBJOBS_STOPPED}`")
            }
            Self::Release { site } => write!(f, "remove `{WEBJOBS_STOPPED}` from site `{site}`"),
            Self::Restore { site, .. } => write!(f, "restore the old `{WEBJOBS_STOPPED}` of site `{site}`"),
        }
    }
}
