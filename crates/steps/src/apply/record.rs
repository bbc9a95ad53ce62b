//! What the databases say about who was served, and the proofs around it.

use std::time::Duration;

use jiff::SignedDuration;
use rollout::{
    DatabaseId, EndpointId, Outcome, SiteId, Upgrade, UpgradeId,
    connection::ConnectionString,
    facts::{Endpoint, Moment},
    ids::eq_azure_name,
    leads::Place,
    measure::LogEnd,
    served,
};
use secrecy::ExposeSecret;
use tokio::time::Instant;
use tsql::statements::{
    access::{self, Access},
    fence, log_end, measure, milestone, state, upgrade,
};

use super::{Executor, wait::Poller};
use crate::{
    cloud::{failed_at_azure, failed_at_sql},
    failure::Failure,
    observe::settings,
};

impl Executor<'_> {
    pub(super) async fn record_upgrade(&mut self, database: &DatabaseId, row: &Upgrade) -> Result<(), Failure> {
        let limit = self.cloud.pace.request;
        upgrade::record(self.session(database).await?, row, limit).await.map_err(failed_at_sql)
    }

    pub(super) async fn record_milestone(
        &mut self,
        database: &DatabaseId,
        run: &UpgradeId,
        moment: Moment,
    ) -> Result<(), Failure> {
        let limit = self.cloud.pace.request;
        milestone::record(self.session(database).await?, run, moment, limit).await.map_err(failed_at_sql)
    }

    pub(super) async fn erase_milestone(
        &mut self,
        database: &DatabaseId,
        run: &UpgradeId,
        moment: Moment,
    ) -> Result<(), Failure> {
        let limit = self.cloud.pace.request;
        milestone::erase(self.session(database).await?, run, moment, limit).await.map_err(failed_at_sql)
    }

    pub(super) async fn begin_serving(
        &mut self,
        database: &DatabaseId,
        run: &UpgradeId,
        afresh: bool,
    ) -> Result<(), Failure> {
        let limit = self.cloud.pace.request;
        measure::begin(self.session(database).await?, run, afresh, limit).await.map_err(failed_at_sql)
    }

    pub(super) async fn close_fence_of_copy(&mut self, database: &DatabaseId, run: &UpgradeId) -> Result<(), Failure> {
        let limit = self.cloud.pace.request;
        milestone::close_fence_of_copy(self.session(database).await?, run, limit).await.map_err(failed_at_sql)
    }

    /// Only a copy that takes no writes any more can tell whether it got some.
    pub(super) async fn close_unless_written(
        &mut self,
        database: &DatabaseId,
        run: &UpgradeId,
        reopen: bool,
    ) -> Result<(), Failure> {
        let limit = self.cloud.pace.request;
        let copy = self.session(database).await?;
        // One that is READ_ONLY was closed by a rollback that died, or by somebody else.
        if !state::read(copy, limit).await.map_err(failed_at_sql)?.read_only {
            fence::reopen(copy, run, limit).await.map_err(failed_at_sql)?;
            access::set(copy, Access::ReadOnly { grace: Duration::ZERO }, limit).await.map_err(failed_at_sql)?;
        }
        let written = measure::written(copy, run, limit).await.map_err(failed_at_sql)?;
        if written.is_nothing() {
            return Ok(());
        }
        let again = if reopen { "takes writes again" } else { "stays READ_ONLY, because production takes writes" };
        if reopen {
            access::set(copy, Access::ReadWrite, limit).await.map_err(failed_at_sql)?;
            fence::close(copy, run, limit).await.map_err(failed_at_sql)?;
        }
        let error = anyhow::anyhow!("users may have been on `{database}`, and it {written}; it {again}");
        let hint = format!(
            "run switch: going forward loses nothing; or give those writes up by name: rollback with `accept-loss: {database}`"
        );
        Err(Failure { outcome: Outcome::Stuck, error, hint })
    }

    /// An end that could not be seen when it was to be kept cannot be compared, which people are told. One that is not kept at all is
    /// no proof of anything.
    pub(super) async fn prove_log_unmoved(
        &mut self,
        source: &DatabaseId,
        target: &DatabaseId,
        run: &UpgradeId,
    ) -> Result<(), Failure> {
        let limit = self.cloud.pace.request;
        let kept = log_end::kept(self.session(target).await?, run, limit).await.map_err(failed_at_sql)?;
        let now = log_end::read(self.session(source).await?, limit).await.map_err(failed_at_sql)?;
        match kept.compared_with(now) {
            LogEnd::Unmoved => Ok(()),
            LogEnd::Unseen => {
                self.cloud.notice(format!(
                    "this log-in may not see the log of `{source}`: an UPDATE in a moment of write access would not show"
                ));
                Ok(())
            }
            LogEnd::Grown => {
                let why =
                    format!("the log of `{source}` has grown since its copy was cut off: somebody has written to it");
                Err(Failure::broken(anyhow::anyhow!(why)))
            }
            LogEnd::Unknown => {
                let why = format!("nothing proves that nobody has written to `{source}` since its copy was cut off");
                Err(Failure::broken(anyhow::anyhow!(why)))
            }
        }
    }

    pub(super) async fn prove_writable(&mut self, database: &DatabaseId) -> Result<(), Failure> {
        let limit = self.cloud.pace.request;
        let state = state::read(self.session(database).await?, limit).await.map_err(failed_at_sql)?;
        if state.updateable && !state.read_only {
            return Ok(());
        }
        let why = format!("`{database}` takes no writes: somebody has set it READ_ONLY in between");
        Err(Failure::interrupted(anyhow::anyhow!(why)))
    }

    pub(super) async fn prove_served(
        &mut self,
        endpoint: &EndpointId,
        place: Option<&Place>,
        without: Option<&EndpointId>,
    ) -> Result<(), Failure> {
        let profile = self.profile(&endpoint.profile_id()).await?;
        let disabled: Vec<_> = without.iter().map(|other| (*other, false)).collect();
        let served = served::served_if(&profile, &disabled);
        let found = profile.endpoint(endpoint).zip(place).filter(|(found, place)| !found.leads_to(place));
        if let Some((found, place)) = found {
            let (why, hint) = found.astray_from(place);
            return Err(Failure { hint, ..Failure::interrupted(anyhow::anyhow!(why)) });
        }
        if served.is(endpoint) {
            return Ok(());
        }
        let serves = without.map_or_else(
            || format!("profile `{}` serves", profile.id),
            |other| format!("with endpoint `{}` disabled profile `{}` would serve", other.name, profile.id),
        );
        let why = format!("{serves} {served}, and not `{}`", endpoint.name);
        let hint = "put the endpoints of the profile in order (`status` tells who is served); then run this step again";
        Err(Failure { hint: hint.to_owned(), ..Failure::interrupted(anyhow::anyhow!(why)) })
    }

    pub(super) async fn prove_pointed(
        &mut self,
        site: &SiteId,
        setting: &str,
        database: &DatabaseId,
    ) -> Result<(), Failure> {
        let all = settings(self.cloud, site).await.map_err(failed_at_azure)?;
        let fqdn = self.cloud.fqdn(&database.server_id());
        let leads_there = all.iter().filter(|one| eq_azure_name(&one.name, setting)).any(|one| {
            ConnectionString::parse(one.value.expose_secret())
                .is_ok_and(|string| string.leads_to(&fqdn, &database.name))
        });
        if leads_there {
            return Ok(());
        }
        let why = format!("connection string `{setting}` of site `{site}` does not lead to `{database}` any more");
        Err(Failure::broken(anyhow::anyhow!(why)))
    }

    /// A request that a dead step had sent may be carried out after that step's session has ended.
    pub(super) async fn undo_late_requests(
        &mut self,
        production: &EndpointId,
        stage: &EndpointId,
        within: SignedDuration,
    ) -> Result<(), Failure> {
        let within = within.unsigned_abs();
        let (until, what) = (Instant::now() + within, "no request of a dead step comes late");
        let mut polls = Poller::new(what, self.cloud.pace.poll, within);
        loop {
            let profile = self.profile(&production.profile_id()).await?;
            self.put_back(profile.endpoint(production), true).await?;
            self.put_back(profile.endpoint(stage), false).await?;
            if Instant::now() >= until || polls.next().await.is_err() {
                return Ok(());
            }
        }
    }

    async fn put_back(&self, seen: Option<&Endpoint>, enabled: bool) -> Result<(), Failure> {
        let Some(Endpoint { id, kind, .. }) = seen.filter(|seen| seen.enabled != enabled) else { return Ok(()) };
        self.cloud.notice(format!("a request came late and changed endpoint `{id}`: that is undone"));
        self.set_endpoint(id, *kind, enabled).await
    }

    /// What fails is told, and left to what comes later in the step.
    pub(super) async fn serve_production(&mut self, production: &EndpointId, stage: &EndpointId) {
        if let Err(failure) = self.try_to_serve_production(production, stage).await {
            let what =
                format!("users may still be sent to endpoint `{stage}` while production gets its write access back");
            self.cloud.notice(format!("{what}: {}", failure.message()));
        }
    }

    async fn try_to_serve_production(&self, production: &EndpointId, stage: &EndpointId) -> Result<(), Failure> {
        let profile = self.profile(&production.profile_id()).await?;
        let Some(seen) = profile.endpoint(production) else {
            return Err(Failure::interrupted(anyhow::anyhow!("endpoint `{production}` is not there")));
        };
        if !seen.enabled {
            self.set_endpoint(production, seen.kind, true).await?;
        }
        match profile.endpoint(stage).filter(|seen| seen.enabled) {
            Some(seen) => self.set_endpoint(stage, seen.kind, false).await,
            None => Ok(()),
        }
    }
}
