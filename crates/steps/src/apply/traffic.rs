//! The Traffic Manager profile and its endpoints.

use azure::traffic_manager::{self, NewEndpoint, Target};
use jiff::SignedDuration;
use rollout::{
    DatabaseId, EndpointId, OtherEndpoint, ProfileId, SiteId, TrafficEffect, Upgrade,
    facts::{Endpoint, EndpointKind, Moment, MonitorStatus, Profile, Tags},
    ids::eq_azure_name,
    labels,
    labels::label_time,
    leads::Place,
    served,
};
use tokio::time::Instant;
use tsql::statements::state;

use super::executor::Executor;
use crate::{
    failure::{Failure, failed_at_azure, failed_at_sql},
    wait,
};

impl Executor<'_> {
    pub(super) async fn traffic(&mut self, effect: &TrafficEffect) -> Result<(), Failure> {
        match effect {
            TrafficEffect::ProveServed { endpoint, place, other } => {
                let profile = self.profile(&endpoint.profile_id()).await?;
                match other {
                    OtherEndpoint::AsItIs => prove_served(&profile, endpoint, place.as_ref(), None),
                    OtherEndpoint::OnceDisabled(other) => prove_served(&profile, endpoint, place.as_ref(), Some(other)),
                    OtherEndpoint::Disabled(other) => {
                        prove_disabled(&profile, other)?;
                        prove_served(&profile, endpoint, place.as_ref(), None)
                    }
                }
            }
            TrafficEffect::AwaitOnline { endpoint } => self.await_online(endpoint).await,
            TrafficEffect::ServeProduction { production, stage } => {
                self.serve_production(production, stage).await;
                Ok(())
            }
            TrafficEffect::UndoLateRequests { production, stage, within } => {
                self.undo_late_requests(production, stage, *within).await
            }
            TrafficEffect::Label { profile, set, remove } => self.label(profile, set, remove).await,
            TrafficEffect::LabelSwitched { profile, upgrade, clock } => {
                self.label_switched(profile, upgrade, clock).await
            }
            TrafficEffect::AddEndpoint { endpoint, kind, site, target, priority } => {
                self.add_endpoint(endpoint, *kind, site, target, *priority).await
            }
            TrafficEffect::Enable { endpoint, kind } => self.set_endpoint(endpoint, *kind, true).await,
            TrafficEffect::Disable { endpoint, kind } => self.set_endpoint(endpoint, *kind, false).await,
        }
    }

    pub(super) async fn profile(&self, id: &ProfileId) -> Result<Profile, Failure> {
        let arm = &self.cloud.arm;
        let found = arm.send(&traffic_manager::profile(arm.scope(), id)).await.map_err(failed_at_azure)?;
        found.ok_or_else(|| Failure::interrupted(anyhow::anyhow!("profile `{id}` no longer exists")))
    }

    /// Tags are read, merged, written and read again: there is no ETag that would guard them.
    pub(super) async fn label(
        &self,
        id: &ProfileId,
        set: &[(String, String)],
        remove: &[String],
    ) -> Result<(), Failure> {
        let mut tags = self.profile(id).await?.tags;
        tags.retain(|name, _| {
            !remove.iter().chain(set.iter().map(|(name, _)| name)).any(|other| eq_azure_name(name, other))
        });
        tags.extend(set.iter().cloned());
        let arm = &self.cloud.arm;
        arm.send(&traffic_manager::set_profile_tags(arm.scope(), id, &tags)).await.map_err(failed_at_azure)?;
        let now = self.profile(id).await?.tags;
        if same_tags(&now, &tags) {
            return Ok(());
        }
        let why = format!("another program changed the tags of profile `{id}` at the same time");
        Err(Failure::interrupted(anyhow::anyhow!(why)))
    }

    /// The time is the one that stands in the stage copy.
    pub(super) async fn label_switched(
        &mut self,
        profile: &ProfileId,
        upgrade: &Upgrade,
        clock: &DatabaseId,
    ) -> Result<(), Failure> {
        let limit = self.cloud.pace.request;
        let state = state::read(self.session(clock).await?, limit).await.map_err(failed_at_sql)?;
        let at = state.reached(&upgrade.id, Moment::Switched).unwrap_or(state.now);
        let mut set = labels::signposts(upgrade);
        set.push((labels::SWITCHED.to_owned(), label_time(at)));
        self.label(profile, &set, &[]).await
    }

    pub(super) async fn add_endpoint(
        &self,
        id: &EndpointId,
        kind: EndpointKind,
        site: &SiteId,
        host: &str,
        priority: u32,
    ) -> Result<(), Failure> {
        let target = if kind == EndpointKind::Azure { Target::Site(site) } else { Target::Host(host) };
        let new = NewEndpoint { id, target, priority, enabled: false, location: None };
        let arm = &self.cloud.arm;
        arm.send(&traffic_manager::put_endpoint(arm.scope(), &new)).await.map_err(failed_at_azure)?;
        Ok(())
    }

    pub(super) async fn set_endpoint(&self, id: &EndpointId, kind: EndpointKind, on: bool) -> Result<(), Failure> {
        let arm = &self.cloud.arm;
        let request = traffic_manager::set_endpoint_status(arm.scope(), id, kind, on);
        arm.send(&request).await.map_err(failed_at_azure)?;
        Ok(())
    }

    pub(super) async fn await_online(&self, id: &EndpointId) -> Result<(), Failure> {
        let pace = self.cloud.pace;
        let look = || async {
            let profile = self.profile(&id.profile_id()).await?;
            let status = profile.endpoint(id).map(|endpoint| &endpoint.monitor);
            Ok(status.filter(|status| matches!(status, MonitorStatus::Online | MonitorStatus::Unmonitored)).map(|_| ()))
        };
        let what = format!("Traffic Manager says that endpoint `{id}` is Online");
        wait::until(&what, pace.poll, pace.health, look).await.map_err(Failure::into_broken)
    }

    /// A request that a dead step had sent may be carried out after that step's session has ended.
    pub(super) async fn undo_late_requests(
        &mut self,
        production: &EndpointId,
        stage: &EndpointId,
        within: SignedDuration,
    ) -> Result<(), Failure> {
        let within = within.unsigned_abs();
        let (until, what) = (Instant::now() + within, "no delayed request of a dead step arrives");
        let mut polls = wait::Poller::new(what, self.cloud.pace.poll, within);
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
        self.cloud.notice(format!("a delayed request of a dead step changed endpoint `{id}`: this step undoes that"));
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
            return Err(Failure::interrupted(anyhow::anyhow!("endpoint `{production}` does not exist")));
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

fn same_tags(left: &Tags, right: &Tags) -> bool {
    let lower =
        |tags: &Tags| -> Tags { tags.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())).collect() };
    lower(left) == lower(right)
}

fn prove_served(
    profile: &Profile,
    endpoint: &EndpointId,
    place: Option<&Place>,
    without: Option<&EndpointId>,
) -> Result<(), Failure> {
    let disabled: Vec<_> = without.iter().map(|other| (*other, false)).collect();
    let served = served::served_if(profile, &disabled);
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
    let why = format!("{serves} {served}, not `{}`", endpoint.name);
    let hint = "correct the endpoints of the profile (`upgrade-status` shows which ones users get); then run this \
                step again";
    Err(Failure { hint: hint.to_owned(), ..Failure::interrupted(anyhow::anyhow!(why)) })
}

/// Traffic Manager passes over an enabled endpoint whose site does not answer, and sends users there again once it does.
fn prove_disabled(profile: &Profile, endpoint: &EndpointId) -> Result<(), Failure> {
    let Some(found) = profile.endpoint(endpoint).filter(|found| found.enabled) else { return Ok(()) };
    let why = format!("endpoint `{}` was enabled meanwhile", found.id);
    let hint = "find out who enabled it; `upgrade-status` shows which endpoint users get, and what to run next";
    Err(Failure { hint: hint.to_owned(), ..Failure::interrupted(anyhow::anyhow!(why)) })
}
