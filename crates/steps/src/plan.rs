//! Plan: finds production, checks every rule that a later step would hit, and changes nothing.

use azure::sql;
use rollout::{
    Outcome, Policy, Refusal, ServerId, Slot, Upgrade, UpgradeId, World,
    decide::DecisionInput,
    facts::{Endpoint, JournalRow, Server},
    history,
    plan::{self, Facts, Finding, PlanInputs, Target},
    site::SiteOptions,
};
use runner::RunnerIo;
use serde_json::{Value, json};

use crate::{
    cloud::{Cloud, Pace},
    failure::{Failure, failed_at_azure},
    hooks::Hooks,
    identity::upgrade_id,
    inputs::{PlanArguments, identifier},
    observe::{
        self, connection_settings, elsewhere, observe,
        preflight::{self, Asked},
        webjobs,
    },
    outputs::{Output, of_slots},
    package::Package,
    report::Report,
    scripts::{names, read_folder, required_folder},
    sessions::Sessions,
    stop::Stop,
};

/// Runs the step.
///
/// # Errors
/// Something cannot be read, or a rule forbids the upgrade.
pub async fn run(runner_io: &RunnerIo, arguments: PlanArguments, stop: &Stop) -> Result<Report, Failure> {
    stop.or_interrupted(plan(runner_io, arguments)).await
}

async fn plan(runner_io: &RunnerIo, arguments: PlanArguments) -> Result<Report, Failure> {
    arguments.require_all()?;
    let id = upgrade_id_or_new(runner_io, &arguments)?;
    let inputs = plan_inputs(&arguments)?;
    let (scripts, checks) = (scripts(&arguments)?, checks(&arguments)?);
    let (site_options, package) = (arguments.site.site_options()?, Package::read(&arguments.site)?);
    let hooks = Hooks::new(&arguments.hooks());
    hooks.check()?;
    let pace = Pace::of(&arguments.connection).with_site(&arguments.site);
    let cloud = Cloud::new(runner_io, "plan", &id, &arguments.connection, pace)?;
    cloud.sign_in().await?;
    let upgrade = discover(&cloud, id, &inputs).await?;
    let mut sessions = Sessions::default();
    let production = cloud.connect(&upgrade.production.database).await?;
    sessions.keep(&upgrade.production.database, production);
    let mut world = observe(&cloud, &upgrade, &mut sessions).await?;
    let asked = Asked { site_options: &site_options, package: package.as_ref() };
    let mut preflight =
        preflight::look(&cloud, &upgrade, &world, sessions.get(&upgrade.production.database), asked).await?;
    preflight.elsewhere = Some(elsewhere::look(&cloud, &world).await?);
    webjobs::look(&cloud, &upgrade, &mut world, &preflight).await?;
    let mut findings = plan::check(&upgrade, &world, &preflight);
    findings.extend(plan::check_scripts(&names(&scripts), journal(&world), &upgrade.id));
    refuse_blocked(&upgrade, &findings)?;
    let site = SiteOptions { package: preflight.package.clone().or(site_options.package), ..site_options };
    let (scripts, checks) = (names(&scripts), names(&checks));
    let policy = Policy { scripts, checks, site, hooks: hooks.given(), ..Policy::default() };
    let case = DecisionInput { upgrade: &upgrade, world: &world, policy: &policy, preflight: Some(&preflight) };
    report(&case, &findings)
}

/// Where neither the input nor a workflow run names the upgrade, plan gives it a name that the other steps are told.
fn upgrade_id_or_new(runner_io: &RunnerIo, arguments: &PlanArguments) -> Result<UpgradeId, Failure> {
    if arguments.connection.upgrade_id.is_some() || runner_io.environment().run_id.is_some() {
        return upgrade_id(runner_io, &arguments.connection);
    }
    let digits = uuid::Uuid::new_v4().simple().to_string();
    digits[..8].parse().map_err(|error| Failure::interrupted(anyhow::Error::new(error)))
}

fn plan_inputs(arguments: &PlanArguments) -> Result<PlanInputs, Refusal> {
    let production_database = match &arguments.production_database {
        None => None,
        given => Some(identifier("production-database", given.as_ref())?),
    };
    Ok(PlanInputs {
        profile: identifier("profile", arguments.profile.as_ref())?,
        stage_server: identifier("stage-server", arguments.stage_server.as_ref())?,
        stage_site: identifier("stage-site", arguments.stage_site.as_ref())?,
        stage_endpoint: arguments.stage_endpoint.clone(),
        connection_name: arguments.connection_name.clone(),
        production_database,
    })
}

fn scripts(arguments: &PlanArguments) -> Result<Vec<tsql::Script>, Failure> {
    read_folder(required_folder(arguments.scripts.as_deref())?)
}

fn checks(arguments: &PlanArguments) -> Result<Vec<tsql::Script>, Failure> {
    Ok(arguments.checks.as_deref().map(read_folder).transpose()?.unwrap_or_default())
}

/// What ran in production's database, in whichever upgrade.
fn journal(world: &World) -> &[JournalRow] {
    world.production.sql.as_ref().map(|sql| sql.journal.as_slice()).unwrap_or_default()
}

/// From the profile to the upgrade: production's endpoint, its site, its connection string, its database.
///
/// # Errors
/// Something cannot be read, or leads nowhere.
pub async fn discover(cloud: &Cloud, id: UpgradeId, inputs: &PlanInputs) -> Result<Upgrade, Failure> {
    let profile = observe::profile(cloud, &inputs.profile).await?;
    let (endpoint, site) = plan::production_endpoint(&profile, inputs)?;
    let settings = connection_settings(cloud, site).await.map_err(failed_at_azure)?;
    let setting = plan::pick_setting(site, &settings, inputs.connection_name.as_deref())?;
    let target = plan::target_of(site, setting, &servers(cloud, inputs).await?)?;
    let production = Slot { database: target.database.clone(), site: site.clone(), endpoint: endpoint.id.clone() };
    let stage = Slot {
        database: inputs.stage_server.database(&target.database.name),
        site: inputs.stage_site.clone(),
        endpoint: inputs.stage_endpoint(),
    };
    agrees(inputs, &target, endpoint)?;
    Ok(Upgrade::new(id, production, stage, setting.name.clone())?)
}

fn agrees(inputs: &PlanInputs, target: &Target, endpoint: &Endpoint) -> Result<(), Refusal> {
    match &inputs.production_database {
        Some(named) if *named != target.database => Err(Refusal::new(
            format!("find production behind endpoint `{}`", endpoint.id),
            format!("its site uses `{}`, but the input is `{named}`", target.database),
            "correct `production-database`, or omit it",
        )),
        _ => Ok(()),
    }
}

/// The servers among which production's is: all of the subscription, or the one that the user names.
async fn servers(cloud: &Cloud, inputs: &PlanInputs) -> Result<Vec<Server>, Failure> {
    let (arm, scope) = (&cloud.arm, cloud.arm.scope());
    let Some(named) = &inputs.production_database else {
        return arm.send(&sql::servers(scope)).await.map_err(failed_at_azure);
    };
    let id: ServerId = named.server_id();
    Ok(arm.send(&sql::server(scope, &id)).await.map_err(failed_at_azure)?.into_iter().collect())
}

fn refuse_blocked(upgrade: &Upgrade, findings: &[Finding]) -> Result<(), Failure> {
    let blocking: Vec<_> = findings.iter().filter(|finding| finding.blocks).collect();
    if blocking.is_empty() {
        return Ok(());
    }
    let list = |text: fn(&Finding) -> &str| blocking.iter().map(|finding| text(finding)).collect::<Vec<_>>().join("; ");
    let attempt = format!("upgrade `{}`", upgrade.production.database);
    Err(Refusal::new(attempt, list(|finding| &finding.what), list(|finding| &finding.hint)).into())
}

fn report(case: &DecisionInput<'_>, findings: &[Finding]) -> Result<Report, Failure> {
    let upgrade = case.upgrade;
    let scripts = case.policy.digest_of_scripts();
    let database = case.world.production.database.as_ref().ok_or_else(|| {
        Refusal::new(
            format!("plan the upgrade of `{}`", upgrade.production.database),
            "the database does not exist",
            "check the connection string of production's site",
        )
    })?;
    let (profile, package) = (&case.world.profile, case.policy.site.package.as_deref());
    let hooks = case.policy.hooks;
    let digest = plan::digest(&Facts { upgrade, profile, database, scripts: &scripts, package, hooks });
    let mut report = Report::success("plan", Outcome::Done);
    report.outputs = of_slots(upgrade);
    report.outputs.extend([
        (Output::PlanDigest, json!(digest)),
        (Output::ScriptsDigest, json!(scripts)),
        (Output::PackageDigest, json!(package.unwrap_or_default())),
        (Output::Findings, findings.iter().map(in_json).collect()),
    ]);
    report.summary = markdown(case, findings, &digest);
    Ok(report)
}

fn in_json(finding: &Finding) -> Value {
    json!({"rule": finding.rule, "what": finding.what, "hint": finding.hint})
}

fn markdown(case: &DecisionInput<'_>, findings: &[Finding], digest: &str) -> String {
    let (production, stage) = (&case.upgrade.production, &case.upgrade.stage);
    let mut text = format!(
        "Upgrade `{}`, plan `{digest}`.\n\n| | production (V1) | stage (V2) |\n|---|---|---|\n\
         | database | `{}` | `{}` |\n| site | `{}` | `{}` |\n| endpoint | `{}` | `{}` |\n\n",
        case.upgrade.id,
        production.database,
        stage.database,
        production.site,
        stage.site,
        production.endpoint,
        stage.endpoint,
    );
    text += &format!("Users come by {}.\n\n", list(plan::users_hosts(case.world).iter()));
    text += &folders(case);
    if let Some(package) = &case.policy.site.package {
        text += &format!("V2's package has the digest `{package}`.\n\n");
    }
    for finding in findings {
        text += &format!("- {} (`{}`)\n  - {}\n", finding.what, finding.rule, finding.hint);
    }
    text + &prepare_preview(case)
}

/// The order in which everything runs.
fn folders(case: &DecisionInput<'_>) -> String {
    let (policy, journal) = (case.policy, journal(case.world));
    let ran = history::ran(&policy.scripts, journal, &case.upgrade.id).unwrap_or_default();
    let lines = policy.scripts.iter().enumerate().map(|(place, script)| {
        let row = ran.get(place).copied().flatten();
        let before = row.map(|row| format!(": ran before, in upgrade `{}`", row.run)).unwrap_or_default();
        format!("1. `{}`{before}\n", script.name)
    });
    let scripts = format!("Scripts, in this order:\n\n{}\n", lines.collect::<String>());
    let lines: String = policy.checks.iter().map(|check| format!("1. `{}`\n", check.name)).collect();
    if lines.is_empty() { scripts } else { format!("{scripts}Checks, in this order:\n\n{lines}\n") }
}

fn list<'n>(names: impl Iterator<Item = &'n String>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// What prepare would do now.
fn prepare_preview(case: &DecisionInput<'_>) -> String {
    match rollout::decide(rollout::Step::Prepare, case) {
        Ok(effects) => {
            let lines: String = effects.iter().map(|effect| format!("1. {effect}\n")).collect();
            format!("\nPrepare will:\n\n{lines}\n")
        }
        Err(refusal) => format!("\nPrepare will refuse: {refusal}; {}\n", refusal.hint),
    }
}
