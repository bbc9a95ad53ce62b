//! Effects on the stage site that prepare creates.

use azure::{Look, Probe, new_site, operation::Outcome, site_model, web};
use rollout::{
    DatabaseId, SiteId,
    effect::NewSite,
    facts::{ConnectionSetting, Site},
    ids::eq_azure_name,
    site::{AppSetting, not_taken_over},
};

use super::{executor::Executor, site};
use crate::{
    failure::{Failure, failed_at_azure},
    observe::{connection_settings, preflight},
    wait,
};

impl Executor<'_> {
    /// The request would change a site that is there, so nothing is sent unless Azure says once more that there is none. If the
    /// operation's address vanishes, the site tells whether it was made.
    pub(super) async fn create_site(&self, new: &NewSite) -> Result<(), Failure> {
        let (arm, pace) = (&self.cloud.arm, self.cloud.pace);
        if arm.send(&web::site(arm.scope(), &new.site)).await.map_err(failed_at_azure)?.is_some() {
            let why = format!("site `{}` exists by now: it was not touched", new.site);
            return Err(Failure::interrupted(anyhow::anyhow!(why)));
        }
        let copied = self.copied_settings(new).await?;
        let request = new_site::create(arm.scope(), new, &copied);
        let ended = arm.run(&request, pace.deployment).await.map_err(|error| not_created(new, error))?;
        tracing::debug!(vanished = ended == Outcome::Vanished, "site created");
        let made = self.await_site(&new.site).await?;
        if !eq_azure_name(&made.default_host, &new.host) {
            let why = format!(
                "site `{}` was created as `{}`, where `{}` was expected",
                new.site, made.default_host, new.host
            );
            return Err(Failure::interrupted(anyhow::anyhow!(why)));
        }
        self.tell_what_was_not_taken_over(new).await
    }

    async fn copied_settings(&self, new: &NewSite) -> Result<Vec<AppSetting>, Failure> {
        let arm = &self.cloud.arm;
        let all = arm.send(&site_model::app_settings(arm.scope(), &new.like)).await.map_err(failed_at_azure)?;
        preflight::mask(self.cloud, &all);
        let copied: Vec<_> = all.into_iter().filter(|setting| new.settings.contains(&setting.name)).collect();
        match new.settings.iter().find(|name| !copied.iter().any(|setting| setting.name == **name)) {
            None => Ok(copied),
            Some(name) => {
                let why = format!(
                    "site `{}` no longer has the setting `{name}`: it was changed by hand or by another program",
                    new.like
                );
                Err(Failure::interrupted(anyhow::anyhow!(why)))
            }
        }
    }

    async fn await_site(&self, id: &SiteId) -> Result<Site, Failure> {
        let (arm, pace) = (&self.cloud.arm, self.cloud.pace);
        let look = || async {
            let site = arm.send(&web::site(arm.scope(), id)).await.map_err(failed_at_azure)?;
            Ok(site.filter(|site| site.running))
        };
        wait::until(&format!("site `{id}` runs"), pace.poll, pace.deployment, look).await
    }

    /// What Azure did not take over is told: the site may do without it.
    async fn tell_what_was_not_taken_over(&self, new: &NewSite) -> Result<(), Failure> {
        let arm = &self.cloud.arm;
        let made = arm.send(&site_model::configuration(arm.scope(), &new.site)).await.map_err(failed_at_azure)?;
        let names = not_taken_over(&new.configuration, &made);
        if !names.is_empty() {
            self.cloud.notice(format!("site `{}` differs from `{}` in `{}`", new.site, new.like, names.join("`, `")));
        }
        Ok(())
    }

    /// Everything but server and database of the upgrade's connection string is copied to the last byte.
    pub(super) async fn copy_connections(
        &self,
        from: &SiteId,
        to: &SiteId,
        setting: &str,
        database: &DatabaseId,
        others: &[String],
    ) -> Result<(), Failure> {
        let production = connection_settings(self.cloud, from).await.map_err(failed_at_azure)?;
        let mut all = connection_settings(self.cloud, to).await.map_err(failed_at_azure)?;
        let own = site::find(&production, from, setting)?;
        let fqdn = self.cloud.fqdn(&database.server_id());
        let value = site::pointed(from, own, &fqdn, &database.name)?;
        self.prove_log_in(to, &value, &fqdn, database).await?;
        for name in others {
            site::replace(&mut all, site::find(&production, from, name)?.clone());
        }
        site::replace(&mut all, ConnectionSetting { value, ..own.clone() });
        self.put_settings(to, &all).await
    }

    pub(super) async fn bind_host(&self, id: &SiteId, host: &str, certificate: Option<&str>) -> Result<(), Failure> {
        let arm = &self.cloud.arm;
        let bound = arm.send(&new_site::bind_host(arm.scope(), id, host, certificate)).await;
        bound.map_err(|error| not_bound(id, host, error))
    }

    /// Whatever the site answers, it does so under this name and with a certificate that is right for it.
    pub(super) async fn prove_host_names(&self, id: &SiteId, address: &str, hosts: &[String]) -> Result<(), Failure> {
        let pace = self.cloud.pace;
        for host in hosts {
            let (connect_host, host) = (address.to_owned(), host.clone());
            let probe = Probe { connect_host, host, path: "/".to_owned(), timeout: pace.request };
            let what = format!("site `{id}` answers as `{}`", probe.host);
            let mut polls = wait::Poller::new(&what, pace.poll, pace.health);
            while let Look::Failed(why) = self.cloud.prober.look(&probe).await {
                polls.next().await.map_err(|_| not_answering(id, &probe.host, &why))?;
            }
        }
        Ok(())
    }
}

fn not_created(new: &NewSite, error: azure::Error) -> Failure {
    if error.status() == Some(409) {
        let hint = format!(
            "site names are unique in Azure: if `{}` belongs to another subscription, plan again with another \
             `stage-site`; otherwise run prepare again",
            new.site.name
        );
        return Failure::refused(error, hint);
    }
    failed_at_azure(error)
}

fn not_bound(id: &SiteId, host: &str, error: azure::Error) -> Failure {
    let hint = match error.status() {
        Some(409) => {
            "another site of this scale unit has the name, perhaps production's: run cleanup with `remove: <stage \
             database>`, then plan again with a plan of another resource group"
        }
        Some(404) => {
            "the resource group of the stage site must have the certificate of production's site too: import it there, \
             then run prepare again"
        }
        Some(400) => {
            return Failure::refused(
                error,
                format!(
                    "prove that the domain is yours: create the TXT record `asuid.{host}` with the verification id of \
                     site `{id}`; then run prepare again"
                ),
            );
        }
        _ => return failed_at_azure(error),
    };
    Failure::refused(error, hint)
}

fn not_answering(id: &SiteId, host: &str, why: &str) -> Failure {
    let error = anyhow::anyhow!("site `{id}` does not answer as `{host}`: {why}");
    let hint = format!("bind `{host}` to it with a certificate that is valid for the name, then run prepare again");
    Failure { hint, ..Failure::interrupted(error) }
}
