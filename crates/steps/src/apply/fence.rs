//! The fence in production, and its row in the copy.

use jiff::SignedDuration;
use rollout::{DatabaseId, FenceEffect, UpgradeId};
use tsql::statements::{fence, milestone, schema};

use super::executor::Executor;
use crate::failure::{Failure, failed_at_sql};

impl Executor<'_> {
    pub(super) async fn fence(&mut self, effect: &FenceEffect) -> Result<(), Failure> {
        match effect {
            FenceEffect::CreateTables { database } | FenceEffect::UpdateTables { database } => {
                self.create_fence_table(database).await
            }
            FenceEffect::Open { database, upgrade, within } => self.open_fence(database, upgrade, *within).await,
            FenceEffect::Close { database, upgrade } => self.close_fence(database, upgrade).await,
            FenceEffect::DropTables { database } => self.drop_fence(database).await,
            FenceEffect::CloseInCopy { database, upgrade } => self.close_fence_of_copy(database, upgrade).await,
        }
    }

    pub(super) async fn create_fence_table(&mut self, database: &DatabaseId) -> Result<(), Failure> {
        let limit = self.cloud.pace.request;
        schema::ensure(self.session(database).await?, limit).await.map_err(failed_at_sql)
    }

    pub(super) async fn drop_fence(&mut self, database: &DatabaseId) -> Result<(), Failure> {
        let limit = self.cloud.pace.request;
        schema::remove(self.session(database).await?, limit).await.map_err(failed_at_sql)
    }

    pub(super) async fn open_fence(
        &mut self,
        database: &DatabaseId,
        upgrade: &UpgradeId,
        within: SignedDuration,
    ) -> Result<(), Failure> {
        let limit = self.cloud.pace.request;
        let opened = fence::open(self.session(database).await?, upgrade, within.unsigned_abs(), limit).await;
        opened.map(drop).map_err(failed_at_sql)
    }

    pub(super) async fn close_fence(&mut self, database: &DatabaseId, upgrade: &UpgradeId) -> Result<(), Failure> {
        let limit = self.cloud.pace.request;
        fence::close(self.session(database).await?, upgrade, limit).await.map_err(failed_at_sql)
    }

    pub(super) async fn close_fence_of_copy(&mut self, database: &DatabaseId, run: &UpgradeId) -> Result<(), Failure> {
        let limit = self.cloud.pace.request;
        milestone::close_fence_of_copy(self.session(database).await?, run, limit).await.map_err(failed_at_sql)
    }
}
