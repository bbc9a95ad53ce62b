//! Runs the user's scripts and checks on stage.

use std::time::Duration;

use jiff::SignedDuration;
use rollout::{DatabaseId, ScriptName, ScriptsEffect, UpgradeId, history};
use tokio::time::Instant;
use tsql::{
    Script,
    statements::{
        check::{self, CheckFailure},
        folder,
        journal::{self, Ran, ScriptFailure},
        state,
    },
};

use super::executor::Executor;
use crate::failure::{Failure, failed_at_sql};

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
                None => {
                    self.run_script(database, script, upgrade, deadline.saturating_duration_since(Instant::now()))
                        .await?
                }
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

    async fn run_script(
        &mut self,
        database: &DatabaseId,
        script: &Script,
        upgrade: &UpgradeId,
        left: Duration,
    ) -> Result<(), Failure> {
        let cloud = self.cloud;
        let ran = journal::run(self.session(database).await?, upgrade, script, left).await;
        // Options that a script has set last as long as its session: the next one gets its own.
        self.sessions.close(database);
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
