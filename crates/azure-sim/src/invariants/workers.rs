//! Invariant 8: no background worker runs against a read-only database, nor twice.

use super::writers::takes_writes;
use crate::world::World;

/// WebJobs whose database is not in this world belong to another system.
pub(super) fn check(world: &World, now: f64) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut busy = Vec::new();
    for site in world.sites.values() {
        let (jobs, database) = (site.live_jobs(now), world.database_used(&site.kudu.effective));
        let (Some(job), Some(database)) = (jobs.first(), database) else { continue };
        let who = format!("WebJob `{job}` of site `{}`", site.name);
        if !takes_writes(world, database) {
            wrong.push(format!("{who} runs against `{}/{}`, which is read-only", database.server, database.name));
        }
        busy.push(who);
    }
    if busy.len() > 1 {
        wrong.push(format!("{} run at the same time", busy.join(" and ")));
    }
    wrong
}
