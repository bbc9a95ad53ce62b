//! From the profile to the upgrade, where the outputs of its steps are lost.

use azure::sql;
use rollout::{
    Refusal, Upgrade,
    facts::{Profile, Server},
    plan::{pick_setting, target_of},
    status::{Labelled, connection_name, endpoint_of_v1, production},
};

use super::{
    by_row::{self, settings_of},
    named::Named,
};
use crate::{
    cloud::Cloud,
    failure::{Failure, failed_at_azure},
    observe::profile,
};

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

async fn servers(cloud: &Cloud) -> Result<Vec<Server>, Failure> {
    cloud.arm.send(&sql::servers(cloud.arm.scope())).await.map_err(failed_at_azure)
}
