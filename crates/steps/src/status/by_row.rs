//! Finds an upgrade whose labels were wiped: by the row that prepare wrote into production's database.

use azure::{sql, web};
use rollout::{
    DatabaseId, SiteId, Upgrade,
    facts::{ConnectionSetting, Profile, Server},
    plan::{pick_setting, target_of},
    status::written_last,
};
use tsql::statements::state;

use super::named::Named;
use crate::{
    cloud::Cloud,
    failure::{Failure, failed_at_azure},
    observe::connection_settings,
};

/// The upgrade whose production is one of the sites of the profile. A site whose database cannot be looked into tells nothing.
///
/// # Errors
/// Servers or settings could not be read.
pub async fn find(cloud: &Cloud, named: &Named, profile: &Profile) -> Result<Option<Upgrade>, Failure> {
    let servers = cloud.arm.send(&sql::servers(cloud.arm.scope())).await.map_err(failed_at_azure)?;
    for site in profile.endpoints.iter().filter_map(|endpoint| endpoint.site.as_ref()) {
        let Some(database) = database_of(cloud, named, site, &servers).await? else { continue };
        let found = row(cloud, profile, &database).await;
        let is_the_one = |upgrade: &Upgrade| named.id.as_ref().is_none_or(|id| *id == upgrade.id);
        if let Some(upgrade) = found.filter(is_the_one) {
            return Ok(Some(upgrade));
        }
    }
    Ok(None)
}

async fn database_of(
    cloud: &Cloud,
    named: &Named,
    site: &SiteId,
    servers: &[Server],
) -> Result<Option<DatabaseId>, Failure> {
    let settings = settings_of(cloud, site).await?;
    let setting = pick_setting(site, &settings, named.connection.as_deref());
    let target = setting.and_then(|setting| target_of(site, setting, servers));
    Ok(target.ok().map(|target| target.database))
}

async fn row(cloud: &Cloud, profile: &Profile, database: &DatabaseId) -> Option<Upgrade> {
    let mut session = cloud.connect(database).await.ok()?;
    let state = state::read(&mut session, cloud.pace.request).await.ok()?;
    written_last(&state, &profile.id).cloned()
}

/// The connection strings of a site; none where there is no such site.
///
/// # Errors
/// They could not be read.
pub async fn settings_of(cloud: &Cloud, site: &SiteId) -> Result<Vec<ConnectionSetting>, Failure> {
    match cloud.arm.send(&web::site(cloud.arm.scope(), site)).await.map_err(failed_at_azure)? {
        Some(_) => connection_settings(cloud, site).await.map_err(failed_at_azure),
        None => Ok(Vec::new()),
    }
}
