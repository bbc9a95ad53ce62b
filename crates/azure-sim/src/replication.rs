//! What databases do by themselves: seeding, the journey of commits to secondaries, the end of long operations.

use std::{sync::Arc, time::Duration};

use sim_sql::{Commit, Stop, Store};

use crate::{
    access,
    azure::Azure,
    clock,
    lock::lock,
    service::COPY_SYNC_FAILED,
    world::{DatabaseKey, Link, LinkState, Parting, World},
};

/// Ends the operations that are due. Answers what happened.
pub(crate) fn finish_operations(azure: &Azure) -> Vec<String> {
    let replay = lock(&azure.replay);
    deliver(azure);
    let now = clock::now();
    let unlinking = azure.world().unlinking(now);
    // Once before the end, which takes what there is, and once after it, for a commit that came in between.
    unlinking.iter().for_each(|link| drain(azure, link));
    let finished = azure.world().finish_operations(now);
    unlinking.iter().for_each(|link| drain(azure, link));
    drop(replay);
    let mut causes = Vec::new();
    for end in finished {
        end.dropped.iter().for_each(|store| store.kill_all());
        end.parted.iter().for_each(|link| parted(azure, link));
        causes.push(end.cause);
    }
    causes
}

/// Copies the source of every link whose seeding time is over. Answers what happened.
pub(crate) fn seed(azure: &Azure) -> Vec<String> {
    let now = clock::now();
    let mut world = azure.world();
    for link in world.links.iter_mut().filter(|link| link.state == LinkState::Pending && link.started < now) {
        (link.state, link.modified) = (LinkState::Seeding, now);
    }
    let due = |link: &&Link| link.state == LinkState::Seeding && link.seeded_at <= now;
    let links: Vec<Link> = world.links.iter().filter(due).cloned().collect();
    drop(world);
    links.iter().filter_map(|link| seed_link(azure, link)).collect()
}

fn seed_link(azure: &Azure, link: &Link) -> Option<String> {
    let _replay = lock(&azure.replay);
    let source = azure.world().databases.get(&link.source)?.clone();
    let floor = source.last_commit()?;
    let original = source.store?;
    let store = match azure.storage.copy(&original) {
        Ok(store) => store,
        Err(error) => {
            tracing::error!(%error, "seeding `{}` on `{}`", link.target.1, link.target.0);
            return None;
        }
    };
    let mut world = azure.world();
    let stored = world.links.iter_mut().find(|stored| stored.guid == link.guid)?;
    (stored.state, stored.modified) = (LinkState::CatchUp, clock::now());
    let target = world.databases.get_mut(&link.target)?;
    (target.store, target.commit_floor) = (Some(store), floor);
    Some(format!("`{}` on `{}` is seeded", link.target.1, link.target.0))
}

/// Delivers every commit that has been on its way for the scenario's lag.
pub(crate) fn replicate(azure: &Azure) {
    let replay = lock(&azure.replay);
    let delivered = deliver(azure);
    drop(replay);
    if delivered {
        azure.changes.notify();
    }
}

/// The same for somebody who holds the replay lock.
fn deliver(azure: &Azure) -> bool {
    let now = clock::now();
    let ready = now - clock::seconds(azure.scenario.lag_ms);
    let mut delivered = false;
    let roads = roads(&azure.world(), now);
    for Road { source, target, backlog } in roads {
        for commit in pending(&source, &target, &backlog).iter().take_while(|commit| commit.at <= ready) {
            if let Err(error) = target.apply(commit) {
                tracing::error!(%error, "replaying commit {} of `{}`", commit.position, source.name());
                break;
            }
            delivered = true;
        }
    }
    delivered
}

/// Delivers everything that is on its way over a link, whatever the lag, for somebody who holds the replay lock.
fn drain(azure: &Azure, link: &Link) {
    let Some((source, target)) = stores(&azure.world(), link) else { return };
    for commit in pending(&source, &target, &link.backlog) {
        if let Err(error) = target.apply(&commit) {
            tracing::error!(%error, "draining commit {} of `{}`", commit.position, source.name());
            return;
        }
    }
}

/// Ends a link at once. What its target has not received by now it never receives.
pub(crate) fn cut(azure: &Azure, guid: &str) {
    let replay = lock(&azure.replay);
    deliver(azure);
    let link = azure.world().remove_link(guid);
    drop(replay);
    if let Some(link) = link {
        parted(azure, &link);
    }
}

/// From now on the two databases are independent of each other.
fn parted(azure: &Azure, link: &Link) {
    let mut world = azure.world();
    if azure.scenario.end_of_link_is_logged {
        let keys = [&link.source, &link.target];
        let stores = keys.into_iter().filter_map(|key| world.databases.get(key)?.store.as_ref());
        stores.for_each(|store| store.log_system_record());
    }
    let guid = |key: &DatabaseKey| world.databases.get(key).map(|database| database.guid.clone());
    if let Some((source, target)) = guid(&link.source).zip(guid(&link.target)) {
        world.partings.push(Parting { source, target, at: clock::now() });
    }
    drop(world);
    if !azure.scenario.read_only_replicates {
        access::open(azure, &link.target);
    }
}

/// Blocks until the target has everything that the source has committed by now.
pub(crate) fn wait_for_copy(azure: &Azure, link: &Link, stop: &Stop) -> i32 {
    let Some((source, target)) = stores(&azure.world(), link) else { return COPY_SYNC_FAILED };
    resume(azure, &link.guid);
    let (wanted, limit) = (source.position(), clock::now() + clock::seconds(azure.scenario.copy_sync_timeout_ms));
    loop {
        replicate(azure);
        if target.position() >= wanted {
            return 0;
        }
        let gone = !azure.world().links.iter().any(|other| other.guid == link.guid);
        if gone || stop.is_set() || azure.changes.ended() || clock::now() > limit {
            return COPY_SYNC_FAILED;
        }
        azure.changes.wait(Duration::from_millis(azure.scenario.lag_ms.clamp(1, 10)));
    }
}

/// A link that stands still takes no longer than the lag to go on once somebody waits for it.
fn resume(azure: &Azure, guid: &str) {
    let soon = clock::now() + clock::seconds(azure.scenario.lag_ms);
    let mut world = azure.world();
    let stalled = world.links.iter_mut().filter(|link| link.guid == guid);
    stalled.for_each(|link| link.resumes_at = link.resumes_at.min(soon));
}

/// `sp_wait_for_database_copy_sync` of a scenario in which it does not come back by itself.
pub(crate) fn wait_in_vain(azure: &Azure, stop: &Stop) -> i32 {
    let limit = clock::now() + clock::seconds(azure.scenario.copy_sync_timeout_ms);
    while clock::now() < limit && !stop.is_set() && !azure.changes.ended() {
        azure.changes.wait(Duration::from_millis(10));
    }
    COPY_SYNC_FAILED
}

/// Commits that the target of a link does not have yet, oldest first.
pub(crate) fn pending(source: &Store, target: &Store, backlog: &[Arc<Commit>]) -> Vec<Arc<Commit>> {
    let has = target.position();
    let mut commits: Vec<Arc<Commit>> = backlog.iter().filter(|commit| commit.position > has).cloned().collect();
    let from = commits.last().map_or(has, |commit| commit.position);
    commits.extend(source.commits_after(from));
    commits
}

/// The two databases of a link that is in operation.
pub(crate) fn stores(world: &World, link: &Link) -> Option<(Arc<Store>, Arc<Store>)> {
    let store = |key: &DatabaseKey| world.databases.get(key)?.store.clone();
    store(&link.source).zip(store(&link.target))
}

/// The way of commits over a link in operation.
struct Road {
    source: Arc<Store>,
    target: Arc<Store>,
    backlog: Vec<Arc<Commit>>,
}

/// The roads of all links in operation, a link before those that start at its target.
fn roads(world: &World, now: f64) -> Vec<Road> {
    let open = |link: &&Link| link.state == LinkState::CatchUp && link.resumes_at <= now;
    let mut links: Vec<&Link> = world.links.iter().filter(open).collect();
    links.sort_by_key(|link| world.links.iter().any(|other| other.target == link.source));
    let road = |link: &Link| {
        let (source, target) = stores(world, link)?;
        Some(Road { source, target, backlog: link.backlog.clone() })
    };
    links.into_iter().filter_map(road).collect()
}
