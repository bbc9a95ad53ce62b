//! The continuous WebJobs of sites: each takes messages from the queue and works them off in its site's database.

use std::sync::Arc;

use super::pool::{Part, Process};
use crate::{
    clock,
    cloud::Cloud,
    users::{Finished, Writer},
    world::{Name, Site},
};

/// How many messages a WebJob takes in one go.
const MOST: usize = 50;

impl Cloud {
    /// Every WebJob that works takes what waits. One whose database is not in this world has a queue elsewhere too.
    pub(crate) fn work(self: &Arc<Self>) {
        let now = clock::now();
        let busy: Vec<(Site, Vec<Name>)> = {
            let world = self.world();
            let here = world.sites.values().filter(|site| world.database_used(&site.kudu.effective).is_some());
            here.map(|site| (site.clone(), site.working_jobs(now))).collect()
        };
        for (site, jobs) in &busy {
            jobs.iter().for_each(|job| self.take_messages(site, job));
        }
    }

    fn take_messages(self: &Arc<Self>, site: &Site, job: &Name) {
        for _ in 0..MOST {
            let Some(taken) = self.queue().take(clock::now()) else { return };
            let process = Process::of(site, Part::WebJobs);
            match self.run_for(&process, &site.kudu.effective, sql_of(site, job), &taken.work) {
                Ok(commits) => {
                    self.acknowledge(&site.kudu.effective, &commits, Writer::WebJob);
                    if self.queue().done(&taken) == Finished::Twice {
                        self.blame(site, job);
                    }
                }
                Err(_) => {
                    self.queue().failed(&taken);
                    return;
                }
            }
        }
    }

    fn blame(&self, site: &Site, job: &Name) {
        let what = format!("WebJob `{job}` of site `{}` has worked off a message that another has too", site.name);
        self.findings().record(8, what, "the work of WebJobs");
    }
}

fn sql_of<'s>(site: &'s Site, job: &Name) -> &'s [String] {
    let all = site.app.as_ref().map(|app| &app.webjobs.continuous);
    all.and_then(|all| all.iter().find(|(name, _)| *job == *name.as_str())).map_or(&[], |(_, sql)| sql.as_slice())
}
