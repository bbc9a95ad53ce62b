//! Rollback: V1 takes writes again, in an order in which V1 and V2 are never both writable.

use super::{DecisionInput, background, require, stage_site};
use crate::{
    AccessEffect, DatabaseId, Effect, Ending, Exposure, FenceEffect, Refusal, SiteEffect, Slot, TrafficEffect, Upgrade,
    facts::{EndpointKind, SqlState, tag},
    labels,
    measure::Written,
    termination::Termination,
};

pub(super) fn decide(case: &DecisionInput<'_>) -> Result<Vec<Effect>, Refusal> {
    guards(case)?;
    let first = background::deactivate(case).into_iter().chain(back(case)).chain(unlabel(case));
    let rest = [resume(case), restore(case), forget(case), late(case)];
    Ok(first.chain(rest.into_iter().flatten()).collect())
}

/// Production's write access needs nothing but SQL where users were never on stage. Where they may have been, nobody is sent back
/// before the copy says that it has no write of theirs. Where that is given up, or stage is not closed by SQL, or its site works on
/// another database, users first get a site that answers them, and stage's site and endpoint are off before production opens.
fn back(case: &DecisionInput<'_>) -> Vec<Effect> {
    let (open, close, hide, give) = (open_production(case), close_stage(case), hide_stage(case), give_back(case));
    let order = match case.world.exposure(case.upgrade) {
        Exposure::Never if case.world.stage.sql.is_some() || case.world.is_linked_in_sql(case.upgrade) => {
            [close, give, open, hide]
        }
        Exposure::Perhaps if !accepted(case) && stage_site::is_pointed(case) => {
            let serve = (!give.is_empty()).then(|| serve_production(case)).flatten();
            [close, serve.into_iter().chain(give).collect(), open, hide]
        }
        _ => [open, close, hide, give],
    };
    order.into_iter().flatten().collect()
}

/// Before production takes writes nobody is sent to stage, where they would not see them; whatever others have done to the endpoints
/// since they were looked at.
fn serve_production(case: &DecisionInput<'_>) -> Option<Effect> {
    let (production, stage) = (case.production(), case.stage());
    case.world.endpoint(production).and(case.world.endpoint(stage))?;
    Some(Effect::Traffic(TrafficEffect::ServeProduction {
        production: production.endpoint.clone(),
        stage: stage.endpoint.clone(),
    }))
}

/// What gives production back by SQL alone: the databases show that users were never on stage. `None` where they do not, or where
/// there is nothing to give back.
pub fn give_back_by_sql(
    upgrade: &Upgrade,
    production: &SqlState,
    stage: Option<&SqlState>,
    written: Option<&Written>,
    termination: Termination,
) -> Option<Vec<Effect>> {
    let fenced = production.open_fence(&upgrade.id).is_some();
    let linked = production.is_primary_of(&upgrade.stage.database);
    let never = linked
        || stage.is_some_and(|sql| sql.has_milestones() && crate::evidence::by_rows(sql, upgrade) == Exposure::Never);
    let known = production.upgrade(&upgrade.id).is_some_and(|row| row.has_slots_of(upgrade));
    // A copy that takes writes may have got some of users whom somebody sent there by hand: then the profile has to tell.
    let open = stage.is_some_and(|sql| !linked && sql.updateable && !sql.read_only);
    let unwritten = !open || written.is_some_and(Written::is_nothing);
    if !(production.read_only && fenced && known && never && unwritten) {
        return None;
    }
    let database = upgrade.production.database.clone();
    let release = linked.then(|| release(&upgrade.stage.database, termination));
    let give = [
        Effect::Access(AccessEffect::SetReadWrite { database: database.clone(), release }),
        Effect::Fence(FenceEffect::Close { database, upgrade: upgrade.id.clone() }),
    ];
    let close = Effect::Access(AccessEffect::CloseUnlessWritten {
        database: upgrade.stage.database.clone(),
        upgrade: upgrade.id.clone(),
        reopen: true,
    });
    Some(open.then_some(close).into_iter().chain(give).collect())
}

fn guards(case: &DecisionInput<'_>) -> Result<(), Refusal> {
    let (world, stage) = (case.world, case.stage());
    let attempt = format!("roll back to `{}`", case.production().site);
    require(world.production.sql.is_some(), || {
        let why = format!("production database `{}` does not exist", case.production().database);
        Refusal::new(&attempt, why, "if V1 was removed, there is nothing to roll back to")
    })?;
    // A copy that a dead rollback has left closed is opened again by the effect that looks what was written.
    let closed = world.exposure(case.upgrade) == Exposure::Perhaps && world.is_closed_again(case.upgrade);
    let reopens = closed && world.production.read_only() && stage_site::is_pointed(case);
    let given_up = loss(case).filter(|_| !accepted(case) && !reopens);
    given_up.map_or(Ok(()), |why| {
        if world.production.works_on(&stage.database) {
            let (site, production) = (&case.production().site, &case.production().database);
            let hint = format!(
                "point the connection string of `{site}` to `{production}` again, then run switch: `{0}` has what \
                 users wrote; with `accept-loss: {0}` rollback goes back, and those writes are permanently lost",
                stage.database
            );
            return Err(Refusal::new(&attempt, why, hint));
        }
        if let Some(both) = both_have_writes(case) {
            let hint = format!(
                "{both}, so each way loses some: compare the two databases; with `accept-loss: {0}` rollback goes \
                 back, and what only `{0}` has is permanently lost",
                stage.database
            );
            return Err(Refusal::new(&attempt, why, hint));
        }
        let elsewhere = world.enabled(case.production()) || !world.enabled(stage);
        let forward = match world.exposure(case.upgrade) {
            Exposure::Switched if !elsewhere => "",
            Exposure::Switched | Exposure::Perhaps => "run switch: going forward loses nothing; or ",
            _ => "make that database reachable and run rollback again; or ",
        };
        let hint = format!(
            "{forward}pass `accept-loss: {}`: rollback then goes back, and those writes are permanently lost",
            stage.database
        );
        Err(Refusal::new(&attempt, why, hint))
    })
}

/// Users may have written to V2, and production has, or may get, writes that V2 lacks: no way is without loss.
fn both_have_writes(case: &DecisionInput<'_>) -> Option<String> {
    let (world, database) = (case.world, &case.production().database);
    let exposed = matches!(world.exposure(case.upgrade), Exposure::Switched | Exposure::Perhaps);
    match world.written_to_production() {
        _ if !exposed => None,
        _ if world.production.writable() => Some("production takes writes too".to_owned()),
        written => written.map(|written| format!("`{database}` {written}")),
    }
}

fn accepted(case: &DecisionInput<'_>) -> bool {
    case.policy.accept_loss.as_ref() == Some(&case.stage().database)
}

/// Why a rollback would lose writes of users. Before the switch it does only where Traffic Manager could have sent users to V2
/// already, as when V1 stopped answering, and V2 was written to, or nobody can tell.
pub fn loss(case: &DecisionInput<'_>) -> Option<String> {
    let (world, stage) = (case.world, case.stage());
    match world.exposure(case.upgrade) {
        Exposure::Never => None,
        Exposure::Switched => Some(format!(
            "users have been on `{}` since the switch, and V2 may have writes that V1 lacks: in `{}` {}",
            stage.site,
            stage.database,
            counted(case)
        )),
        Exposure::Unknown => Some(format!(
            "users may have been on `{}`, and this run cannot read what they wrote to `{}`{}",
            stage.site,
            stage.database,
            not_seen(case)
        )),
        Exposure::Perhaps => written(case),
    }
}

fn not_seen(case: &DecisionInput<'_>) -> String {
    case.world.stage.no_log_in.as_ref().map_or_else(String::new, |no| format!(" ({})", no.why))
}

fn counted(case: &DecisionInput<'_>) -> String {
    let changes = case.world.counted.as_ref().map(|counted| &counted.stage).filter(|changes| !changes.is_empty());
    match changes {
        Some(changes) => format!("since migrate {changes} (row counts do not show changed rows)"),
        None => "no row count changed since migrate (row counts do not show changed rows)".to_owned(),
    }
}

/// Users may have been on V2 before the switch was done. A reading that is missing says nothing, and so does not say "nothing".
fn written(case: &DecisionInput<'_>) -> Option<String> {
    if case.world.stage.site.is_some() && !stage_site::is_pointed(case) {
        return Some(format!(
            "users may be on `{}`, whose connection string does not point to `{}`: this run cannot see what they wrote \
             elsewhere",
            case.stage().site,
            case.stage().database
        ));
    }
    let (production, setting) = (case.production(), &case.upgrade.connection_name);
    if case.world.production.works_on(&case.stage().database) {
        return Some(format!(
            "connection string `{setting}` of V1's site `{}` points to `{}`, and its users write there",
            production.site,
            case.stage().database
        ));
    }
    let (stage, unread) = (case.stage(), Written::Unknown("this run did not read its write counters".to_owned()));
    let written = case.world.written.as_ref().unwrap_or(&unread);
    (!written.is_nothing()).then(|| {
        format!(
            "users may have been on `{}` since switch enabled its endpoint, and `{}` {written}",
            stage.site, stage.database
        )
    })
}

/// The stage copy is out of date as soon as production takes a write: nothing may call it synchronised any more.
fn unlabel(case: &DecisionInput<'_>) -> Option<Effect> {
    let profile = &case.world.profile;
    let there = |name: &&str| tag(&profile.tags, name).is_some();
    let remove: Vec<_> = [labels::SYNCHRONISED, labels::SERVING, labels::SWITCHED]
        .into_iter()
        .filter(there)
        .map(str::to_owned)
        .collect();
    let ours = labels::is_ours(profile, case.upgrade) && !remove.is_empty();
    ours.then(|| Effect::Traffic(TrafficEffect::Label { profile: profile.id.clone(), set: Vec::new(), remove }))
}

/// Users always have somewhere to go. A cleanup that was begun after the switch has stopped V1's site.
fn open_production(case: &DecisionInput<'_>) -> Vec<Effect> {
    let production = case.production();
    let stopped = case.world.production.site.as_ref().is_some_and(|site| !site.running);
    let start = (stopped && case.world.point_of_no_return_passed(case.upgrade))
        .then(|| Effect::Site(SiteEffect::Start { site: production.site.clone() }));
    let closed = case.world.endpoint(production).filter(|endpoint| !endpoint.enabled);
    let enable = |kind| Effect::Traffic(TrafficEffect::Enable { endpoint: production.endpoint.clone(), kind });
    start.into_iter().chain(closed.map(|endpoint| enable(endpoint.kind))).collect()
}

/// An independent, writable stage copy is closed before production opens.
fn close_stage(case: &DecisionInput<'_>) -> Vec<Effect> {
    let (stage, database) = (&case.world.stage, &case.stage().database);
    let ours = stage.independent() && taken_over(case);
    if case.world.exposure(case.upgrade) == Exposure::Perhaps && !accepted(case) {
        let (upgrade, reopen) = (case.upgrade.id.clone(), case.world.production.read_only());
        let unless = Effect::Access(AccessEffect::CloseUnlessWritten { database: database.clone(), upgrade, reopen });
        return ours.then_some(unless).into_iter().collect();
    }
    (ours && stage.writable()).then(|| close(database)).into_iter().collect()
}

fn close(stage: &DatabaseId) -> Effect {
    Effect::Access(AccessEffect::SetReadOnly { database: stage.clone(), grace: jiff::SignedDuration::ZERO })
}

/// The stage copy is a copy of production that this upgrade cut off, and not a database of somebody else.
fn taken_over(case: &DecisionInput<'_>) -> bool {
    case.world.knows(case.upgrade) && case.world.stage.fence(case.upgrade).is_some()
}

fn hide_stage(case: &DecisionInput<'_>) -> Vec<Effect> {
    let (world, stage) = (case.world, case.stage());
    let enabled = world.endpoint(stage).filter(|endpoint| endpoint.enabled && in_our_hands(case, stage));
    let disable =
        |kind: EndpointKind| Effect::Traffic(TrafficEffect::Disable { endpoint: stage.endpoint.clone(), kind });
    let running = world.stage.site.as_ref().is_some_and(|site| site.running);
    let stop =
        (running && in_our_hands(case, stage)).then(|| Effect::Site(SiteEffect::Stop { site: stage.site.clone() }));
    enabled.map(|endpoint| disable(endpoint.kind)).into_iter().chain(stop).collect()
}

/// The stage site is in the hands of this upgrade: it was created, its connection setting was changed, or its endpoint was
/// added.
fn in_our_hands(case: &DecisionInput<'_>, stage: &Slot) -> bool {
    let kept = case.world.stage.setting(&case.upgrade.kept_setting()).is_some();
    let unseen = case.world.stage.sql.is_none() && case.world.production.read_only() && case.world.knows(case.upgrade);
    kept || unseen
        || case.world.stage.site_is_created_by(case.upgrade)
        || (case.world.enabled(stage) && case.world.added_stage_endpoint(case.upgrade))
}

/// Production takes writes again, and its fence row is closed.
pub(super) fn give_back(case: &DecisionInput<'_>) -> Vec<Effect> {
    let (view, database) = (&case.world.production, case.production().database.clone());
    let linked = view.link_to(&case.stage().database).is_some() || case.world.is_linked_in_sql(case.upgrade);
    let open_fence = view.open_fence(case.upgrade).is_some();
    let release = linked.then(|| release(&case.stage().database, case.policy.termination));
    let read_write = (view.read_only() && open_fence)
        .then(|| Effect::Access(AccessEffect::SetReadWrite { database: database.clone(), release }));
    let close = open_fence.then(|| Effect::Fence(FenceEffect::Close { database, upgrade: case.upgrade.id.clone() }));
    read_write.into_iter().chain(close).collect()
}

/// Stage is disposable: nothing has to be proved before it is let go.
fn release(stage: &DatabaseId, termination: Termination) -> Ending {
    Ending { partner: stage.clone(), methods: termination.methods(), proofs: Vec::new() }
}

/// Production takes writes when it comes to this; somebody else may keep it read-only.
pub(super) fn has_access(case: &DecisionInput<'_>) -> bool {
    let view = &case.world.production;
    view.writable() || view.open_fence(case.upgrade).is_some()
}

fn resume(case: &DecisionInput<'_>) -> Vec<Effect> {
    if has_access(case) { background::resume(case) } else { Vec::new() }
}

fn forget(case: &DecisionInput<'_>) -> Vec<Effect> {
    has_access(case).then(|| background::forget_all(case)).flatten().into_iter().collect()
}

fn restore(case: &DecisionInput<'_>) -> Vec<Effect> {
    let setting = case.upgrade.connection_name.clone();
    let kept = case.upgrade.kept_setting();
    let restore = |kept| Effect::Site(SiteEffect::RestoreSetting { site: case.stage().site.clone(), setting, kept });
    let setting = case.world.stage.setting(&kept.clone()).map(|_| restore(kept));
    setting.into_iter().chain(background::restore(case)).collect()
}

/// A step that died may have sent a request to Traffic Manager that is still to be carried out.
fn late(case: &DecisionInput<'_>) -> Vec<Effect> {
    let world = case.world;
    let unseen = world.stage.sql.is_none() && !world.is_linked_in_sql(case.upgrade);
    let possible = matches!(world.exposure(case.upgrade), Exposure::Perhaps) || unseen;
    let waiting = possible && world.production.open_fence(case.upgrade).is_some();
    let endpoints = world.endpoint(case.production()).and(world.endpoint(case.stage()));
    let look = endpoints.map(|_| {
        Effect::Traffic(TrafficEffect::UndoLateRequests {
            production: case.production().endpoint.clone(),
            stage: case.stage().endpoint.clone(),
            within: case.policy.late_request_wait,
        })
    });
    look.filter(|_| waiting).into_iter().collect()
}
