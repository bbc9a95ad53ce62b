//! Hooks: executables of the user that stop and start background work which is not known here.

mod process;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use rollout::{Upgrade, background::Hook};
use runner::RunnerIo;
use rustix::fs::{Access, access};

use crate::{failure::Failure, inputs::HookInputs};

/// The hooks that the inputs name.
pub struct Hooks {
    quiesce: Option<PathBuf>,
    resume: Option<PathBuf>,
    activate: Option<PathBuf>,
    limit: Duration,
}

/// HookContext where production has its write access back, and nobody starts again what was stopped.
pub const NOT_RESUMED: &str = "hook-quiesce has run, and no `hook-resume` was given to undo it: start again by hand \
                               what it stopped, or run rollback with `hook-resume`";

const ALL: [Hook; 3] = [Hook::Quiesce, Hook::Resume, Hook::Activate];

impl Hooks {
    /// As the inputs name them.
    pub fn new(inputs: &HookInputs) -> Self {
        Self {
            quiesce: inputs.quiesce.clone(),
            resume: inputs.resume.clone(),
            activate: inputs.activate.clone(),
            limit: inputs.timeout.0,
        }
    }

    /// Which there are.
    pub fn given(&self) -> rollout::Hooks {
        let given = |hook| self.file(hook).is_some();
        rollout::Hooks { quiesce: given(Hook::Quiesce), resume: given(Hook::Resume), activate: given(Hook::Activate) }
    }

    fn file(&self, hook: Hook) -> Option<&Path> {
        match hook {
            Hook::Quiesce => self.quiesce.as_deref(),
            Hook::Resume => self.resume.as_deref(),
            Hook::Activate => self.activate.as_deref(),
        }
    }

    /// Each of them can be run: inside the read-only time it would be too late to find out.
    ///
    /// # Errors
    /// A file is not there, or may not be executed; or nothing undoes what `hook-quiesce` does.
    pub fn check(&self) -> Result<(), Failure> {
        if self.quiesce.is_some() && self.resume.is_none() {
            let why = "`hook-quiesce` was given without `hook-resume`, which starts again what it stops";
            return Err(Failure::refused(
                anyhow::anyhow!(why),
                "pass both to this step, and `hook-resume` to every step up to switch and to rollback",
            ));
        }
        ALL.into_iter().filter_map(|hook| Some((hook, self.file(hook)?))).try_for_each(|(hook, file)| {
            let hint = "check the hooks out in this job, and make them executable (`git update-index --chmod=+x`)";
            resolved(file).map(drop).map_err(|error| {
                Failure::refused(error.context(format!("the file of the input `{hook}` cannot be run")), hint)
            })
        })
    }

    /// Runs a hook to its end; `false` where the inputs name none.
    ///
    /// # Errors
    /// It could not be started, did not end in time, or did not succeed.
    pub async fn run(&self, hook: Hook, runner_io: &RunnerIo, context: &HookContext<'_>) -> anyhow::Result<bool> {
        let Some(file) = self.file(hook) else { return Ok(false) };
        let call =
            process::Call { hook, file: &resolved(file)?, variables: context.variables(hook), limit: self.limit };
        process::run(&call, runner_io).await.map(|()| true)
    }
}

/// An executable file by its full path: without one it would be looked for on `PATH`.
fn resolved(file: &Path) -> anyhow::Result<PathBuf> {
    let unusable =
        |error: std::io::Error| anyhow::Error::new(error).context(format!("cannot use `{}`", file.display()));
    let full = file.canonicalize().map_err(unusable)?;
    anyhow::ensure!(full.is_file(), "`{}` is not a file", file.display());
    access(&full, Access::EXEC_OK).map_err(|error| unusable(error.into()))?;
    Ok(full)
}

/// What a hook is told in its environment.
pub struct HookContext<'t> {
    /// The upgrade.
    pub upgrade: &'t Upgrade,
    /// The subscription.
    pub subscription: &'t str,
}

impl HookContext<'_> {
    /// The names are those of the inputs that carry the same.
    fn variables(&self, hook: Hook) -> Vec<(&'static str, String)> {
        let Upgrade { id, production, stage, connection_name } = self.upgrade;
        vec![
            ("UPGRADE_HOOK", hook.input().to_owned()),
            ("UPGRADE_UPGRADE_ID", id.to_string()),
            ("UPGRADE_SUBSCRIPTION_ID", self.subscription.to_owned()),
            ("UPGRADE_CONNECTION_NAME", connection_name.clone()),
            ("UPGRADE_PRODUCTION_DATABASE", production.database.to_string()),
            ("UPGRADE_PRODUCTION_SITE", production.site.to_string()),
            ("UPGRADE_PRODUCTION_ENDPOINT", production.endpoint.to_string()),
            ("UPGRADE_STAGE_DATABASE", stage.database.to_string()),
            ("UPGRADE_STAGE_SITE", stage.site.to_string()),
            ("UPGRADE_STAGE_ENDPOINT", stage.endpoint.to_string()),
        ]
    }
}
