//! What an upgrade has done so far, from what proves it: rows in the databases first, labels of the profile where there are none.
//!
//! Anybody may wipe a label or flip an endpoint; rows only go with their database. So a row decides, and a label is asked where
//! a release without that row has made the database, or where the database cannot be looked into. What cannot be told then counts
//! as "users may have been on V2".

use jiff::Timestamp;

use crate::{
    facts::{Moment, SqlState},
    labels,
    upgrade::Upgrade,
    world::World,
};

/// Whether users can have written to V2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exposure {
    /// They were never sent there.
    Never,
    /// They may have been; what was written since tells.
    Perhaps,
    /// They were.
    Switched,
    /// Nobody can tell, and nobody can see what was written.
    Unknown,
}

impl World {
    /// The live state knows this upgrade: by the label of the profile, or by the row that prepare wrote.
    pub fn knows(&self, upgrade: &Upgrade) -> bool {
        labels::is_ours(&self.profile, upgrade) || self.has_row_of(upgrade)
    }

    /// The stage endpoint was added by this upgrade.
    pub fn added_stage_endpoint(&self, upgrade: &Upgrade) -> bool {
        labels::endpoint_is_ours(&self.profile, upgrade) || self.has_row_of(upgrade)
    }

    /// The package that this upgrade deployed to the stage site: its digest, and the id of the deployment.
    pub fn package(&self, upgrade: &Upgrade) -> Option<(&str, &str)> {
        let rows = [&self.production.sql, &self.stage.sql].into_iter().flatten().flat_map(|sql| &sql.packages);
        let mut ours = rows.filter(|(run, _)| upgrade.id.is(run));
        labels::package(&self.profile, upgrade).or_else(|| ours.find_map(|(_, value)| labels::read_package(value)))
    }

    fn has_row_of(&self, upgrade: &Upgrade) -> bool {
        self.both().into_iter().any(|sql| sql.upgrade(&upgrade.id).is_some_and(|row| row.has_slots_of(upgrade)))
    }

    fn both(&self) -> Vec<&SqlState> {
        [&self.production.sql, &self.stage.sql].into_iter().flatten().collect()
    }

    /// The stage copy was proved to hold every write that production had when it became read-only, and is that freeze's copy.
    pub fn synchronised(&self, upgrade: &Upgrade) -> bool {
        !self.is_linked_in_sql(upgrade) && self.is_proved(upgrade) && self.is_of_this_freeze(upgrade)
    }

    /// Terminate has proved the copy, and has sent the request that ends its link, or was about to.
    pub fn is_proved(&self, upgrade: &Upgrade) -> bool {
        let written = self.stage.sql.as_ref().and_then(|sql| sql.reached(&upgrade.id, Moment::Synchronised)).is_some();
        let fence = self.production.fence(upgrade).or(self.stage.fence(upgrade));
        written || labels::synchronised(&self.profile, upgrade, fence.map(|fence| fence.opened_at))
    }

    /// Somebody has wiped the labels, and the copy stands alone and is READ_ONLY with the fence row of this freeze open: it has that by
    /// replication, after the last write of a user. Where there are labels they say themselves that the copy was proved.
    pub fn carries_the_freeze(&self, upgrade: &Upgrade) -> bool {
        let open = self.stage.open_fence(upgrade).is_some() && self.stage.read_only();
        let wiped = !labels::is_ours(&self.profile, upgrade);
        wiped && open && self.stage.independent() && self.is_of_this_freeze(upgrade)
    }

    /// The fence row came to the copy by replication. Another freeze would have made another one.
    fn is_of_this_freeze(&self, upgrade: &Upgrade) -> bool {
        let opened = [&self.production, &self.stage].map(|view| view.fence(upgrade).map(|fence| fence.opened_at));
        match opened {
            [Some(here), Some(there)] => here == there,
            // A copy that was looked into and has no fence row is another one: an older backup, or one that somebody has emptied.
            [Some(_), None] => self.stage.sql.is_none(),
            [None, _] => true,
        }
    }

    /// When users were sent to stage.
    pub fn switched_at(&self, upgrade: &Upgrade) -> Option<Timestamp> {
        let written = self.stage.sql.as_ref().and_then(|sql| sql.reached(&upgrade.id, Moment::Switched));
        let labelled = || labels::switched_at(&self.profile, upgrade);
        written.or_else(labelled)
    }

    /// Migrate has opened the copy, and somebody else has enabled its endpoint: no step has written down that users may be there.
    fn is_opened_by_others(&self, upgrade: &Upgrade) -> bool {
        let migrated = self.stage.fence(upgrade).is_some_and(|fence| fence.closed_at.is_some());
        self.reaches_stage(upgrade).is_some() && migrated && self.stage.independent()
    }

    /// Whether users can have written to V2, and would lose that. A link that production's database shows proves that stage never
    /// took a write; a fence row that is closed there, that production was given back and stage given up.
    pub fn exposure(&self, upgrade: &Upgrade) -> Exposure {
        if self.is_linked_in_sql(upgrade) || self.is_given_back(upgrade) {
            return Exposure::Never;
        }
        match &self.stage.sql {
            Some(sql) if sql.has_milestones() => match by_rows(sql, upgrade).max(self.by_labels(upgrade)) {
                Exposure::Never if self.is_opened_by_others(upgrade) || self.v1_works_on_the_copy(upgrade) => {
                    Exposure::Perhaps
                }
                told => told,
            },
            // The copy had what production has. Somebody has emptied it since.
            Some(_)
                if self.production.sql.as_ref().is_some_and(SqlState::has_milestones) && self.is_frozen(upgrade) =>
            {
                Exposure::Unknown
            }
            Some(_) => self.by_signposts(upgrade),
            None => self.without_stage(upgrade),
        }
    }

    /// Migrate has opened the copy, and a rollback has closed it again. Where users may be on it, its fence is open meanwhile.
    pub fn is_closed_again(&self, upgrade: &Upgrade) -> bool {
        let closed = self.stage.fence(upgrade).is_some_and(|fence| fence.closed_at.is_some());
        self.stage.read_only() && (closed || self.exposure(upgrade) == Exposure::Perhaps)
    }

    /// Production was read-only by this upgrade, and has its write access back.
    fn is_given_back(&self, upgrade: &Upgrade) -> bool {
        self.production.fence(upgrade).is_some_and(|fence| fence.closed_at.is_some())
    }

    /// Production's own database shows its link to stage.
    pub fn is_linked_in_sql(&self, upgrade: &Upgrade) -> bool {
        self.production.sql.as_ref().is_some_and(|sql| sql.is_primary_of(&upgrade.stage.database))
    }

    /// Production is read-only by this upgrade.
    fn is_frozen(&self, upgrade: &Upgrade) -> bool {
        self.production.read_only() && self.production.open_fence(upgrade).is_some()
    }

    /// Somebody has let V1's site work on the copy: its users write there.
    fn v1_works_on_the_copy(&self, upgrade: &Upgrade) -> bool {
        self.stage.writable() && self.production.works_on(&upgrade.stage.database)
    }

    /// A row may be deleted as a label may be wiped: whichever says more is believed.
    fn by_labels(&self, upgrade: &Upgrade) -> Exposure {
        match () {
            () if labels::switched_at(&self.profile, upgrade).is_some() => Exposure::Switched,
            () if labels::serving(&self.profile, upgrade) => Exposure::Perhaps,
            () => Exposure::Never,
        }
    }

    /// The copy of a release without milestones: labels and endpoints decide.
    fn by_signposts(&self, upgrade: &Upgrade) -> Exposure {
        let (stage, production) = (self.reaches_stage(upgrade).is_some(), self.enabled(&upgrade.production));
        match () {
            () if labels::switched_at(&self.profile, upgrade).is_some() => Exposure::Switched,
            () if stage && !production => Exposure::Switched,
            () if stage => Exposure::Perhaps,
            () => Exposure::Never,
        }
    }

    /// Nobody can look into stage. That nobody was sent there takes labels that are whole and say so, and an endpoint that is off.
    fn without_stage(&self, upgrade: &Upgrade) -> Exposure {
        let (profile, stage) = (&self.profile, self.reaches_stage(upgrade).is_some());
        let never_frozen = self.production.sql.is_some() && self.production.fence(upgrade).is_none();
        match () {
            () if labels::switched_at(profile, upgrade).is_some() => Exposure::Switched,
            () if never_frozen => Exposure::Never,
            () if stage && !self.enabled(&upgrade.production) => Exposure::Switched,
            () if stage || labels::serving(profile, upgrade) => Exposure::Unknown,
            () if labels::is_ours(profile, upgrade) || self.production.writable() => Exposure::Never,
            () => Exposure::Unknown,
        }
    }

    /// Users are on stage: nothing automatic undoes this.
    pub fn point_of_no_return_passed(&self, upgrade: &Upgrade) -> bool {
        self.exposure(upgrade) == Exposure::Switched
    }
}

/// What the rows of the copy say.
pub(crate) fn by_rows(stage: &SqlState, upgrade: &Upgrade) -> Exposure {
    let reached = |moment| stage.reached(&upgrade.id, moment).is_some();
    match () {
        () if reached(Moment::Switched) => Exposure::Switched,
        () if reached(Moment::Served) || reached(Moment::Switching) => Exposure::Perhaps,
        () => Exposure::Never,
    }
}

#[cfg(test)]
#[path = "evidence_test.rs"]
#[allow(clippy::unwrap_used)]
mod tests;
