//! What cleanup removes: requests after their proofs, and the proof that what was removed is gone.

use azure::{sql, traffic_manager, web};
use rollout::{DatabaseId, Effect, EndpointId, RemovalEffect, Resource, SiteId, facts::OtherSession};
use tsql::statements::sessions;

use super::{executor::Executor, once::not_sent};
use crate::{
    failure::{Failure, failed_at_azure, failed_at_sql},
    wait,
};

impl Executor<'_> {
    pub(super) async fn removal(&mut self, effect: &RemovalEffect) -> Result<(), Failure> {
        match effect {
            RemovalEffect::ProveUnused { database } => self.prove_unused(database).await,
            RemovalEffect::ProveGone { endpoint, site, database } => {
                self.prove_gone(endpoint, site.as_ref(), database).await
            }
            RemovalEffect::Delete(resource) => self.delete_once(resource, &[]).await,
        }
    }

    /// Sends the request once for each time that all proofs hold.
    pub(super) async fn delete_once(&mut self, resource: &Resource, proofs: &[Effect]) -> Result<(), Failure> {
        let cloud = self.cloud;
        match resource {
            Resource::Endpoint { endpoint, kind } => {
                let request = traffic_manager::delete_endpoint(cloud.arm.scope(), endpoint, *kind);
                self.send_once(&request, proofs).await
            }
            Resource::Site { site } => self.send_once(&web::delete_site(cloud.arm.scope(), site), proofs).await,
            Resource::Database { database } => {
                let (request, limit) = (sql::delete_database(cloud.arm.scope(), database), cloud.pace.health);
                cloud.arm.run_proved(&request, limit, async || self.prove(proofs).await).await.map_err(not_sent)?;
                self.await_deleted(database).await
            }
        }
    }

    /// Azure may have said "not found" of something that is there, for a moment or by mistake.
    pub(super) async fn prove_gone(
        &self,
        endpoint: &EndpointId,
        site: Option<&SiteId>,
        database: &DatabaseId,
    ) -> Result<(), Failure> {
        let mut left = Vec::new();
        if self.profile(&endpoint.profile_id()).await?.endpoint(endpoint).is_some() {
            left.push(format!("endpoint `{endpoint}`"));
        }
        let arm = &self.cloud.arm;
        if let Some(site) = site
            && arm.send(&web::site(arm.scope(), site)).await.map_err(failed_at_azure)?.is_some()
        {
            left.push(format!("site `{site}`"));
        }
        if arm.send(&sql::database(arm.scope(), database)).await.map_err(failed_at_azure)?.is_some() {
            left.push(format!("`{database}`"));
        }
        if left.is_empty() {
            return Ok(());
        }
        let why = format!("{} still exists, though Azure said that it was gone", left.join(", "));
        Err(Failure::interrupted(anyhow::anyhow!(why)))
    }

    /// The sessions of a site that was stopped go within moments; who is left then is somebody else.
    pub(super) async fn prove_unused(&mut self, database: &DatabaseId) -> Result<(), Failure> {
        let limit = self.cloud.pace.request;
        let mut polls = wait::Poller::new("no client works on it", self.cloud.pace.poll, limit);
        loop {
            let others = sessions::others(self.session(database).await?, limit).await.map_err(failed_at_sql)?;
            if others.is_empty() {
                return Ok(());
            }
            if polls.next().await.is_err() {
                return Err(in_use(database, &others));
            }
        }
    }

    pub(super) async fn await_deleted(&mut self, database: &DatabaseId) -> Result<(), Failure> {
        let (arm, limit) = (&self.cloud.arm, self.cloud.pace.health);
        let look = || async {
            let found = arm.send(&sql::database(arm.scope(), database)).await.map_err(failed_at_azure)?;
            Ok(found.is_none().then_some(()))
        };
        wait::until(&format!("`{database}` is gone"), self.cloud.pace.poll, limit, look).await?;
        self.sessions.forget(database);
        Ok(())
    }
}

fn in_use(database: &DatabaseId, others: &[OtherSession]) -> Failure {
    let mut who: Vec<_> = others.iter().map(|other| format!("`{}` from `{}`", other.program, other.host)).collect();
    who.sort();
    who.dedup();
    let error = anyhow::anyhow!("`{database}` has sessions of {}", who.join(", "));
    Failure::refused(error, "stop those clients: they still work on V1")
}
