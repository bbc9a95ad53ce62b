//! Traffic Manager serves no web app below the Standard tier.
//!
//! Seen in `sku.tier` of the plans (`AppServicePlans.json`, 2023-12-01). Switch would wait for ever: the endpoint of such a
//! site has the monitor status `Stopped` (Traffic Manager's documentation of endpoint monitoring).

use super::{Found, blocking};
use crate::{facts::Plan, ids::eq_azure_name, plan::Preflight, upgrade::Upgrade, world::World};

const TOO_LOW: [&str; 4] = ["Free", "Shared", "Basic", "Dynamic"];

/// Both plans are of Standard or higher.
pub(super) fn check(_: &Upgrade, _: &World, preflight: &Preflight) -> Option<Found> {
    let low = |plan: &&Plan| TOO_LOW.iter().any(|tier| eq_azure_name(tier, &plan.tier));
    let plans = [preflight.production_plan.as_ref(), preflight.stage_plan.as_ref()];
    let plan = plans.into_iter().flatten().find(low)?;
    let what = format!(
        "plan `{}` is of tier {}: Traffic Manager needs Standard or higher and would show the endpoint as `Stopped`",
        name(plan),
        plan.tier
    );
    blocking(what, "scale the plan up to Standard or higher")
}

/// Without the subscription id, which many keep as a secret.
fn name(plan: &Plan) -> String {
    let of = |kind: &str| {
        let mut segments = plan.id.split('/').skip_while(|segment| !eq_azure_name(segment, kind));
        segments.nth(1)
    };
    let both = of("resourceGroups").zip(of("serverfarms"));
    both.map_or_else(|| plan.id.clone(), |(group, name)| format!("{group}/{name}"))
}

#[cfg(test)]
#[path = "site_tier_test.rs"]
#[allow(clippy::unwrap_used)]
mod tests;
