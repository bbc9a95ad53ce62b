//! Hands: what somebody else does in the portal, with Terraform or in another pipeline while an upgrade is under way.
//!
//! Users act before and after it as at any change, and the invariants are judged, but what a hand breaks is the hand's doing: it
//! counts for nobody until it was whole again.

mod endpoints;
mod stage;

use std::{sync::Arc, time::Duration};

use sim_sql::Access;

use crate::{
    Hand, clock,
    cloud::Cloud,
    sql::set_access,
    world::{DatabaseKey, World},
};

/// Nobody waits longer than this for whoever acts meanwhile.
const LONGEST_PAUSE: f64 = 120.0;

impl Cloud {
    /// Somebody does this.
    ///
    /// # Errors
    /// There is nothing that it could be done to.
    pub(crate) fn act_by_hand(self: &Arc<Self>, hand: Hand) -> Result<(), String> {
        if hand == Hand::Pause {
            self.wait_for_release();
            return Ok(());
        }
        self.tick();
        self.begin_hand();
        let done = self.change_by_hand(hand);
        self.observe_hand();
        done
    }

    fn change_by_hand(self: &Arc<Self>, hand: Hand) -> Result<(), String> {
        match hand {
            Hand::StageElsewhere | Hand::StageNowhere => self.point_stage(hand == Hand::StageElsewhere),
            Hand::ProductionNowhere => self.point_production_nowhere(),
            Hand::RemoveLink => self.remove_link_by_hand(),
            Hand::ProductionReadOnly => self.set_by_hand(World::production_key, Access::ReadOnly),
            Hand::ProductionReadWrite => self.set_by_hand(World::production_key, Access::ReadWrite),
            Hand::ProductionTouched => {
                self.set_by_hand(World::production_key, Access::ReadWrite)?;
                self.tick();
                self.set_by_hand(World::production_key, Access::ReadOnly)
            }
            Hand::StageReadOnly => self.set_by_hand(World::copy_key, Access::ReadOnly),
            Hand::StageReadWrite => self.set_by_hand(World::copy_key, Access::ReadWrite),
            Hand::StageOutOfReach => {
                let copy = self.world().copy_key().ok_or("there is no copy of production")?;
                self.faults.cut_off(copy.0.as_str());
                Ok(())
            }
            Hand::WipeTags | Hand::WipeAllTags => {
                self.world().wipe_tags(hand == Hand::WipeAllTags);
                Ok(())
            }
            Hand::Pause => Ok(()),
            hand => self.world().change_endpoint(hand),
        }
    }

    fn set_by_hand(
        self: &Arc<Self>,
        find: impl Fn(&World) -> Option<DatabaseKey>,
        access: Access,
    ) -> Result<(), String> {
        let key = find(&self.world()).ok_or("there is no such database")?;
        let store = self.world().databases.get(&key).and_then(|database| database.store.clone());
        let before = store.ok_or("it is not seeded")?.access();
        if before == access {
            return Err(format!("`{}/{}` is so already", key.0, key.1));
        }
        set_access(self, &key, access)
    }

    fn remove_link_by_hand(self: &Arc<Self>) -> Result<(), String> {
        let guid = self.world().links.first().map(|link| link.guid.clone()).ok_or("there is no link")?;
        self.cut(&guid);
        Ok(())
    }

    fn wait_for_release(&self) {
        let limit = clock::now() + LONGEST_PAUSE;
        while self.faults.is_paused() && clock::now() < limit && !self.stopping() {
            self.pause(Duration::from_millis(20));
        }
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
