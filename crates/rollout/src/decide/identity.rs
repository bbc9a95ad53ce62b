//! Whose objects these are: nothing is touched without evidence that it is this upgrade's.
//!
//! A run that comes to the rescue has another id than the one that froze production, and identifiers that people type can be
//! swapped. Labels and tags alone prove nothing, but where they name another upgrade, or the other slot, nobody goes on.

use super::{DecisionInput, Step, require};
use crate::{
    Effect, Refusal, SlotView, Upgrade, UpgradeId,
    facts::{Database, Fence, MonitorStatus, Profile, TAG, tag},
    ids::{DatabaseId, eq_azure_name},
    labels,
    plan::renumber,
    served::served_if,
    status::which_upgrade,
};

/// The upgrade that somebody is about who does not name one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meant {
    /// This run's own.
    Own,
    /// Another's; how it was found.
    Anothers(UpgradeId, String),
}

/// Finds it by what production's database and the profile say: the run that has frozen production, else the one that has
/// labelled the profile, else the one that prepare has written down last. `None` where nothing says anything.
///
/// # Errors
/// Several runs have an open fence row, or the id is none.
pub fn meant(
    own: Option<&UpgradeId>,
    database: &DatabaseId,
    fences: &[Fence],
    profile: Option<&Profile>,
    written: Option<&Upgrade>,
) -> Result<Option<Meant>, Refusal> {
    let open: Vec<_> =
        fences.iter().filter(|fence| fence.closed_at.is_none()).map(|fence| fence.run.as_str()).collect();
    let label = profile.and_then(|profile| tag(&profile.tags, TAG).map(|run| (run, &profile.id)));
    let is_own = |run: &&str| own.is_some_and(|own| own.is(run));
    let known = || fences.iter().any(|fence| is_own(&fence.run.as_str())) || label.is_some_and(|(run, _)| is_own(&run));
    let (run, how) = match (open.as_slice(), label) {
        (several, _) if several.iter().any(is_own) => return Ok(Some(Meant::Own)),
        ([], _) if known() => return Ok(Some(Meant::Own)),
        ([], None) => match written {
            None => return Ok(None),
            Some(row) if is_own(&row.id.as_str()) => return Ok(Some(Meant::Own)),
            Some(row) => (row.id.as_str(), format!("prepare recorded it in `{database}`")),
        },
        ([], Some((run, profile))) => (run, format!("the tags of Traffic Manager profile `{profile}` name it")),
        ([run], _) => (*run, format!("its row in `rolling_upgrade.fence` of `{database}` is open")),
        (several, _) => return Err(which(database, several)),
    };
    let id = run.parse().map_err(|error: crate::ids::IdError| {
        Refusal::new("find the upgrade", error.to_string(), "pass its id as `upgrade-id`")
    })?;
    Ok(Some(Meant::Anothers(id, how)))
}

fn which(database: &DatabaseId, runs: &[&str]) -> Refusal {
    let why = format!("several upgrades have an open row in `rolling_upgrade.fence` of `{database}`: {}", list(runs));
    Refusal::new("find the upgrade", why, "pass the right one as `upgrade-id`")
}

fn list(runs: &[&str]) -> String {
    runs.iter().map(|run| format!("`{run}`")).collect::<Vec<_>>().join(", ")
}

/// Production is not read-only by another run: that one has to be named.
///
/// # Errors
/// It is; which run it was, and what gives production back.
pub fn require_own_freeze(case: &DecisionInput<'_>, attempt: &str) -> Result<(), Refusal> {
    let (database, id) = (&case.production().database, &case.upgrade.id);
    let others = frozen_by_others(case);
    require(others.is_empty(), || {
        let why =
            format!("upgrade {} made production `{database}` read-only, and this is upgrade `{id}`", list(&others));
        let hint = format!(
            "users cannot write: `upgrade-rollback --upgrade-id {}` with the same identifiers gives production its \
             write access back",
            others.first().unwrap_or(&"")
        );
        Refusal::new(attempt, why, hint)
    })
}

/// Who has an open fence row in a production that is read-only, and not by this upgrade.
fn frozen_by_others<'w>(case: &DecisionInput<'w>) -> Vec<&'w str> {
    let production = &case.world.production;
    if !production.read_only() {
        return Vec::new();
    }
    let own = production.open_fence(case.upgrade).map(|fence| fence.opened_at);
    let fences = production.sql.iter().flat_map(|sql| &sql.fences).filter(|fence| fence.closed_at.is_none());
    // A run that died before production was read-only has left its row open: the last one froze it.
    fences
        .filter(|fence| !case.upgrade.id.is(&fence.run) && own.is_none_or(|own| fence.opened_at > own))
        .map(|fence| fence.run.as_str())
        .collect()
}

/// Prepare has written down these slots and no others: an identifier that was mistyped would touch somebody else's site.
pub(super) fn require_same_slots(case: &DecisionInput<'_>, step: Step) -> Result<(), Refusal> {
    let (world, upgrade) = (case.world, case.upgrade);
    let rows = [&world.production, &world.stage].into_iter().flat_map(|view| &view.sql);
    let other = rows.flat_map(|sql| sql.upgrade(&upgrade.id)).find(|row| !row.is_about_the_same(upgrade));
    other.map_or(Ok(()), |row| {
        let why = format!("upgrade `{}` was prepared with {}", row.id, differences(row, upgrade).join("; "));
        let hint = match step {
            Step::Prepare => {
                "pass the identifiers from the outputs of plan; to use other ones, first run cleanup with `remove: \
                 <stage database>`, then pass another `upgrade-id`"
            }
            _ => {
                "pass the identifiers from the outputs of plan and prepare; `upgrade-status --subscription-id <id> \
                 --profile <resource-group>/<profile>` shows them"
            }
        };
        Err(Refusal::new(format!("run {}", step.name()), why, hint))
    })
}

fn differences(row: &Upgrade, named: &Upgrade) -> Vec<String> {
    let of = |upgrade: &Upgrade| {
        let slot = |name: &str, slot: &crate::Slot| {
            [
                (format!("{name}-database"), slot.database.to_string()),
                (format!("{name}-site"), slot.site.to_string()),
                (format!("{name}-endpoint"), slot.endpoint.to_string()),
            ]
        };
        let setting = ("connection-name".to_owned(), upgrade.connection_name.clone());
        let slots = slot("production", &upgrade.production).into_iter().chain(slot("stage", &upgrade.stage));
        slots.chain([setting]).collect::<Vec<_>>()
    };
    let pairs = of(row).into_iter().zip(of(named));
    let different = pairs.filter(|((_, was), (_, is))| !eq_azure_name(was, is));
    different.map(|((name, was), (_, is))| format!("{name} `{was}`, but this run has `{is}`")).collect()
}

/// The identifiers of production and stage are not exchanged, and nobody has exchanged the roles of the databases.
pub(super) fn require_right_way_round(case: &DecisionInput<'_>, step: Step) -> Result<(), Refusal> {
    require_not_failed_over(case, step)?;
    exchanged(case).map_or(Ok(()), |why| {
        let hint = "swap the identifiers of production and stage: the outputs of plan have them the right way round";
        Err(Refusal::new(format!("run {}", step.name()), why, hint))
    })
}

/// Production is the geo-secondary of its copy, and prepare has written it down as production: somebody has failed the link over.
fn require_not_failed_over(case: &DecisionInput<'_>, step: Step) -> Result<(), Refusal> {
    let prepared = case.world.production.sql.iter().flat_map(|sql| sql.upgrade(&case.upgrade.id));
    let right_way_round = prepared.into_iter().any(|row| row.has_slots_of(case.upgrade));
    require(!(right_way_round && linked_the_other_way(case).is_some()), || {
        let (production, stage) = (&case.production().database, &case.stage().database);
        let why = format!("the replication link was failed over: `{production}` is now the geo-secondary of `{stage}`");
        let hint = format!(
            "connect to `master` of server `{}` and run `ALTER DATABASE [{}] FAILOVER;` to fail it back, then run \
             rollback",
            production.server, production.name
        );
        Refusal::new(format!("run {}", step.name()), why, hint)
    })
}

/// What shows that the database, site or endpoint named as production's is stage's.
fn exchanged(case: &DecisionInput<'_>) -> Option<String> {
    let found = linked_the_other_way(case).or_else(|| written_otherwise(case));
    found.or_else(|| labelled_as_stage(case)).or_else(|| made_as_copy(case))
}

/// Prepare has written down what belongs to this upgrade.
fn written_otherwise(case: &DecisionInput<'_>) -> Option<String> {
    let (world, id) = (case.world, &case.upgrade.id);
    let rows = [&world.production, &world.stage].into_iter().flat_map(|view| &view.sql).flat_map(|sql| sql.upgrade(id));
    let row = rows.into_iter().find(|row| row.production.database == case.upgrade.stage.database)?;
    Some(format!("the record of upgrade `{id}` in the database names `{}` as production", row.production.database))
}

fn linked_the_other_way(case: &DecisionInput<'_>) -> Option<String> {
    let (production, stage) = (case.production(), case.stage());
    let view = &case.world.production;
    let by_arm = view.link_to(&stage.database).is_some_and(|link| !link.is_primary());
    let links = view.sql.iter().flat_map(|sql| &sql.links);
    let by_sql = links.into_iter().any(|link| link.leads_to(&stage.database) && eq_azure_name(&link.role, "SECONDARY"));
    (by_arm || by_sql).then(|| {
        format!(
            "`{}` was passed as production's database, but it is the geo-secondary of `{}`",
            production.database, stage.database
        )
    })
}

fn labelled_as_stage(case: &DecisionInput<'_>) -> Option<String> {
    let (profile, production) = (&case.world.profile, case.production());
    let labels = [
        (labels::SERVER, production.database.server_id().to_string()),
        (labels::SITE, production.site.to_string()),
        (labels::ENDPOINT, production.endpoint.name.clone()),
    ];
    let ours = labels::is_ours(profile, case.upgrade);
    let names = |label: &str, own: &str| tag(&profile.tags, label).is_some_and(|value| eq_azure_name(value, own));
    let found = labels.into_iter().filter(|_| ours).find(|(label, own)| names(label, own));
    found.map(|(label, own)| {
        format!(
            "`{own}` was passed for production, but tag `{label}` of the Traffic Manager profile says that it belongs \
             to stage"
        )
    })
}

/// Prepare tags the copy that it makes, and migrate writes its journal there; a copy has both from then on.
fn made_as_copy(case: &DecisionInput<'_>) -> Option<String> {
    let (production, stage) = (&case.world.production, &case.world.stage);
    let id = &case.upgrade.id;
    let tagged = |database: &Database| tag(&database.tags, TAG).is_some_and(|tagged| id.is(tagged));
    let database = &case.production().database;
    if production.database.as_ref().is_some_and(tagged) && stage.database.as_ref().is_some_and(|copy| !tagged(copy)) {
        return Some(format!(
            "`{database}` was passed as production's database, but it has the tag of the copy that upgrade `{id}` \
             created"
        ));
    }
    let ran = |view: &SlotView| view.sql.as_ref().map(|sql| sql.journal.iter().any(|row| id.is(&row.run)));
    (ran(production) == Some(true) && ran(stage) == Some(false)).then(|| {
        format!(
            "`{database}` was passed as production's database, but it has the journal of upgrade `{id}`, which only \
             the copy has"
        )
    })
}

/// A rollback that is about to change something finds this upgrade's marks; one that has nothing left to do finds users on
/// production.
pub(super) fn require_ours_and_served(
    case: &DecisionInput<'_>,
    effects: &[Effect],
    attempt: &str,
) -> Result<(), Refusal> {
    if effects.iter().all(Effect::is_proof) {
        require_not_read_only(case, attempt)?;
        if !has_marks(case) {
            return Ok(());
        }
        require_served(case, attempt)?;
        return case.require_production_in_place(attempt);
    }
    require(has_marks(case), || {
        let (id, profile) = (&case.upgrade.id, &case.world.profile);
        let label = tag(&profile.tags, TAG).map_or_else(
            || "the tags of the Traffic Manager profile name no upgrade".to_owned(),
            |run| format!("the tags of Traffic Manager profile `{}` name upgrade `{run}`", profile.id),
        );
        let why = format!(
            "nothing here belongs to upgrade `{id}`: it has no row in `rolling_upgrade.fence`, and no tag on the \
             Traffic Manager profile or the stage database; {label}"
        );
        let which = which_upgrade(&profile.id);
        Refusal::new(attempt, why, format!("pass the `upgrade-id` of the upgrade to roll back; {which} shows it"))
    })
}

/// A fence row, a label, a tag, or a row of its WebJobs and hooks.
fn has_marks(case: &DecisionInput<'_>) -> bool {
    let (world, upgrade) = (case.world, case.upgrade);
    let tagged =
        world.stage.database.as_ref().is_some_and(|copy| tag(&copy.tags, TAG).is_some_and(|id| upgrade.id.is(id)));
    let in_sql = |view: &SlotView| {
        view.sql.as_ref().is_some_and(|sql| {
            let mut runs = sql.workers.iter().map(|row| &row.run).chain(sql.hooks.iter().map(|row| &row.run));
            view.fence(upgrade).is_some() || runs.any(|run| upgrade.id.is(run))
        })
    };
    let on_site = world.stage.setting(&upgrade.kept_setting()).is_some() || world.stage.site_is_created_by(upgrade);
    world.knows(upgrade) || tagged || on_site || in_sql(&world.production) || in_sql(&world.stage)
}

/// What is read-only by nobody's fence row no rollback gives back, and none may call done.
fn require_not_read_only(case: &DecisionInput<'_>, attempt: &str) -> Result<(), Refusal> {
    let database = &case.production().database;
    require(!case.world.production.read_only(), || {
        let why = format!(
            "production `{database}` is read-only, and no upgrade made it so: its `rolling_upgrade.fence` has no open \
             row"
        );
        let hint = "users cannot write: find out who set it READ_ONLY, then connect to that database (not to `master`) \
                    and run `ALTER DATABASE CURRENT SET READ_WRITE WITH ROLLBACK IMMEDIATE`";
        Refusal::new(attempt, why, hint)
    })
}

/// Users reach production, once its site answers probes.
fn require_served(case: &DecisionInput<'_>, attempt: &str) -> Result<(), Refusal> {
    let (world, endpoint) = (case.world, &case.production().endpoint);
    let mut well = world.profile.clone();
    let probed = well.endpoints.iter_mut().filter(|endpoint| endpoint.monitor != MonitorStatus::Stopped);
    probed.for_each(|endpoint| endpoint.monitor = MonitorStatus::Online);
    let served = served_if(&well, &[]);
    require(served.is(endpoint), || {
        let there = world.profile.endpoint(endpoint);
        let state = if there.is_some() { "" } else { "; its endpoint does not exist" };
        let why = format!("Traffic Manager sends users to {served}, not to `{}`{state}", endpoint.name);
        let stopped = world.production.site.as_ref().is_some_and(|site| !site.running);
        let site = &case.production().site;
        let hint = match there {
            _ if stopped => format!("start site `{site}`"),
            Some(there) => format!(
                "enable production's endpoint and give it the smallest priority number of the enabled endpoints: {}",
                renumber(there, "<number> --endpoint-status Enabled")
            ),
            None => format!(
                "add endpoint `{}` for site `{site}` again, with the smallest priority number of the enabled endpoints",
                endpoint.name
            ),
        };
        Refusal::new(attempt, why, hint)
    })
}

#[cfg(test)]
#[path = "identity_test.rs"]
#[allow(clippy::unwrap_used)]
mod tests;
