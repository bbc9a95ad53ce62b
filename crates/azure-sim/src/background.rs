//! The threads that make time pass: replication, Traffic Manager's probes, the users' timer.

use std::{
    sync::Arc,
    thread::{self, JoinHandle},
    time::Duration,
};

use crate::{cloud::Cloud, replication, users};

/// How often to look whether a deadline has passed, in milliseconds.
const DEADLINE_MS: u64 = 100;

/// Starts them. They end soon after the simulator is told to.
pub(crate) fn start(cloud: &Arc<Cloud>) -> std::io::Result<Vec<JoinHandle<()>>> {
    let mut threads = vec![
        every(cloud, "services", pace(cloud), advance)?,
        every(cloud, "probes", cloud.azure.scenario.probe_interval_ms, |cloud| users::probe(&cloud.sites()))?,
        every(cloud, "deadline", DEADLINE_MS, |cloud| cloud.judge().judge_deadline())?,
    ];
    if cloud.azure.scenario.users > 0 && cloud.azure.scenario.user_interval_ms > 0 {
        threads.push(every(cloud, "users", cloud.azure.scenario.user_interval_ms, |cloud| cloud.tick())?);
    }
    Ok(threads)
}

/// How often to look for something that is due, in milliseconds: finer than what the scenario can tell apart.
fn pace(cloud: &Cloud) -> u64 {
    let scenario = &cloud.azure.scenario;
    let finest = [scenario.lag_ms, scenario.seeding_ms, scenario.operation_ms].into_iter().min().unwrap_or(0);
    (finest / 4).clamp(2, 20)
}

fn every(cloud: &Arc<Cloud>, name: &str, milliseconds: u64, work: fn(&Cloud)) -> std::io::Result<JoinHandle<()>> {
    let (cloud, pause) = (Arc::clone(cloud), Duration::from_millis(milliseconds.max(1)));
    thread::Builder::new().name(format!("azure-sim {name}")).spawn(move || {
        while !cloud.azure.changes.ended() {
            work(&cloud);
            cloud.azure.changes.rest(pause);
        }
    })
}

/// Does what is due.
fn advance(cloud: &Cloud) {
    let mut causes = replication::finish_operations(&cloud.azure);
    causes.extend(cloud.deployments().finish());
    causes.extend(replication::seed(&cloud.azure));
    replication::replicate(&cloud.azure);
    cloud.end_idle_sessions();
    for cause in causes {
        cloud.observe(&format!("background: {cause}"));
    }
}
