//! The user's scripts: read before anything else, parsed before the freeze, run on stage, checked.

use std::{path::Path, time::Duration};

use jiff::SignedDuration;
use rollout::{DatabaseId, ScriptName, ScriptsEffect, Step, Upgrade, UpgradeId, history};
use tokio::time::Instant;
use tsql::{
    Script, script,
    statements::{
        check::{self, CheckFailure},
        folder,
        journal::{self, Ran, ScriptFailure},
        parse_only, state,
    },
};

use super::Executor;
use crate::{
    cloud::{Cloud, failed_at_sql},
    failure::Failure,
    inputs::{Limits, SiteInputs},
    package::Package,
};

/// The scripts of a step, and V2's package.
#[derive(Debug, Default)]
pub struct Scripts {
    upgrade: Vec<Script>,
    checks: Vec<Script>,
    /// What prepare deploys.
    pub package: Option<Package>,
}

impl Scripts {
    /// Reads the folders that the step needs, and the package.
    ///
    /// # Errors
    /// A folder is not named, or something cannot be used.
    pub fn read(step: Step, limits: &Limits, site: &SiteInputs) -> Result<Self, Failure> {
        if step == Step::Prepare {
            return Ok(Self { package: Package::read(site)?, ..Self::default() });
        }
        if !matches!(step, Step::Freeze | Step::Migrate) {
            return Ok(Self::default());
        }
        let folder = limits.scripts.as_ref().ok_or_else(|| {
            Failure::refused(
                anyhow::anyhow!("the input `scripts` is missing"),
                "pass the folder of the upgrade scripts, for example `--scripts db/upgrade`",
            )
        })?;
        let checks = limits.checks.as_deref().map(read_folder).transpose()?;
        Ok(Self { upgrade: read_folder(folder)?, checks: checks.unwrap_or_default(), package: None })
    }

    /// Names and digests of the upgrade scripts, in the order in which they run.
    pub fn names(&self) -> Vec<ScriptName> {
        names(&self.upgrade)
    }

    /// Names and digests of the checks, in the order in which they run.
    pub fn check_names(&self) -> Vec<ScriptName> {
        names(&self.checks)
    }

    /// Has a server parse every batch, without running any, on a session of its own on the read-only copy.
    ///
    /// # Errors
    /// A batch is not understood, or the server cannot be asked.
    pub async fn parse(&self, cloud: &Cloud, upgrade: &Upgrade) -> Result<(), Failure> {
        let session = cloud.connect(&upgrade.stage.database).await?;
        let all: Vec<Script> = self.upgrade.iter().chain(&self.checks).cloned().collect();
        let wrong = parse_only::check(session, &all, cloud.pace.request).await.map_err(failed_at_sql)?;
        if wrong.is_empty() {
            return Ok(());
        }
        let list: Vec<_> = wrong.iter().map(|wrong| format!("`{}`: {}", wrong.script, wrong.error)).collect();
        let error = anyhow::anyhow!("the server does not understand the scripts: {}", list.join("; "));
        Err(Failure::refused(error, "correct the scripts, then plan again: nothing was changed"))
    }
}

/// Names and digests of scripts, in their order.
pub fn names(scripts: &[Script]) -> Vec<ScriptName> {
    scripts.iter().map(|script| ScriptName { name: script.name.clone(), digest: script.digest.clone() }).collect()
}

/// The scripts of a folder.
///
/// # Errors
/// The folder cannot be used.
pub fn read_folder(folder: &Path) -> Result<Vec<Script>, Failure> {
    script::read_folder(folder).map_err(|error| Failure::refused(error, "correct the scripts: nothing was sent yet"))
}

impl Executor<'_> {
    pub(super) async fn scripts(&mut self, effect: &ScriptsEffect) -> Result<(), Failure> {
        match effect {
            ScriptsEffect::RunChecks { database } => self.run_checks(database).await,
            ScriptsEffect::Run { database, upgrade, within } => self.run_scripts(database, upgrade, *within).await,
            ScriptsEffect::KeepFolder { database, upgrade, scripts, checks } => {
                self.keep_folder(database, upgrade, scripts, checks).await
            }
        }
    }

    /// Runs what the journal lacks.
    pub(super) async fn run_scripts(
        &mut self,
        database: &DatabaseId,
        upgrade: &UpgradeId,
        within: SignedDuration,
    ) -> Result<(), Failure> {
        let deadline = Instant::now() + within.unsigned_abs();
        let request = self.cloud.pace.request;
        let state = state::read(self.session(database).await?, request).await.map_err(failed_at_sql)?;
        let scripts = self.scripts;
        let ran = history::ran(&scripts.names(), &state.journal, upgrade).map_err(Failure::broken)?;
        for (script, ran) in scripts.upgrade.iter().zip(ran) {
            match ran.filter(|row| !upgrade.is(&row.run)) {
                Some(row) => {
                    self.cloud.runner_io.say(&format!("`{}` ran before, in upgrade `{}`", script.name, row.run))
                }
                None if ran.is_some() => {}
                None => self.run_script(script, upgrade, deadline.saturating_duration_since(Instant::now())).await?,
            }
        }
        Ok(())
    }

    /// Writes down what was run, once all of it is finished.
    pub(super) async fn keep_folder(
        &mut self,
        database: &DatabaseId,
        upgrade: &UpgradeId,
        scripts: &[ScriptName],
        checks: &[ScriptName],
    ) -> Result<(), Failure> {
        let limit = self.cloud.pace.request;
        folder::keep(self.session(database).await?, upgrade, scripts, checks, limit).await.map_err(failed_at_sql)
    }

    async fn run_script(&mut self, script: &Script, upgrade: &UpgradeId, left: Duration) -> Result<(), Failure> {
        let cloud = self.cloud;
        let stage = self.upgrade.stage.database.clone();
        let stage = self.session(&stage).await?;
        let ran = journal::run(stage, upgrade, script, left).await;
        // Options that a script has set last as long as its session: the next one gets its own.
        self.sessions.stage = None;
        match ran.map_err(script_failed)? {
            Ran::Before => cloud.runner_io.say(&format!("`{}` ran before", script.name)),
            Ran::Now { took, messages } => {
                messages.iter().for_each(|message| cloud.runner_io.say(&format!("{}: {message}", script.name)));
                cloud.runner_io.say(&format!("`{}` ran in {:.3} s", script.name, took.as_secs_f64()));
            }
        }
        Ok(())
    }

    /// Each check in a session of its own: it shares nothing with us, nor with the next one.
    pub(super) async fn run_checks(&mut self, database: &DatabaseId) -> Result<(), Failure> {
        let cloud = self.cloud;
        for script in &self.scripts.checks {
            let session = cloud.connect(database).await.map_err(|error| Failure::from(error).after_changes())?;
            let said = check::run(session, script, cloud.pace.health).await.map_err(check_failed)?;
            said.iter().for_each(|message| cloud.runner_io.say(&format!("{}: {message}", script.name)));
        }
        Ok(())
    }
}

/// A check whose connection was lost can be run again; what one has found makes stage unusable.
fn check_failed(failure: CheckFailure) -> Failure {
    match failure {
        CheckFailure::Sql(error) if error.kind == tsql::error::Kind::Lost => Failure::interrupted(error),
        other => Failure::broken(other),
    }
}

/// A script whose outcome is unknown is asked for in the journal by the next run; one that failed spoils stage.
fn script_failed(failure: ScriptFailure) -> Failure {
    match failure {
        ScriptFailure::Sql(error) if error.kind == tsql::error::Kind::Lost => Failure::interrupted(error),
        other => Failure::broken(other),
    }
}
