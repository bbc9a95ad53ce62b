//! The resources of one side: database, links, site, settings; and the profile of both.

use azure::{site_model, sql, traffic_manager, web};
use rollout::{
    ProfileId, Refusal, SiteId, Slot, SlotView,
    background::Side,
    connection,
    facts::{ConnectionSetting, Profile},
    ids::eq_azure_name,
    site::{AppSetting, WEBJOBS_STOPPED},
};
use secrecy::ExposeSecret;
use tokio::try_join;

use crate::{
    cloud::Cloud,
    failure::{Failure, failed_at_azure},
    wait::confirm_absent,
};

/// A profile of Traffic Manager.
///
/// # Errors
/// It could not be read, or is not there.
pub async fn profile(cloud: &Cloud, id: &ProfileId) -> Result<Profile, Failure> {
    let found = cloud.arm.send(&traffic_manager::profile(cloud.arm.scope(), id)).await.map_err(failed_at_azure)?;
    found.ok_or_else(|| {
        let why = "there is no such profile, or this identity may not read it";
        let hint = "check its resource group and name: the input `profile`, or the identifiers of the endpoints";
        Refusal::new(format!("read profile `{id}`"), why, hint).into()
    })
}

/// What Azure Resource Manager shows of one side of the upgrade.
///
/// # Errors
/// Something could not be read. What does not exist is no error.
pub async fn slot(cloud: &Cloud, slot: &Slot, side: Side) -> Result<SlotView, Failure> {
    let (arm, scope) = (&cloud.arm, cloud.arm.scope());
    let database = async { arm.send(&sql::database(scope, &slot.database)).await.map_err(failed_at_azure) };
    let links = async { arm.send(&sql::links(scope, &slot.database)).await.map_err(failed_at_azure) };
    let site = async { site(cloud, &slot.site, side).await };
    let (database, links, site) = try_join!(database, links, site)?;
    Ok(SlotView { database, links: links.unwrap_or_default(), ..site })
}

/// Site and settings of a slot.
async fn site(cloud: &Cloud, id: &SiteId, side: Side) -> Result<SlotView, Failure> {
    let request = web::site(cloud.arm.scope(), id);
    // Of a site that is not there, a rollback would leave everything as it is.
    let site = confirm_absent(cloud.pace.poll, || cloud.arm.send(&request)).await.map_err(failed_at_azure)?;
    let (settings, webjob_settings) = match (&site, side) {
        (None, _) => (Vec::new(), Vec::new()),
        (Some(_), Side::Production) => (connection_settings(cloud, id).await.map_err(failed_at_azure)?, Vec::new()),
        (Some(_), Side::Stage) => {
            try_join!(connection_settings(cloud, id), webjob_settings(cloud, id)).map_err(failed_at_azure)?
        }
    };
    Ok(SlotView { site, settings, webjob_settings, ..SlotView::default() })
}

/// The application settings that concern WebJobs. No value of another is kept.
async fn webjob_settings(cloud: &Cloud, id: &SiteId) -> Result<Vec<(String, String)>, azure::Error> {
    let all = cloud.arm.send(&site_model::app_settings(cloud.arm.scope(), id)).await?;
    let concerns = |setting: &AppSetting| {
        let start = setting.name.get(..WEBJOBS_STOPPED.len());
        start.is_some_and(|start| eq_azure_name(start, WEBJOBS_STOPPED))
    };
    let of_ours = all.into_iter().filter(concerns);
    Ok(of_ours.map(|setting| (setting.name, setting.value.expose_secret().to_owned())).collect())
}

/// The connection strings of a site; their values are secrets from here on.
///
/// # Errors
/// They could not be read.
pub async fn connection_settings(cloud: &Cloud, id: &SiteId) -> Result<Vec<ConnectionSetting>, azure::Error> {
    let settings = cloud.arm.send(&web::connection_settings(cloud.arm.scope(), id)).await?;
    for setting in &settings {
        let value = setting.value.expose_secret();
        let password = connection::value_of(value, &["password", "pwd"]);
        for secret in password.iter().map(String::as_str).chain([value]).filter(|secret| !secret.is_empty()) {
            // A mask that cannot be written shows itself at the next command; the value is redacted here all the same.
            let _ = cloud.runner_io.mask(secret);
        }
    }
    Ok(settings)
}
