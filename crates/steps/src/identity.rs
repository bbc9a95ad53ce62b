//! Which upgrade a rollback, a cleanup or a status is about.
//!
//! A workflow run that comes to the rescue has an id of its own, so an id that nobody has given by name counts as not given: the run
//! that has frozen production is meant, else the one that has labelled the profile, else the one that prepare has written down.

use rollout::{
    Refusal, Upgrade, UpgradeId,
    decide::{Meant, meant},
    facts::{Profile, SqlState},
    ids::IdError,
    status::written_last,
};
use runner::RunnerIo;
use tsql::statements::state;

use crate::{
    cloud::{Cloud, NotConnected},
    failure::{Failure, failed_at_azure, failed_at_sql},
    inputs::ConnectionInputs,
    observe,
};

/// The id of this upgrade: the input, else the id of the workflow run.
///
/// # Errors
/// Neither is there, or it is no upgrade id.
pub fn upgrade_id(runner_io: &RunnerIo, inputs: &ConnectionInputs) -> Result<UpgradeId, Failure> {
    let text = inputs.upgrade_id.as_ref().or(runner_io.environment().run_id.as_ref());
    let parsed = text.map_or("", String::as_str).parse();
    parsed.map_err(|error: IdError| {
        Refusal::new("read the input `upgrade-id`", error.to_string(), "pass the output `upgrade-id` of plan").into()
    })
}

/// Stands for the id until the live state has told it.
///
/// # Errors
/// None: the text is an id.
pub fn placeholder() -> Result<UpgradeId, Failure> {
    "unknown".parse().map_err(|error| Failure::interrupted(anyhow::Error::new(error)))
}

/// The id that was given by name, which the live state has to agree with.
///
/// # Errors
/// It is no upgrade id.
pub fn named(runner_io: &RunnerIo, inputs: &ConnectionInputs) -> Result<Option<UpgradeId>, Failure> {
    inputs.upgrade_id.as_ref().map(|_| upgrade_id(runner_io, inputs)).transpose()
}

/// The upgrade that is meant where none was given by name. Of `upgrade` only the slots count.
///
/// # Errors
/// Several are possible, or something could not be read.
pub async fn found(
    runner_io: &RunnerIo,
    inputs: &ConnectionInputs,
    cloud: &Cloud,
    upgrade: &Upgrade,
) -> Result<UpgradeId, Failure> {
    let own = runner_io.environment().run_id.as_ref().and_then(|run| run.parse().ok());
    let (database, state) = (&upgrade.production.database, state_of(cloud, upgrade).await?);
    let fences = state.as_ref().map(|state| state.fences.as_slice()).unwrap_or_default();
    let written = state.as_ref().and_then(|state| written_last(state, &upgrade.production.endpoint.profile_id()));
    let open = fences.iter().any(|fence| fence.closed_at.is_none());
    let profile = if open { None } else { profile(cloud, upgrade).await };
    match meant(own.as_ref(), database, fences, profile.as_ref(), written)? {
        Some(Meant::Anothers(id, how)) => {
            cloud.notice(format!("no `upgrade-id` was given: this run acts for upgrade `{id}`, because {how}"));
            Ok(id)
        }
        Some(Meant::Own) | None => upgrade_id(runner_io, inputs),
    }
}

/// What production's database says; nothing where it takes no log-in: the step itself says so.
async fn state_of(cloud: &Cloud, upgrade: &Upgrade) -> Result<Option<SqlState>, Failure> {
    let mut session = match cloud.connect(&upgrade.production.database).await {
        Ok(session) => session,
        Err(NotConnected::SignIn(error)) => return Err(failed_at_azure(error)),
        Err(NotConnected::Sql(_)) => return Ok(None),
    };
    state::read(&mut session, cloud.pace.request).await.map(Some).map_err(failed_at_sql)
}

/// Write access may have to be given back without it.
async fn profile(cloud: &Cloud, upgrade: &Upgrade) -> Option<Profile> {
    let read = observe::profile(cloud, &upgrade.production.endpoint.profile_id()).await;
    read.map_err(|failure| {
        cloud.notice(format!("this run cannot read the tags of the Traffic Manager profile: {}", failure.message()))
    })
    .ok()
}
