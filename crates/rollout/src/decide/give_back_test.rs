//! The ways back that steps take by themselves, from every state and from every place where a step can be stopped.

use super::{decided, model::*, states};
use crate::{
    DecisionInput, Effect, Policy, Step, World,
    background::{self, Side},
    deadline, give_back, labels, unfreeze,
};

fn of<T>(world: &World, policy: &Policy, ask: impl FnOnce(&DecisionInput<'_>) -> T) -> T {
    ask(&DecisionInput { upgrade: &upgrade(), world, policy, preflight: None })
}

fn left(step: Step, world: &World) -> Option<i64> {
    of(world, &policy(world), |case| deadline(step, case)).map(|deadline| deadline.left.as_secs())
}

/// The states in which users wait, and nobody else.
#[test]
fn the_deadline_counts_while_users_can_only_read() {
    for (state, world) in states() {
        let frozen = matches!(state, "frozen" | "terminated" | "migrated");
        for step in [Step::Freeze, Step::Terminate, Step::Migrate, Step::Switch] {
            assert_eq!(left(step, &world).is_some(), frozen, "{} in {state}", step.name());
        }
        for step in [Step::Prepare, Step::Rollback, Step::Cleanup] {
            assert_eq!(left(step, &world), None, "{} in {state}", step.name());
        }
    }
}

#[test]
fn what_is_left_goes_by_the_servers_clock() {
    let mut world = named("frozen");
    let before = left(Step::Terminate, &world).unwrap();
    later(&mut world, 100);
    assert_eq!(left(Step::Terminate, &world), Some(before - 100));
    later(&mut world, before);
    assert_eq!(left(Step::Terminate, &world), Some(-100));
}

fn named(name: &str) -> World {
    states().into_iter().find(|(state, _)| *state == name).unwrap().1
}

/// Every world in which these steps can be stopped: before each of their effects, and after the last.
fn stopped(steps: &[Step]) -> Vec<(String, World)> {
    let planned = policy(&fresh());
    let course = ["fresh", "prepared", "frozen", "terminated", "migrated"];
    let mut worlds = Vec::new();
    for step in steps {
        let at = Step::ALL.iter().position(|other| other == step).unwrap();
        let mut world = named(course[at]);
        for effect in decided(*step, &world, &planned).unwrap() {
            worlds.push((format!("{}: {effect}", step.name()), world.clone()));
            apply(&mut world, &effect);
        }
        worlds.push((format!("{} is done", step.name()), world));
    }
    worlds
}

fn applied(mut world: World, effects: &[Effect]) -> World {
    for effect in effects {
        apply(&mut world, effect);
        assert_invariants(&world, &effect.to_string());
    }
    world
}

/// Of the live state it has only what can be seen in little time.
#[test]
fn a_freeze_is_taken_back_from_wherever_it_was_stopped() {
    let planned = policy(&fresh());
    for (place, world) in stopped(&[Step::Freeze]) {
        let seen = World { stage: Default::default(), ..world.clone() };
        let effects = of(&seen, &planned, unfreeze).unwrap();
        let world = applied(world, &effects);
        assert!(world.production.writable() && world.production.open_fence(&upgrade()).is_none(), "{place}");
        let sql = world.production.sql.as_ref().unwrap();
        assert!(sql.hooks.is_empty() && background::noted(&sql.workers, &upgrade(), Side::Production).is_empty());
        assert_eq!(world.production.webjobs, fresh().production.webjobs, "{place}");
        let again = decided(Step::Freeze, &world, &planned).unwrap();
        assert!(again.iter().any(|effect| !effect.is_proof()), "{place}: prepare's work is still good");
    }
}

#[test]
fn a_freeze_is_left_alone_once_terminate_has_begun() {
    let planned = policy(&fresh());
    for (place, world) in stopped(&[Step::Terminate, Step::Migrate]) {
        let linked = world.production.link_to(&upgrade().stage.database).is_some();
        assert_eq!(of(&world, &planned, unfreeze).is_some(), linked, "{place}");
    }
    let mut world = named("frozen");
    world.profile.tags.insert(labels::SYNCHRONISED.to_owned(), "7".to_owned());
    assert_eq!(of(&world, &planned, unfreeze), None, "the label alone says so too");
}

/// Azure's list of links may lag behind: as long as the database knows its link, nothing was ended.
#[test]
fn the_link_that_the_database_sees_counts_as_well() {
    let mut world = named("frozen");
    world.production.links.clear();
    assert!(of(&world, &policy(&world), unfreeze).is_some());
}

/// From every place before the request that sends users away.
#[test]
fn a_step_that_is_out_of_time_gives_production_back() {
    let planned = policy(&fresh());
    for (place, mut world) in stopped(&[Step::Freeze, Step::Terminate, Step::Migrate, Step::Switch]) {
        later(&mut world, 31 * 60);
        let Some(step) = Step::ALL.into_iter().find(|step| place.starts_with(step.name())) else { unreachable!() };
        if left(step, &world).is_none() {
            continue;
        }
        let world = applied(world.clone(), &of(&world, &planned, |case| give_back(step, case)).unwrap());
        assert!(world.production.writable() && world.enabled(&upgrade().production), "{place}");
        let left = of(&world, &planned, |case| give_back(step, case)).unwrap();
        assert!(left.iter().all(Effect::is_proof), "{place}: {left:?}");
        if step != Step::Freeze {
            let rollback = decided(Step::Rollback, &world, &planned).unwrap();
            assert!(rollback.is_empty(), "{place}: a rollback has nothing to do after it");
        }
    }
}
