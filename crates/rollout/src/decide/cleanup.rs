//! Cleanup: removes V1 after the switch, or stage after a rollback; only what serves nobody and was named.

use super::{DecisionInput, background, require};
use crate::{
    AccessEffect, DatabaseId, Effect, Exposure, FenceEffect, OtherEndpoint, Refusal, RemovalEffect, Resource,
    SiteEffect, Slot, SlotView, TrafficEffect,
    facts::{SqlState, TAG, tag},
    labels,
    measure::LogEnd,
    served::served,
    status::which_upgrade,
};

pub(super) fn decide(case: &DecisionInput<'_>) -> Result<Vec<Effect>, Refusal> {
    let (production, stage) = (&case.production().database, &case.stage().database);
    let slot = match &case.policy.remove {
        Some(named) if named == production => production_slot(case),
        Some(named) if named == stage => stage_slot(case),
        named => {
            let why =
                named.as_ref().map_or("`remove` is empty".to_owned(), |named| format!("`remove` names `{named}`"));
            let hint = format!("to remove V1 pass `remove: {production}`; to remove stage pass `remove: {stage}`");
            Err(Refusal::new("clean up", why, hint))
        }
    }?;
    Ok(slot.into_iter().chain(firewall_rules(case)).collect())
}

/// What `upgrade-firewall open` has made and no runner has taken back. The last thing of all: this run may have come in by
/// one of these rules. Sessions that are open stay so.
fn firewall_rules(case: &DecisionInput<'_>) -> impl Iterator<Item = Effect> {
    let own = case.world.firewalls.iter().flat_map(|watch| watch.own(&case.upgrade.id));
    own.map(Effect::Firewall)
}

fn production_slot(case: &DecisionInput<'_>) -> Result<Vec<Effect>, Refusal> {
    let removals = production_removals(case).into_iter().map(|removal| once(removal, serves_stage(case)));
    // What the copy keeps tells whether V1's database may go, so it goes after that.
    let kept = || drop_fence(case, &case.world.stage, &case.stage().database).into_iter().collect();
    let forgotten = case.policy.remove_database.then(|| forget(case, case.production(), true, kept()));
    let effects: Vec<_> = removals.chain(forgotten.into_iter().flatten()).collect();
    if effects.is_empty() {
        let kept = case.world.stage.sql.as_ref().is_some_and(|sql| sql.fence_table);
        return if kept {
            require_v2_takes_writes(case, "remove what the upgrade kept").map(|()| effects)
        } else {
            Ok(effects)
        };
    }
    production_guards(case)?;
    Ok(unused(case).into_iter().chain(effects).collect())
}

fn once(what: Effect, proofs: Vec<Effect>) -> Effect {
    Effect::Once { what: Box::new(what), proofs, refused: None }
}

/// Before each request that removes something of V1: users are on V2, whose database is there and takes their writes; nobody took the lock,
/// nobody gave V1 its users or its write access back.
fn serves_stage(case: &DecisionInput<'_>) -> Vec<Effect> {
    let (production, stage) = (case.production(), case.stage());
    let served = case.serves(stage, OtherEndpoint::Disabled(production.endpoint.clone()));
    let frozen = Effect::Access(AccessEffect::ProveReadOnly { database: production.database.clone(), linked_to: None });
    let there = case.world.production.sql.is_some();
    let database = stage.database.clone();
    let v2 = [
        Effect::Access(AccessEffect::ProveWritable { database: database.clone() }),
        Effect::Site(SiteEffect::ProvePointed {
            site: stage.site.clone(),
            setting: case.upgrade.connection_name.clone(),
            database,
        }),
    ];
    let lock = there.then_some(Effect::Access(AccessEffect::ProveLock));
    // Who is served, and the lock, come last: nothing lies between them and the request.
    v2.into_iter().chain(there.then_some(frozen)).chain([served]).chain(lock).collect()
}

/// Before each request that removes something of stage: users are on V1.
fn serves_production(case: &DecisionInput<'_>) -> Vec<Effect> {
    let served = case.serves(case.production(), OtherEndpoint::Disabled(case.stage().endpoint.clone()));
    vec![served, Effect::Access(AccessEffect::ProveLock)]
}

/// V1's own site keeps sessions open; once it is stopped, every other one is a client that still works on V1.
fn unused(case: &DecisionInput<'_>) -> Vec<Effect> {
    let (view, production) = (&case.world.production, case.production());
    let running = view.site.as_ref().is_some_and(|site| site.running);
    let stop =
        running.then(|| once(Effect::Site(SiteEffect::Stop { site: production.site.clone() }), serves_stage(case)));
    let prove = view
        .sql
        .as_ref()
        .map(|_| Effect::Removal(RemovalEffect::ProveUnused { database: production.database.clone() }));
    stop.into_iter().chain(prove).collect()
}

fn production_removals(case: &DecisionInput<'_>) -> Vec<Effect> {
    let (world, production) = (case.world, case.production());
    let endpoint = world.endpoint(production).map(|there| {
        Effect::Removal(RemovalEffect::Delete(Resource::Endpoint {
            endpoint: production.endpoint.clone(),
            kind: there.kind,
        }))
    });
    let site = world
        .production
        .site
        .as_ref()
        .map(|_| Effect::Removal(RemovalEffect::Delete(Resource::Site { site: production.site.clone() })));
    let wanted = case.policy.remove_database && world.production.database.is_some();
    let database = wanted
        .then(|| Effect::Removal(RemovalEffect::Delete(Resource::Database { database: production.database.clone() })));
    [endpoint, site, database].into_iter().flatten().collect()
}

fn production_guards(case: &DecisionInput<'_>) -> Result<(), Refusal> {
    let (world, production) = (case.world, case.production());
    let attempt = format!("remove V1 (`{}`)", production.database);
    let served = served(&world.profile);
    require(!world.enabled(production) && served.is(&case.stage().endpoint), || {
        let why = match served.may_be(&production.endpoint) {
            true => format!("Traffic Manager still sends users to `{}`", production.site),
            false => {
                format!(
                    "Traffic Manager does not send users to `{}`: profile `{}` serves {served}",
                    case.stage().site,
                    world.profile.id
                )
            }
        };
        Refusal::new(&attempt, why, "cleanup removes only what serves no users: run switch first")
    })?;
    require(world.stage.database.is_some(), || {
        let why = format!("Azure does not find `{}`, the database that serves users", case.stage().database);
        Refusal::new(
            &attempt,
            why,
            "cleanup does not remove V1 without V2: check that database, then run cleanup again",
        )
    })?;
    case.require_stage_log_in(&attempt)?;
    require(world.point_of_no_return_passed(case.upgrade) && world.stage.independent(), || {
        let why = format!("`{}` has no record that users were sent to V2", case.stage().database);
        Refusal::new(&attempt, why, "cleanup removes only what serves no users: run switch first")
    })?;
    case.require_pointed(&attempt)?;
    case.require_stage_in_place(&attempt)?;
    require_no_other_upgrade(case, &attempt)?;
    require_v2_takes_writes(case, &attempt)?;
    require_no_other_secondary(case, &attempt)?;
    require(!world.production.writable(), || {
        let why = format!("`{}` takes writes, and V2 does not get them", production.database);
        Refusal::new(
            &attempt,
            why,
            "find out who set it READ_WRITE and what was written to it; connect to that database (not to `master`) and \
             run `ALTER DATABASE CURRENT SET READ_ONLY WITH ROLLBACK IMMEDIATE`; then run cleanup again",
        )
    })?;
    require_nothing_lost(case, &attempt)?;
    require(!background::to_start(case), || {
        let why = format!("WebJobs of `{}` are not started yet", case.stage().site);
        Refusal::new(&attempt, why, "run switch again: it starts them")
    })?;
    let since = world.switched_at(case.upgrade).zip(world.now());
    let elapsed = since.map(|(switched, now)| now.duration_since(switched));
    require(elapsed.is_some_and(|elapsed| elapsed >= case.policy.revert_window), || match elapsed {
        Some(elapsed) => {
            let why =
                format!("users left V1 {elapsed:#} ago, and the revert window is {:#}", case.policy.revert_window);
            Refusal::new(&attempt, why, "wait until the revert window has passed, or pass a shorter `revert-window`")
        }
        None => {
            let why = format!(
                "there is no record of when upgrade `{}` sent users to `{}`",
                case.upgrade.id,
                case.stage().site
            );
            Refusal::new(&attempt, why, "cleanup removes only what serves no users: run switch first")
        }
    })
}

/// V2 has become production of the next upgrade, whose stage may be what is V1 here.
fn require_no_other_upgrade(case: &DecisionInput<'_>, attempt: &str) -> Result<(), Refusal> {
    let (database, id) = (&case.stage().database, &case.upgrade.id);
    let rows = case.world.stage.sql.iter().flat_map(|sql| &sql.upgrades);
    let next = rows.into_iter().find(|row| row.id != *id && row.production.database == *database);
    next.map_or(Ok(()), |row| {
        let why = format!("upgrade `{}` has begun, and `{database}` is its production", row.id);
        Err(Refusal::new(attempt, why, "finish that upgrade first, or run rollback and cleanup for it"))
    })
}

/// Users on V2 wait for that, and what the upgrade keeps there cannot be removed before.
fn require_v2_takes_writes(case: &DecisionInput<'_>, attempt: &str) -> Result<(), Refusal> {
    require(case.world.stage.writable(), || {
        let why = format!("`{}`, which serves users, takes no writes", case.stage().database);
        Refusal::new(
            attempt,
            why,
            "users cannot write: find out who set it READ_ONLY; connect to that database (not to `master`) and run \
             `ALTER DATABASE CURRENT SET READ_WRITE WITH ROLLBACK IMMEDIATE`; then run cleanup again",
        )
    })
}

/// Production was set READ_WRITE for a moment since its copy was cut off: what it got then is nowhere else. A copy of the release before
/// has the row counts alone.
fn require_nothing_lost(case: &DecisionInput<'_>, attempt: &str) -> Result<(), Refusal> {
    let (world, database) = (case.world, &case.production().database);
    let there = world.production.database.is_some() && case.policy.remove_database;
    if !there || case.policy.accept_loss.as_ref() == Some(database) {
        return Ok(());
    }
    let current = world.stage.sql.as_ref().is_some_and(SqlState::has_milestones);
    let told = world.counted.as_ref().is_some_and(|counted| counted.log_end != Some(LogEnd::Unknown));
    let unknown = (current && !told).then(|| {
        "may have been written to after replication to the copy ended: nothing proves that it was not".to_owned()
    });
    world.written_to_production().or(unknown).map_or(Ok(()), |written| {
        let hint = format!(
            "V2 lacks what was written there: compare the two databases; then either omit `remove-database`, or pass \
             `accept-loss: {database}`: the writes that only V1's database has are then permanently lost"
        );
        Err(Refusal::new(attempt, format!("`{database}` {written}"), hint))
    })
}

/// A geo-secondary that this upgrade did not make is somebody's, who would lose what it follows.
fn require_no_other_secondary(case: &DecisionInput<'_>, attempt: &str) -> Result<(), Refusal> {
    let (links, database) = (&case.world.production.links, &case.production().database);
    let other = links.iter().find(|link| link.is_primary()).filter(|_| case.policy.remove_database);
    other.map_or(Ok(()), |link| {
        let why = format!(
            "`{database}` has a geo-secondary on server `{}`, which this upgrade did not create",
            link.partner_server
        );
        Err(Refusal::new(attempt, why, "remove that geo-secondary first, or omit `remove-database`"))
    })
}

fn stage_slot(case: &DecisionInput<'_>) -> Result<Vec<Effect>, Refusal> {
    let fence = drop_fence(case, &case.world.production, &case.production().database);
    // The tables stay where another upgrade has its fence open there; what this one wrote down of WebJobs goes.
    let rows = || background::forget(case, &case.world.production, &case.production().database);
    let kept = fence.or_else(rows).into_iter().collect();
    // The fence row tells that production was given back, so it stays until the copy is gone.
    let removals = stage_removals(case).into_iter().map(|removal| once(removal, serves_production(case)));
    let removals = release_site(case).into_iter().chain(removals);
    let effects: Vec<_> = removals.chain(forget(case, case.stage(), !adopted(case), kept)).collect();
    if !effects.is_empty() {
        stage_guards(case)?;
    }
    Ok(effects)
}

/// An adopted site stays; it gets its own connection setting back before its database goes, and its own WebJobs.
fn release_site(case: &DecisionInput<'_>) -> Vec<Effect> {
    let (view, site) = (&case.world.stage, &case.stage().site);
    let (setting, kept) = (case.upgrade.connection_name.clone(), case.upgrade.kept_setting());
    let restore =
        view.setting(&kept).map(|_| Effect::Site(SiteEffect::RestoreSetting { site: site.clone(), setting, kept }));
    let created = view.site_is_created_by(case.upgrade);
    let jobs = if created { Vec::new() } else { background::restore(case) };
    let restored: Vec<_> = restore.into_iter().chain(jobs).collect();
    let running = view.site.as_ref().is_some_and(|site| site.running) && !restored.is_empty();
    running.then(|| Effect::Site(SiteEffect::Stop { site: site.clone() })).into_iter().chain(restored).collect()
}

fn stage_removals(case: &DecisionInput<'_>) -> Vec<Effect> {
    let (world, stage) = (case.world, case.stage());
    let endpoint = world.endpoint(stage).map(|there| {
        Effect::Removal(RemovalEffect::Delete(Resource::Endpoint {
            endpoint: stage.endpoint.clone(),
            kind: there.kind,
        }))
    });
    let database = world
        .stage
        .database
        .as_ref()
        .map(|_| Effect::Removal(RemovalEffect::Delete(Resource::Database { database: stage.database.clone() })));
    let site =
        created(case).then(|| Effect::Removal(RemovalEffect::Delete(Resource::Site { site: stage.site.clone() })));
    [endpoint, site, database].into_iter().flatten().collect()
}

fn stage_guards(case: &DecisionInput<'_>) -> Result<(), Refusal> {
    let (world, stage) = (case.world, case.stage());
    let attempt = format!("remove stage (`{}`)", stage.database);
    require(!world.enabled(stage), || {
        let why = format!("its endpoint `{}` is enabled", stage.endpoint);
        Refusal::new(&attempt, why, "cleanup removes only what serves no users: after a switch that is V1")
    })?;
    require(world.exposure(case.upgrade) == Exposure::Never, || {
        let why = format!("users may have been on `{}` since switch enabled its endpoint", stage.site);
        Refusal::new(
            &attempt,
            why,
            "run rollback first: it checks whether they wrote there, and sets the copy READ_ONLY",
        )
    })?;
    require(!world.production.works_on(&stage.database), || {
        let why = format!("a connection string of V1's site `{}` points to that database", case.production().site);
        Refusal::new(
            &attempt,
            why,
            "find out who changed it and what V1 has written there; then point it to production's database again",
        )
    })?;
    let v1_serves = served(&world.profile).is(&case.production().endpoint) && world.production.writable();
    require(v1_serves, || {
        let why = format!("production `{}` does not serve users, or takes no writes", case.production().database);
        Refusal::new(&attempt, why, "run rollback first: it sends users to V1 and gives it its write access back")
    })?;
    case.require_production_in_place(&attempt)?;
    require(!background::may_be_stopped(case), || {
        let why = format!("WebJobs of `{}` may still be stopped", case.production().site);
        Refusal::new(&attempt, why, "run rollback first: it starts those that ran")
    })?;
    let owner = world.stage.database.as_ref().and_then(|database| tag(&database.tags, TAG));
    let ours = world.stage.database.is_none() || owner.is_some_and(|owner| case.upgrade.id.is(owner));
    require(ours, || {
        let owner =
            owner.map_or("no upgrade: it has no tag `rolling-upgrade`".to_owned(), |id| format!("upgrade `{id}`"));
        let why = format!("this is upgrade `{}`, and the database belongs to {owner}", case.upgrade.id);
        let which = which_upgrade(&world.profile.id);
        Refusal::new(&attempt, why, format!("pass the `upgrade-id` of the upgrade that created it; {which} shows it"))
    })?;
    let ours = world.endpoint(stage).is_none() || world.added_stage_endpoint(case.upgrade);
    require(ours, || {
        let why = format!("endpoint `{}` was not added by upgrade `{}`", stage.endpoint, case.upgrade.id);
        let which = which_upgrade(&world.profile.id);
        let hint = format!(
            "pass the `upgrade-id` of the upgrade that added it ({which} shows it); or remove that endpoint yourself \
             if no upgrade did"
        );
        Refusal::new(&attempt, why, hint)
    })
}

/// What an upgrade keeps goes, unless another upgrade has its fence open there.
fn drop_fence(case: &DecisionInput<'_>, view: &SlotView, database: &DatabaseId) -> Option<Effect> {
    let sql = view.sql.as_ref().filter(|sql| sql.fence_table)?;
    (!sql.is_fenced_by_another(&case.upgrade.id) && view.writable())
        .then(|| Effect::Fence(FenceEffect::DropTables { database: database.clone() }))
}

fn created(case: &DecisionInput<'_>) -> bool {
    case.world.stage.site_is_created_by(case.upgrade)
}

/// The stage site is somebody's, and stays. Of one that is not there nobody knows whose it was.
fn adopted(case: &DecisionInput<'_>) -> bool {
    case.world.stage.site.is_some() && !created(case)
}

/// Removes what is kept of this upgrade, and its labels, once everything of the slot is proved to be gone: without them nothing that is
/// left of it could be removed any more.
fn forget(case: &DecisionInput<'_>, slot: &Slot, with_site: bool, kept: Vec<Effect>) -> Vec<Effect> {
    let profile = &case.world.profile;
    let label = labels::is_ours(profile, case.upgrade).then(|| {
        let remove = labels::ALL.map(str::to_owned).into();
        Effect::Traffic(TrafficEffect::Label { profile: profile.id.clone(), set: Vec::new(), remove })
    });
    let forgotten: Vec<_> = kept.into_iter().chain(label).collect();
    let gone = Effect::Removal(RemovalEffect::ProveGone {
        endpoint: slot.endpoint.clone(),
        site: with_site.then(|| slot.site.clone()),
        database: slot.database.clone(),
    });
    let proof = (!forgotten.is_empty()).then_some(gone);
    proof.into_iter().chain(forgotten).collect()
}
