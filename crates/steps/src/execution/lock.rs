//! The session with which every step begins: it holds the lock.

use rollout::{DatabaseId, Refusal, Step};

use super::step_run::StepRun;
use crate::{
    cloud::NotConnected,
    failure::{Failure, failed_at_azure},
    lock,
    sessions::Sessions,
};

impl StepRun<'_> {
    /// The session that holds the lock. Only cleanup goes on without one, once production's database is removed.
    ///
    /// # Errors
    /// The log-in failed, or another run holds the lock.
    pub async fn locked(&self) -> Result<Sessions, Failure> {
        let production = &self.upgrade.production.database;
        if self.step == Step::Cleanup && self.removed(production).await? {
            return Ok(Sessions::default());
        }
        let mut session = match self.cloud.connect(production).await {
            Ok(session) => session,
            Err(error) => return Err(self.not_connected(error).await),
        };
        lock::take(self.cloud, self.step, production, &mut session).await?;
        Ok(Sessions::with_lock(production, session))
    }

    /// Servers say the same of a database that is not there and of one that is not there for the moment.
    async fn not_connected(&self, error: NotConnected) -> Failure {
        let production = &self.upgrade.production.database;
        match self.removed(production).await {
            Ok(true) => {
                let why = format!("production database `{production}` does not exist");
                let stage = &self.upgrade.stage.database;
                let hint = format!(
                    "if the identifier is wrong, correct it; if users are on V2, nothing is left to do; if the \
                     database was deleted before the switch, restore it, or send users to V2 by hand if `{stage}` has \
                     every write"
                );
                Refusal::new(format!("run {}", self.step.name()), why, hint).into()
            }
            _ => error.into(),
        }
    }

    async fn removed(&self, database: &DatabaseId) -> Result<bool, Failure> {
        let arm = &self.cloud.arm;
        let found = arm.send(&azure::sql::database(arm.scope(), database)).await.map_err(failed_at_azure)?;
        Ok(found.is_none())
    }
}
