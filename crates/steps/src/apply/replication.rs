//! Geo-replication: from the secondary that is created to the copy that stands alone.

use azure::{operation::Outcome, sql};
use rollout::{
    DatabaseId, ReplicationEffect, UpgradeId,
    facts::{Link, LinkStatus, SqlState, Tags},
};
use tsql::statements::{
    copy_sync::{self, CopySync},
    state,
};

use super::executor::Executor;
use crate::{
    failure::{Failure, failed_at_azure, failed_at_sql},
    wait,
};

impl Executor<'_> {
    pub(super) async fn replication(&mut self, effect: &ReplicationEffect) -> Result<(), Failure> {
        match effect {
            ReplicationEffect::AwaitCatchUp { source, target, readings } => {
                self.await_catch_up(source, target, *readings).await
            }
            ReplicationEffect::AwaitCopySync { source, target } => self.await_copy_sync(source, target).await,
            ReplicationEffect::ProveSynchronised { source, target } => self.prove_synchronised(source, target).await,
            ReplicationEffect::ProveIndependent { source, target, upgrade } => {
                self.prove_independent(source, target, upgrade).await
            }
            ReplicationEffect::CreateSecondary { source, target, location, tags } => {
                self.create_secondary(source, target, location, tags).await
            }
            ReplicationEffect::End { source, ending } => self.end_replication(source, ending).await,
        }
    }

    async fn links(&self, database: &DatabaseId) -> Result<Vec<Link>, Failure> {
        let arm = &self.cloud.arm;
        let links = arm.send(&sql::links(arm.scope(), database)).await.map_err(failed_at_azure)?;
        Ok(links.unwrap_or_default())
    }

    pub(super) async fn link(&self, source: &DatabaseId, target: &DatabaseId) -> Result<Option<Link>, Failure> {
        Ok(self.links(source).await?.into_iter().find(|link| link.leads_to(target)))
    }

    async fn state(&mut self, database: &DatabaseId) -> Result<SqlState, Failure> {
        let limit = self.cloud.pace.request;
        state::read(self.session(database).await?, limit).await.map_err(failed_at_sql)
    }

    /// If the operation's address vanishes, the link tells whether it was created.
    pub(super) async fn create_secondary(
        &self,
        source: &DatabaseId,
        target: &DatabaseId,
        location: &str,
        tags: &Tags,
    ) -> Result<(), Failure> {
        let arm = &self.cloud.arm;
        let request = sql::create_secondary(arm.scope(), &sql::Secondary { target, source, location, tags });
        match arm.run(&request, self.cloud.pace.seeding).await.map_err(failed_at_azure)? {
            Outcome::Done => Ok(()),
            Outcome::Vanished => {
                let what = format!("`{target}` is a geo-secondary of `{source}`");
                let look = || async { Ok(self.link(source, target).await?.map(drop)) };
                wait::until(&what, self.cloud.pace.poll, self.cloud.pace.health, look).await
            }
        }
    }

    pub(super) async fn await_catch_up(
        &self,
        source: &DatabaseId,
        target: &DatabaseId,
        readings: u32,
    ) -> Result<(), Failure> {
        let pace = self.cloud.pace;
        let in_a_row = std::cell::Cell::new(0);
        let look = || async {
            let caught_up = self.link(source, target).await?.is_some_and(|link| link.is_primary() && link.caught_up());
            in_a_row.set(if caught_up { in_a_row.get() + 1 } else { 0 });
            Ok((in_a_row.get() >= readings).then_some(()))
        };
        let what = format!("the link to `{target}` is in CATCH_UP {readings} times in a row");
        wait::until(&what, pace.poll, pace.seeding, look).await
    }

    /// A wait that the server refuses is replaced by the check of the link view that follows; one that takes too long
    /// is not.
    pub(super) async fn await_copy_sync(&mut self, source: &DatabaseId, target: &DatabaseId) -> Result<(), Failure> {
        let limit = self.cloud.pace.request;
        let waited = copy_sync::wait(self.session(source).await?, &target.server, &target.name, limit).await;
        match waited.map_err(failed_at_sql)? {
            CopySync::Synchronised => Ok(()),
            CopySync::Refused { number, message } => {
                let what = format!(
                    "the server refuses to wait for the copy (error {number}: {message}); both sides' last commits are compared instead"
                );
                self.cloud.notice(what);
                Ok(())
            }
            CopySync::TimedOut => {
                let why = format!("`{target}` had not received every write of `{source}` after {limit:?}");
                Err(Failure::interrupted(anyhow::anyhow!(why)))
            }
        }
    }

    pub(super) async fn prove_synchronised(&mut self, source: &DatabaseId, target: &DatabaseId) -> Result<(), Failure> {
        let what = format!("`{source}` and `{target}` are in CATCH_UP without lag at the same last commit");
        let mut polls = wait::Poller::new(&what, self.cloud.pace.poll, self.cloud.pace.request);
        loop {
            let (primary, secondary) = (self.state(source).await?, self.state(target).await?);
            if synchronised(&primary, &secondary, source, target) {
                return Ok(());
            }
            polls.next().await?;
        }
    }

    pub(super) async fn prove_primary_in_arm(&self, source: &DatabaseId, target: &DatabaseId) -> Result<(), Failure> {
        match self.link(source, target).await? {
            Some(link) if link.is_primary() => Ok(()),
            Some(link) => {
                let why = format!("Azure shows `{source}` as {} of its link to `{target}`", link.role);
                Err(Failure::broken(anyhow::anyhow!(why)))
            }
            None => Err(Failure::broken(anyhow::anyhow!("Azure shows no link from `{source}` to `{target}`"))),
        }
    }

    pub(super) async fn prove_independent(
        &mut self,
        source: &DatabaseId,
        target: &DatabaseId,
        upgrade: &UpgradeId,
    ) -> Result<(), Failure> {
        let what = format!("`{target}` is independent");
        let mut polls = wait::Poller::new(&what, self.cloud.pace.poll, self.cloud.pace.health);
        while !(self.link(source, target).await?.is_none() && self.links(target).await?.iter().all(Link::is_primary)) {
            polls.next().await?;
        }
        let state = loop {
            match self.state(target).await {
                Ok(state) if state.links.iter().all(LinkStatus::is_primary) => break state,
                _ => polls.next().await?,
            }
        };
        if state.fence(upgrade).is_some() {
            return Ok(());
        }
        let why = format!(
            "`{target}` has no row of upgrade `{upgrade}` in `rolling_upgrade.fence`: it lacks the last writes of \
             production"
        );
        Err(Failure::broken(anyhow::anyhow!(why)))
    }
}

/// `last_replication` is no proof: a read-only database may never advance it. `last_commit` of both sides is.
fn synchronised(primary: &SqlState, secondary: &SqlState, source: &DatabaseId, target: &DatabaseId) -> bool {
    let out = primary.links.iter().find(|link| link.leads_to(target));
    let back = secondary.links.iter().find(|link| link.leads_to(source));
    let (Some(out), Some(back)) = (out, back) else { return false };
    let followed = out.caught_up() && back.caught_up();
    let no_lag = out.lag.is_some_and(|lag| lag.is_zero());
    followed && no_lag && out.last_commit.is_some() && out.last_commit == back.last_commit
}

#[cfg(test)]
#[path = "replication_test.rs"]
#[allow(clippy::unwrap_used)]
mod tests;
