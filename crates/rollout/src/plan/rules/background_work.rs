//! What works in the background: an upgrade stops what it knows how to stop, and tells the rest.
//!
//! Seen in the `continuouswebjobs` and `triggeredwebjobs` of both sites (`WebApps.json`, 2023-12-01). A worker that writes while production is
//! read-only gets 3906, and its message may be given up; V1's and V2's at the same time do work twice.

use super::{Found, list, notice};
use crate::{background::WebJobs, plan::Preflight, upgrade::Upgrade, world::World};

/// Told wherever there are WebJobs. What else works in the background nobody can see from here.
pub(super) fn check(upgrade: &Upgrade, world: &World, _: &Preflight) -> Option<Found> {
    let production = world.production.seen_webjobs().into_iter().flat_map(|jobs| of_production(upgrade, jobs));
    let stage = world.stage.seen_webjobs().and_then(|jobs| of_stage(upgrade, jobs));
    let described: Vec<_> = production.chain(stage).collect();
    if described.is_empty() {
        return None;
    }
    let hint = "stop other background work with `hook-quiesce`: triggered WebJobs of production, Functions, \
                containers, virtual machines; and start V2's with `hook-activate`";
    notice(format!("background work: {}", described.join("; ")), hint)
}

fn of_production(upgrade: &Upgrade, jobs: &WebJobs) -> Vec<String> {
    let (site, running) = (&upgrade.production.site, jobs.running());
    let stopped = (!running.is_empty())
        .then(|| format!("freeze stops WebJobs {} of site `{site}`, and rollback starts them again", list(&running)));
    let left = (!jobs.triggered.is_empty()).then(|| {
        format!("triggered WebJobs {} of site `{site}` cannot be stopped by this software", list(&jobs.triggered))
    });
    stopped.into_iter().chain(left).collect()
}

fn of_stage(upgrade: &Upgrade, jobs: &WebJobs) -> Option<String> {
    let continuous = jobs.continuous.iter().map(|job| &job.name);
    let all: Vec<_> = continuous.chain(&jobs.triggered).collect();
    let site = &upgrade.stage.site;
    (!all.is_empty()).then(|| format!("prepare keeps WebJobs {} of stage site `{site}` from running", list(all)))
}

#[cfg(test)]
#[path = "background_work_test.rs"]
#[allow(clippy::unwrap_used)]
mod tests;
