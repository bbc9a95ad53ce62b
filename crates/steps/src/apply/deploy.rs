//! The deployment of V2's package.

use azure::{
    PackageAddress,
    deployments::{self, State},
    web,
};
use bytes::Bytes;
use rollout::{Outcome, ProfileId, SiteId, labels};
use tsql::statements::upgrade;

use super::executor::Executor;
use crate::{
    failure::{Failure, failed_at_azure, failed_at_sql},
    observe::preflight::active_deployment,
    package::Package,
    wait,
};

impl Executor<'_> {
    /// The package must be the approved one before and after: what an address gives out can change in between.
    pub(super) async fn deploy_package(
        &mut self,
        site: &SiteId,
        digest: &str,
        profile: &ProfileId,
    ) -> Result<(), Failure> {
        let missing = || Failure::interrupted(anyhow::anyhow!("there is no package to deploy in this step"));
        let package = self.scripts.package.as_ref().ok_or_else(missing)?;
        let found = package.digest(self.cloud).await?;
        if found != digest {
            let error = anyhow::anyhow!("V2's package has the digest `{found}` now, and `{digest}` was approved");
            return Err(Failure::refused(error, "pass the package that was planned, or plan again with this one"));
        }
        match package {
            Package::Zip(bytes) => self.publish(site, bytes).await?,
            Package::Address(address) => {
                self.one_deploy(site, address).await?;
                let found = package.digest(self.cloud).await?;
                if found != digest {
                    return Err(changed_meanwhile(site, &found, digest));
                }
            }
        }
        let deployment = self.awaited_deployment(site).await?;
        let value = labels::package_value(digest, &deployment);
        let (limit, database) = (self.cloud.pace.request, self.upgrade.production.database.clone());
        let (run, production) = (self.upgrade.id.clone(), self.session(&database).await?);
        upgrade::record_package(production, &run, &value, limit).await.map_err(failed_at_sql)?;
        self.label(profile, &[(labels::PACKAGE.to_owned(), value)], &[]).await
    }

    async fn publish(&self, id: &SiteId, zip: &Bytes) -> Result<(), Failure> {
        let (arm, pace) = (&self.cloud.arm, self.cloud.pace);
        let site = arm.send(&web::site(arm.scope(), id)).await.map_err(failed_at_azure)?;
        let host = site
            .and_then(|site| site.publish_host)
            .ok_or_else(|| Failure::interrupted(anyhow::anyhow!("Azure shows no publish API of site `{id}`")))?;
        let published = self.when_free(id, async || arm.publish(&host, zip.clone(), pace.deployment).await).await?;
        let look = || async {
            let state = arm.published(&published).await.map_err(failed_at_azure)?;
            Ok((state != State::Running).then_some(state))
        };
        let ended =
            wait::until(&format!("the package is deployed to site `{id}`"), pace.poll, pace.deployment, look).await?;
        succeeded(id, ended)
    }

    /// It answers at its end, as recorded; where it does not, its end is looked for in the list of deployments.
    async fn one_deploy(&self, id: &SiteId, address: &PackageAddress) -> Result<(), Failure> {
        let (arm, pace) = (&self.cloud.arm, self.cloud.pace);
        let before = active_deployment(self.cloud, id).await?;
        let request = deployments::one_deploy(arm.scope(), id, address, pace.deployment);
        let state = self.when_free(id, async || arm.send(&request).await).await?;
        if state != State::Running {
            return succeeded(id, state);
        }
        self.await_free(id).await?;
        if active_deployment(self.cloud, id).await? == before {
            return succeeded(id, State::Failed("the application is what it was before".to_owned()));
        }
        Ok(())
    }

    /// Deploys once no other deployment is under way: Azure answers 409 as long as one is.
    async fn when_free<T>(&self, id: &SiteId, deploy: impl AsyncFn() -> Result<T, azure::Error>) -> Result<T, Failure> {
        match deploy().await {
            Err(error) if error.status() == Some(409) => {
                self.await_free(id).await?;
                deploy().await.map_err(not_taken)
            }
            deployed => deployed.map_err(not_taken),
        }
    }

    async fn await_free(&self, id: &SiteId) -> Result<(), Failure> {
        let (arm, pace) = (&self.cloud.arm, self.cloud.pace);
        let look = || async {
            let list = arm.send(&deployments::list(arm.scope(), id)).await.map_err(failed_at_azure)?;
            Ok(list.iter().all(|deployment| deployment.state != State::Running).then_some(()))
        };
        wait::until(&format!("no deployment to site `{id}` is under way"), pace.poll, pace.deployment, look).await
    }

    async fn awaited_deployment(&self, id: &SiteId) -> Result<String, Failure> {
        let pace = self.cloud.pace;
        let look = || active_deployment(self.cloud, id);
        wait::until(&format!("site `{id}` shows what is deployed to it"), pace.poll, pace.request, look).await
    }
}

/// A deployment that has failed leaves what was there before, and would fail again.
fn succeeded(id: &SiteId, state: State) -> Result<(), Failure> {
    let State::Failed(why) = state else { return Ok(()) };
    let error = anyhow::anyhow!("the deployment of V2's package to site `{id}` failed: {why}");
    let hint = "production is untouched: read the deployment's log, repair the package, then plan and prepare again; \
                or run rollback and cleanup with `remove: <stage database>`";
    Err(Failure { outcome: Outcome::Broken, error, hint: hint.to_owned() })
}

fn changed_meanwhile(id: &SiteId, found: &str, digest: &str) -> Failure {
    let error = anyhow::anyhow!(
        "the address of V2's package serves `{found}` now, but served `{digest}` before the deployment to site `{id}`: \
         what runs there may not be what was approved"
    );
    let hint = "give each package an address of its own, then plan and prepare again; or run rollback and cleanup with \
                `remove: <stage database>`";
    Failure { outcome: Outcome::Broken, error, hint: hint.to_owned() }
}

/// The publish API knows rights of its own, and access restrictions of its own.
fn not_taken(error: azure::Error) -> Failure {
    match error.status() {
        Some(401 | 403) => {
            let hint = "give this identity `Microsoft.Web/sites/publish/action` on the site (with a package from an address \
                        `Microsoft.Web/sites/extensions/write`), and let this runner through the access restrictions of its \
                        publish API";
            Failure::refused(error, hint)
        }
        _ => failed_at_azure(error),
    }
}
