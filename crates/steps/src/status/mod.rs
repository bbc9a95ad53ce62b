//! Status: where an upgrade stands, from the live state alone. It takes no lock and changes nothing.

mod answer;
mod by_row;
mod find;
mod named;

use rollout::{
    DecisionInput, Policy, Upgrade, UpgradeId, World, decide::require_own_freeze, facts::Holder, measure::Written,
    rows::Counted, status,
};
use runner::RunnerIo;
use tsql::statements::lock;

use crate::{
    cloud::{Cloud, Pace},
    failure::Failure,
    identity,
    inputs::StatusArguments,
    observe::{self, observe},
    report::Report,
    sessions::Sessions,
    stop::Stop,
};
use find::{Found, find};
use named::Named;

/// Runs the step.
///
/// # Errors
/// Something cannot be read, or the inputs do not say what to look at.
pub async fn run(runner_io: &RunnerIo, arguments: StatusArguments, stop: &Stop) -> Result<Report, Failure> {
    stop.or_interrupted(tell(runner_io, arguments)).await
}

async fn tell(runner_io: &RunnerIo, arguments: StatusArguments) -> Result<Report, Failure> {
    let by_profile = arguments.profile.is_some() && arguments.slots.stage_database.is_none();
    if by_profile { by_labels(runner_io, &arguments).await } else { by_slots(runner_io, &arguments).await }
}

async fn by_slots(runner_io: &RunnerIo, arguments: &StatusArguments) -> Result<Report, Failure> {
    let named = identity::named(runner_io, &arguments.connection)?;
    let id = named.clone().map_or_else(identity::placeholder, Ok)?;
    let mut upgrade = arguments.slots.upgrade(id).map_err(|refusal| {
        Failure::refused(refusal, "pass the identifiers from the outputs of plan, or pass `profile` alone")
    })?;
    let mut cloud = signed_in(runner_io, arguments, &upgrade.id).await?;
    if named.is_none() {
        upgrade.id = identity::found(runner_io, &arguments.connection, &cloud, &upgrade).await?;
        cloud.name_upgrade("status", &upgrade.id);
    }
    of(&cloud, &upgrade).await
}

async fn by_labels(runner_io: &RunnerIo, arguments: &StatusArguments) -> Result<Report, Failure> {
    let named = Named::of(arguments)?;
    let mut cloud = signed_in(runner_io, arguments, &identity::placeholder()?).await?;
    match find(&cloud, &named).await? {
        Found::Upgrade(upgrade) => {
            cloud.name_upgrade("status", &upgrade.id);
            of(&cloud, &upgrade).await
        }
        Found::Nothing => Ok(answer::nothing(&named.profile)),
        Found::WithoutV1(labelled) => Ok(answer::without_v1(&labelled)),
    }
}

async fn signed_in(runner_io: &RunnerIo, arguments: &StatusArguments, id: &UpgradeId) -> Result<Cloud, Failure> {
    let cloud = Cloud::new(runner_io, "status", id, &arguments.connection, Pace::of(&arguments.connection))?;
    cloud.sign_in().await?;
    Ok(cloud)
}

/// Looks at everything, and at who is at work.
async fn of(cloud: &Cloud, upgrade: &Upgrade) -> Result<Report, Failure> {
    let mut sessions = Sessions::default();
    let mut world = observe(cloud, upgrade, &mut sessions).await?;
    world.counted = counted(cloud, upgrade, &mut sessions).await;
    world.written = written(cloud, upgrade, &world, &mut sessions).await;
    let case = DecisionInput { upgrade, world: &world, policy: &Policy::default(), preflight: None };
    require_own_freeze(&case, "tell where the upgrade stands")?;
    let holder = holder(cloud, upgrade, &mut sessions).await;
    Ok(answer::upgrade(upgrade, &world, &status(upgrade, &world), holder.as_ref()))
}

/// What was written to V2 is of use for the question of the way back, and no more: without it the rest is told all the same.
async fn counted(cloud: &Cloud, upgrade: &Upgrade, sessions: &mut Sessions) -> Option<Counted> {
    let counted = observe::counted(upgrade, sessions, cloud.pace.request, true).await;
    counted.unwrap_or_else(|failure| {
        cloud.notice(format!("this run cannot count the rows of the databases: {}", failure.message()));
        None
    })
}

/// Likewise: what cannot be told stands in the answer.
async fn written(cloud: &Cloud, upgrade: &Upgrade, world: &World, sessions: &mut Sessions) -> Option<Written> {
    let written = observe::written(upgrade, world, sessions, cloud.pace.request).await;
    written.unwrap_or_else(|failure| Some(Written::Unknown(failure.message())))
}

async fn holder(cloud: &Cloud, upgrade: &Upgrade, sessions: &mut Sessions) -> Option<Holder> {
    let session = sessions.get(&upgrade.production.database)?;
    lock::holder(session, cloud.pace.request).await.unwrap_or_else(|error| {
        cloud.notice(format!("this run cannot see who holds the lock: {error}"));
        None
    })
}
