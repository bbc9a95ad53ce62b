//! Terminate: the stage copy holds every write of production, and stands alone.

use super::{DecisionInput, require};
use crate::{
    AccessEffect, Effect, Ending, OtherEndpoint, RecordEffect, Refusal, ReplicationEffect, TrafficEffect, labels,
};

pub(super) fn decide(case: &DecisionInput<'_>) -> Result<Vec<Effect>, Refusal> {
    if case.is_behind() {
        return Ok(Vec::new());
    }
    let linked = case.world.production.link_to(&case.stage().database).is_some();
    match (linked, case.world.stage.independent()) {
        (false, true) => after_removal(case),
        _ => before_removal(case),
    }
}

fn attempt(case: &DecisionInput<'_>) -> String {
    format!("end replication from `{}` to `{}`", case.production().database, case.stage().database)
}

/// The link is gone, as Azure and the database itself see it, or was labelled as proved to be.
pub(super) fn begun(case: &DecisionInput<'_>) -> bool {
    let (view, stage) = (&case.world.production, &case.stage().database);
    let in_sql = view.sql.iter().flat_map(|sql| &sql.links).any(|link| link.leads_to(stage));
    let linked = view.link_to(stage).is_some() || in_sql;
    !linked || case.world.is_proved(case.upgrade)
}

fn before_removal(case: &DecisionInput<'_>) -> Result<Vec<Effect>, Refusal> {
    case.require_not_switched(&attempt(case))?;
    case.require_copy(&attempt(case))?;
    case.require_frozen(&attempt(case))?;
    case.require_hidden(&attempt(case))?;
    case.require_right_places(&attempt(case))?;
    let (source, target) = (case.production().database.clone(), case.stage().database.clone());
    alone(case)?;
    // The label before the request: a link that is gone without it was not ended by this software.
    let proofs = vec![
        Effect::Access(AccessEffect::ProveReadOnly { database: source.clone(), linked_to: Some(target.clone()) }),
        Effect::Replication(ReplicationEffect::AwaitCopySync { source: source.clone(), target: target.clone() }),
        Effect::Replication(ReplicationEffect::ProveSynchronised { source: source.clone(), target: target.clone() }),
        label(case),
        case.serves(case.production(), OtherEndpoint::AsItIs),
        Effect::Access(AccessEffect::ProveLock),
    ];
    let ending = Ending { partner: target, methods: case.policy.termination.methods(), proofs };
    Ok([Effect::Replication(ReplicationEffect::End { source, ending })]
        .into_iter()
        .chain(proofs_of_copy(case))
        .collect())
}

/// A secondary of the copy could keep it from being set READ_WRITE, when users wait for that.
fn alone(case: &DecisionInput<'_>) -> Result<(), Refusal> {
    let (copy, stage) = (&case.stage().database, &case.world.stage);
    let other = stage.links.iter().find(|link| link.is_primary());
    other.map_or(Ok(()), |link| {
        let why = format!("`{copy}` has a geo-secondary of its own on server `{}`", link.partner_server);
        Err(Refusal::new(attempt(case), why, "remove that geo-secondary and run terminate again, or run rollback"))
    })
}

/// The link is gone already. The label says that this upgrade proved the copy before; where somebody has wiped the labels, the copy has
/// to be READ_ONLY by replication from the freeze, after the last write of a user.
fn after_removal(case: &DecisionInput<'_>) -> Result<Vec<Effect>, Refusal> {
    let (world, stage) = (case.world, case.stage());
    case.require_not_switched(&attempt(case))?;
    if world.synchronised(case.upgrade) && world.production.read_only() {
        let migrating = world.stage.open_fence(case.upgrade).is_none();
        return Ok(if migrating { vec![proof(case)] } else { proofs_of_copy(case) });
    }
    case.require_frozen(&attempt(case))?;
    case.require_stage_log_in(&attempt(case))?;
    require(world.carries_the_freeze(case.upgrade), || {
        Refusal::new(
            attempt(case),
            format!(
                "the replication link is gone, and nothing proves that `{}` received every write before that",
                stage.database
            ),
            "the link may have been removed by hand: run rollback, then cleanup with `remove: <stage database>`, then \
             prepare again",
        )
    })?;
    Ok(proofs_of_copy(case).into_iter().chain([label(case)]).collect())
}

fn label(case: &DecisionInput<'_>) -> Effect {
    let opened = case.world.production.open_fence(case.upgrade).map(|fence| fence.opened_at).unwrap_or_default();
    let one = (labels::SYNCHRONISED.to_owned(), labels::synchronised_value(case.upgrade, opened, &case.world.mark));
    Effect::Traffic(TrafficEffect::Label {
        profile: case.world.profile.id.clone(),
        set: labels::signposts(case.upgrade).into_iter().chain([one]).collect(),
        remove: Vec::new(),
    })
}

/// The copy stands alone, and has as many rows as production.
fn proofs_of_copy(case: &DecisionInput<'_>) -> Vec<Effect> {
    let (source, target) = (case.production().database.clone(), case.stage().database.clone());
    vec![proof(case), Effect::Record(RecordEffect::CompareRows { source, target })]
}

fn proof(case: &DecisionInput<'_>) -> Effect {
    Effect::Replication(ReplicationEffect::ProveIndependent {
        source: case.production().database.clone(),
        target: case.stage().database.clone(),
        upgrade: case.upgrade.id.clone(),
    })
}
