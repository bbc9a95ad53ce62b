//! What a step may do to the cloud. An effect leaves nothing to choose: who applies it needs no other knowledge.

use jiff::SignedDuration;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    background::{Hook, Noted, Side},
    facts::{EndpointKind, Moment, Tags},
    firewall::Change,
    ids::{DatabaseId, EndpointId, PlanId, ProfileId, SiteId, UpgradeId},
    leads::Place,
    measure::Reading,
    policy::ScriptName,
    termination::Ending,
    upgrade::Upgrade,
};

/// A site to create. Values of application settings are no part of it, for they are secrets: they are read when it is made.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NewSite {
    /// The site to be.
    pub site: SiteId,
    /// Production's site, from which settings are copied.
    pub like: SiteId,
    /// The plan that it runs in.
    pub plan: PlanId,
    /// Region, as Azure writes it.
    pub location: String,
    /// `kind`, e.g. `app`.
    pub kind: String,
    /// Its tags: those of production's site, and the one that names the upgrade.
    pub tags: Tags,
    /// Properties of the site.
    pub properties: Map<String, Value>,
    /// Its `siteConfig`, but for settings.
    pub configuration: Map<String, Value>,
    /// Names of the application settings that are copied.
    pub settings: Vec<String>,
    /// Application settings of its own.
    pub own_settings: Vec<(String, String)>,
    /// The host name that it is expected to get.
    pub host: String,
}

/// One thing to do, to wait for or to prove.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Create schema and tables of the fence in production.
    CreateFenceTable {
        /// Where.
        database: DatabaseId,
    },
    /// Write down in production what belongs to this upgrade. Replication carries it to the copy.
    RecordUpgrade {
        /// Where.
        database: DatabaseId,
        /// Both slots, and what else it takes to find them.
        upgrade: Box<Upgrade>,
    },
    /// Write a milestone into the stage copy.
    RecordMilestone {
        /// The copy.
        database: DatabaseId,
        /// Key of the row.
        upgrade: UpgradeId,
        /// Which.
        moment: Moment,
    },
    /// Take a milestone back that was not reached after all.
    EraseMilestone {
        /// The copy.
        database: DatabaseId,
        /// Key of the row.
        upgrade: UpgradeId,
        /// Which.
        moment: Moment,
    },
    /// Write into the copy that users may be on it from now on, with a reading of its counters of writes.
    BeginServing {
        /// The copy.
        database: DatabaseId,
        /// Key of the row.
        upgrade: UpgradeId,
        /// The reading that migrate kept is replaced: nobody but V2 itself can have written since.
        afresh: bool,
    },
    /// Close the copy's fence row, and write into the copy in the same batch that it was proved to be synchronised.
    CloseFenceOfCopy {
        /// The copy.
        database: DatabaseId,
        /// Key of the rows.
        upgrade: UpgradeId,
    },
    /// Set a copy READ_ONLY that users may have been on, and look whether they wrote to it. If they did, or if that cannot be
    /// told, it takes writes again, and the step ends: going back would lose them.
    CloseUnlessWritten {
        /// The copy.
        database: DatabaseId,
        /// Key of the first reading.
        upgrade: UpgradeId,
        /// It may take writes again: production does not.
        reopen: bool,
    },
    /// Prove that a database takes writes: what works in the background is about to be started on it.
    ProveWritable {
        /// Which database.
        database: DatabaseId,
    },
    /// Prove that production's log has not grown since its end was kept in the copy: nobody has written to production.
    ProveLogUnmoved {
        /// Production.
        source: DatabaseId,
        /// The copy.
        target: DatabaseId,
        /// Key of the row.
        upgrade: UpgradeId,
    },
    /// Prove that users get this endpoint and no other.
    ProveServed {
        /// Which they are to get.
        endpoint: EndpointId,
        /// Where it has to lead; `None` where its site is not there.
        place: Option<Place>,
        /// As if this one were disabled.
        without: Option<EndpointId>,
    },
    /// Prove that the connection string of a site leads to a database.
    ProvePointed {
        /// The site.
        site: SiteId,
        /// Name of the setting.
        setting: String,
        /// The database.
        database: DatabaseId,
    },
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
    /// Enable production's endpoint and disable stage's, as far as that can be done: the copy takes no writes, so what Traffic Manager
    /// does not do now is told and tried again once production takes writes.
    ServeProduction {
        /// Production's endpoint. While it is not there stage's stays as it is: users get an answer.
        production: EndpointId,
        /// The stage endpoint.
        stage: EndpointId,
    },
    /// Look for a while whether a request of a step that has ended is carried out late, and undo what it did to the endpoints.
    UndoLateRequests {
        /// Production's endpoint, to be enabled.
        production: EndpointId,
        /// The stage endpoint, to be disabled.
        stage: EndpointId,
        /// For how long.
        within: SignedDuration,
    },
    /// Bring schema and tables of the stage copy up to date.
    UpdateSchema {
        /// Where.
        database: DatabaseId,
    },
    /// Set labels in the tags of the profile, others kept.
    Label {
        /// The profile.
        profile: ProfileId,
        /// Names and values.
        set: Vec<(String, String)>,
        /// Names to remove.
        remove: Vec<String>,
    },
    /// Label the profile with the time of the switch as it stands in the stage copy, and with what leads to the upgrade.
    LabelSwitched {
        /// The profile.
        profile: ProfileId,
        /// The upgrade.
        upgrade: Box<Upgrade>,
        /// The stage copy.
        clock: DatabaseId,
    },
    /// Create a geo-secondary.
    CreateSecondary {
        /// The primary.
        source: DatabaseId,
        /// The secondary to be.
        target: DatabaseId,
        /// Region of the secondary.
        location: String,
        /// Its tags: those of the primary, which Azure does not replicate, and the one that names the upgrade.
        tags: Tags,
    },
    /// Wait until seeding is complete: CATCH_UP in so many readings in a row.
    AwaitCatchUp {
        /// The primary.
        source: DatabaseId,
        /// The secondary.
        target: DatabaseId,
        /// Readings in a row.
        readings: u32,
    },
    /// Create the stage site, with nothing deployed to it.
    CreateSite(Box<NewSite>),
    /// Copy connection strings to a site that was created; the upgrade's one leads to stage there.
    CopyConnections {
        /// Production's site.
        from: SiteId,
        /// The created site.
        to: SiteId,
        /// Name of the upgrade's connection string.
        setting: String,
        /// The database that it shall lead to.
        database: DatabaseId,
        /// Names of the others that are copied as they are.
        others: Vec<String>,
    },
    /// Bind a host name to a site that was created.
    BindHost {
        /// The site.
        site: SiteId,
        /// The host name.
        host: String,
        /// Thumbprint of the certificate to bind to it.
        certificate: Option<String>,
    },
    /// Deploy the package of V2, wait until it is done, and label the profile with it.
    DeployPackage {
        /// The stage site.
        site: SiteId,
        /// SHA-256 of the package, in lower-case hex.
        digest: String,
        /// The profile that is labelled.
        profile: ProfileId,
    },
    /// Prove that a site answers under each of the users' host names, with a certificate that is right for it.
    ProveHostNames {
        /// The site.
        site: SiteId,
        /// Its own address.
        address: String,
        /// The users' host names that have a certificate.
        hosts: Vec<String>,
    },
    /// Point the connection setting of an adopted site at a database; the old value is kept beside it.
    PointSite {
        /// The site.
        site: SiteId,
        /// Name of the setting.
        setting: String,
        /// The database that it shall lead to.
        database: DatabaseId,
        /// Name under which the old value is kept.
        keep: String,
    },
    /// Give an adopted site its old connection setting back.
    RestoreSetting {
        /// The site.
        site: SiteId,
        /// Name of the setting.
        setting: String,
        /// Name under which the old value was kept; removed.
        kept: String,
    },
    /// Add an endpoint, disabled.
    AddEndpoint {
        /// The endpoint to be.
        endpoint: EndpointId,
        /// Azure or external.
        kind: EndpointKind,
        /// The site behind it.
        site: SiteId,
        /// Host name of the site.
        target: String,
        /// Its priority: the first free number behind production's.
        priority: u32,
    },
    /// Write the fence row: from now on somebody has to end the read-only time.
    OpenFence {
        /// Production.
        database: DatabaseId,
        /// Key of the row.
        upgrade: UpgradeId,
        /// Time until the deadline.
        within: SignedDuration,
    },
    /// Close the fence row.
    CloseFence {
        /// Where the row is.
        database: DatabaseId,
        /// Key of the row.
        upgrade: UpgradeId,
    },
    /// Remove the tables of an upgrade from schema `rolling_upgrade`; the journal stays, and the schema with it.
    DropFence {
        /// Where.
        database: DatabaseId,
    },
    /// `SET READ_ONLY`.
    SetReadOnly {
        /// Which database.
        database: DatabaseId,
        /// Time that open transactions get to end; zero for `ROLLBACK IMMEDIATE`.
        grace: SignedDuration,
    },
    /// `SET READ_WRITE WITH ROLLBACK IMMEDIATE`.
    SetReadWrite {
        /// Which database.
        database: DatabaseId,
        /// How the link to a disposable secondary is ended first if the server refuses with 1468 while linked.
        release: Option<Ending>,
    },
    /// Prove in one query that the database is PRIMARY (or in no link any more) and READ_ONLY.
    ProveReadOnly {
        /// Production.
        database: DatabaseId,
        /// The secondary whose link must name production as primary; `None` once the link is gone.
        linked_to: Option<DatabaseId>,
    },
    /// `sp_wait_for_database_copy_sync`.
    AwaitCopySync {
        /// The primary.
        source: DatabaseId,
        /// The secondary.
        target: DatabaseId,
    },
    /// Wait until both sides say CATCH_UP, no lag and the same `last_commit`.
    ProveSynchronised {
        /// The primary.
        source: DatabaseId,
        /// The secondary.
        target: DatabaseId,
    },
    /// End replication, so that the secondary stands alone.
    EndReplication {
        /// The primary.
        source: DatabaseId,
        /// The secondary, and how.
        ending: Ending,
    },
    /// Wait until the former secondary is an independent primary that holds the fence row.
    ProveIndependent {
        /// The former primary.
        source: DatabaseId,
        /// The former secondary.
        target: DatabaseId,
        /// Key of the fence row.
        upgrade: UpgradeId,
    },
    /// Compare the row counts of all tables (a smoke test: a lost UPDATE changes no count).
    CompareRows {
        /// Production.
        source: DatabaseId,
        /// Stage.
        target: DatabaseId,
    },
    /// Count the rows of all tables of both databases and keep the numbers in the copy, with the end of production's log and a reading of
    /// the copy's counters of writes, so that later steps see whether somebody wrote to either of them since. Before that, prove that
    /// nobody has written to production since terminate read its counters.
    RecordRows {
        /// Production.
        source: DatabaseId,
        /// Stage.
        target: DatabaseId,
        /// Key of the numbers.
        upgrade: UpgradeId,
        /// What terminate has read; `None` where it could not.
        since: Option<Reading>,
    },
    /// Prove that nobody works on a database any more: no session but ours is on it.
    ProveUnused {
        /// Which database.
        database: DatabaseId,
    },
    /// Prove that what was removed is gone, by another look: nothing may lose its labels because an answer was wrong once.
    ProveGone {
        /// The endpoint.
        endpoint: EndpointId,
        /// The site, where it was to be removed.
        site: Option<SiteId>,
        /// The database.
        database: DatabaseId,
    },
    /// Stop a site.
    StopSite {
        /// Which.
        site: SiteId,
    },
    /// Start a site.
    StartSite {
        /// Which.
        site: SiteId,
    },
    /// Run the upgrade scripts that the journal does not have yet, each in one transaction with its journal row.
    RunScripts {
        /// Stage.
        database: DatabaseId,
        /// Key in the journal.
        upgrade: UpgradeId,
        /// Time until the deadline of the read-only time, for all of them.
        within: SignedDuration,
    },
    /// Write down the folder of which every script is finished, for switch.
    KeepFolder {
        /// Stage.
        database: DatabaseId,
        /// Key of the rows.
        upgrade: UpgradeId,
        /// The scripts, in their order.
        scripts: Vec<ScriptName>,
        /// The checks, in their order.
        checks: Vec<ScriptName>,
    },
    /// Run the user's checks on the upgraded copy.
    RunChecks {
        /// Stage.
        database: DatabaseId,
    },
    /// Wait until a site answers well several times in a row, under each of the users' host names.
    AwaitHealthy {
        /// The site.
        site: SiteId,
        /// Its own address.
        address: String,
        /// The users' host names.
        hosts: Vec<String>,
        /// The path to ask for.
        path: String,
        /// Good answers in a row.
        repeats: u32,
    },
    /// Enable an endpoint.
    EnableEndpoint {
        /// Which.
        endpoint: EndpointId,
        /// Its kind.
        kind: EndpointKind,
    },
    /// Disable an endpoint.
    DisableEndpoint {
        /// Which.
        endpoint: EndpointId,
        /// Its kind.
        kind: EndpointKind,
    },
    /// Wait until Traffic Manager says that an endpoint is Online.
    AwaitOnline {
        /// Which.
        endpoint: EndpointId,
    },
    /// Prove that this step still holds the lock; held by another now, nothing more is done.
    ProveLock,
    /// Remove an endpoint from its profile.
    DeleteEndpoint {
        /// Which.
        endpoint: EndpointId,
        /// Its kind.
        kind: EndpointKind,
    },
    /// Delete a site, keeping its plan.
    DeleteSite {
        /// Which.
        site: SiteId,
    },
    /// Write down the continuous WebJobs of a site as they were found, before any of them is stopped. What is written down already stays.
    RecordWebJobs {
        /// Where.
        database: DatabaseId,
        /// Key of the rows.
        upgrade: UpgradeId,
        /// Whose site.
        side: Side,
        /// All of them.
        jobs: Vec<Noted>,
    },
    /// Delete all that this upgrade has written down of WebJobs, at once: half of it would say something else.
    ForgetWebJobs {
        /// Where.
        database: DatabaseId,
        /// Key of the rows.
        upgrade: UpgradeId,
    },
    /// Delete what was written down of these WebJobs.
    UnrecordWebJobs {
        /// Where.
        database: DatabaseId,
        /// Key of the rows.
        upgrade: UpgradeId,
        /// Of whose site.
        side: Side,
        /// Their names.
        names: Vec<String>,
    },
    /// Stop continuous WebJobs, each by itself, and wait until no instance runs them.
    StopWebJobs {
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
    StartWebJobs {
        /// Of which site.
        site: SiteId,
        /// Their names.
        names: Vec<String>,
        /// Wait until they run. Where the site is stopped, or none of its WebJobs may run, they might never.
        wait: bool,
    },
    /// Keep every WebJob of an adopted site from running, by its application settings; the old value is kept beside it. The site
    /// restarts.
    SuspendWebJobs {
        /// The site.
        site: SiteId,
        /// Name under which the old value of the setting is kept.
        keep: String,
    },
    /// Take away what keeps every WebJob of a site from running. The site restarts if it runs.
    ReleaseWebJobs {
        /// The site.
        site: SiteId,
    },
    /// Give an adopted site back what its application settings said of WebJobs before.
    RestoreWebJobs {
        /// The site.
        site: SiteId,
        /// Name under which the old value was kept; removed.
        kept: String,
    },
    /// Run a hook. `hook-quiesce` is written down before it begins; one that fails is undone by `hook-resume`, which deletes that row;
    /// `hook-activate` is written down when it has succeeded.
    RunHook {
        /// Which.
        hook: Hook,
        /// Where it is written down.
        database: DatabaseId,
        /// Key of the row.
        upgrade: UpgradeId,
    },
    /// Delete a database.
    DeleteDatabase {
        /// Which.
        database: DatabaseId,
    },
    /// Change the firewall of a server.
    Firewall {
        /// How.
        change: Change,
    },
}

impl Effect {
    /// It only waits or proves; a step whose effects are all of this kind changes nothing.
    pub fn is_proof(&self) -> bool {
        matches!(
            self,
            Self::AwaitCatchUp { .. }
                | Self::ProveHostNames { .. }
                | Self::ProveReadOnly { .. }
                | Self::AwaitCopySync { .. }
                | Self::ProveSynchronised { .. }
                | Self::ProveIndependent { .. }
                | Self::CompareRows { .. }
                | Self::ProveUnused { .. }
                | Self::ProveGone { .. }
                | Self::RunChecks { .. }
                | Self::AwaitHealthy { .. }
                | Self::AwaitOnline { .. }
                | Self::ProveLock
                | Self::ProveLogUnmoved { .. }
                | Self::ProveWritable { .. }
                | Self::ProveServed { .. }
                | Self::ProvePointed { .. }
        )
    }

    /// It deletes what tells that something is still to be done.
    fn forgets(&self) -> bool {
        matches!(self, Self::ForgetWebJobs { .. } | Self::UnrecordWebJobs { .. })
    }

    /// The site that it stops, starts or gives other settings.
    fn site(&self) -> Option<&SiteId> {
        match self {
            Self::StopSite { site }
            | Self::StartSite { site }
            | Self::RestoreSetting { site, .. }
            | Self::RestoreWebJobs { site, .. }
            | Self::SuspendWebJobs { site, .. }
            | Self::ReleaseWebJobs { site }
            | Self::StartWebJobs { site, .. }
            | Self::StopWebJobs { site, .. } => Some(site),
            Self::Once { what, .. } => what.site(),
            _ => None,
        }
    }

    /// Once `failed` could not be done this must not be done either: it deletes what tells that something is left, or it is the next
    /// change of the same site, such as to let its WebJobs run before it has its own database back.
    pub fn waits_for(&self, failed: &Self) -> bool {
        self.forgets() || (self.site().is_some() && self.site() == failed.site())
    }

    /// What takes this effect back when a later effect of the same step is refused. What concerns stage alone has no
    /// undo but for its site: stage is disposable.
    pub fn undo(&self) -> Option<Self> {
        match self.clone() {
            Self::OpenFence { database, upgrade, .. } => Some(Self::CloseFence { database, upgrade }),
            Self::SetReadOnly { database, .. } => Some(Self::SetReadWrite { database, release: None }),
            Self::EnableEndpoint { endpoint, kind } => Some(Self::DisableEndpoint { endpoint, kind }),
            Self::Once { what, .. } => what.undo(),
            Self::StopSite { site } => Some(Self::StartSite { site }),
            Self::Firewall { change } => change.undo().map(|change| Self::Firewall { change }),
            Self::StopWebJobs { site, ran, .. } => Some(Self::StartWebJobs { site, names: ran, wait: false }),
            Self::RecordWebJobs { database, upgrade, side, jobs } => {
                let names = jobs.into_iter().map(|job| job.name).collect();
                Some(Self::UnrecordWebJobs { database, upgrade, side, names })
            }
            Self::RunHook { hook: Hook::Quiesce, database, upgrade } => {
                Some(Self::RunHook { hook: Hook::Resume, database, upgrade })
            }
            _ => None,
        }
    }
}
