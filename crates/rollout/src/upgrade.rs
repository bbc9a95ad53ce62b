//! What an upgrade is about: the slot that users reach and the slot that is upgraded.

use serde::Serialize;

use crate::{
    Refusal,
    ids::{DatabaseId, EndpointId, SiteId, UpgradeId, eq_azure_name},
};

/// One copy of the application: database, web site and the endpoint through which users reach it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Slot {
    /// The database.
    pub database: DatabaseId,
    /// The web site.
    pub site: SiteId,
    /// The endpoint in the Traffic Manager profile.
    pub endpoint: EndpointId,
}

/// One upgrade of one application in a single region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Upgrade {
    /// Its id, which marks everything that it creates.
    pub id: UpgradeId,
    /// The slot that users reach: V1.
    pub production: Slot,
    /// The copy that is upgraded: V2.
    pub stage: Slot,
    /// Name of the connection string setting, the same on both sites.
    pub connection_name: String,
}

/// What stands between a connection setting's name and the upgrade id in the name of a kept setting.
const KEPT: &str = "_before_upgrade_";

/// What follows the connection setting's name in the name of a setting that this upgrade keeps.
fn kept(id: &UpgradeId) -> String {
    format!("{KEPT}{}", id.as_str().replace('-', "_"))
}

impl Upgrade {
    /// Name under which the old value of the connection setting is kept on the adopted stage site. It stays there
    /// after a switch, because taking a setting away restarts the site, until the site is stage again.
    pub fn kept_setting(&self) -> String {
        self.kept_name(&self.connection_name)
    }

    /// The same for any setting of the site.
    pub fn kept_name(&self, setting: &str) -> String {
        format!("{setting}{}", kept(&self.id))
    }

    /// The name of the connection setting that this upgrade keeps under that name; `None` where it is another's, or none.
    pub fn name_behind_kept<'n>(id: &UpgradeId, name: &'n str) -> Option<&'n str> {
        let end = kept(id);
        let at = name.len().checked_sub(end.len()).filter(|at| *at > 0)?;
        name.get(at..).filter(|tail| eq_azure_name(tail, &end)).map(|_| &name[..at])
    }

    /// It is the name of a setting that some upgrade kept.
    pub fn is_kept_setting(name: &str) -> bool {
        name.to_ascii_lowercase().contains(KEPT)
    }

    /// Puts the two slots together.
    ///
    /// # Errors
    /// The slots cannot be production and stage of one upgrade.
    pub fn new(id: UpgradeId, production: Slot, stage: Slot, connection_name: String) -> Result<Self, Refusal> {
        Self { id, production, stage, connection_name }.checked()
    }

    /// Both are about the same two slots.
    pub fn has_slots_of(&self, other: &Self) -> bool {
        self.production == other.production && self.stage == other.stage
    }

    /// The same slots, and the same connection string.
    pub fn is_about_the_same(&self, other: &Self) -> bool {
        self.has_slots_of(other) && eq_azure_name(&self.connection_name, &other.connection_name)
    }

    fn checked(self) -> Result<Self, Refusal> {
        let (production, stage) = (&self.production, &self.stage);
        if eq_azure_name(&production.database.server, &stage.database.server) {
            return Err(Refusal::new(
                format!("use `{}` as the stage of `{}`", stage.database, production.database),
                "a geo-secondary must be on another logical server: Azure would answer 400 `ReplicationSourceAndTargetMustBeInDifferentServers`",
                "pass another logical server of the same region as stage",
            ));
        }
        if !eq_azure_name(&production.database.name, &stage.database.name) {
            return Err(Refusal::new(
                format!("use `{}` as the stage of `{}`", stage.database, production.database),
                "a geo-secondary has the same name as its primary",
                "give both databases the same name",
            ));
        }
        if production.site == stage.site {
            return Err(Refusal::new(
                format!("use site `{}` as the stage of itself", stage.site),
                "production and stage are one and the same site",
                "pass the site that runs V2 as stage",
            ));
        }
        if production.endpoint.profile_id() != stage.endpoint.profile_id() || production.endpoint == stage.endpoint {
            return Err(Refusal::new(
                format!("use endpoint `{}` as the stage of `{}`", stage.endpoint, production.endpoint),
                "both must be endpoints of one profile, and not the same",
                "pass the identifiers from the outputs of plan",
            ));
        }
        Ok(self)
    }
}
