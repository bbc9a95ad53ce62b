//! Hands: what somebody else does in the portal, with Terraform or in another pipeline while an upgrade is under way.
//!
//! Users act before and after it as at any change, and the invariants are judged, but what a hand breaks is the hand's doing: it
//! counts for nobody until it was whole again.

mod endpoints;
mod stage;

use std::time::Duration;

use sim_sql::Access;

use crate::{
    Hand, access,
    azure::Azure,
    clock,
    cloud::Cloud,
    faults::Faults,
    replication,
    world::{DatabaseKey, Fate, World},
};

/// Nobody waits longer than this for whoever acts meanwhile.
const LONGEST_PAUSE: f64 = 120.0;

/// Somebody does this.
///
/// # Errors
/// There is nothing that it could be done to.
pub(crate) fn act(cloud: &Cloud, hand: Hand) -> Result<(), String> {
    if hand == Hand::Pause {
        wait_for_release(&cloud.azure, &cloud.faults);
        return Ok(());
    }
    cloud.tick();
    cloud.judge().begin_hand();
    let done = match hand {
        Hand::ProductionTouched => touch_production(cloud),
        Hand::StageOutOfReach => cut_stage_off(&cloud.azure, &cloud.faults),
        hand => change(&cloud.azure, hand),
    };
    cloud.observe_hand();
    done
}

/// Somebody else acts at a request, if it is time for that. Blocks.
pub(crate) fn act_at_request(cloud: &Cloud, hand: Option<Hand>) {
    if let Some(hand) = hand {
        let done = act(cloud, hand);
        cloud.faults.hand_acted(done);
        cloud.azure.changes.notify();
    }
}

/// Lets the operations go on that a fault has made hang, the links that a restored world has made stand still, and the
/// request that waits for somebody.
pub(crate) fn release(azure: &Azure, faults: &Faults) {
    let now = clock::now();
    faults.release();
    let mut world = azure.world();
    world.links.iter_mut().for_each(|link| link.resumes_at = link.resumes_at.min(now));
    for operation in world.operations.values_mut().filter(|operation| operation.fate == Fate::Hangs) {
        (operation.fate, operation.due) = (Fate::Succeeds, now);
    }
    drop(world);
    azure.changes.notify();
}

fn change(azure: &Azure, hand: Hand) -> Result<(), String> {
    match hand {
        Hand::StageElsewhere => stage::point_elsewhere(azure),
        Hand::StageNowhere => stage::point_nowhere(azure),
        Hand::ProductionNowhere => stage::point_production_nowhere(azure),
        Hand::RemoveLink => remove_link(azure),
        Hand::ProductionReadOnly => set(azure, World::production_key, Access::ReadOnly),
        Hand::ProductionReadWrite => set(azure, World::production_key, Access::ReadWrite),
        Hand::StageReadOnly => set(azure, World::copy_key, Access::ReadOnly),
        Hand::StageReadWrite => set(azure, World::copy_key, Access::ReadWrite),
        Hand::WipeTags | Hand::WipeAllTags => {
            azure.world().wipe_tags(hand == Hand::WipeAllTags);
            Ok(())
        }
        hand => azure.world().change_endpoint(hand),
    }
}

/// For a moment in which users write.
fn touch_production(cloud: &Cloud) -> Result<(), String> {
    set(&cloud.azure, World::production_key, Access::ReadWrite)?;
    cloud.tick();
    set(&cloud.azure, World::production_key, Access::ReadOnly)
}

fn cut_stage_off(azure: &Azure, faults: &Faults) -> Result<(), String> {
    let copy = azure.world().copy_key().ok_or("there is no copy of production")?;
    faults.cut_off(copy.0.as_str());
    Ok(())
}

fn set(azure: &Azure, find: impl Fn(&World) -> Option<DatabaseKey>, access: Access) -> Result<(), String> {
    let key = find(&azure.world()).ok_or("there is no such database")?;
    let store = azure.world().databases.get(&key).and_then(|database| database.store.clone());
    let before = store.ok_or("it is not seeded")?.access();
    if before == access {
        return Err(format!("`{}/{}` is so already", key.0, key.1));
    }
    access::set(azure, &key, access)
}

fn remove_link(azure: &Azure) -> Result<(), String> {
    let guid = azure.world().links.first().map(|link| link.guid.clone()).ok_or("there is no link")?;
    replication::cut(azure, &guid);
    Ok(())
}

fn wait_for_release(azure: &Azure, faults: &Faults) {
    let limit = clock::now() + LONGEST_PAUSE;
    while faults.is_paused() && clock::now() < limit && !azure.changes.ended() {
        azure.changes.wait(Duration::from_millis(20));
    }
}

impl World {
    /// Production's database, while it is there.
    fn production_key(&self) -> Option<DatabaseKey> {
        self.databases.values().find(|database| database.guid == self.production).map(crate::world::Database::key)
    }

    /// The copy of production that was made last.
    fn copy_key(&self) -> Option<DatabaseKey> {
        let copies = self.databases.values().filter(|database| database.is_copy());
        copies.max_by(|a, b| a.created.total_cmp(&b.created)).map(crate::world::Database::key)
    }

    fn wipe_tags(&mut self, all: bool) {
        self.profiles.values_mut().for_each(|profile| profile.tags.clear());
        if all {
            self.databases.values_mut().for_each(|database| database.tags.clear());
            self.sites.values_mut().for_each(|site| site.tags.clear());
        }
    }
}
