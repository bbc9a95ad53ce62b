//! Effects on the Traffic Manager profile and its endpoints.

use azure::traffic_manager::{self, NewEndpoint, Target};
use rollout::{
    DatabaseId, EndpointId, ProfileId, SiteId, Upgrade,
    facts::{EndpointKind, Moment, MonitorStatus, Profile, Tags},
    ids::eq_azure_name,
    labels,
    labels::label_time,
};
use tsql::statements::state;

use super::{Executor, wait};
use crate::{
    cloud::{failed_at_azure, failed_at_sql},
    failure::Failure,
};

impl Executor<'_> {
    pub(super) async fn profile(&self, id: &ProfileId) -> Result<Profile, Failure> {
        let arm = &self.cloud.arm;
        let found = arm.send(&traffic_manager::profile(arm.scope(), id)).await.map_err(failed_at_azure)?;
        found.ok_or_else(|| Failure::interrupted(anyhow::anyhow!("profile `{id}` is gone")))
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
        let why = format!("somebody else changed the tags of profile `{id}` at the same time");
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
}

fn same_tags(left: &Tags, right: &Tags) -> bool {
    let lower =
        |tags: &Tags| -> Tags { tags.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())).collect() };
    lower(left) == lower(right)
}
