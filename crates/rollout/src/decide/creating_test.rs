//! The model without a stage site: what an upgrade starts with that creates one.

use super::model::{fresh, policy, preflight, upgrade};
use crate::{
    Policy, World,
    background::WebJobs,
    plan::{self, Facts, Preflight},
    site::{AppSetting, PackageSource, SiteModel, SiteOptions},
};

/// The same without a stage site, which prepare creates then.
pub fn without_site() -> World {
    let mut world = fresh();
    (world.stage.site, world.stage.settings, world.stage.webjob_settings) = (None, Vec::new(), Vec::new());
    world.stage.webjobs = Some(Ok(WebJobs::default()));
    world
}

/// The inputs of an upgrade whose stage site prepare creates, and to which it deploys a package.
pub fn policy_that_creates(world: &World) -> Policy {
    let site = SiteOptions {
        plan: Some("rg-2/plan-2".parse().unwrap()),
        package: Some("p4ck".to_owned()),
        source: Some(PackageSource::File),
        ..SiteOptions::default()
    };
    let policy = Policy { site, ..policy(world) };
    let (upgrade, scripts) = (upgrade(), policy.digest_of_scripts());
    let facts = |database| Facts {
        upgrade: &upgrade,
        profile: &world.profile,
        database,
        scripts: &scripts,
        package: Some("p4ck"),
        hooks: policy.hooks,
    };
    let plan_digest = world.production.database.as_ref().map(|database| plan::digest(&facts(database)));
    Policy { plan_digest, ..policy }
}

/// What surrounds the slots, as a step with these inputs sees it.
pub fn around_of(world: &World, policy: &Policy) -> Preflight {
    let creates = world.stage.site.is_none() && policy.site.plan.is_some();
    let deployed = crate::labels::package(&world.profile, &upgrade()).map(|(_, deployment)| deployment.to_owned());
    let model = creates.then(|| SiteModel { kind: "app".to_owned(), settings: app_settings(), ..SiteModel::default() });
    Preflight { site_options: policy.site.clone(), model, deployment: deployed, ..preflight() }
}

fn app_settings() -> Vec<AppSetting> {
    let setting = |name: &str, value: &str| AppSetting { name: name.to_owned(), value: value.into() };
    vec![setting("Shop__Theme", "autumn"), setting("OrderQueue", "orders")]
}
