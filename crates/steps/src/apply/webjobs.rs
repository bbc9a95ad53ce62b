//! Effects on WebJobs, and on what is written down of them.

use std::time::Duration;

use azure::{Request, Scope, site_model, web, webjobs};
use rollout::{
    DatabaseId, SiteId, Upgrade, UpgradeId, WebJobsEffect,
    background::{Noted, Side, UNSET, WebJob},
    ids::eq_azure_name,
    site::{AppSetting, WEBJOBS_STOPPED},
};
use secrecy::ExposeSecret;
use tsql::statements::background;

use super::executor::Executor;
use crate::{
    failure::{Failure, failed_at_azure, failed_at_sql},
    observe::preflight,
    wait,
};

/// What is told to a WebJob.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verb {
    Start,
    Stop,
}

impl Verb {
    fn of(self, scope: &Scope, site: &SiteId, name: &str) -> Request<bool> {
        match self {
            Self::Start => webjobs::start(scope, site, name),
            Self::Stop => webjobs::stop(scope, site, name),
        }
    }
}

fn not_found(site: &SiteId, name: &str, verb: Verb) -> Failure {
    let done = if verb == Verb::Start { "started" } else { "stopped" };
    Failure::interrupted(anyhow::anyhow!(
        "WebJob `{name}` of site `{site}` could not be {done}: Azure lists it but does not find it, as with \
         `WEBSITE_RUN_FROM_PACKAGE`"
    ))
}

impl Executor<'_> {
    pub(super) async fn webjobs(&mut self, effect: &WebJobsEffect) -> Result<(), Failure> {
        match effect {
            WebJobsEffect::Record { database, upgrade, side, jobs } => {
                self.record_webjobs(database, upgrade, *side, jobs).await
            }
            WebJobsEffect::Unrecord { database, upgrade, side, names } => {
                self.unrecord_webjobs(database, upgrade, *side, names).await
            }
            WebJobsEffect::Forget { database, upgrade } => self.forget_webjobs(database, upgrade).await,
            WebJobsEffect::Stop { site, names, lenient: true, .. } => {
                self.try_to_stop_webjobs(site, names).await;
                Ok(())
            }
            WebJobsEffect::Stop { site, names, ran, .. } => self.stop_webjobs(site, names, ran).await,
            WebJobsEffect::Start { site, names, wait } => self.start_webjobs(site, names, *wait).await,
            WebJobsEffect::Suspend { site, keep } => self.suspend_webjobs(site, keep).await,
            WebJobsEffect::Release { site } => self.release_webjobs(site).await,
            WebJobsEffect::Restore { site, kept } => self.restore_webjobs(site, kept).await,
        }
    }

    pub(super) async fn record_webjobs(
        &mut self,
        database: &DatabaseId,
        upgrade: &UpgradeId,
        side: Side,
        jobs: &[Noted],
    ) -> Result<(), Failure> {
        let limit = self.cloud.pace.request;
        background::note(self.session(database).await?, upgrade, side, jobs, limit).await.map_err(failed_at_sql)
    }

    pub(super) async fn unrecord_webjobs(
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
            if let Err(failure) = self.command(site, name, Verb::Stop).await {
                let stopped: Vec<_> = names[..at].iter().filter(|name| ran.contains(name)).cloned().collect();
                return Err(self.start_again(site, &stopped, failure).await);
            }
        }
        let limit = self.cloud.pace.health;
        let left = self.still(site, names, limit, |job| !job.at_rest()).await.map_err(Failure::after_changes)?;
        let Some(left) = left else { return Ok(()) };
        self.start_webjobs(site, ran, false).await.map_err(Failure::after_changes)?;
        let error = anyhow::anyhow!("WebJobs of site `{site}` did not stop within {limit:?}: {left}");
        Err(Failure::refused(
            error,
            "stop them by hand, in the portal or by a restart of Kudu, then run this step again",
        ))
    }

    /// The same where users wait for what comes after it.
    pub(super) async fn try_to_stop_webjobs(&self, site: &SiteId, names: &[String]) {
        let mut left = Vec::new();
        for name in names {
            left.extend(self.command(site, name, Verb::Stop).await.err().map(|failure| failure.message()));
        }
        let rest = self.still(site, names, self.cloud.pace.request, |job| !job.at_rest()).await;
        left.extend(rest.unwrap_or_else(|failure| Some(failure.message())));
        if !left.is_empty() {
            let left = left.join("; ");
            self.cloud.notice(format!("WebJobs of site `{site}` may still run, stop them by hand: {left}"));
        }
    }

    /// A refusal changes nothing: what was stopped before it runs again.
    async fn start_again(&self, site: &SiteId, stopped: &[String], failure: Failure) -> Failure {
        match self.start_webjobs(site, stopped, false).await {
            Ok(()) => failure,
            Err(worse) => {
                let why = format!("WebJobs that this step had stopped were not started again: {}", worse.message());
                Failure { error: failure.error.context(why), ..failure }.into_interrupted()
            }
        }
    }

    /// One that cannot be started keeps none of the others from it.
    pub(super) async fn start_webjobs(&self, site: &SiteId, names: &[String], wait: bool) -> Result<(), Failure> {
        let mut first = None;
        for name in names {
            if let Err(failure) = self.command(site, name, Verb::Start).await {
                first.get_or_insert(failure);
            }
        }
        if let Some(failure) = first {
            return Err(failure);
        }
        let limit = self.cloud.pace.health;
        let left = if wait { self.still(site, names, limit, WebJob::at_rest).await? } else { None };
        let Some(left) = left else { return Ok(()) };
        Err(Failure::interrupted(anyhow::anyhow!("WebJobs of site `{site}` did not start within {limit:?}: {left}")))
    }

    /// Stops or starts one. Kudu may not find for a while what it lists, and never does where the site runs from a package. One that
    /// the version of today does not have is no reason to stop half-way.
    async fn command(&self, site: &SiteId, name: &str, verb: Verb) -> Result<(), Failure> {
        let (arm, pace) = (&self.cloud.arm, self.cloud.pace);
        let mut polls = wait::Poller::new("Azure finds it", pace.poll, pace.request);
        loop {
            if arm.send(&verb.of(arm.scope(), site, name)).await.map_err(failed_at_azure)? {
                return Ok(());
            }
            let listed = self.continuous(site).await?.into_iter().find(|job| eq_azure_name(&job.name, name));
            let Some(job) = listed else {
                self.cloud.notice(format!("site `{site}` no longer has a WebJob `{name}`"));
                return Ok(());
            };
            if verb == Verb::Start && !job.at_rest() {
                return Ok(());
            }
            if polls.next().await.is_err() {
                return Err(not_found(site, name, verb));
            }
        }
    }

    /// Waits while this can be said of one of these WebJobs. Answers those of which it is still true when the time is over.
    async fn still(
        &self,
        site: &SiteId,
        names: &[String],
        limit: Duration,
        is: impl Fn(&WebJob) -> bool,
    ) -> Result<Option<String>, Failure> {
        let mut polls = wait::Poller::new("the WebJobs have the wanted state", self.cloud.pace.poll, limit);
        loop {
            let jobs = self.continuous(site).await?;
            let meant = |job: &&WebJob| names.iter().any(|name| eq_azure_name(name, &job.name)) && is(job);
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
        self.listed(site)
            .await?
            .ok_or_else(|| Failure::interrupted(anyhow::anyhow!("Azure no longer lists the WebJobs of site `{site}`")))
    }

    async fn listed(&self, site: &SiteId) -> Result<Option<Vec<WebJob>>, Failure> {
        let arm = &self.cloud.arm;
        arm.send(&webjobs::continuous(arm.scope(), site)).await.map_err(failed_at_azure)
    }

    /// What earlier upgrades kept goes: the site restarts anyway. What this one kept stays as it is.
    pub(super) async fn suspend_webjobs(&self, site: &SiteId, keep: &str) -> Result<(), Failure> {
        let mut all = self.app_settings(site).await?;
        let find = |name: &str| all.iter().find(|setting| eq_azure_name(&setting.name, name));
        let before = find(keep).or_else(|| find(WEBJOBS_STOPPED));
        let before = before.map_or_else(|| UNSET.into(), |setting| setting.value.clone());
        all.retain(|setting| {
            !eq_azure_name(&setting.name, WEBJOBS_STOPPED) && !Upgrade::is_kept_setting(&setting.name)
        });
        all.push(AppSetting { name: keep.to_owned(), value: before });
        all.push(AppSetting { name: WEBJOBS_STOPPED.to_owned(), value: "1".into() });
        self.put_app_settings(site, &all).await?;
        let listed = self.listed(site).await?.unwrap_or_default();
        let names: Vec<_> = listed.into_iter().map(|job| job.name).collect();
        if names.is_empty() {
            return Ok(());
        }
        let Some(left) = self.still(site, &names, self.cloud.pace.health, |job| !job.at_rest()).await? else {
            return Ok(());
        };
        let why = format!("WebJobs of site `{site}` still run though `{WEBJOBS_STOPPED}` is set: {left}");
        Err(Failure::interrupted(anyhow::anyhow!(why)))
    }

    pub(super) async fn release_webjobs(&self, site: &SiteId) -> Result<(), Failure> {
        let mut all = self.app_settings(site).await?;
        all.retain(|setting| !eq_azure_name(&setting.name, WEBJOBS_STOPPED));
        self.put_app_settings(site, &all).await
    }

    pub(super) async fn restore_webjobs(&self, site: &SiteId, kept: &str) -> Result<(), Failure> {
        let mut all = self.app_settings(site).await?;
        let before = all.iter().find(|setting| eq_azure_name(&setting.name, kept)).map(|setting| setting.value.clone());
        all.retain(|setting| !eq_azure_name(&setting.name, WEBJOBS_STOPPED) && !eq_azure_name(&setting.name, kept));
        let before = before.filter(|value| value.expose_secret() != UNSET);
        all.extend(before.map(|value| AppSetting { name: WEBJOBS_STOPPED.to_owned(), value }));
        self.put_app_settings(site, &all).await
    }

    async fn app_settings(&self, site: &SiteId) -> Result<Vec<AppSetting>, Failure> {
        let arm = &self.cloud.arm;
        let all = arm.send(&site_model::app_settings(arm.scope(), site)).await.map_err(failed_at_azure)?;
        preflight::mask(self.cloud, &all);
        Ok(all)
    }

    /// The collection is replaced as a whole: that is the only way Azure offers.
    async fn put_app_settings(&self, site: &SiteId, all: &[AppSetting]) -> Result<(), Failure> {
        let arm = &self.cloud.arm;
        arm.send(&web::put_app_settings(arm.scope(), site, all)).await.map_err(failed_at_azure)
    }
}
