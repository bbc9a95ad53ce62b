//! `upgrade-firewall`: lets this runner into both SQL servers, and takes that back.
//!
//! A server refuses a log-in from an address that no rule of its firewall has, and its answer (error 40615) names the
//! address. `open` makes a rule for exactly that address, and waits until it is really in: Azure may take five minutes, which
//! is too long for the read-only time of users. Each runner has another address, so each job opens before its first step and
//! closes after its last.

mod close;
mod open;
mod probe_login;

use std::time::{Duration, Instant};

use rollout::{DatabaseId, UpgradeId, firewall::Change, plan::PlanInputs};
use runner::RunnerIo;

use crate::{
    apply::firewall,
    cloud::{Cloud, Pace, upgrade_id},
    failure::Failure,
    inputs::{FirewallArguments, Meant, Verb, identifier},
    plan,
    report::Report,
    stop::{Halt, Limits, Stop},
};

/// The name of the step.
const STEP: &str = "firewall";

/// What a run that stopped half-way advises: no rollback undoes it.
const WAY_ON: &str = "run it again; `upgrade-firewall close` removes every rule that was added";

/// Runs the step. Stopped from outside it ends at once: each rule is made or taken away by one request, and the next `open` or
/// `close` goes on from there.
///
/// # Errors
/// It did not succeed; the outcome says what that means.
pub async fn run(runner_io: &RunnerIo, arguments: FirewallArguments, stop: &Stop) -> Result<Report, Failure> {
    let verb = arguments.verb()?;
    let limits = Limits { stop, grace: Duration::ZERO, deadline: None };
    match limits.hold(work(runner_io, verb, arguments)).await {
        Ok(report) => Ok(report),
        Err(Halt::Failed(failure)) => Err(failure.with_way_on(WAY_ON)),
        Err(Halt::Stopped(cause)) => Err(stopped(&format!("stopped by {cause}"))),
        Err(Halt::Overdue) => Err(stopped("stopped at a deadline")),
    }
}

fn stopped(why: &str) -> Failure {
    Failure::interrupted(anyhow::anyhow!("{why}")).with_way_on(WAY_ON)
}

/// Makes a change and notes it. Where the answer was lost nobody can tell whether it was made.
async fn make(cloud: &Cloud, change: &Change, done: &mut Vec<(String, f64)>) -> Result<(), Failure> {
    let began = Instant::now();
    cloud.runner_io.say(&format!("{change} ..."));
    firewall::apply(cloud, change).await.map_err(Failure::of_a_change)?;
    done.push((change.to_string(), began.elapsed().as_secs_f64()));
    Ok(())
}

async fn work(runner_io: &RunnerIo, verb: Verb, arguments: FirewallArguments) -> Result<Report, Failure> {
    let id = upgrade_id(runner_io, &arguments.connection)?;
    let meant = arguments.meant()?;
    let cloud = Cloud::new(runner_io, STEP, &id, &arguments.connection, Pace::of(&arguments.connection))?;
    let databases = databases(&cloud, &id, meant, &arguments).await?;
    match verb {
        Verb::Open => open::open(&cloud, &id, &databases, arguments.firewall_timeout.0).await,
        Verb::Close => close::close(&cloud, &id, &databases).await,
    }
}

/// Production's database and stage's. Before plan they are found as plan finds them, which takes no log-in.
async fn databases(
    cloud: &Cloud,
    id: &UpgradeId,
    meant: Meant,
    arguments: &FirewallArguments,
) -> Result<[DatabaseId; 2], Failure> {
    if let Meant::Databases { production, stage } = meant {
        return Ok([production, stage]);
    }
    let inputs = PlanInputs {
        profile: identifier("profile", arguments.profile.as_ref())?,
        stage_server: identifier("stage-server", arguments.stage_server.as_ref())?,
        stage_site: identifier("stage-site", arguments.stage_site.as_ref())?,
        stage_endpoint: None,
        connection_name: arguments.connection_name.clone(),
        production_database: None,
    };
    let upgrade = plan::discover(cloud, id.clone(), &inputs).await?;
    Ok([upgrade.production.database, upgrade.stage.database])
}
