//! Runs hooks, and writes down which ran.

use rollout::{DatabaseId, RunHook, UpgradeId, background::Hook};
use tsql::statements::background;

use super::executor::Executor;
use crate::{
    failure::{Failure, failed_at_sql},
    hooks::{self, HookContext},
};

impl Executor<'_> {
    pub(super) async fn hook(&mut self, RunHook { hook, database, upgrade }: &RunHook) -> Result<(), Failure> {
        match hook {
            Hook::Quiesce => self.quiesce(database, upgrade).await,
            Hook::Resume => self.resume(database, upgrade).await,
            Hook::Activate => self.activate(database, upgrade).await,
        }
    }

    /// One that failed may have done half of its work, so it is undone before anything is said.
    async fn quiesce(&mut self, database: &DatabaseId, upgrade: &UpgradeId) -> Result<(), Failure> {
        self.note(database, upgrade, Hook::Quiesce).await?;
        let Err(error) = self.call(Hook::Quiesce).await else { return Ok(()) };
        let hint = format!("repair the hook and run this step again; `{database}` takes writes as before");
        match self.resume(database, upgrade).await {
            Ok(()) => Err(Failure::refused(error, hint)),
            Err(worse) => {
                let why = format!("`{database}` takes writes as before, but {}; before that", worse.message());
                Err(Failure { hint: worse.hint, ..Failure::interrupted(error.context(why)) })
            }
        }
    }

    async fn resume(&mut self, database: &DatabaseId, upgrade: &UpgradeId) -> Result<(), Failure> {
        match self.call(Hook::Resume).await {
            Ok(true) => {}
            Ok(false) => self.cloud.notice(hooks::NOT_RESUMED),
            Err(error) => {
                let what = format!("what {} stopped was not started again", Hook::Quiesce);
                let hint = format!("repair the hook and run rollback: it runs {} again", Hook::Resume);
                return Err(Failure { hint, ..Failure::interrupted(error.context(what)) });
            }
        }
        let limit = self.cloud.pace.request;
        let session = self.session(database).await?;
        background::forget_hook(session, upgrade, Hook::Quiesce, limit).await.map_err(failed_at_sql)
    }

    async fn activate(&mut self, database: &DatabaseId, upgrade: &UpgradeId) -> Result<(), Failure> {
        if let Err(error) = self.call(Hook::Activate).await {
            let error = error.context("users are on V2, but not all of its background work runs");
            let hint = format!("repair the hook and run switch again: it runs {} again", Hook::Activate);
            return Err(Failure { hint, ..Failure::interrupted(error) });
        }
        self.note(database, upgrade, Hook::Activate).await
    }

    async fn note(&mut self, database: &DatabaseId, upgrade: &UpgradeId, hook: Hook) -> Result<(), Failure> {
        let limit = self.cloud.pace.request;
        background::note_hook(self.session(database).await?, upgrade, hook, limit).await.map_err(failed_at_sql)
    }

    async fn call(&self, hook: Hook) -> anyhow::Result<bool> {
        let context = HookContext { upgrade: self.upgrade, subscription: self.cloud.arm.scope().subscription() };
        self.hooks.run(hook, &self.cloud.runner_io, &context).await
    }
}
