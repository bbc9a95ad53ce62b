//! What effects are applied with.

use rollout::{DatabaseId, Upgrade};
use tsql::Session;

use crate::{cloud::Cloud, failure::Failure, hooks::Hooks, scripts::Scripts, sessions::Sessions};

/// What effects are applied with.
pub struct Executor<'h> {
    /// What the step speaks to.
    pub cloud: &'h Cloud,
    /// The upgrade.
    pub upgrade: &'h Upgrade,
    /// The sessions that are open.
    pub sessions: &'h mut Sessions,
    /// The scripts that migrate runs, and the package that prepare deploys.
    pub scripts: &'h Scripts,
    /// The hooks of the user.
    pub hooks: &'h Hooks,
    /// What an effect adds to its line in the report, such as the way that it took.
    pub note: Option<String>,
}

impl Executor<'_> {
    /// The session on this database. One that was lost is replaced; on production it must get its lock back.
    pub(super) async fn session(&mut self, database: &DatabaseId) -> Result<&mut Session, Failure> {
        self.sessions.open(self.cloud, database).await
    }
}
