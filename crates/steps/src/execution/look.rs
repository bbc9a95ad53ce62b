//! What a step looks at, before it decides and after it has acted.

use std::time::Duration;

use rollout::{Permissions, Step, World, deadline, detour, plan::Preflight, rows::Counted};
use tokio::time::Instant;

use super::{
    progress::{Due, Progress},
    step_run::StepRun,
};
use crate::{
    failure::Failure,
    observe::{self, firewalls, observe, permissions, preflight, preflight::Asked, webjobs},
    sessions::Sessions,
    stop::Halt,
};

impl StepRun<'_> {
    /// Looks at the live state, and at what surrounds it where that matters. The deadline counts from before the look, so
    /// that it is never late.
    ///
    /// # Errors
    /// Something could not be read, or the deadline has passed.
    pub async fn look(&self, progress: &mut Progress) -> Result<Option<Preflight>, Halt> {
        let looked = Instant::now();
        let look = async |progress: &mut Progress| self.see(&mut progress.sessions).await;
        let (world, preflight) = self.part("look at the live state", progress, look).await?;
        let due = deadline(self.step, &self.case(&world, preflight.as_ref()));
        progress.due = due.map(|due| Due { at: due.at, until: looked + due.left.try_into().unwrap_or(Duration::ZERO) });
        progress.writable = world.production.writable();
        progress.world = Some(world);
        if progress.overdue() { Err(Halt::Overdue) } else { Ok(preflight) }
    }

    /// Everything that this step decides on.
    ///
    /// # Errors
    /// Something could not be read.
    pub async fn see(&self, sessions: &mut Sessions) -> Result<(World, Option<Preflight>), Failure> {
        let mut world = observe(self.cloud, self.upgrade, sessions).await?;
        if self.step == Step::Cleanup {
            world.firewalls = firewalls::of_both_servers(self.cloud, self.upgrade).await?;
        }
        let preflight = self.see_around(&mut world, sessions).await?;
        if self.step == Step::Freeze && world.production.writable() && world.stage.sql.is_some() {
            world.permissions = Some(self.try_permissions(sessions).await?);
        }
        self.see_writes(&mut world, sessions).await?;
        Ok((world, preflight))
    }

    /// Before the freeze only: nothing of it is read while users wait.
    async fn see_around(&self, world: &mut World, sessions: &mut Sessions) -> Result<Option<Preflight>, Failure> {
        let before = matches!(self.step, Step::Prepare | Step::Freeze) && !world.production.read_only();
        if !before {
            return Ok(None);
        }
        let asked = Asked { site_options: &self.policy.site, package: self.scripts.package.as_ref() };
        let production = sessions.get(&self.upgrade.production.database);
        let preflight = preflight::look(self.cloud, self.upgrade, world, production, asked).await?;
        webjobs::look(self.cloud, self.upgrade, world, &preflight).await?;
        Ok(Some(preflight))
    }

    async fn try_permissions(&self, sessions: &mut Sessions) -> Result<Permissions, Failure> {
        self.scripts.parse(self.cloud, self.upgrade).await?;
        let termination = self.policy.termination;
        let permissions = permissions::look(self.cloud, self.upgrade, sessions, termination).await?;
        detour(termination, &permissions.closed).into_iter().for_each(|what| self.cloud.notice(what));
        Ok(permissions)
    }

    async fn see_writes(&self, world: &mut World, sessions: &mut Sessions) -> Result<(), Failure> {
        let (upgrade, limit) = (self.upgrade, self.cloud.pace.request);
        let removes = || self.policy.removes_database(&upgrade.production.database);
        if matches!(self.step, Step::Switch | Step::Rollback) || (self.step == Step::Cleanup && removes()) {
            world.counted = self.counted(self.step, sessions).await?;
        }
        if self.step == Step::Terminate && world.production.read_only() {
            world.mark = observe::mark(upgrade, sessions, limit).await?;
        }
        if self.step == Step::Rollback {
            world.written = observe::written(upgrade, world, sessions, limit).await?;
        }
        Ok(())
    }

    /// What was written since migrate. For a rollback, a stage copy that cannot be looked into does not keep production from its
    /// write access.
    ///
    /// # Errors
    /// It could not be read.
    pub async fn counted(&self, step: Step, sessions: &mut Sessions) -> Result<Option<Counted>, Failure> {
        // Switch proves that the log stands still, right before its request.
        let log = step != Step::Switch;
        match observe::counted(self.upgrade, sessions, self.cloud.pace.request, log).await {
            Err(failure) if step == Step::Rollback => {
                self.cloud.notice(format!("this run cannot count the rows of the stage copy: {}", failure.message()));
                Ok(None)
            }
            counted => counted,
        }
    }
}
