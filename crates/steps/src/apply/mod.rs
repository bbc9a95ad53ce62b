//! Applies effects, family by family. Nothing is chosen here: an effect says all there is to know.

mod access;
mod deploy;
mod ending;
mod executor;
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
mod webjobs;

pub use executor::Executor;

use rollout::Effect;

use crate::failure::Failure;

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
}
