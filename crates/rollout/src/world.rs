//! The live state of an upgrade, put together from what was observed.

use jiff::Timestamp;

use crate::{
    background::{self, Hook, Noted, Side, WebJobs},
    facts::{ConnectionSetting, Database, Endpoint, Fence, Link, Profile, Site, SqlState, TAG, tag},
    firewall::ServerFirewall,
    ids::{DatabaseId, eq_azure_name},
    measure::{Mark, Written},
    rows::Counted,
    site::WEBJOBS_STOPPED,
    termination::Unavailable,
    upgrade::{Slot, Upgrade},
};

/// Everything that a decision may look at. What is absent in the cloud is absent here.
#[derive(Debug, Clone)]
pub struct World {
    /// The Traffic Manager profile.
    pub profile: Profile,
    /// The slot that users reach.
    pub production: SlotView,
    /// The slot that is upgraded.
    pub stage: SlotView,
    /// What the identity of this run may do; tried by freeze only.
    pub permissions: Option<Permissions>,
    /// What changed in the databases since migrate counted their rows; looked at by switch, rollback, status, and by cleanup where
    /// production's database is to go. `None` where migrate did not come so far.
    pub counted: Option<Counted>,
    /// What users wrote to the stage copy since they may have been on it; looked at by rollback and status.
    pub written: Option<Written>,
    /// What shows later whether production took writes; looked at by terminate only.
    pub mark: Mark,
    /// The firewalls of both servers; looked at by cleanup only.
    pub firewalls: Vec<ServerFirewall>,
}

/// What was seen of one slot.
#[derive(Debug, Clone, Default)]
pub struct SlotView {
    /// The database in Azure Resource Manager.
    pub database: Option<Database>,
    /// Its geo-replication links.
    pub links: Vec<Link>,
    /// What a log-in to it shows.
    pub sql: Option<SqlState>,
    /// Why no log-in succeeded, where one was tried.
    pub no_log_in: Option<NoLogIn>,
    /// The site.
    pub site: Option<Site>,
    /// The connection strings of the site.
    pub settings: Vec<ConnectionSetting>,
    /// Its application settings that concern WebJobs, with their values: `WEBJOBS_STOPPED`, and what upgrades keep of it. Looked at on
    /// the stage site only.
    pub webjob_settings: Vec<(String, String)>,
    /// Its WebJobs, or why they cannot be seen; looked at by plan, prepare and freeze, while production takes writes.
    pub webjobs: Option<Result<WebJobs, String>>,
}

/// Why a database cannot be looked into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoLogIn {
    /// What was tried, and why it failed.
    pub why: String,
    /// What to do about it.
    pub hint: String,
}

impl SlotView {
    /// The link whose partner is this database.
    pub fn link_to(&self, partner: &DatabaseId) -> Option<&Link> {
        self.links.iter().find(|link| link.leads_to(partner))
    }

    /// How many geo-secondaries the database has, this one not counted.
    pub fn secondaries_beside(&self, partner: &DatabaseId) -> usize {
        let own = |link: &&Link| eq_azure_name(&link.partner_server, &partner.server);
        self.links.iter().filter(|link| link.is_primary()).filter(|link| !own(link)).count()
    }

    /// The connection string of this name.
    pub fn setting(&self, name: &str) -> Option<&ConnectionSetting> {
        self.settings.iter().find(|setting| eq_azure_name(&setting.name, name))
    }

    /// The value of an application setting that concerns WebJobs.
    pub fn webjob_setting(&self, name: &str) -> Option<&str> {
        self.webjob_settings.iter().find(|(other, _)| eq_azure_name(other, name)).map(|(_, value)| value.as_str())
    }

    /// No WebJob of the site may run.
    pub fn webjobs_are_held(&self) -> bool {
        self.webjob_setting(WEBJOBS_STOPPED) == Some("1")
    }

    /// The WebJobs that were seen.
    pub fn seen_webjobs(&self) -> Option<&WebJobs> {
        self.webjobs.as_ref()?.as_ref().ok()
    }

    /// What this upgrade wrote down of one side's WebJobs, here.
    pub fn noted(&self, upgrade: &Upgrade, side: Side) -> Vec<Noted> {
        self.sql.as_ref().map_or_else(Vec::new, |sql| background::noted(&sql.workers, upgrade, side))
    }

    /// The row of this hook is here.
    pub fn has_hook_row(&self, upgrade: &Upgrade, hook: Hook) -> bool {
        let rows = self.sql.iter().flat_map(|sql| &sql.hooks);
        rows.into_iter().any(|row| upgrade.id.is(&row.run) && row.hook == hook.input())
    }

    /// The database is the secondary of no link, seen from Azure Resource Manager and from the database itself. It may have
    /// secondaries of its own.
    pub fn independent(&self) -> bool {
        let follows_in_sql = self.sql.iter().flat_map(|sql| &sql.links).any(|link| !link.is_primary());
        self.database.is_some() && self.links.iter().all(Link::is_primary) && !follows_in_sql
    }

    /// The database accepts writes.
    pub fn writable(&self) -> bool {
        self.sql.as_ref().is_some_and(|sql| sql.updateable && !sql.read_only)
    }

    /// The READ_ONLY option is set on the database.
    pub fn read_only(&self) -> bool {
        self.sql.as_ref().is_some_and(|sql| sql.read_only)
    }

    /// The site was made by this upgrade, and is not somebody's that it has adopted.
    pub fn site_is_created_by(&self, upgrade: &Upgrade) -> bool {
        self.site.as_ref().is_some_and(|site| tag(&site.tags, TAG).is_some_and(|id| upgrade.id.is(id)))
    }

    /// The fence row of this upgrade.
    pub fn fence(&self, upgrade: &Upgrade) -> Option<&Fence> {
        self.sql.as_ref()?.fence(&upgrade.id)
    }

    /// The fence row of this upgrade, if it is open.
    pub fn open_fence(&self, upgrade: &Upgrade) -> Option<&Fence> {
        self.sql.as_ref()?.open_fence(&upgrade.id)
    }
}

impl World {
    /// The endpoint of this slot.
    pub fn endpoint(&self, slot: &Slot) -> Option<&Endpoint> {
        self.profile.endpoint(&slot.endpoint)
    }

    /// The endpoint of this slot is there and enabled.
    pub fn enabled(&self, slot: &Slot) -> bool {
        self.endpoint(slot).is_some_and(|endpoint| endpoint.enabled)
    }

    /// What production got after its copy was cut off, as it follows the name of its database.
    pub fn written_to_production(&self) -> Option<String> {
        self.counted.as_ref()?.written_to_production()
    }

    /// Time by the clock of a SQL server that was looked at; production's before stage's.
    pub fn now(&self) -> Option<Timestamp> {
        let sql = self.production.sql.as_ref().or(self.stage.sql.as_ref())?;
        Some(sql.now)
    }
}

/// What the identity of this run may do, each tried and not guessed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Permissions {
    /// What is missing, each as a sentence with the way to grant it; empty where nothing is.
    pub missing: Vec<String>,
    /// The ways of ending replication that were tried and are closed to it. They are tried in their order, up to the
    /// first that is open.
    pub closed: Vec<Unavailable>,
}
