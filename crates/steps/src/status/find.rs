//! From the profile to the upgrade, where the outputs of its steps are lost.

use azure::{sql, traffic_manager, web};
use rollout::{
    DatabaseId, ProfileId, Refusal, SiteId, Upgrade, UpgradeId,
    facts::{ConnectionSetting, Profile, Server},
    plan::{pick_setting, target_of},
    status::{Labelled, connection_name, endpoint_of_v1, production},
};

use super::by_row;
use crate::{
    cloud::{Cloud, failed_at_azure},
    failure::Failure,
    inputs::{StatusArguments, identifier, optional_identifier},
    observe::settings,
};

/// What the user names.
pub struct Named {
    /// The profile.
    pub profile: ProfileId,
    /// The upgrade, to be sure that it is the one.
    pub id: Option<UpgradeId>,
    /// The connection setting, where V1's site has several.
    pub connection: Option<String>,
    /// V1's database, where the servers of the subscription cannot be listed.
    database: Option<DatabaseId>,
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

/// What was found.
pub enum Found {
    /// The whole upgrade.
    Upgrade(Box<Upgrade>),
    /// No upgrade has labelled the profile.
    Nothing,
    /// The upgrade, and nothing of V1 that would lead to its database.
    WithoutV1(Box<Labelled>),
}

/// Finds the upgrade that has labelled the profile.
///
/// # Errors
/// Something cannot be read, or it cannot be told apart.
pub async fn find(cloud: &Cloud, named: &Named) -> Result<Found, Failure> {
    let profile = profile(cloud, &named.profile).await?;
    let labelled = match Labelled::read(&profile) {
        Ok(Some(labelled)) => labelled,
        // Somebody may have wiped the labels, or one of them.
        unlabelled => {
            let found = by_row::find(cloud, named, &profile).await?;
            let found = found.map(|upgrade| Found::Upgrade(Box::new(upgrade)));
            return found.map_or_else(|| Ok(unlabelled.map(|_| Found::Nothing)?), Ok);
        }
    };
    is_the_one(&profile, &labelled, named)?;
    let Some((endpoint, site)) = endpoint_of_v1(&profile, &labelled)? else {
        return Ok(Found::WithoutV1(Box::new(labelled)));
    };
    let (of_v1, of_stage) = (settings_of(cloud, site).await?, settings_of(cloud, &labelled.site).await?);
    let name = named.connection.clone().or_else(|| connection_name(&labelled.id, &of_stage));
    let setting = pick_setting(site, &of_v1, name.as_deref())?;
    let database = match &named.database {
        Some(database) => database.clone(),
        None => target_of(site, setting, &servers(cloud).await?)?.database,
    };
    let upgrade = labelled.upgrade(production(endpoint, site, database), setting.name.clone())?;
    Ok(Found::Upgrade(Box::new(upgrade)))
}

fn is_the_one(profile: &Profile, labelled: &Labelled, named: &Named) -> Result<(), Refusal> {
    match &named.id {
        Some(id) if *id != labelled.id => Err(Refusal::new(
            format!("find upgrade `{id}` in Traffic Manager profile `{}`", profile.id),
            format!("the tags of the profile name upgrade `{}`", labelled.id),
            "omit `upgrade-id` to see where that upgrade stands",
        )),
        _ => Ok(()),
    }
}

async fn profile(cloud: &Cloud, id: &ProfileId) -> Result<Profile, Failure> {
    let found = cloud.arm.send(&traffic_manager::profile(cloud.arm.scope(), id)).await.map_err(failed_at_azure)?;
    found.ok_or_else(|| {
        let why = "there is no such profile, or this identity may not read it";
        let hint = "check the resource group and the name in the input `profile`";
        Refusal::new(format!("read profile `{id}`"), why, hint).into()
    })
}

/// None where there is no such site.
///
/// # Errors
/// They could not be read.
pub async fn settings_of(cloud: &Cloud, site: &SiteId) -> Result<Vec<ConnectionSetting>, Failure> {
    match cloud.arm.send(&web::site(cloud.arm.scope(), site)).await.map_err(failed_at_azure)? {
        Some(_) => settings(cloud, site).await.map_err(failed_at_azure),
        None => Ok(Vec::new()),
    }
}

async fn servers(cloud: &Cloud) -> Result<Vec<Server>, Failure> {
    cloud.arm.send(&sql::servers(cloud.arm.scope())).await.map_err(failed_at_azure)
}
