//! Cleanup: removes V1 after the switch, or stage after a rollback; only what serves nobody and was named.

use super::{Case, background, require};
use crate::{
    DatabaseId, Effect, Refusal, Slot, SlotView,
    facts::{TAG, tag},
    labels,
};

pub(super) fn decide(case: &Case<'_>) -> Result<Vec<Effect>, Refusal> {
    let (production, stage) = (&case.production().database, &case.stage().database);
    let slot = match &case.policy.remove {
        Some(named) if named == production => production_slot(case),
        Some(named) if named == stage => stage_slot(case),
        named => {
            let given = named.as_ref().map_or("nothing".to_owned(), |named| format!("`{named}`"));
            let hint = format!("name V1 with `remove: {production}`, or stage with `remove: {stage}`");
            Err(Refusal::new("clean up", format!("{given} was named to be removed"), hint))
        }
    }?;
    Ok(slot.into_iter().chain(firewall_rules(case)).collect())
}

/// What `upgrade-firewall open` has made and no runner has taken back. The last thing of all: this run may have come in by
/// one of these rules. Sessions that are open stay so.
fn firewall_rules(case: &Case<'_>) -> impl Iterator<Item = Effect> {
    let own = case.world.firewalls.iter().flat_map(|watch| watch.own(&case.upgrade.id));
    own.map(|change| Effect::Firewall { change })
}

fn production_slot(case: &Case<'_>) -> Result<Vec<Effect>, Refusal> {
    let labels = case.policy.remove_database.then(|| unlabel(case, case.production(), true)).into_iter().flatten();
    let fence = drop_fence(case, &case.world.stage, &case.stage().database);
    let effects: Vec<_> = fence.into_iter().chain(production_removals(case)).chain(labels).collect();
    if effects.is_empty() {
        return Ok(effects);
    }
    production_guards(case)?;
    Ok(unused(case).into_iter().chain(effects).collect())
}

/// V1's own site keeps sessions open; once it is stopped, every other one is a client that still works on V1.
fn unused(case: &Case<'_>) -> Vec<Effect> {
    let (view, production) = (&case.world.production, case.production());
    let running = view.site.as_ref().is_some_and(|site| site.running);
    let stop = running.then(|| Effect::StopSite { site: production.site.clone() });
    let prove = view.sql.as_ref().map(|_| Effect::ProveUnused { database: production.database.clone() });
    stop.into_iter().chain(prove).collect()
}

fn production_removals(case: &Case<'_>) -> Vec<Effect> {
    let (world, production) = (case.world, case.production());
    let endpoint = world
        .endpoint(production)
        .map(|there| Effect::DeleteEndpoint { endpoint: production.endpoint.clone(), kind: there.kind });
    let site = world.production.site.as_ref().map(|_| Effect::DeleteSite { site: production.site.clone() });
    let wanted = case.policy.remove_database && world.production.database.is_some();
    let database = wanted.then(|| Effect::DeleteDatabase { database: production.database.clone() });
    [endpoint, site, database].into_iter().flatten().collect()
}

fn production_guards(case: &Case<'_>) -> Result<(), Refusal> {
    let (world, production) = (case.world, case.production());
    let tried = format!("remove V1 (`{}`)", production.database);
    let away = !world.enabled(production) && world.enabled(case.stage());
    require(away, || {
        let why = format!("users are still sent to `{}`", production.site);
        Refusal::new(&tried, why, "only what serves nobody is removed: run switch first")
    })?;
    require(world.stage.database.is_some(), || {
        let why = format!("`{}`, which serves users, is not to be seen", case.stage().database);
        Refusal::new(&tried, why, "V1 is not removed without V2: look at that database, then run cleanup again")
    })?;
    case.require_stage_log_in(&tried)?;
    require(!background::to_start(case), || {
        let why = format!("WebJobs of `{}` are still to be started", case.stage().site);
        Refusal::new(&tried, why, "run switch again: it starts them")
    })?;
    let since = labels::switched_at(&world.profile, case.upgrade).zip(world.now());
    let elapsed = since.map(|(switched, now)| now.duration_since(switched));
    require(elapsed.is_some_and(|elapsed| elapsed >= case.policy.revert_window), || match elapsed {
        Some(elapsed) => {
            let why = format!("users left it {elapsed:#} ago, the revert window is {:#}", case.policy.revert_window);
            Refusal::new(&tried, why, "wait until the revert window has passed, or shorten `revert-window`")
        }
        None => {
            let why =
                format!("profile `{}` does not say when upgrade `{}` switched", world.profile.id, case.upgrade.id);
            Refusal::new(&tried, why, "run switch again: it sets the label that is missing")
        }
    })
}

fn stage_slot(case: &Case<'_>) -> Result<Vec<Effect>, Refusal> {
    let fence = drop_fence(case, &case.world.production, &case.production().database);
    let rows = if fence.is_some() { None } else { forget(case) };
    let released = release_site(case).into_iter().chain(fence).chain(rows);
    let effects: Vec<_> =
        released.chain(stage_removals(case)).chain(unlabel(case, case.stage(), !adopted(case))).collect();
    if !effects.is_empty() {
        stage_guards(case)?;
    }
    Ok(effects)
}

/// An adopted site stays; it gets its own connection setting back before its database goes, and its own WebJobs.
fn release_site(case: &Case<'_>) -> Vec<Effect> {
    let (view, site) = (&case.world.stage, &case.stage().site);
    let (setting, kept) = (case.upgrade.connection_name.clone(), case.upgrade.kept_setting());
    let restore = view.setting(&kept).map(|_| Effect::RestoreSetting { site: site.clone(), setting, kept });
    let created = view.site_is_created_by(case.upgrade);
    let jobs = if created { Vec::new() } else { background::restore(case) };
    let restored: Vec<_> = restore.into_iter().chain(jobs).collect();
    let running = view.site.as_ref().is_some_and(|site| site.running) && !restored.is_empty();
    running.then(|| Effect::StopSite { site: site.clone() }).into_iter().chain(restored).collect()
}

/// The schema stays where another upgrade has its fence open there; what this one wrote down of WebJobs goes.
fn forget(case: &Case<'_>) -> Option<Effect> {
    background::forget(case, &case.world.production, &case.production().database)
}

fn stage_removals(case: &Case<'_>) -> Vec<Effect> {
    let (world, stage) = (case.world, case.stage());
    let endpoint = world
        .endpoint(stage)
        .map(|there| Effect::DeleteEndpoint { endpoint: stage.endpoint.clone(), kind: there.kind });
    let database = world.stage.database.as_ref().map(|_| Effect::DeleteDatabase { database: stage.database.clone() });
    let site = created(case).then(|| Effect::DeleteSite { site: stage.site.clone() });
    [endpoint, site, database].into_iter().flatten().collect()
}

fn stage_guards(case: &Case<'_>) -> Result<(), Refusal> {
    let (world, stage) = (case.world, case.stage());
    let tried = format!("remove stage (`{}`)", stage.database);
    require(!world.enabled(stage), || {
        let why = format!("its endpoint `{}` is enabled", stage.endpoint);
        Refusal::new(&tried, why, "only what serves nobody is removed: after a switch, V1 is what cleanup removes")
    })?;
    let v1_serves = world.enabled(case.production()) && world.production.writable();
    require(v1_serves, || {
        let why = format!("production `{}` does not serve users with write access", case.production().database);
        Refusal::new(&tried, why, "run rollback first, so that V1 has full access")
    })?;
    require(!background::may_be_stopped(case), || {
        let why = format!("WebJobs of `{}` may be stopped still", case.production().site);
        Refusal::new(&tried, why, "run rollback first: it starts those that ran")
    })?;
    let owner = world.stage.database.as_ref().and_then(|database| tag(&database.tags, TAG));
    let ours = world.stage.database.is_none() || owner == Some(case.upgrade.id.as_str());
    require(ours, || {
        let owner = owner.map_or("nobody's upgrade".to_owned(), |id| format!("upgrade `{id}`"));
        let why = format!("the database belongs to {owner}, this is upgrade `{}`", case.upgrade.id);
        Refusal::new(&tried, why, "pass the `upgrade-id` of the upgrade that created it")
    })?;
    let ours = world.endpoint(stage).is_none() || labels::endpoint_is_ours(&world.profile, case.upgrade);
    require(ours, || {
        let why = format!("endpoint `{}` was not added by upgrade `{}`", stage.endpoint, case.upgrade.id);
        Refusal::new(&tried, why, "remove that endpoint yourself, or pass the right `upgrade-id`")
    })
}

/// The schema goes unless another upgrade has its fence open there.
fn drop_fence(case: &Case<'_>, view: &SlotView, database: &DatabaseId) -> Option<Effect> {
    let sql = view.sql.as_ref().filter(|sql| sql.schema.is_some())?;
    let others = sql.fences.iter().any(|fence| fence.run != case.upgrade.id.as_str() && fence.closed_at.is_none());
    (!others && view.writable()).then(|| Effect::DropFence { database: database.clone() })
}

fn created(case: &Case<'_>) -> bool {
    case.world.stage.site_is_created_by(case.upgrade)
}

/// The stage site is somebody's, and stays. Of one that is not there nobody knows whose it was.
fn adopted(case: &Case<'_>) -> bool {
    case.world.stage.site.is_some() && !created(case)
}

/// Without its labels this upgrade is forgotten, and nothing that is left of the slot could be removed any more.
fn unlabel(case: &Case<'_>, slot: &Slot, with_site: bool) -> Vec<Effect> {
    let profile = &case.world.profile;
    if !labels::is_ours(profile, case.upgrade) {
        return Vec::new();
    }
    let gone = Effect::ProveGone {
        endpoint: slot.endpoint.clone(),
        site: with_site.then(|| slot.site.clone()),
        database: slot.database.clone(),
    };
    let label =
        Effect::Label { profile: profile.id.clone(), set: Vec::new(), remove: labels::ALL.map(str::to_owned).to_vec() };
    vec![gone, label]
}
