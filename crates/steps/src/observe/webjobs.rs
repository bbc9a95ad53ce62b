//! Looks at background work: the WebJobs of both sites. Only while production takes writes: Kudu, which is asked for them, may have to
//! start for that.

use azure::webjobs;
use rollout::{SiteId, SlotView, Upgrade, World, background::WebJobs, facts::Plan, plan::Preflight};
use tokio::try_join;

use crate::{
    cloud::Cloud,
    failure::{Failure, failed_at_azure},
    wait::confirm_absent,
};

/// Puts the WebJobs of both sites into what was observed.
///
/// # Errors
/// They could not be read. What this identity is not allowed to see is no error: that is told.
pub async fn look(cloud: &Cloud, upgrade: &Upgrade, world: &mut World, preflight: &Preflight) -> Result<(), Failure> {
    let (production, stage) = try_join!(
        of_site(cloud, &upgrade.production.site, &world.production, preflight.production_plan.as_ref()),
        of_site(cloud, &upgrade.stage.site, &world.stage, preflight.stage_plan.as_ref()),
    )?;
    (world.production.webjobs, world.stage.webjobs) = (Some(production), Some(stage));
    Ok(())
}

async fn of_site(
    cloud: &Cloud,
    id: &SiteId,
    view: &SlotView,
    plan: Option<&Plan>,
) -> Result<Result<WebJobs, String>, Failure> {
    if view.site.is_none() {
        return Ok(Ok(WebJobs::default()));
    }
    let (arm, scope) = (&cloud.arm, cloud.arm.scope());
    let (continuous, triggered) = (webjobs::continuous(scope, id), webjobs::triggered(scope, id));
    let ask = || async {
        let both = try_join!(arm.send(&continuous), arm.send(&triggered));
        both.map(|(continuous, triggered)| webjobs::both(continuous, triggered))
    };
    match confirm_absent(cloud.pace.poll, ask).await {
        Ok(Some(jobs)) => Ok(Ok(jobs)),
        // WebJobs came to Linux late: before, there was no such list.
        Ok(None) if plan.is_some_and(|plan| plan.linux) => Ok(Ok(WebJobs::default())),
        Ok(None) => Ok(Err("404, though the site exists".to_owned())),
        Err(error) if error.status() == Some(403) => Ok(Err(format!("403 `{}`", error.code().unwrap_or("Forbidden")))),
        Err(error) => Err(failed_at_azure(error)),
    }
}
