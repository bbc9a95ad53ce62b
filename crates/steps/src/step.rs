//! A step that changes something, from its inputs to its course.

use rollout::{CATCH_UP_READINGS, Policy, Refusal, Step, Upgrade, site::SiteOptions};
use runner::RunnerIo;

use crate::{
    cloud::{Cloud, Pace},
    execution::{self, StepRun},
    failure::Failure,
    hooks::Hooks,
    identity::{self, upgrade_id},
    inputs::{SiteInputs, StepInputs, optional_identifier},
    report::Report,
    scripts::Scripts,
    stop::Stop,
};

/// The name of a step's binary.
pub fn binary(step: Step) -> &'static str {
    match step {
        Step::Prepare => "upgrade-prepare",
        Step::Freeze => "upgrade-freeze",
        Step::Terminate => "upgrade-terminate",
        Step::Migrate => "upgrade-migrate",
        Step::Switch => "upgrade-switch",
        Step::Rollback => "upgrade-rollback",
        Step::Cleanup => "upgrade-cleanup",
    }
}

/// Runs a step.
///
/// # Errors
/// Its inputs cannot be used.
pub async fn run(step: Step, runner_io: &RunnerIo, arguments: StepInputs, stop: &Stop) -> Result<Report, Failure> {
    let prepared = async {
        let mut prepared = Prepared::new(step, runner_io, &arguments)?;
        prepared.find_upgrade(step, runner_io, &arguments).await?;
        Ok(prepared)
    };
    let prepared = stop.or_interrupted(prepared).await.map_err(|failure| failure.with_status(None))?;
    let Prepared { upgrade, scripts, hooks, policy, cloud } = &prepared;
    Ok(execution::run(&StepRun { step, cloud, upgrade, policy, scripts, hooks, stop }).await)
}

/// What a step needs before it speaks to anybody.
struct Prepared {
    upgrade: Upgrade,
    scripts: Scripts,
    hooks: Hooks,
    policy: Policy,
    cloud: Cloud,
}

impl Prepared {
    fn new(step: Step, runner_io: &RunnerIo, arguments: &StepInputs) -> Result<Self, Failure> {
        let id = if looks_for_its_upgrade(step, arguments) {
            identity::placeholder()?
        } else {
            upgrade_id(runner_io, &arguments.connection)?
        };
        let upgrade = arguments.slots.upgrade(id)?;
        let scripts = Scripts::read(step, &arguments.limits, &arguments.site)?;
        let hooks = Hooks::new(&arguments.hooks);
        if step == Step::Freeze {
            hooks.check()?;
        }
        let policy = policy(step, arguments, &scripts, hooks.given())?;
        let pace = Pace::of(&arguments.connection).with_limits(step, &arguments.limits).with_site(&arguments.site);
        let cloud = Cloud::new(runner_io, step.name(), &upgrade.id, &arguments.connection, pace)?;
        Ok(Self { upgrade, scripts, hooks, policy, cloud })
    }

    /// Before anything is begun: the id names the step's sessions, and is part of the names of what it keeps.
    async fn find_upgrade(&mut self, step: Step, runner_io: &RunnerIo, arguments: &StepInputs) -> Result<(), Failure> {
        if looks_for_its_upgrade(step, arguments) {
            self.cloud.sign_in().await?;
            let id = identity::found(runner_io, &arguments.connection, &self.cloud, &self.upgrade).await?;
            self.cloud.name_upgrade(step.name(), &id);
            self.upgrade.id = id;
        }
        Ok(())
    }
}

/// It comes to the rescue, or after it, and nobody has named the upgrade.
fn looks_for_its_upgrade(step: Step, arguments: &StepInputs) -> bool {
    matches!(step, Step::Rollback | Step::Cleanup) && arguments.connection.upgrade_id.is_none()
}

fn policy(step: Step, arguments: &StepInputs, scripts: &Scripts, hooks: rollout::Hooks) -> Result<Policy, Failure> {
    let limits = &arguments.limits;
    let grace = limits.rollback_after.signed();
    if step == Step::Freeze && grace.as_secs() > 30 {
        let error = anyhow::anyhow!("`rollback-after` is {grace:#}, more than 30 s");
        return Err(Failure::refused(error, "give open transactions at most 30s: writes go on until they end"));
    }
    Ok(Policy {
        rollback_after: grace,
        max_read_only: limits.max_read_only.signed(),
        max_lag: limits.max_lag.signed(),
        termination: limits.termination,
        health_repeats: limits.health_repeats,
        health_path: limits.health_path.clone(),
        scripts: scripts.names(),
        scripts_digest: limits.scripts_digest.clone(),
        plan_digest: limits.plan_digest.clone(),
        remove: optional_identifier("remove", limits.remove.as_ref())?,
        remove_database: limits.remove_database,
        revert_window: limits.revert_window.signed(),
        checks: scripts.check_names(),
        site: site(step, &arguments.site)?,
        accept_loss: optional_identifier("accept-loss", limits.accept_loss.as_ref())?,
        late_request_wait: limits.late_request_wait.signed(),
        accept_stage_writes: limits.accept_stage_writes,
        accept_client: limits.accept_client.clone(),
        hooks,
        past_deadline: false,
        catch_up_readings: CATCH_UP_READINGS,
    })
}

/// What was approved is what is deployed, so prepare wants both or neither.
fn site(step: Step, inputs: &SiteInputs) -> Result<SiteOptions, Refusal> {
    let site_options = inputs.site_options()?;
    let half = |given: &str, missing: &str, hint: &str| {
        Refusal::new("read the inputs", format!("`{given}` was given without `{missing}`"), hint)
    };
    match (step, site_options.source, &site_options.package) {
        (Step::Prepare, Some(_), None) => {
            Err(half("package", "package-digest", "pass the output `package-digest` of plan"))
        }
        (Step::Prepare, None, Some(_)) => Err(half("package-digest", "package", "pass the package that plan has seen")),
        (Step::Prepare, ..) => Ok(site_options),
        (Step::Freeze, ..) => Ok(SiteOptions { source: None, ..site_options }),
        _ => Ok(SiteOptions::default()),
    }
}
