//! The stage site before it is there, or before it has V2's package.

use azure::{deployments, site_model};
use rollout::{
    SiteId, Upgrade, World,
    site::{AppSetting, SiteModel, SiteOptions},
};
use secrecy::ExposeSecret;
use tokio::try_join;

use crate::{
    cloud::Cloud,
    failure::{Failure, failed_at_azure},
    package::Package,
};

/// What is asked for the stage site.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// By the inputs.
    pub site_options: &'a SiteOptions,
    /// V2's package, in a step that has it.
    pub package: Option<&'a Package>,
}

/// What was seen.
pub(super) struct SeenSite {
    /// Production's site, where a new one is to be made after it.
    pub model: Option<SiteModel>,
    /// The deployment that is active on the stage site.
    pub deployment: Option<String>,
    /// The digest of the package that is still to be deployed.
    pub package: Option<String>,
}

pub(super) async fn look(
    cloud: &Cloud,
    upgrade: &Upgrade,
    world: &World,
    asked: Asked<'_>,
) -> Result<SeenSite, Failure> {
    let production = world.production.site.as_ref();
    let creates = world.stage.site.is_none() && asked.site_options.plan.is_some();
    let model = async {
        match production.filter(|_| creates) {
            Some(site) => model(cloud, &site.id).await.map(Some),
            None => Ok(None),
        }
    };
    let deployment = async {
        let deploys = asked.site_options.package.is_some() || asked.package.is_some();
        match world.stage.site.as_ref().filter(|_| deploys) {
            Some(site) => active_deployment(cloud, &site.id).await,
            None => Ok(None),
        }
    };
    let (model, deployment) = try_join!(model, deployment)?;
    let labelled = world.package(upgrade);
    let there = labelled.is_some_and(|(digest, id)| {
        asked.site_options.package.as_deref() == Some(digest) && deployment.as_deref() == Some(id)
    });
    let package = match asked.package.filter(|_| !there) {
        Some(package) => Some(package.digest(cloud).await?),
        None => None,
    };
    Ok(SeenSite { model, deployment, package })
}

/// The deployment whose files a site runs.
///
/// # Errors
/// The list of deployments could not be read.
pub(crate) async fn active_deployment(cloud: &Cloud, site: &SiteId) -> Result<Option<String>, Failure> {
    let list = cloud.arm.send(&deployments::list(cloud.arm.scope(), site)).await.map_err(failed_at_azure)?;
    Ok(list.into_iter().find(|deployment| deployment.active).map(|deployment| deployment.id))
}

async fn model(cloud: &Cloud, site: &SiteId) -> Result<SiteModel, Failure> {
    let (arm, scope) = (&cloud.arm, cloud.arm.scope());
    let looks = async {
        try_join!(
            async { arm.send(&site_model::definition(scope, site)).await },
            async { arm.send(&site_model::configuration(scope, site)).await },
            async { arm.send(&site_model::app_settings(scope, site)).await },
            async { arm.send(&site_model::sticky_settings(scope, site)).await },
            async { arm.send(&site_model::slots(scope, site)).await },
            async { arm.send(&site_model::signs_users_in(scope, site)).await },
        )
    };
    let (definition, web, settings, sticky, slots, signs_users_in) = looks.await.map_err(failed_at_azure)?;
    mask(cloud, &settings);
    Ok(SiteModel { web, settings, sticky, slots, signs_users_in, ..definition })
}

/// Parts of values that hold a credential, in lower case.
const CREDENTIALS: [&str; 4] = ["password=", "pwd=", "key=", "sig="];

/// No value of a setting is ever told. Those that hold a credential are hidden besides, and no others: the mask of a word that is the
/// name of a resource too would take it out of every output.
pub(crate) fn mask(cloud: &Cloud, settings: &[AppSetting]) {
    for value in settings.iter().map(|setting| setting.value.expose_secret()) {
        let lower = value.to_ascii_lowercase();
        if CREDENTIALS.iter().any(|part| lower.contains(part)) {
            // A mask that cannot be written shows itself at the next command; the value is redacted here all the same.
            let _ = cloud.runner_io.mask(value);
        }
    }
}
