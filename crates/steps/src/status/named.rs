//! What the inputs of status name.

use rollout::{DatabaseId, ProfileId, Refusal, UpgradeId};

use crate::inputs::{StatusArguments, identifier, optional_identifier};

/// What the user names.
pub struct Named {
    /// The profile.
    pub profile: ProfileId,
    /// The upgrade, to be sure that it is the one.
    pub id: Option<UpgradeId>,
    /// The connection setting, where V1's site has several.
    pub connection: Option<String>,
    /// V1's database, where the servers of the subscription cannot be listed.
    pub database: Option<DatabaseId>,
}

impl Named {
    /// Reads the inputs.
    ///
    /// # Errors
    /// One of them is no identifier of its kind.
    pub fn of(arguments: &StatusArguments) -> Result<Self, Refusal> {
        let slots = &arguments.slots;
        Ok(Self {
            profile: identifier("profile", arguments.profile.as_ref())?,
            id: optional_identifier("upgrade-id", arguments.connection.upgrade_id.as_ref())?,
            connection: slots.connection_name.clone(),
            database: optional_identifier("production-database", slots.production_database.as_ref())?,
        })
    }
}
