//! The proof that what was removed is gone.

use azure::{sql, web};
use rollout::{DatabaseId, EndpointId, SiteId};

use super::Executor;
use crate::{cloud::failed_at_azure, failure::Failure};

impl Executor<'_> {
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
        let why = format!("{} is there still, though Azure had said that it is gone", left.join(", "));
        Err(Failure::interrupted(anyhow::anyhow!(why)))
    }
}
