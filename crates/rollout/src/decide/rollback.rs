//! Rollback: V1 takes writes again, in an order in which V1 and V2 are never both writable.

use super::{Case, background, require};
use crate::{
    Effect, Ending, Refusal, Slot,
    facts::{EndpointKind, tag},
    labels,
};

pub(super) fn decide(case: &Case<'_>) -> Result<Vec<Effect>, Refusal> {
    guards(case)?;
    let parts = [
        open_production(case),
        fence_stage(case),
        hide_stage(case),
        give_back(case),
        resume(case),
        restore(case),
        forget(case),
    ];
    let first = unlabel(case).into_iter().chain(background::deactivate(case));
    Ok(first.chain(parts.into_iter().flatten()).collect())
}

fn guards(case: &Case<'_>) -> Result<(), Refusal> {
    let (world, stage) = (case.world, case.stage());
    let tried = format!("roll back to `{}`", case.production().site);
    require(world.production.sql.is_some(), || {
        let why = format!("production database `{}` is not there", case.production().database);
        Refusal::new(&tried, why, "V1 was removed: there is nothing to roll back to")
    })?;
    let accepted = case.policy.accept_loss.as_ref() == Some(&stage.database);
    let given_up = loss(case).filter(|_| !accepted);
    given_up.map_or(Ok(()), |why| {
        let hint =
            format!("to give those writes up, name the database that loses them: `accept-loss: {}`", stage.database);
        Err(Refusal::new(&tried, why, hint))
    })
}

/// Why a rollback would lose writes of users. Before the switch it does only where Traffic Manager could have sent users to V2
/// already, as when V1 stopped answering, and V2 has rows that it did not have.
pub fn loss(case: &Case<'_>) -> Option<String> {
    let (world, stage) = (case.world, case.stage());
    let written = world.counted.as_ref().map(|counted| &counted.stage).filter(|changes| !changes.is_empty());
    if world.point_of_no_return_passed(case.upgrade) {
        let counted = match written {
            Some(changes) => format!("since migrate {changes}, and changed rows do not show in counts"),
            None => "no row count changed since migrate, but changed rows do not show in counts".to_owned(),
        };
        return Some(format!(
            "users are on `{}` since the switch, and V2 may have taken writes that V1 does not have: in `{}` {counted}",
            stage.site, stage.database
        ));
    }
    let reachable = world.enabled(stage) && world.stage.independent() && world.stage.writable();
    written.filter(|_| reachable).map(|changes| {
        format!(
            "endpoint `{}` is enabled, and V2 has taken writes that V1 does not have: in `{}` since migrate {changes}",
            stage.endpoint, stage.database
        )
    })
}

/// The stage copy is out of date as soon as production takes a write: nothing may call it synchronised any more.
fn unlabel(case: &Case<'_>) -> Option<Effect> {
    let profile = &case.world.profile;
    let there = |name: &&str| tag(&profile.tags, name).is_some();
    let remove: Vec<_> =
        [labels::SYNCHRONISED, labels::SWITCHED].into_iter().filter(there).map(str::to_owned).collect();
    let ours = labels::is_ours(profile, case.upgrade) && !remove.is_empty();
    ours.then(|| Effect::Label { profile: profile.id.clone(), set: Vec::new(), remove })
}

/// Production first, still read-only: users always have somewhere to go.
fn open_production(case: &Case<'_>) -> Vec<Effect> {
    let production = case.production();
    let closed = case.world.endpoint(production).filter(|endpoint| !endpoint.enabled);
    let enable = |kind| Effect::EnableEndpoint { endpoint: production.endpoint.clone(), kind };
    closed.map(|endpoint| enable(endpoint.kind)).into_iter().collect()
}

/// An independent, writable stage copy is closed before production opens.
fn fence_stage(case: &Case<'_>) -> Vec<Effect> {
    let stage = &case.world.stage;
    let open = stage.independent() && stage.writable() && taken_over(case);
    let close = Effect::SetReadOnly { database: case.stage().database.clone(), grace: jiff::SignedDuration::ZERO };
    open.then_some(close).into_iter().collect()
}

/// The stage copy is a copy of production that this upgrade cut off, and not a database of somebody else.
fn taken_over(case: &Case<'_>) -> bool {
    labels::is_ours(&case.world.profile, case.upgrade) && case.world.stage.fence(case.upgrade).is_some()
}

fn hide_stage(case: &Case<'_>) -> Vec<Effect> {
    let (world, stage) = (case.world, case.stage());
    let enabled = world.endpoint(stage).filter(|endpoint| endpoint.enabled && in_our_hands(case, stage));
    let disable = |kind: EndpointKind| Effect::DisableEndpoint { endpoint: stage.endpoint.clone(), kind };
    let running = world.stage.site.as_ref().is_some_and(|site| site.running);
    let stop = (running && in_our_hands(case, stage)).then(|| Effect::StopSite { site: stage.site.clone() });
    enabled.map(|endpoint| disable(endpoint.kind)).into_iter().chain(stop).collect()
}

/// The stage site is in the hands of this upgrade: it was created, its connection setting was changed, or its endpoint was
/// added.
fn in_our_hands(case: &Case<'_>, stage: &Slot) -> bool {
    let kept = case.world.stage.setting(&case.upgrade.kept_setting()).is_some();
    kept || case.world.stage.site_is_created_by(case.upgrade)
        || (case.world.enabled(stage) && labels::endpoint_is_ours(&case.world.profile, case.upgrade))
}

/// Production takes writes again, and its fence row is closed.
pub(super) fn give_back(case: &Case<'_>) -> Vec<Effect> {
    let (view, database) = (&case.world.production, case.production().database.clone());
    let linked = view.link_to(&case.stage().database).is_some();
    let open_fence = view.open_fence(case.upgrade).is_some();
    let read_write = (view.read_only() && open_fence)
        .then(|| Effect::SetReadWrite { database: database.clone(), release: linked.then(|| release(case)) });
    let close = open_fence.then(|| Effect::CloseFence { database, upgrade: case.upgrade.id.clone() });
    read_write.into_iter().chain(close).collect()
}

/// Stage is disposable: nothing has to be proved before it is let go.
fn release(case: &Case<'_>) -> Ending {
    Ending { partner: case.stage().database.clone(), ways: case.policy.termination.ways(), proofs: Vec::new() }
}

/// Production takes writes when it comes to this; somebody else may keep it read-only.
pub(super) fn has_access(case: &Case<'_>) -> bool {
    let view = &case.world.production;
    view.writable() || view.open_fence(case.upgrade).is_some()
}

fn resume(case: &Case<'_>) -> Vec<Effect> {
    if has_access(case) { background::resume(case) } else { Vec::new() }
}

fn forget(case: &Case<'_>) -> Vec<Effect> {
    has_access(case).then(|| background::forget_all(case)).flatten().into_iter().collect()
}

fn restore(case: &Case<'_>) -> Vec<Effect> {
    let setting = case.upgrade.connection_name.clone();
    let kept = case.upgrade.kept_setting();
    let restore = |kept| Effect::RestoreSetting { site: case.stage().site.clone(), setting, kept };
    let setting = case.world.stage.setting(&kept.clone()).map(|_| restore(kept));
    setting.into_iter().chain(background::restore(case)).collect()
}
