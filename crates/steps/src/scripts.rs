//! The user's scripts and V2's package: read before anything else, parsed before the freeze.

use std::path::Path;

use rollout::{ScriptName, Step, Upgrade};
use tsql::{Script, script, statements::parse_only};

use crate::{
    cloud::Cloud,
    failure::{Failure, failed_at_sql},
    inputs::{Limits, SiteInputs},
    package::Package,
};

/// The scripts of a step, and V2's package.
#[derive(Debug, Default)]
pub struct Scripts {
    /// Those that migrate runs, in their order.
    pub upgrade: Vec<Script>,
    /// Those that must return no row once the scripts have run.
    pub checks: Vec<Script>,
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
        let folder = required_folder(limits.scripts.as_deref())?;
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

/// The folder of the upgrade scripts, which no step that has scripts goes without.
///
/// # Errors
/// The input names none.
pub fn required_folder(given: Option<&Path>) -> Result<&Path, Failure> {
    given.ok_or_else(|| {
        Failure::refused(
            anyhow::anyhow!("the input `scripts` is missing"),
            "pass the folder of the upgrade scripts, for example `--scripts db/upgrade`",
        )
    })
}

/// The scripts of a folder.
///
/// # Errors
/// The folder cannot be used.
pub fn read_folder(folder: &Path) -> Result<Vec<Script>, Failure> {
    script::read_folder(folder).map_err(|error| Failure::refused(error, "correct the scripts: nothing was sent yet"))
}
