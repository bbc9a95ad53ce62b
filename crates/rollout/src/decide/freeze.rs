//! Freeze: production read-only, after everything that a later step needs was tried.

use super::{DecisionInput, approved, background, prepare, require, stage_site};
use crate::{
    AccessEffect, Effect, FenceEffect, Permissions, Refusal,
    clients::{self, SiteClient},
    facts::tag,
    first_open, labels,
    plan::{self, Preflight},
};

pub(super) fn decide(case: &DecisionInput<'_>) -> Result<Vec<Effect>, Refusal> {
    if case.is_behind() {
        return Ok(Vec::new());
    }
    case.require_not_switched(&attempt(case))?;
    if frozen(case) {
        return Ok(vec![proof(case)]);
    }
    guards(case)?;
    let database = case.production().database.clone();
    let freeze = [
        Effect::Fence(FenceEffect::Open {
            database: database.clone(),
            upgrade: case.upgrade.id.clone(),
            within: case.policy.max_read_only,
        }),
        Effect::Access(AccessEffect::SetReadOnly { database, grace: case.policy.rollback_after }),
        proof(case),
    ];
    Ok(background::quiesce(case, &attempt(case))?.into_iter().chain(freeze).collect())
}

fn attempt(case: &DecisionInput<'_>) -> String {
    format!("freeze `{}`", case.production().database)
}

fn frozen(case: &DecisionInput<'_>) -> bool {
    case.world.production.read_only() && case.world.production.open_fence(case.upgrade).is_some()
}

fn proof(case: &DecisionInput<'_>) -> Effect {
    let linked = case.world.production.link_to(&case.stage().database).is_some();
    Effect::Access(AccessEffect::ProveReadOnly {
        database: case.production().database.clone(),
        linked_to: linked.then(|| case.stage().database.clone()),
    })
}

fn guards(case: &DecisionInput<'_>) -> Result<(), Refusal> {
    require(!case.world.production.read_only(), || {
        let why = format!(
            "production database `{}` is read-only, but upgrade `{}` did not make it so",
            case.production().database,
            case.upgrade.id
        );
        Refusal::new(
            attempt(case),
            why,
            "users cannot write: find out what made it read-only; if it was another upgrade, run rollback with its \
             `upgrade-id`",
        )
    })?;
    prepared(case)?;
    nobody_else(case, prepare::no_rule_blocks(case, &attempt(case))?)?;
    // Every later step logs in there: what keeps it out now would do so in the read-only time.
    case.require_stage_log_in(&attempt(case))?;
    synchronised_enough(case)?;
    permitted(case)?;
    unchanged(case)?;
    ran_before(case)?;
    background::can_quiesce(case, &attempt(case))
}

fn prepared(case: &DecisionInput<'_>) -> Result<(), Refusal> {
    let (world, stage) = (case.world, case.stage());
    let refuse = |why: String| Refusal::new(attempt(case), why, "run prepare first");
    require(world.production.link_to(&stage.database).is_some(), || {
        refuse(format!("`{}` is not a geo-secondary of production", stage.database))
    })?;
    let current = world.production.sql.as_ref().is_some_and(|sql| !sql.lacks_schema());
    require(current, || {
        refuse(format!(
            "schema `rolling_upgrade` in `{}` is missing or older than this release needs",
            case.production().database
        ))
    })?;
    require(stage_site::is_pointed(case), || {
        refuse(format!("the connection string of stage site `{}` does not point to `{}`", stage.site, stage.database))
    })?;
    let unbound = stage_site::unbound(case);
    require(unbound.is_empty(), || {
        refuse(format!("stage site `{}` is not bound to `{}` yet", stage.site, unbound.join("`, `")))
    })?;
    require(stage_site::package_is_there(case), || {
        let digest = case.policy.site.package.clone().unwrap_or_default();
        refuse(format!("package `{digest}` is not the last deployment to stage site `{}`", stage.site))
    })?;
    let listed = world.added_stage_endpoint(case.upgrade) && world.endpoint(stage).is_some();
    require(listed, || {
        refuse(format!("profile `{}` has no endpoint `{}` of this upgrade", world.profile.id, stage.endpoint.name))
    })?;
    case.require_hidden(&attempt(case))?;
    case.require_right_places(&attempt(case))?;
    require(tag(&world.profile.tags, labels::SYNCHRONISED).is_none() || !world.stage.independent(), || {
        refuse(format!("the stage copy `{}` is already independent of production", stage.database))
    })
}

/// Whoever works there beside the site was accepted by name. That nobody can see them does not mean that nobody is there.
fn nobody_else(case: &DecisionInput<'_>, preflight: &Preflight) -> Result<(), Refusal> {
    let database = &case.production().database;
    let sessions = preflight.sessions.as_ref().map_err(|why| {
        let hint = "grant this identity VIEW DATABASE STATE on that database, then run freeze again";
        Refusal::new(
            attempt(case),
            format!("this identity cannot see which other clients work on `{database}` ({why})"),
            hint,
        )
    })?;
    let site = SiteClient::of(case.upgrade, case.world);
    let mut others = clients::others(&site, sessions);
    others.retain(|client| !client.is_accepted(&case.policy.accept_client));
    require(others.is_empty(), || {
        let hint = format!(
            "stop them: after the switch they would still work on V1. Or accept each by program, host or log-in: \
             `accept-client: {}`",
            clients::accepting(&site, &others)
        );
        Refusal::new(attempt(case), clients::describe(database, &site, &others), hint)
    })
}

fn synchronised_enough(case: &DecisionInput<'_>) -> Result<(), Refusal> {
    let (production, stage) = (&case.world.production, case.stage());
    let caught_up = production.link_to(&stage.database).is_some_and(|link| link.is_primary() && link.caught_up());
    let refuse =
        |why: String| Refusal::new(attempt(case), why, "wait until replication has caught up: prepare waits for that");
    require(caught_up, || refuse(format!("the replication link to `{}` is not in CATCH_UP", stage.database)))?;
    let Some(sql) = &production.sql else {
        return Err(refuse(format!("this run could not log in to `{}`", case.production().database)));
    };
    let status = sql.links.iter().find(|link| crate::ids::eq_azure_name(&link.partner_server, &stage.database.server));
    let lag = status.and_then(|status| status.lag);
    require(lag.is_some_and(|lag| lag <= case.policy.max_lag), || match lag {
        Some(lag) => {
            refuse(format!("replication to `{}` lags by {lag:#}, more than {:#}", stage.database, case.policy.max_lag))
        }
        None => refuse(format!("the server reports no replication lag to `{}`", stage.database)),
    })
}

fn permitted(case: &DecisionInput<'_>) -> Result<(), Refusal> {
    let Some(permissions) = &case.world.permissions else {
        return Err(Refusal::new(
            attempt(case),
            "the step did not check permissions",
            "report this as a defect of this software",
        ));
    };
    let missing: Vec<_> = permissions.missing.iter().cloned().chain(no_way_to_end(case, permissions)).collect();
    require(missing.is_empty(), || {
        Refusal::new(
            attempt(case),
            format!("this identity lacks {}", missing.join("; ")),
            "grant what is missing, then run freeze again: once production is read-only it would be too late",
        )
    })
}

/// A way that is closed is only then missing when no other is open.
fn no_way_to_end(case: &DecisionInput<'_>, permissions: &Permissions) -> Option<String> {
    let termination = case.policy.termination;
    let reasons: Vec<_> = permissions.closed.iter().map(ToString::to_string).collect();
    let none_open = first_open(termination, &permissions.closed).is_none();
    none_open.then(|| format!("a way to end replication ({})", reasons.join("; ")))
}

/// What earlier upgrades ran goes with the scripts at hand.
fn ran_before(case: &DecisionInput<'_>) -> Result<(), Refusal> {
    let journal = case.world.production.sql.as_ref().map(|sql| sql.journal.as_slice()).unwrap_or_default();
    let findings = plan::check_scripts(&case.policy.scripts, journal, &case.upgrade.id);
    match findings.into_iter().find(|finding| finding.blocks) {
        Some(finding) => Err(Refusal::new(attempt(case), finding.what, finding.hint)),
        None => Ok(()),
    }
}

/// What was planned is what is there.
fn unchanged(case: &DecisionInput<'_>) -> Result<(), Refusal> {
    let hint = "run plan and prepare again, and review what has changed";
    approved::require_planned_scripts(case, &attempt(case), hint)?;
    let planned = approved::digest("plan-digest", case.policy.plan_digest.as_ref(), &attempt(case))?;
    let Some(database) = &case.world.production.database else {
        let why = format!("production database `{}` does not exist", case.production().database);
        return Err(Refusal::new(attempt(case), why, "check the identifiers: they come from the outputs of plan"));
    };
    let scripts = case.policy.digest_of_scripts();
    let profile = &case.world.profile;
    let now = plan::digest(&plan::Facts {
        upgrade: case.upgrade,
        profile,
        database,
        scripts: &scripts,
        package: case.policy.site.package.as_deref(),
        hooks: case.policy.hooks,
    });
    require(now == planned, || {
        let why = format!(
            "production or the inputs have changed since the plan: its digest was `{planned}` and is `{now}` now"
        );
        Refusal::new(attempt(case), why, hint)
    })
}
