//! What a step may do to the cloud, by family. An effect leaves nothing to choose: the code that applies it needs no other knowledge.
//!
//! Each family has its variants, their words for the log and the summary, which of them only prove something, and what takes one
//! back. `apply/` of the crate `steps` has a file of the same name for each.

mod access;
mod fence;
mod hook;
mod record;
mod removal;
mod replication;
mod scripts;
mod site;
mod traffic;
mod webjobs;

use std::fmt;

use crate::{firewall::Change, ids::SiteId};

pub use self::{
    access::AccessEffect,
    fence::FenceEffect,
    hook::RunHook,
    record::RecordEffect,
    removal::{RemovalEffect, Resource},
    replication::ReplicationEffect,
    scripts::ScriptsEffect,
    site::{NewSite, SiteEffect},
    traffic::{OtherEndpoint, TrafficEffect},
    webjobs::WebJobsEffect,
};

/// One thing to do, to wait for or to prove.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Who may write to a database.
    Access(AccessEffect),
    /// The schema `rolling_upgrade`, and the fence row.
    Fence(FenceEffect),
    /// What the databases keep of an upgrade.
    Record(RecordEffect),
    /// Geo-replication.
    Replication(ReplicationEffect),
    /// The sites.
    Site(SiteEffect),
    /// Traffic Manager.
    Traffic(TrafficEffect),
    /// Continuous WebJobs.
    WebJobs(WebJobsEffect),
    /// A hook of the user.
    Hook(RunHook),
    /// The upgrade scripts and the checks.
    Scripts(ScriptsEffect),
    /// The firewall of a server.
    Firewall(Change),
    /// What cleanup removes.
    Removal(RemovalEffect),
    /// Apply an effect whose request is sent once for each time that all proofs hold: what was right a moment ago may have been
    /// changed by others.
    Once {
        /// What is sent.
        what: Box<Effect>,
        /// What has to hold before each attempt.
        proofs: Vec<Effect>,
        /// What is done where it was refused, and had no effect.
        refused: Option<Box<Effect>>,
    },
}

impl Effect {
    /// It only waits or proves; a step whose effects are all of this kind changes nothing.
    pub fn is_proof(&self) -> bool {
        match self {
            Self::Access(effect) => effect.is_proof(),
            Self::Record(effect) => effect.is_proof(),
            Self::Replication(effect) => effect.is_proof(),
            Self::Site(effect) => effect.is_proof(),
            Self::Traffic(effect) => effect.is_proof(),
            Self::Scripts(effect) => effect.is_proof(),
            Self::Removal(effect) => effect.is_proof(),
            Self::Fence(_) | Self::WebJobs(_) | Self::Hook(_) | Self::Firewall(_) | Self::Once { .. } => false,
        }
    }

    /// What takes this effect back when a later effect of the same step is refused. What concerns stage alone has no
    /// undo but for its site: stage is disposable.
    pub fn undo(&self) -> Option<Self> {
        match self {
            Self::Access(effect) => effect.undo().map(Self::Access),
            Self::Fence(effect) => effect.undo().map(Self::Fence),
            Self::Site(effect) => effect.undo().map(Self::Site),
            Self::Traffic(effect) => effect.undo().map(Self::Traffic),
            Self::WebJobs(effect) => effect.undo().map(Self::WebJobs),
            Self::Hook(hook) => hook.undo().map(Self::Hook),
            Self::Firewall(change) => change.undo().map(Self::Firewall),
            Self::Once { what, .. } => what.undo(),
            Self::Record(_) | Self::Replication(_) | Self::Scripts(_) | Self::Removal(_) => None,
        }
    }

    /// The site that it stops, starts or gives other settings.
    fn site(&self) -> Option<&SiteId> {
        match self {
            Self::Site(effect) => effect.changed_site(),
            Self::WebJobs(effect) => effect.changed_site(),
            Self::Once { what, .. } => what.site(),
            _ => None,
        }
    }

    /// It deletes what tells that something is still to be done.
    fn forgets(&self) -> bool {
        matches!(self, Self::WebJobs(WebJobsEffect::Forget { .. } | WebJobsEffect::Unrecord { .. }))
    }

    /// Once `failed` could not be done this must not be done either: it deletes what tells that something is left, or it is the next
    /// change of the same site, such as to let its WebJobs run before it has its own database back.
    pub fn waits_for(&self, failed: &Self) -> bool {
        self.forgets() || (self.site().is_some() && self.site() == failed.site())
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Access(effect) => effect.fmt(f),
            Self::Fence(effect) => effect.fmt(f),
            Self::Record(effect) => effect.fmt(f),
            Self::Replication(effect) => effect.fmt(f),
            Self::Site(effect) => effect.fmt(f),
            Self::Traffic(effect) => effect.fmt(f),
            Self::WebJobs(effect) => effect.fmt(f),
            Self::Hook(hook) => hook.fmt(f),
            Self::Scripts(effect) => effect.fmt(f),
            Self::Firewall(change) => change.fmt(f),
            Self::Removal(effect) => effect.fmt(f),
            Self::Once { what, .. } => what.fmt(f),
        }
    }
}

/// Names as they stand in a sentence.
fn list<'n>(names: impl IntoIterator<Item = &'n String>) -> String {
    let names: Vec<_> = names.into_iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}
