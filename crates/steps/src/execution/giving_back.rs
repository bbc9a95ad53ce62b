//! What a rollback does otherwise than other steps: write access comes first, and what follows is done as far as it can be.

use rollout::{Effect, give_back_by_sql};
use tsql::statements::measure;

use super::{progress::Progress, step_run::StepRun};
use crate::{failure::Failure, observe, sessions::Sessions, stop::Halt};

impl StepRun<'_> {
    /// Users get their write access back before anything else is asked for, where the databases alone show that this loses nothing.
    ///
    /// # Errors
    /// Production cannot be looked into, or could not be given back.
    pub async fn give_back_first(&self, progress: &mut Progress) -> Result<(), Halt> {
        let look = async |progress: &mut Progress| self.effects_by_sql(&mut progress.sessions).await;
        let effects = self.part("look into both databases", progress, look).await?;
        self.apply(&effects, progress).await
    }

    async fn effects_by_sql(&self, sessions: &mut Sessions) -> Result<Vec<Effect>, Failure> {
        let (cloud, upgrade) = (self.cloud, self.upgrade);
        let production = observe::production_state(cloud, upgrade, sessions).await?;
        if !production.read_only {
            return Ok(Vec::new());
        }
        let linked = production.links.iter().any(|link| link.leads_to(&upgrade.stage.database));
        let stage = match linked {
            true => None,
            // What keeps stage from being looked into now is told when all is looked at.
            false => observe::look_into(cloud, &upgrade.stage.database, sessions).await.ok().and_then(Result::ok),
        };
        let written = match sessions.get(&upgrade.stage.database).filter(|_| stage.is_some()) {
            Some(session) => measure::written(session, &upgrade.id, cloud.pace.request).await.ok(),
            None => None,
        };
        let termination = self.policy.termination;
        let effects = give_back_by_sql(upgrade, &production, stage.as_ref(), written.as_ref(), termination);
        Ok(effects.unwrap_or_default())
    }
}
