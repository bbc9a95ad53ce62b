//! Effects on WebJobs, and on what is written down of them.

use azure::{site_model, web, webjobs};
use rollout::{
    DatabaseId, SiteId, Upgrade, UpgradeId,
    background::{Noted, Side, UNSET, WebJob},
    ids::same,
    site::{AppSetting, WEBJOBS_STOPPED},
};
use secrecy::ExposeSecret;
use tsql::statements::background;

use super::{Hands, wait};
use crate::{
    cloud::{failed_at_azure, failed_at_sql},
    failure::Failure,
    surroundings,
};

impl Hands<'_> {
    pub(super) async fn note_webjobs(
        &mut self,
        database: &DatabaseId,
        upgrade: &UpgradeId,
        side: Side,
        jobs: &[Noted],
    ) -> Result<(), Failure> {
        let limit = self.cloud.pace.request;
        background::note(self.session(database).await?, upgrade, side, jobs, limit).await.map_err(failed_at_sql)
    }

    pub(super) async fn unnote_webjobs(
        &mut self,
        database: &DatabaseId,
        upgrade: &UpgradeId,
        side: Side,
        names: &[String],
    ) -> Result<(), Failure> {
        let limit = self.cloud.pace.request;
        background::unnote(self.session(database).await?, upgrade, side, names, limit).await.map_err(failed_at_sql)
    }

    pub(super) async fn forget_webjobs(&mut self, database: &DatabaseId, upgrade: &UpgradeId) -> Result<(), Failure> {
        let limit = self.cloud.pace.request;
        background::forget(self.session(database).await?, upgrade, limit).await.map_err(failed_at_sql)
    }

    /// Azure answers before a WebJob has ended. One that does not end in time is started again with the others: nothing was changed then.
    pub(super) async fn stop_webjobs(&self, site: &SiteId, names: &[String], ran: &[String]) -> Result<(), Failure> {
        for (at, name) in names.iter().enumerate() {
            if let Err(failure) = self.stop_webjob(site, name).await {
                let stopped: Vec<_> = names[..at].iter().filter(|name| ran.contains(name)).cloned().collect();
                return Err(self.start_again(site, &stopped, failure).await);
            }
        }
        let Some(left) = self.still(site, names, |job| !job.at_rest()).await? else { return Ok(()) };
        self.start_webjobs(site, ran, false).await?;
        let error =
            anyhow::anyhow!("WebJobs of site `{site}` did not stop within {:?}: {left}", self.cloud.pace.health);
        Err(Failure::refused(
            error,
            "stop them by hand, in the portal or by a restart of Kudu, then run this step again",
        ))
    }

    /// A refusal changes nothing: what was stopped before it runs again.
    async fn start_again(&self, site: &SiteId, stopped: &[String], failure: Failure) -> Failure {
        match self.start_webjobs(site, stopped, false).await {
            Ok(()) => failure,
            Err(worse) => {
                let why = format!("WebJobs that were stopped by then are not started again: {}", worse.message());
                Failure { error: failure.error.context(why), ..failure }.into_interrupted()
            }
        }
    }

    pub(super) async fn start_webjobs(&self, site: &SiteId, names: &[String], wait: bool) -> Result<(), Failure> {
        for name in names {
            self.start_webjob(site, name).await?;
        }
        let left = if wait { self.still(site, names, WebJob::at_rest).await? } else { None };
        let Some(left) = left else { return Ok(()) };
        let error =
            anyhow::anyhow!("WebJobs of site `{site}` did not start within {:?}: {left}", self.cloud.pace.health);
        Err(Failure::interrupted(error))
    }

    async fn stop_webjob(&self, site: &SiteId, name: &str) -> Result<(), Failure> {
        let arm = &self.cloud.arm;
        let found = arm.send(&webjobs::stop(arm.scope(), site, name)).await.map_err(failed_at_azure)?;
        if found { Ok(()) } else { self.is_gone(site, name, "stopped").await }
    }

    async fn start_webjob(&self, site: &SiteId, name: &str) -> Result<(), Failure> {
        let arm = &self.cloud.arm;
        let found = arm.send(&webjobs::start(arm.scope(), site, name)).await.map_err(failed_at_azure)?;
        if found { Ok(()) } else { self.is_gone(site, name, "started").await }
    }

    /// A WebJob that the version of today does not have is no reason to stop half-way, unless Azure only says so for a moment.
    async fn is_gone(&self, site: &SiteId, name: &str, done: &str) -> Result<(), Failure> {
        if self.continuous(site).await?.iter().any(|job| same(&job.name, name)) {
            let error = anyhow::anyhow!(
                "WebJob `{name}` of site `{site}` could not be {done}: Azure does not find it, and lists it"
            );
            return Err(Failure::interrupted(error));
        }
        self.cloud.notice(format!("site `{site}` has no WebJob `{name}` any more"));
        Ok(())
    }

    /// Waits while this can be said of one of these WebJobs. Answers those of which it is still true when the time is over.
    async fn still(
        &self,
        site: &SiteId,
        names: &[String],
        is: impl Fn(&WebJob) -> bool,
    ) -> Result<Option<String>, Failure> {
        let pace = self.cloud.pace;
        let mut polls = wait::Polls::new("WebJobs do as they are told", pace.poll, pace.health);
        loop {
            let jobs = self.continuous(site).await?;
            let meant = |job: &&WebJob| names.iter().any(|name| same(name, &job.name)) && is(job);
            let left: Vec<_> =
                jobs.iter().filter(meant).map(|job| format!("`{}` is `{}`", job.name, job.status)).collect();
            if left.is_empty() {
                return Ok(None);
            }
            if polls.next().await.is_err() {
                return Ok(Some(left.join(", ")));
            }
        }
    }

    async fn continuous(&self, site: &SiteId) -> Result<Vec<WebJob>, Failure> {
        self.listed(site).await?.ok_or_else(|| {
            Failure::interrupted(anyhow::anyhow!("the WebJobs of site `{site}` cannot be listed any more"))
        })
    }

    async fn listed(&self, site: &SiteId) -> Result<Option<Vec<WebJob>>, Failure> {
        let arm = &self.cloud.arm;
        arm.send(&webjobs::continuous(arm.scope(), site)).await.map_err(failed_at_azure)
    }

    /// What earlier upgrades kept goes: the site restarts anyway. What this one kept stays as it is.
    pub(super) async fn hold_webjobs(&self, site: &SiteId, keep: &str) -> Result<(), Failure> {
        let mut all = self.app_settings(site).await?;
        let find = |name: &str| all.iter().find(|setting| same(&setting.name, name));
        let before = find(keep).or_else(|| find(WEBJOBS_STOPPED));
        let before = before.map_or_else(|| UNSET.into(), |setting| setting.value.clone());
        all.retain(|setting| !same(&setting.name, WEBJOBS_STOPPED) && !Upgrade::is_kept_setting(&setting.name));
        all.push(AppSetting { name: keep.to_owned(), value: before });
        all.push(AppSetting { name: WEBJOBS_STOPPED.to_owned(), value: "1".into() });
        self.put_app_settings(site, &all).await?;
        let listed = self.listed(site).await?.unwrap_or_default();
        let names: Vec<_> = listed.into_iter().map(|job| job.name).collect();
        if names.is_empty() {
            return Ok(());
        }
        let Some(left) = self.still(site, &names, |job| !job.at_rest()).await? else { return Ok(()) };
        let why = format!("WebJobs of site `{site}` still run though `{WEBJOBS_STOPPED}` is set: {left}");
        Err(Failure::interrupted(anyhow::anyhow!(why)))
    }

    pub(super) async fn release_webjobs(&self, site: &SiteId) -> Result<(), Failure> {
        let mut all = self.app_settings(site).await?;
        all.retain(|setting| !same(&setting.name, WEBJOBS_STOPPED));
        self.put_app_settings(site, &all).await
    }

    pub(super) async fn restore_webjobs(&self, site: &SiteId, kept: &str) -> Result<(), Failure> {
        let mut all = self.app_settings(site).await?;
        let before = all.iter().find(|setting| same(&setting.name, kept)).map(|setting| setting.value.clone());
        all.retain(|setting| !same(&setting.name, WEBJOBS_STOPPED) && !same(&setting.name, kept));
        let before = before.filter(|value| value.expose_secret() != UNSET);
        all.extend(before.map(|value| AppSetting { name: WEBJOBS_STOPPED.to_owned(), value }));
        self.put_app_settings(site, &all).await
    }

    async fn app_settings(&self, site: &SiteId) -> Result<Vec<AppSetting>, Failure> {
        let arm = &self.cloud.arm;
        let all = arm.send(&site_model::app_settings(arm.scope(), site)).await.map_err(failed_at_azure)?;
        surroundings::hide(self.cloud, &all);
        Ok(all)
    }

    /// The collection is replaced as a whole: that is the only way Azure offers.
    async fn put_app_settings(&self, site: &SiteId, all: &[AppSetting]) -> Result<(), Failure> {
        let arm = &self.cloud.arm;
        arm.send(&web::put_app_settings(arm.scope(), site, all)).await.map_err(failed_at_azure)
    }
}
