//! The full table of step x state, and every way to die half-way, on the model.

#[path = "model_test.rs"]
pub(crate) mod model;

#[path = "creating_test.rs"]
pub(crate) mod creating;

#[path = "ending_test.rs"]
mod ending;

#[path = "give_back_test.rs"]
mod giving_back;

#[path = "outsiders_test.rs"]
mod outsiders;

#[path = "scripts_test.rs"]
mod scripts;

#[path = "stage_site_test.rs"]
mod stage_site;

use std::fmt::Write;

use creating::{around_of, policy_that_creates, without_site};
use model::{assert_invariants, fresh, later, policy, upgrade, webjobs};

use super::*;
use crate::{Ending, Outcome, ReplicationEffect, TerminationMethod};

/// The decision of one step on the model.
pub(crate) fn decided(step: Step, world: &World, policy: &Policy) -> Result<Vec<Effect>, Refusal> {
    decide(step, &DecisionInput { upgrade: &upgrade(), world, policy, preflight: Some(&around_of(world, policy)) })
}

pub(crate) fn cleaning(policy: Policy, database: &crate::DatabaseId) -> Policy {
    let no_window = jiff::SignedDuration::ZERO;
    Policy { remove: Some(database.clone()), remove_database: true, revert_window: no_window, ..policy }
}

/// The inputs that a workflow gives to a step; cleanup removes what the state is about.
fn inputs(step: Step, state: &str, world: &World, planned: &Policy) -> Policy {
    let upgrade = upgrade();
    let stage_is_done_for = matches!(state, "rolled-back" | "stage-removed" | "prepared" | "fresh");
    let named = if stage_is_done_for { &upgrade.stage.database } else { &upgrade.production.database };
    match step {
        Step::Cleanup => cleaning(planned.clone(), named),
        _ => Policy { plan_digest: policy(world).plan_digest.and(planned.plan_digest.clone()), ..planned.clone() },
    }
}

pub(crate) fn run(step: Step, world: &mut World, policy: &Policy) -> Outcome {
    let effects = decided(step, world, policy).unwrap_or_else(|refusal| panic!("{}: {refusal}", step.name()));
    for effect in &effects {
        model::apply(world, effect);
        later(world, 1);
        assert_invariants(world, &effect.to_string());
    }
    if effects.iter().any(|effect| !effect.is_proof()) { Outcome::Done } else { Outcome::AlreadyDone }
}

/// All ways to begin: with a stage site that is adopted, as it is or with a package; and with one that prepare creates.
pub(crate) fn beginnings() -> [(World, Policy); 3] {
    let created = (without_site(), policy_that_creates(&without_site()));
    [(fresh(), policy(&fresh())), (fresh(), policy_that_creates(&fresh())), created]
}

/// Every state that an upgrade of an adopted site can stand in between two steps.
pub(crate) fn states() -> Vec<(&'static str, World)> {
    states_from(fresh(), &policy(&fresh()))
}

pub(crate) fn states_from(mut world: World, planned: &Policy) -> Vec<(&'static str, World)> {
    let mut states = vec![("fresh", world.clone())];
    let course = [
        (Step::Prepare, "prepared"),
        (Step::Freeze, "frozen"),
        (Step::Terminate, "terminated"),
        (Step::Migrate, "migrated"),
        (Step::Switch, "switched"),
    ];
    for (step, state) in course {
        assert_eq!(run(step, &mut world, planned), Outcome::Done, "{state}");
        states.push((state, world.clone()));
    }
    let mut rolled_back = states[4].1.clone();
    run(Step::Rollback, &mut rolled_back, planned);
    states.push(("rolled-back", rolled_back.clone()));
    run(Step::Cleanup, &mut rolled_back, &cleaning(planned.clone(), &upgrade().stage.database));
    states.push(("stage-removed", rolled_back));
    run(Step::Cleanup, &mut world, &cleaning(planned.clone(), &upgrade().production.database));
    states.push(("v1-removed", world));
    states
}

#[test]
fn the_table_of_step_and_state() {
    let planned = policy(&fresh());
    let mut table = String::new();
    for (state, world) in states() {
        writeln!(table, "{state}").unwrap();
        for step in Step::ALL {
            let decision = decided(step, &world, &inputs(step, state, &world, &planned));
            let words = match decision {
                Ok(effects) if effects.iter().all(Effect::is_proof) => "already done".to_owned(),
                Ok(effects) => {
                    effects.iter().filter(|effect| !effect.is_proof()).map(|e| format!("\n    - {e}")).collect()
                }
                Err(refusal) => format!("refused: {refusal}\n    hint: {}", refusal.hint),
            };
            writeln!(table, "  {}: {words}", step.name()).unwrap();
        }
    }
    insta::assert_snapshot!(table);
}

/// From every point at which a step can die: the same step again ends where it would have ended.
#[test]
fn a_step_that_died_is_finished_by_running_it_again() {
    beginnings().into_iter().for_each(|(world, planned)| die_and_run_again(world, &planned));
}

fn die_and_run_again(world: World, planned: &Policy) {
    let states = states_from(world, planned);
    let course = [Step::Prepare, Step::Freeze, Step::Terminate, Step::Migrate, Step::Switch];
    for (index, step) in course.into_iter().enumerate() {
        let (before, after) = (&states[index].1, &states[index + 1].1);
        let effects = decided(step, before, planned).unwrap();
        for died_at in 0..=effects.len() {
            let mut world = before.clone();
            effects[..died_at].iter().for_each(|effect| model::apply(&mut world, effect));
            run(step, &mut world, planned);
            assert_eq!(standing(&world), standing(after), "{} died after {died_at} effects", step.name());
        }
    }
}

/// From every point before the point of no return: rollback gives V1 back, and a rollback that died is finished by
/// another.
#[test]
fn rollback_gives_v1_back_from_everywhere() {
    beginnings().into_iter().for_each(|(world, planned)| die_and_roll_back(world, &planned));
}

fn die_and_roll_back(world: World, planned: &Policy) {
    let states = states_from(world, planned);
    let course = [Step::Prepare, Step::Freeze, Step::Terminate, Step::Migrate, Step::Switch];
    for (index, step) in course.into_iter().enumerate() {
        let before = &states[index].1;
        let effects = decided(step, before, planned).unwrap();
        for died_at in 0..=effects.len() {
            let mut world = before.clone();
            effects[..died_at].iter().for_each(|effect| model::apply(&mut world, effect));
            if world.point_of_no_return_passed(&upgrade()) {
                let refusal = decided(Step::Rollback, &world, planned).unwrap_err();
                assert!(refusal.hint.contains("accept-loss: rg/sql-2/shop"), "{}", refusal.hint);
                continue;
            }
            roll_back_and_die_everywhere(&world, planned);
        }
    }
}

fn roll_back_and_die_everywhere(world: &World, planned: &Policy) {
    let effects = decided(Step::Rollback, world, planned).unwrap();
    for died_at in 0..=effects.len() {
        let mut world = world.clone();
        for effect in &effects[..died_at] {
            model::apply(&mut world, effect);
            assert_invariants(&world, &effect.to_string());
        }
        run(Step::Rollback, &mut world, planned);
        let upgrade = upgrade();
        assert!(world.production.writable() && world.enabled(&upgrade.production) && !world.enabled(&upgrade.stage));
        assert!(world.production.open_fence(&upgrade).is_none());
        stage_site::assert_left_as_it_should_be(&world, planned);
        webjobs::assert_given_back(&world, planned);
    }
}

/// A copy that was given back its old data must never be switched to: rollback makes it unusable for good.
#[test]
fn after_a_rollback_no_step_goes_on_with_the_old_copy() {
    for (world, planned) in beginnings() {
        let states = states_from(world, &planned);
        let (_, world) = states.into_iter().find(|(state, _)| *state == "rolled-back").unwrap();
        for step in [Step::Freeze, Step::Terminate, Step::Migrate, Step::Switch] {
            assert!(decided(step, &world, &planned).is_err(), "{}", step.name());
        }
    }
}

#[test]
fn rollback_after_the_switch_goes_back_in_order_when_the_loss_is_accepted() {
    let planned = policy(&fresh());
    let (_, mut world) = states().into_iter().find(|(state, _)| *state == "switched").unwrap();
    let accepted = Policy { accept_loss: Some(upgrade().stage.database), ..planned };
    let words: Vec<_> = decided(Step::Rollback, &world, &accepted).unwrap().iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(words.join("\n"));
    run(Step::Rollback, &mut world, &accepted);
    assert!(world.production.writable());
}

#[test]
fn a_link_that_somebody_else_removed_is_not_taken_for_ours() {
    let planned = policy(&fresh());
    let (_, mut world) = states().into_iter().find(|(state, _)| *state == "frozen").unwrap();
    let ending =
        Ending { partner: upgrade().stage.database, methods: vec![TerminationMethod::TSql], proofs: Vec::new() };
    let link = Effect::Replication(ReplicationEffect::End { source: upgrade().production.database, ending });
    model::apply(&mut world, &link);
    // The copy came up writable: it had not received READ_ONLY, so it may miss users' writes too.
    let stage = world.stage.sql.as_mut().unwrap();
    (stage.read_only, stage.updateable) = (false, true);
    let refusal = decided(Step::Terminate, &world, &planned).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "cannot end replication from `rg/sql-1/shop` to `rg/sql-2/shop`: the replication link is gone, and nothing \
         proves that `rg/sql-2/shop` received every write before that"
    );
    assert!(decided(Step::Migrate, &world, &planned).is_err());
}

#[test]
fn past_the_deadline_only_rollback_goes_on() {
    let planned = policy(&fresh());
    for (state, mut world) in states() {
        if !matches!(state, "frozen" | "terminated" | "migrated") {
            continue;
        }
        later(&mut world, 31 * 60);
        let next = match state {
            "frozen" => Step::Terminate,
            "terminated" => Step::Migrate,
            _ => Step::Switch,
        };
        let refusal = decided(next, &world, &planned).unwrap_err();
        assert!(refusal.why.starts_with("the deadline of the read-only time"), "{state}: {refusal}");
        assert_eq!(run(Step::Rollback, &mut world, &planned), Outcome::Done);
    }
}

/// What matters of a state: everything but clocks.
fn standing(world: &World) -> String {
    let view = |view: &crate::SlotView| {
        let sql = view.sql.as_ref().map(|sql| {
            let fences: Vec<_> =
                sql.fences.iter().map(|fence| (fence.run.clone(), fence.closed_at.is_some())).collect();
            let hooks: Vec<_> = sql.hooks.iter().map(|row| &row.hook).collect();
            let rows = format!("{:?} {hooks:?}", sql.workers);
            (
                sql.read_only,
                sql.updateable,
                (sql.schema, sql.fence_table, &sql.folder),
                fences,
                sql.journal.clone(),
                sql.links.len(),
                rows,
            )
        });
        let settings: Vec<_> = view.settings.iter().map(|setting| setting.name.clone()).collect();
        let site = view.site.as_ref().map(|site| (site.running, &site.tags, &site.host_names));
        let jobs = (&view.webjobs, &view.webjob_settings);
        format!("{:?} {:?} {site:?} {settings:?} {jobs:?} {sql:?}", view.database, view.links)
    };
    let labels: Vec<_> = world.profile.tags.keys().collect();
    let (production, stage) = (view(&world.production), view(&world.stage));
    format!("{labels:?}\n{:?}\n{production}\n{stage}", world.profile.endpoints)
}
