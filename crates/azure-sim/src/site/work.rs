//! The continuous WebJobs of sites: each takes messages from the queue and works them off in its site's database.

use super::{
    Sites,
    pool::{Part, Process},
};
use crate::{
    clock,
    ledger::Writer,
    lock::lock,
    queue::Finished,
    world::{Name, Site},
};

/// How many messages a WebJob takes in one go.
const MOST: usize = 50;

/// Every WebJob that works takes what waits. One whose database is not in this world has a queue elsewhere too. Answers
/// which messages were worked off twice.
pub(crate) fn work(sites: &Sites<'_>) -> Vec<String> {
    let now = clock::now();
    let busy: Vec<(Site, Vec<Name>)> = {
        let world = sites.azure.world();
        let here = world.sites.values().filter(|site| world.database_used(&site.kudu.effective).is_some());
        here.map(|site| (site.clone(), site.working_jobs(now))).collect()
    };
    let jobs = busy.iter().flat_map(|(site, jobs)| jobs.iter().map(move |job| (site, job)));
    jobs.flat_map(|(site, job)| take_messages(sites, site, job)).collect()
}

fn take_messages(sites: &Sites<'_>, site: &Site, job: &Name) -> Vec<String> {
    let mut twice = Vec::new();
    for _ in 0..MOST {
        let Some(taken) = lock(sites.queue).take(clock::now()) else { break };
        let process = Process::of(site, Part::WebJobs);
        let Ok(commits) = sites.run(&process, &site.kudu.effective, sql_of(site, job), &taken.work) else {
            lock(sites.queue).failed(&taken);
            break;
        };
        sites.acknowledge(&site.kudu.effective, &commits, Writer::WebJob);
        if lock(sites.queue).done(&taken) == Finished::Twice {
            twice.push(format!("WebJob `{job}` of site `{}` has worked off a message that another has too", site.name));
        }
    }
    twice
}

fn sql_of<'s>(site: &'s Site, job: &Name) -> &'s [String] {
    let all = site.app.as_ref().map(|app| &app.webjobs.continuous);
    all.and_then(|all| all.iter().find(|(name, _)| *job == *name.as_str())).map_or(&[], |(_, sql)| sql.as_slice())
}
