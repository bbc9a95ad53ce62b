//! One function per step: from what was observed to what is to be done.
//!
//! Every step asks the same three questions in the same order. Is its end state there? Then nothing but proofs is left.
//! Do its guards hold? Otherwise it refuses. What is missing? That is its list of effects.

mod approved;
pub(crate) mod background;
mod cleanup;
mod freeze;
mod give_back;
mod identity;
mod migrate;
mod prepare;
mod rollback;
mod stage_site;
mod switch;
mod terminate;

pub(crate) use migrate::{half_run, journal_digest};
pub use rollback::{give_back_by_sql, loss};
pub(crate) use stage_site::is_pointed as site_is_pointed;

use std::str::FromStr;

pub use give_back::{Deadline, deadline, give_back, unfreeze};
pub use identity::{Meant, meant, require_own_freeze};
use serde::Serialize;

use crate::{
    Effect, Exposure, NoLogIn, OtherEndpoint, Policy, Refusal, Slot, SlotView, TrafficEffect, Upgrade, World, digest,
    facts::{Endpoint, FOLDER_SINCE, SCHEMA_VERSION, SqlState},
    labels,
    leads::Place,
    plan::Preflight,
};

/// The steps that change something; plan only reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// Create what the upgrade needs beside production.
    Prepare,
    /// Set production read-only.
    Freeze,
    /// Make the stage copy stand alone.
    Terminate,
    /// Upgrade the stage copy.
    Migrate,
    /// Send users to stage.
    Switch,
    /// Give production its write access back.
    Rollback,
    /// Remove what serves nobody.
    Cleanup,
}

impl Step {
    /// All of them, in the order of an upgrade.
    pub const ALL: [Self; 7] =
        [Self::Prepare, Self::Freeze, Self::Terminate, Self::Migrate, Self::Switch, Self::Rollback, Self::Cleanup];

    /// Its name, as in `upgrade-<name>`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Prepare => "prepare",
            Self::Freeze => "freeze",
            Self::Terminate => "terminate",
            Self::Migrate => "migrate",
            Self::Switch => "switch",
            Self::Rollback => "rollback",
            Self::Cleanup => "cleanup",
        }
    }
}

impl Step {
    /// It looks at everything once more when its effects are applied. Inside the read-only time of users the proofs
    /// among the effects do that, for the little that the step has changed.
    pub fn looks_again(self) -> bool {
        !matches!(self, Self::Freeze | Self::Terminate | Self::Migrate)
    }
}

impl FromStr for Step {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|step| step.name() == name);
        known.ok_or_else(|| format!("`{name}` is not a step"))
    }
}

/// What a step decides on.
#[derive(Debug, Clone, Copy)]
pub struct DecisionInput<'w> {
    /// The upgrade.
    pub upgrade: &'w Upgrade,
    /// The live state.
    pub world: &'w World,
    /// What the user allows.
    pub policy: &'w Policy,
    /// Plans, servers, rights, log-ins; looked at by prepare and freeze only, while production takes writes.
    pub preflight: Option<&'w Preflight>,
}

/// What `step` has to do; only proofs where its end state is there already.
///
/// # Errors
/// A guard of the step fails: nothing may be changed.
pub fn decide(step: Step, case: &DecisionInput<'_>) -> Result<Vec<Effect>, Refusal> {
    case.require_known_schema(step)?;
    identity::require_right_way_round(case, step)?;
    identity::require_same_slots(case, step)?;
    match step {
        Step::Prepare => prepare::decide(case),
        Step::Freeze => freeze::decide(case),
        Step::Terminate => terminate::decide(case),
        Step::Migrate => migrate::decide(case),
        Step::Switch => switch::decide(case),
        Step::Rollback => roll_back(case),
        Step::Cleanup => {
            require_own_freeze(case, "clean up")?;
            cleanup::decide(case)
        }
    }
}

/// Only what is this upgrade's, and done only once users are back.
fn roll_back(case: &DecisionInput<'_>) -> Result<Vec<Effect>, Refusal> {
    let attempt = format!("roll back to `{}`", case.production().site);
    require_own_freeze(case, &attempt)?;
    let effects = rollback::decide(case)?;
    identity::require_ours_and_served(case, &effects, &attempt)?;
    Ok(effects)
}

/// Refuses with `why` unless the guard holds.
fn require(guard: bool, refusal: impl FnOnce() -> Refusal) -> Result<(), Refusal> {
    if guard { Ok(()) } else { Err(refusal()) }
}

/// The labels that lead to this upgrade, for somebody may have wiped them, and one more that carries its id.
fn signposts_and(case: &DecisionInput<'_>, label: &str) -> Vec<(String, String)> {
    let one = (label.to_owned(), case.upgrade.id.to_string());
    labels::signposts(case.upgrade).into_iter().chain([one]).collect()
}

fn not_astray(found: Option<(&Endpoint, Place)>, attempt: &str) -> Result<(), Refusal> {
    found.map_or(Ok(()), |(endpoint, place)| {
        let (why, hint) = endpoint.astray_from(&place);
        Err(Refusal::new(attempt, why, hint))
    })
}

impl<'w> DecisionInput<'w> {
    /// Users get this slot's endpoint, which leads to its site.
    fn serves(&self, slot: &Slot, other: OtherEndpoint) -> Effect {
        let view = if *slot == self.upgrade.production { &self.world.production } else { &self.world.stage };
        Effect::Traffic(TrafficEffect::ProveServed {
            endpoint: slot.endpoint.clone(),
            place: view.site.as_ref().map(Place::of),
            other,
        })
    }

    fn production(&self) -> &'w Slot {
        &self.upgrade.production
    }

    fn stage(&self) -> &'w Slot {
        &self.upgrade.stage
    }

    /// What a newer release has written down nobody here may judge.
    fn require_known_schema(&self, step: Step) -> Result<(), Refusal> {
        let slots = [(&self.world.production, self.production()), (&self.world.stage, self.stage())];
        let version = |view: &SlotView| view.sql.as_ref().and_then(|sql| sql.schema);
        let newer = slots.into_iter().find_map(|(view, slot)| {
            version(view).filter(|version| *version > SCHEMA_VERSION).map(|version| (version, &slot.database))
        });
        newer.map_or(Ok(()), |(version, database)| {
            let why = format!(
                "schema `rolling_upgrade` in `{database}` has version {version}, and this release knows only {SCHEMA_VERSION}"
            );
            Err(Refusal::new(format!("run {}", step.name()), why, "use the newer release that wrote it"))
        })
    }

    /// Digest over what was planned. A plan of the releases that did not have the folder covers the scripts alone.
    fn digest_of_scripts(&self) -> String {
        let planned_before = |sql: &SqlState| sql.schema.is_some_and(|version| version < FOLDER_SINCE);
        match self.world.production.sql.as_ref().is_some_and(planned_before) {
            true => digest::of_folders(&self.policy.scripts, &[]),
            false => self.policy.digest_of_scripts(),
        }
    }

    /// Production is read-only by this upgrade, in time, and users are still on it.
    fn require_frozen(&self, attempt: &str) -> Result<(), Refusal> {
        let world = self.world;
        require(world.production.read_only(), || self.not_frozen(attempt))?;
        let fence = world.production.open_fence(self.upgrade).ok_or_else(|| {
            Refusal::new(
                attempt,
                format!(
                    "production is read-only, but upgrade `{}` did not make it so: it has no open row in \
                     `rolling_upgrade.fence`",
                    self.upgrade.id
                ),
                "users cannot write: find out what made it read-only; if it was another upgrade, run rollback with its \
                 `upgrade-id`",
            )
        })?;
        let in_time = world.now().is_some_and(|now| now < fence.deadline);
        require(in_time || self.policy.past_deadline, || {
            let why = format!("the deadline of the read-only time, {}, has passed", fence.deadline);
            Refusal::new(attempt, why, "users cannot write: run rollback to give production its write access back")
        })
    }

    fn not_frozen(&self, attempt: &str) -> Refusal {
        let database = &self.production().database;
        if self.world.synchronised(self.upgrade) {
            let why = format!("production database `{database}` takes writes again, and its copy no longer gets them");
            return Refusal::new(
                attempt,
                why,
                "run rollback, then cleanup with `remove: <stage database>`, then prepare again",
            );
        }
        let why = format!("production database `{database}` is not read-only");
        Refusal::new(attempt, why, "run freeze first: the copy may still lack writes")
    }

    /// A log-in to stage succeeds, where one was tried: nobody can tell otherwise what is there.
    fn require_stage_log_in(&self, attempt: &str) -> Result<(), Refusal> {
        match &self.world.stage.no_log_in {
            Some(NoLogIn { why, hint }) if self.world.stage.sql.is_none() => {
                Err(Refusal::new(attempt, why.clone(), hint.clone()))
            }
            _ => Ok(()),
        }
    }

    /// The stage copy is there. Once production is read-only nothing can make another one in time.
    fn require_copy(&self, attempt: &str) -> Result<(), Refusal> {
        let hint = if self.world.production.read_only() {
            "the copy was deleted: run rollback, then prepare again"
        } else {
            "run prepare first"
        };
        require(self.world.stage.database.is_some(), || {
            Refusal::new(attempt, format!("`{}` does not exist", self.stage().database), hint)
        })
    }

    /// Users stay on production until switch: a stage endpoint that is enabled before would get them when production does not
    /// answer for a moment.
    fn require_hidden(&self, attempt: &str) -> Result<(), Refusal> {
        let Some(endpoint) = self.world.reaches_stage(self.upgrade) else { return Ok(()) };
        if endpoint.id == self.stage().endpoint {
            let why = format!("stage endpoint `{}` is enabled before its database is upgraded", endpoint.id);
            return Err(Refusal::new(attempt, why, "disable it: switch enables it once V2 is ready"));
        }
        let why = format!(
            "endpoint `{}` is enabled and points to stage site `{}`, whose database is not upgraded yet",
            endpoint.id,
            self.stage().site
        );
        Err(Refusal::new(attempt, why, "disable or remove it: users reach V2 through the stage endpoint"))
    }

    /// Both endpoints lead to their sites, and production's site works on production's database: anybody may have edited a target or a
    /// setting since.
    fn require_right_places(&self, attempt: &str) -> Result<(), Refusal> {
        not_astray(self.world.astray(self.upgrade), attempt)?;
        self.require_production_pointed(attempt)
    }

    fn require_production_in_place(&self, attempt: &str) -> Result<(), Refusal> {
        not_astray(self.world.production_astray(self.upgrade), attempt)?;
        self.require_production_pointed(attempt)
    }

    fn require_stage_in_place(&self, attempt: &str) -> Result<(), Refusal> {
        not_astray(self.world.stage_astray(self.upgrade), attempt)
    }

    fn require_production_pointed(&self, attempt: &str) -> Result<(), Refusal> {
        require(self.production_is_pointed(), || {
            let (slot, setting) = (self.production(), &self.upgrade.connection_name);
            let why = format!(
                "connection string `{setting}` of V1's site `{}` does not point to `{}`",
                slot.site, slot.database
            );
            let hint = "find out who changed it and where V1 has written since; point it to production's database \
                        again, then run this step again";
            Refusal::new(attempt, why, hint)
        })
    }

    /// Production's site works on production's database, as far as that site is there.
    fn production_is_pointed(&self) -> bool {
        let view = &self.world.production;
        view.site.is_none() || view.leads_to(&self.upgrade.connection_name, &self.production().database)
    }

    /// Users were not sent to stage yet.
    fn require_not_switched(&self, attempt: &str) -> Result<(), Refusal> {
        require(!self.world.point_of_no_return_passed(self.upgrade), || {
            let hint = "this step has nothing left to do: if users were sent back to V1 by hand, run switch again, \
                        which sends them to V2; to remove V1 run cleanup";
            Refusal::new(attempt, "switch has already sent users to V2", hint)
        })
    }

    /// Users were sent to stage, and V1 is as this step has left it: a workflow that is run again goes on to switch.
    fn is_behind(&self) -> bool {
        let frozen = self.world.production.read_only() && self.world.production.open_fence(self.upgrade).is_some();
        frozen && self.world.point_of_no_return_passed(self.upgrade)
    }

    /// The stage site works on the stage copy: somebody else may have applied other settings since prepare.
    fn require_pointed(&self, attempt: &str) -> Result<(), Refusal> {
        require(stage_site::is_pointed(self), || {
            let (site, database) = (&self.stage().site, &self.stage().database);
            let why = format!(
                "connection string `{}` of stage site `{site}` does not point to `{database}`",
                self.upgrade.connection_name
            );
            let hint = match self.world.exposure(self.upgrade) {
                Exposure::Never => {
                    "find out who changed it; then run rollback, cleanup with `remove: <stage database>`, and prepare"
                }
                _ => {
                    "find out who changed it and where V2 has written since; point it to the stage database again, \
                     then run switch"
                }
            };
            Refusal::new(attempt, why, hint)
        })
    }
}

#[cfg(test)]
#[path = "table_test.rs"]
#[allow(clippy::unwrap_used)]
pub(crate) mod tests;
