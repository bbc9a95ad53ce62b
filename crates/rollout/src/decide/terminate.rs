//! Terminate: the stage copy holds every write of production, and stands alone.

use super::{Case, require};
use crate::{Effect, Ending, Refusal, labels};

pub(super) fn decide(case: &Case<'_>) -> Result<Vec<Effect>, Refusal> {
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
    !linked || labels::synchronised(&case.world.profile, case.upgrade)
}

fn before_removal(case: &Case<'_>) -> Result<Vec<Effect>, Refusal> {
    case.require_not_switched(&tried(case))?;
    case.require_copy(&tried(case))?;
    case.require_frozen(&tried(case))?;
    case.require_hidden(&tried(case))?;
    let (source, target) = (case.production().database.clone(), case.stage().database.clone());
    let proofs = vec![
        Effect::ProveReadOnly { database: source.clone(), linked_to: Some(target.clone()) },
        Effect::AwaitCopySync { source: source.clone(), target: target.clone() },
        Effect::ProveSynchronised { source: source.clone(), target: target.clone() },
        Effect::ProveLock,
    ];
    let mut effects = proofs.clone();
    let ending = Ending { partner: target, ways: case.policy.termination.ways(), proofs };
    effects.push(Effect::EndReplication { source, ending });
    effects.extend(seal(case));
    Ok(effects)
}

/// The link is gone already. Either the label says that this upgrade proved the copy before it removed the link; or
/// the copy is READ_ONLY, which it can only have by replication from the freeze, after the last write of a user.
fn after_removal(case: &Case<'_>) -> Result<Vec<Effect>, Refusal> {
    let (world, stage) = (case.world, case.stage());
    if labels::synchronised(&world.profile, case.upgrade) && world.production.read_only() {
        return Ok(vec![proof(case)]);
    }
    case.require_frozen(&tried(case))?;
    case.require_stage_log_in(&tried(case))?;
    require(world.stage.read_only() && world.stage.fence(case.upgrade).is_some(), || {
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
            set: vec![(labels::SYNCHRONISED.to_owned(), case.upgrade.id.to_string())],
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
