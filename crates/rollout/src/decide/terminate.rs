//! Terminate: the stage copy holds every write of production, and stands alone.

use super::{Case, require, signposts_and};
use crate::{Effect, Ending, Refusal, labels};

pub(super) fn decide(case: &Case<'_>) -> Result<Vec<Effect>, Refusal> {
    if case.is_behind() {
        return Ok(Vec::new());
    }
    let linked = case.world.production.link_to(&case.stage().database).is_some();
    match (linked, case.world.stage.independent()) {
        (false, true) => after_removal(case),
        _ => before_removal(case),
    }
}

fn tried(case: &Case<'_>) -> String {
    format!("end replication from `{}` to `{}`", case.production().database, case.stage().database)
}

/// The link is gone, as Azure and the database itself see it, or was labelled as proved to be.
pub(super) fn begun(case: &Case<'_>) -> bool {
    let (view, stage) = (&case.world.production, &case.stage().database);
    let in_sql = view.sql.iter().flat_map(|sql| &sql.links).any(|link| link.leads_to(stage));
    let linked = view.link_to(stage).is_some() || in_sql;
    !linked || case.world.synchronised(case.upgrade)
}

fn before_removal(case: &Case<'_>) -> Result<Vec<Effect>, Refusal> {
    case.require_not_switched(&tried(case))?;
    case.require_copy(&tried(case))?;
    case.require_frozen(&tried(case))?;
    case.require_hidden(&tried(case))?;
    let (source, target) = (case.production().database.clone(), case.stage().database.clone());
    alone(case)?;
    let proofs = vec![
        Effect::ProveReadOnly { database: source.clone(), linked_to: Some(target.clone()) },
        Effect::AwaitCopySync { source: source.clone(), target: target.clone() },
        Effect::ProveSynchronised { source: source.clone(), target: target.clone() },
        Effect::ProveServed { endpoint: case.production().endpoint.clone(), without: None },
        Effect::ProveLock,
    ];
    let ending = Ending { partner: target, ways: case.policy.termination.ways(), proofs };
    Ok([Effect::EndReplication { source, ending }].into_iter().chain(seal(case)).collect())
}

/// A secondary of the copy could keep it from being set READ_WRITE, when users wait for that.
fn alone(case: &Case<'_>) -> Result<(), Refusal> {
    let (copy, stage) = (&case.stage().database, &case.world.stage);
    let other = stage.links.iter().find(|link| link.is_primary());
    other.map_or(Ok(()), |link| {
        let why = format!("`{copy}` has a geo-secondary of its own on server `{}`", link.partner_server);
        Err(Refusal::new(tried(case), why, "remove that geo-secondary and run terminate again, or run rollback"))
    })
}

/// The link is gone already. Either the label says that this upgrade proved the copy before it removed the link; or
/// the copy is READ_ONLY, which it can only have by replication from the freeze, after the last write of a user.
fn after_removal(case: &Case<'_>) -> Result<Vec<Effect>, Refusal> {
    let (world, stage) = (case.world, case.stage());
    case.require_not_switched(&tried(case))?;
    if world.synchronised(case.upgrade) && world.production.read_only() {
        return Ok(vec![proof(case)]);
    }
    case.require_frozen(&tried(case))?;
    case.require_stage_log_in(&tried(case))?;
    require(world.carries_the_freeze(case.upgrade), || {
        Refusal::new(
            tried(case),
            format!("the link is gone, and nothing proves that `{}` had received every write before", stage.database),
            "somebody else may have removed it: run rollback, then cleanup of stage, then prepare again",
        )
    })?;
    Ok(seal(case))
}

/// What is left once the link is removed.
fn seal(case: &Case<'_>) -> Vec<Effect> {
    let (source, target) = (case.production().database.clone(), case.stage().database.clone());
    vec![
        Effect::Label {
            profile: case.world.profile.id.clone(),
            set: signposts_and(case, labels::SYNCHRONISED),
            remove: Vec::new(),
        },
        proof(case),
        Effect::CompareRows { source, target },
    ]
}

fn proof(case: &Case<'_>) -> Effect {
    Effect::ProveIndependent {
        source: case.production().database.clone(),
        target: case.stage().database.clone(),
        upgrade: case.upgrade.id.clone(),
    }
}
