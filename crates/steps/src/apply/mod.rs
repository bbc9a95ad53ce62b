//! Applies effects, family by family. Nothing is chosen here: an effect says all there is to know.

mod access;
mod deploy;
mod ending;
mod fence;
pub mod firewall;
mod hook;
mod new_site;
mod once;
mod record;
mod removal;
mod replication;
mod scripts;
mod site;
mod traffic;
pub mod wait;
mod webjobs;

pub use access::held;
pub use scripts::{Scripts, names, read_folder};

use rollout::{DatabaseId, Effect, Upgrade};
use tsql::Session;

use crate::{
    cloud::Cloud,
    failure::Failure,
    hooks::Hooks,
    observe::Sessions,
    sessions::{self, HoldsLock},
};

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
    /// Applies one effect.
    ///
    /// # Errors
    /// It could not be applied; the outcome says whether nothing was changed by it (`refused`), whether that is not
    /// known (`interrupted`), or whether stage cannot be used (`broken`).
    pub async fn apply(&mut self, effect: &Effect) -> Result<(), Failure> {
        // An effect may have others among its proofs: on the heap, so that one stack does not need room for all families.
        match effect {
            Effect::Access(effect) => Box::pin(self.access(effect)).await,
            Effect::Fence(effect) => Box::pin(self.fence(effect)).await,
            Effect::Record(effect) => Box::pin(self.record(effect)).await,
            Effect::Replication(effect) => Box::pin(self.replication(effect)).await,
            Effect::Site(effect) => Box::pin(self.site(effect)).await,
            Effect::Traffic(effect) => Box::pin(self.traffic(effect)).await,
            Effect::WebJobs(effect) => Box::pin(self.webjobs(effect)).await,
            Effect::Hook(hook) => Box::pin(self.hook(hook)).await,
            Effect::Scripts(effect) => Box::pin(self.scripts(effect)).await,
            Effect::Firewall(change) => firewall::apply(self.cloud, change).await,
            Effect::Removal(effect) => Box::pin(self.removal(effect)).await,
            Effect::Once { what, proofs, refused } => Box::pin(self.once(what, proofs, refused.as_deref())).await,
        }
    }

    /// The session on this database. One that was lost is replaced; on production it must get its lock back.
    async fn session(&mut self, database: &DatabaseId) -> Result<&mut Session, Failure> {
        let (mut none, sessions) = (HoldsLock::No, &mut *self.sessions);
        let (kept, lock) = match *database == self.upgrade.production.database {
            true => (&mut sessions.production, &mut sessions.lock),
            false => (&mut sessions.stage, &mut none),
        };
        sessions::open(self.cloud, database, kept, lock).await
    }
}
