//! Applies effects. Nothing is chosen here: an effect says all there is to know.

mod database;
mod deploy;
mod ending;
pub mod firewall;
mod gone;
mod hooks;
mod link;
mod new_site;
mod once;
mod scripts;
mod serving;
mod site;
mod traffic;
pub mod wait;
mod webjobs;

pub use database::held;
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
        // A proof may be a part of a change: on the heap, so that the two together do not need the stack of both.
        match effect.is_proof() {
            true => Box::pin(self.prove_one(effect)).await,
            false => Box::pin(self.change(effect)).await,
        }
    }

    /// What only waits or proves.
    async fn prove_one(&mut self, effect: &Effect) -> Result<(), Failure> {
        match effect {
            Effect::ProveReadOnly { database, linked_to } => self.prove_read_only(database, linked_to.as_ref()).await,
            Effect::ProveUnused { database } => self.prove_unused(database).await,
            Effect::ProveGone { endpoint, site, database } => self.prove_gone(endpoint, site.as_ref(), database).await,
            Effect::ProveLock => self.prove_lock().await,
            Effect::ProveLogUnmoved { source, target, upgrade } => {
                self.prove_log_unmoved(source, target, upgrade).await
            }
            Effect::ProveWritable { database } => self.prove_writable(database).await,
            Effect::ProveServed { endpoint, place, without } => {
                self.prove_served(endpoint, place.as_ref(), without.as_ref()).await
            }
            Effect::ProvePointed { site, setting, database } => self.prove_pointed(site, setting, database).await,
            Effect::AwaitCatchUp { source, target, readings } => self.await_catch_up(source, target, *readings).await,
            Effect::AwaitCopySync { source, target } => self.await_copy_sync(source, target).await,
            Effect::ProveSynchronised { source, target } => self.prove_synchronised(source, target).await,
            Effect::ProveIndependent { source, target, upgrade } => {
                self.prove_independent(source, target, upgrade).await
            }
            Effect::CompareRows { source, target } => self.compare_rows(source, target).await,
            Effect::ProveHostNames { site, address, hosts } => self.prove_host_names(site, address, hosts).await,
            Effect::AwaitHealthy { address, hosts, path, repeats, .. } => {
                self.await_healthy(address, hosts, path, *repeats).await
            }
            Effect::RunChecks { database } => self.run_checks(database).await,
            Effect::AwaitOnline { endpoint } => self.await_online(endpoint).await,
            change => Err(Failure::interrupted(anyhow::anyhow!("this is no proof: {change}"))),
        }
    }

    /// What changes something.
    async fn change(&mut self, effect: &Effect) -> Result<(), Failure> {
        match effect {
            Effect::CreateFenceTable { database } | Effect::UpdateSchema { database } => {
                self.create_fence_table(database).await
            }
            Effect::OpenFence { database, upgrade, within } => self.open_fence(database, upgrade, *within).await,
            Effect::CloseFence { database, upgrade } => self.close_fence(database, upgrade).await,
            Effect::DropFence { database } => self.drop_fence(database).await,
            Effect::SetReadOnly { database, grace } => self.set_read_only(database, *grace).await,
            Effect::SetReadWrite { database, release } => self.set_read_write(database, release.as_ref()).await,
            Effect::RecordUpgrade { database, upgrade } => self.record_upgrade(database, upgrade).await,
            Effect::RecordMilestone { database, upgrade, moment } => {
                self.record_milestone(database, upgrade, *moment).await
            }
            Effect::EraseMilestone { database, upgrade, moment } => {
                self.erase_milestone(database, upgrade, *moment).await
            }
            Effect::BeginServing { database, upgrade, afresh } => self.begin_serving(database, upgrade, *afresh).await,
            Effect::CloseFenceOfCopy { database, upgrade } => self.close_fence_of_copy(database, upgrade).await,
            Effect::CloseUnlessWritten { database, upgrade, reopen } => {
                self.close_unless_written(database, upgrade, *reopen).await
            }
            Effect::Once { what, proofs, refused } => self.once(what, proofs, refused.as_deref()).await,
            Effect::ServeProduction { production, stage } => {
                self.serve_production(production, stage).await;
                Ok(())
            }
            Effect::UndoLateRequests { production, stage, within } => {
                self.undo_late_requests(production, stage, *within).await
            }
            Effect::CreateSecondary { source, target, location, tags } => {
                self.create_secondary(source, target, location, tags).await
            }
            Effect::EndReplication { source, ending } => self.end_replication(source, ending).await,
            Effect::RecordRows { source, target, upgrade, since } => {
                self.record_rows(source, target, upgrade, since.as_ref()).await
            }
            Effect::DeleteDatabase { .. } | Effect::DeleteSite { .. } | Effect::DeleteEndpoint { .. } => {
                self.once(effect, &[], None).await
            }
            Effect::CreateSite(new) => self.create_site(new).await,
            Effect::CopyConnections { from, to, setting, database, others } => {
                self.copy_connections(from, to, setting, database, others).await
            }
            Effect::BindHost { site, host, certificate } => self.bind_host(site, host, certificate.as_deref()).await,
            Effect::DeployPackage { site, digest, profile } => self.deploy_package(site, digest, profile).await,
            Effect::PointSite { site, setting, database, keep } => self.point_site(site, setting, database, keep).await,
            Effect::RestoreSetting { site, setting, kept } => self.restore_setting(site, setting, kept).await,
            Effect::StopSite { site } => self.stop_site(site).await,
            Effect::StartSite { site } => self.start_site(site).await,
            Effect::RecordWebJobs { database, upgrade, side, jobs } => {
                self.note_webjobs(database, upgrade, *side, jobs).await
            }
            Effect::UnrecordWebJobs { database, upgrade, side, names } => {
                self.unnote_webjobs(database, upgrade, *side, names).await
            }
            Effect::ForgetWebJobs { database, upgrade } => self.forget_webjobs(database, upgrade).await,
            Effect::StopWebJobs { site, names, lenient: true, .. } => {
                self.try_to_stop_webjobs(site, names).await;
                Ok(())
            }
            Effect::StopWebJobs { site, names, ran, .. } => self.stop_webjobs(site, names, ran).await,
            Effect::StartWebJobs { site, names, wait } => self.start_webjobs(site, names, *wait).await,
            Effect::SuspendWebJobs { site, keep } => self.hold_webjobs(site, keep).await,
            Effect::ReleaseWebJobs { site } => self.release_webjobs(site).await,
            Effect::RestoreWebJobs { site, kept } => self.restore_webjobs(site, kept).await,
            Effect::RunHook { hook, database, upgrade } => self.run_hook(*hook, database, upgrade).await,
            Effect::RunScripts { database, upgrade, within } => self.run_scripts(database, upgrade, *within).await,
            Effect::KeepFolder { database, upgrade, scripts, checks } => {
                self.keep_folder(database, upgrade, scripts, checks).await
            }
            Effect::Label { profile, set, remove } => self.label(profile, set, remove).await,
            Effect::LabelSwitched { profile, upgrade, clock } => self.label_switched(profile, upgrade, clock).await,
            Effect::AddEndpoint { endpoint, kind, site, target, priority } => {
                self.add_endpoint(endpoint, *kind, site, target, *priority).await
            }
            Effect::EnableEndpoint { endpoint, kind } => self.set_endpoint(endpoint, *kind, true).await,
            Effect::DisableEndpoint { endpoint, kind } => self.set_endpoint(endpoint, *kind, false).await,
            Effect::Firewall { change } => firewall::apply(self.cloud, change).await,
            proof => Err(Failure::interrupted(anyhow::anyhow!("this changes nothing: {proof}"))),
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
