//! What the databases keep of an upgrade, and the proofs that follow from it.

use rollout::{
    DatabaseId, RecordEffect, Upgrade, UpgradeId,
    facts::Moment,
    measure::{LogEnd, Mark},
    rows::Changes,
};
use tsql::statements::{
    log_end, measure, milestone,
    rows::{self, Kept},
    upgrade,
};

use super::executor::Executor;
use crate::failure::{Failure, failed_at_sql};

impl Executor<'_> {
    pub(super) async fn record(&mut self, effect: &RecordEffect) -> Result<(), Failure> {
        match effect {
            RecordEffect::ProveLogUnmoved { source, target, upgrade } => {
                self.prove_log_unmoved(source, target, upgrade).await
            }
            RecordEffect::CompareRows { source, target } => self.compare_rows(source, target).await,
            RecordEffect::Upgrade { database, upgrade } => self.record_upgrade(database, upgrade).await,
            RecordEffect::Milestone { database, upgrade, moment } => {
                self.record_milestone(database, upgrade, *moment).await
            }
            RecordEffect::EraseMilestone { database, upgrade, moment } => {
                self.erase_milestone(database, upgrade, *moment).await
            }
            RecordEffect::BeginServing { database, upgrade, afresh } => {
                self.begin_serving(database, upgrade, *afresh).await
            }
            RecordEffect::Rows { source, target, upgrade, since } => {
                self.record_rows(source, target, upgrade, since).await
            }
        }
    }

    pub(super) async fn record_upgrade(&mut self, database: &DatabaseId, row: &Upgrade) -> Result<(), Failure> {
        let limit = self.cloud.pace.request;
        upgrade::record(self.session(database).await?, row, limit).await.map_err(failed_at_sql)
    }

    pub(super) async fn record_milestone(
        &mut self,
        database: &DatabaseId,
        run: &UpgradeId,
        moment: Moment,
    ) -> Result<(), Failure> {
        let limit = self.cloud.pace.request;
        milestone::record(self.session(database).await?, run, moment, limit).await.map_err(failed_at_sql)
    }

    pub(super) async fn erase_milestone(
        &mut self,
        database: &DatabaseId,
        run: &UpgradeId,
        moment: Moment,
    ) -> Result<(), Failure> {
        let limit = self.cloud.pace.request;
        milestone::erase(self.session(database).await?, run, moment, limit).await.map_err(failed_at_sql)
    }

    pub(super) async fn begin_serving(
        &mut self,
        database: &DatabaseId,
        run: &UpgradeId,
        afresh: bool,
    ) -> Result<(), Failure> {
        let limit = self.cloud.pace.request;
        measure::begin(self.session(database).await?, run, afresh, limit).await.map_err(failed_at_sql)
    }

    /// An end that could not be seen when it was to be kept cannot be compared, which people are told. One that is not kept at all is
    /// no proof of anything.
    pub(super) async fn prove_log_unmoved(
        &mut self,
        source: &DatabaseId,
        target: &DatabaseId,
        run: &UpgradeId,
    ) -> Result<(), Failure> {
        let limit = self.cloud.pace.request;
        let kept = log_end::kept(self.session(target).await?, run, limit).await.map_err(failed_at_sql)?;
        let now = log_end::read(self.session(source).await?, limit).await.map_err(failed_at_sql)?;
        match kept.compared_with(now) {
            LogEnd::Unmoved => Ok(()),
            LogEnd::Unseen => {
                self.cloud.notice(format!(
                    "this log-in may not read the log of `{source}`: this step cannot detect an UPDATE that was made \
                     while it took writes for a moment"
                ));
                Ok(())
            }
            LogEnd::Grown => {
                let why =
                    format!("the log of `{source}` has grown since replication to the copy ended: it was written to");
                Err(Failure::broken(anyhow::anyhow!(why)))
            }
            LogEnd::Unknown => {
                let why =
                    format!("nothing proves that `{source}` was not written to since replication to the copy ended");
                Err(Failure::broken(anyhow::anyhow!(why)))
            }
        }
    }

    pub(super) async fn compare_rows(&mut self, source: &DatabaseId, target: &DatabaseId) -> Result<(), Failure> {
        let limit = self.cloud.pace.request;
        let here = rows::count(self.session(source).await?, limit).await.map_err(failed_at_sql)?;
        let there = rows::count(self.session(target).await?, limit).await.map_err(failed_at_sql)?;
        let changes = Changes::between(&here, &there);
        if changes.is_empty() {
            return Ok(());
        }
        let why = format!("`{source}` and `{target}` differ in their rows: {changes}");
        Err(Failure::broken(anyhow::anyhow!(why)))
    }

    pub(super) async fn record_rows(
        &mut self,
        source: &DatabaseId,
        target: &DatabaseId,
        upgrade: &UpgradeId,
        since: &Mark,
    ) -> Result<(), Failure> {
        let limit = self.cloud.pace.request;
        if let Some(kept) = rows::kept(self.session(target).await?, upgrade, limit).await.map_err(failed_at_sql)? {
            return self.prove_unwritten_since(source, target, upgrade, &kept, since).await;
        }
        let production = rows::count(self.session(source).await?, limit).await.map_err(failed_at_sql)?;
        let stage = rows::count(self.session(target).await?, limit).await.map_err(failed_at_sql)?;
        self.keep_measures(source, target, upgrade, since).await?;
        rows::keep(self.session(target).await?, upgrade, &Kept { production, stage }, limit)
            .await
            .map_err(failed_at_sql)
    }

    async fn keep_measures(
        &mut self,
        source: &DatabaseId,
        target: &DatabaseId,
        upgrade: &UpgradeId,
        since: &Mark,
    ) -> Result<(), Failure> {
        let limit = self.cloud.pace.request;
        let now = measure::mark(self.session(source).await?, limit).await.map_err(failed_at_sql)?;
        self.prove_unwritten_until(source, since, &now)?;
        let copy = self.session(target).await?;
        measure::keep(copy, upgrade, limit).await.map_err(failed_at_sql)?;
        log_end::keep(copy, upgrade, now.log_end.as_deref(), limit).await.map_err(failed_at_sql)
    }

    /// An UPDATE that somebody made while production was READ_WRITE for a moment changes no row count.
    fn prove_unwritten_until(&self, source: &DatabaseId, before: &Mark, now: &Mark) -> Result<(), Failure> {
        if before.is_empty() {
            self.cloud.notice(format!(
                "terminate recorded neither the log nor the counters of `{source}`: this step cannot detect an UPDATE \
                 between terminate and migrate"
            ));
            return Ok(());
        }
        let written = before.written_until(now);
        if written.is_nothing() {
            return Ok(());
        }
        let why = format!(
            "`{source}` {written} since terminate read its log and counters: its copy may not have every write"
        );
        Err(Failure::broken(anyhow::anyhow!(why)))
    }

    /// A migrate that is run again must not hide what came between. The release before kept no end of the log.
    async fn prove_unwritten_since(
        &mut self,
        source: &DatabaseId,
        target: &DatabaseId,
        upgrade: &UpgradeId,
        kept: &Kept,
        since: &Mark,
    ) -> Result<(), Failure> {
        let limit = self.cloud.pace.request;
        let here = self.session(source).await?;
        let changes = Changes::between(&kept.production, &rows::count(here, limit).await.map_err(failed_at_sql)?);
        if !changes.is_empty() {
            let why = format!("`{source}` was written to after replication to the copy ended: {changes}");
            return Err(Failure::broken(anyhow::anyhow!(why)));
        }
        let copy = self.session(target).await?;
        match log_end::kept(copy, upgrade, limit).await.map_err(failed_at_sql)? {
            log_end::Kept::Nothing => self.keep_measures(source, target, upgrade, since).await,
            _ => self.prove_log_unmoved(source, target, upgrade).await,
        }
    }
}
