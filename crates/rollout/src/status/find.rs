//! Finds an upgrade from the profile alone: what its labels say, and what follows from that.

use crate::{
    DatabaseId, EndpointId, Refusal, ServerId, SiteId, Slot, Upgrade, UpgradeId,
    facts::{ConnectionSetting, Endpoint, Profile, SqlState, TAG, tag},
    ids::{IdError, ProfileId},
    labels,
};

const HINT: &str = "pass the identifiers of production and stage instead, from the outputs of plan";

/// What the labels of a profile say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labelled {
    /// The upgrade.
    pub id: UpgradeId,
    /// The stage endpoint.
    pub endpoint: EndpointId,
    /// The stage site.
    pub site: SiteId,
    /// The logical server of the stage database.
    pub server: ServerId,
}

impl Labelled {
    /// Reads the labels; `None` where no upgrade has labelled the profile.
    ///
    /// # Errors
    /// A label is missing, or no longer what prepare has written.
    pub fn read(profile: &Profile) -> Result<Option<Self>, Refusal> {
        if tag(&profile.tags, TAG).is_none() {
            return Ok(None);
        }
        Ok(Some(Self {
            id: label(profile, TAG)?,
            endpoint: profile.id.endpoint(&label::<Name>(profile, labels::ENDPOINT)?.0),
            site: label(profile, labels::SITE)?,
            server: label(profile, labels::SERVER)?,
        }))
    }

    /// The upgrade, once production is known. The stage database has the name of production's.
    ///
    /// # Errors
    /// The two slots cannot be of one upgrade.
    pub fn upgrade(self, production: Slot, connection_name: String) -> Result<Upgrade, Refusal> {
        let database = self.server.database(&production.database.name);
        let stage = Slot { database, site: self.site, endpoint: self.endpoint };
        Upgrade::new(self.id, production, stage, connection_name)
    }
}

/// Any text but an empty one.
struct Name(String);

impl std::str::FromStr for Name {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        match text {
            "" => Err(IdError::Empty { kind: "endpoint", shape: "<endpoint>" }),
            name => Ok(Self(name.to_owned())),
        }
    }
}

fn label<T: std::str::FromStr<Err = IdError>>(profile: &Profile, name: &str) -> Result<T, Refusal> {
    let attempt = format!("read the tag `{name}` of Traffic Manager profile `{}`", profile.id);
    let text = tag(&profile.tags, name).ok_or_else(|| Refusal::new(&attempt, "it does not exist", HINT))?;
    text.parse().map_err(|error: IdError| Refusal::new(attempt, error.to_string(), HINT))
}

/// The upgrade of this profile that was written down last, as far as fence rows tell: the one that is open, else the latest.
pub fn written_last<'s>(sql: &'s SqlState, profile: &ProfileId) -> Option<&'s Upgrade> {
    let age = |upgrade: &&Upgrade| sql.fence(&upgrade.id).map(|fence| (fence.closed_at.is_none(), fence.opened_at));
    sql.upgrades.iter().filter(|upgrade| upgrade.production.endpoint.profile_id() == *profile).max_by_key(age)
}

/// The endpoint of V1: the one beside the stage endpoint that names a web site. `None` where it was removed.
///
/// # Errors
/// There are several, and it cannot be told which.
pub fn endpoint_of_v1<'p>(
    profile: &'p Profile,
    labelled: &Labelled,
) -> Result<Option<(&'p Endpoint, &'p SiteId)>, Refusal> {
    let others = profile.endpoints.iter().filter(|endpoint| endpoint.id != labelled.endpoint);
    let sites: Vec<_> = others.filter_map(|endpoint| endpoint.site.as_ref().map(|site| (endpoint, site))).collect();
    if sites.len() <= 1 {
        return Ok(sites.into_iter().next());
    }
    let names: Vec<_> = sites.iter().map(|(endpoint, _)| format!("`{}`", endpoint.id.name)).collect();
    let why = format!("several of its endpoints are web sites: {}", names.join(", "));
    Err(Refusal::new(format!("find V1 in profile `{}`", profile.id), why, HINT))
}

/// The name of the connection setting, as the stage site tells it that keeps its old one; `None` before and after that.
pub fn connection_name(id: &UpgradeId, settings: &[ConnectionSetting]) -> Option<String> {
    settings.iter().find_map(|setting| Upgrade::name_behind_kept(id, &setting.name)).map(str::to_owned)
}

/// Production, put together from what was found of it.
pub fn production(endpoint: &Endpoint, site: &SiteId, database: DatabaseId) -> Slot {
    Slot { database, site: site.clone(), endpoint: endpoint.id.clone() }
}
