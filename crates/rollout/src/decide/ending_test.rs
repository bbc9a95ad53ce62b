//! How replication is ended: which ways, with which proofs, and what freeze says of ways that are closed.

use crate::{
    AccessEffect, DatabaseId, Effect, Ending, OtherEndpoint, Permissions, Policy, ReplicationEffect, Step, Termination,
    TerminationMethod, TrafficEffect, Unavailable, World,
};

use super::{decided, model::*, states};

fn state(name: &str) -> World {
    states().into_iter().find(|(state, _)| *state == name).unwrap().1
}

fn with(world: &World, termination: Termination) -> Policy {
    Policy { termination, ..policy(world) }
}

fn databases() -> (DatabaseId, DatabaseId) {
    (upgrade().production.database, upgrade().stage.database)
}

/// The position of the effect that ends the link, and how it does.
fn ending(effects: &[Effect]) -> (usize, Ending) {
    let found = effects.iter().enumerate().find_map(|(at, effect)| match effect {
        Effect::Replication(ReplicationEffect::End { ending, .. }) => Some((at, ending.clone())),
        _ => None,
    });
    found.unwrap()
}

#[test]
fn every_way_is_preceded_by_the_whole_proof() {
    let (source, target) = databases();
    let world = state("frozen");
    let opened = world.production.fence(&upgrade()).unwrap().opened_at;
    let value = crate::labels::synchronised_value(&upgrade(), opened, &world.mark);
    let proved = (crate::labels::SYNCHRONISED.to_owned(), value);
    let proof = vec![
        Effect::Access(AccessEffect::ProveReadOnly { database: source.clone(), linked_to: Some(target.clone()) }),
        Effect::Replication(ReplicationEffect::AwaitCopySync { source: source.clone(), target: target.clone() }),
        Effect::Replication(ReplicationEffect::ProveSynchronised { source, target: target.clone() }),
        Effect::Traffic(TrafficEffect::Label {
            profile: world.profile.id.clone(),
            set: crate::labels::signposts(&upgrade()).into_iter().chain([proved]).collect(),
            remove: Vec::new(),
        }),
        Effect::Traffic(TrafficEffect::ProveServed {
            endpoint: upgrade().production.endpoint,
            place: Some(crate::leads::Place::of(world.production.site.as_ref().unwrap())),
            other: OtherEndpoint::AsItIs,
        }),
        Effect::Access(AccessEffect::ProveLock),
    ];
    for (termination, methods) in [
        (Termination::Auto, vec![TerminationMethod::TSql, TerminationMethod::Unlink, TerminationMethod::Delete]),
        (Termination::Only(TerminationMethod::TSql), vec![TerminationMethod::TSql]),
        (Termination::Only(TerminationMethod::Unlink), vec![TerminationMethod::Unlink]),
        (Termination::Only(TerminationMethod::Delete), vec![TerminationMethod::Delete]),
    ] {
        let world = state("frozen");
        let effects = decided(Step::Terminate, &world, &with(&world, termination)).unwrap();
        let (at, ending) = ending(&effects);
        assert_eq!(at, 0, "{termination:?}: the proofs are made just before each attempt");
        assert_eq!(ending, Ending { partner: target.clone(), methods, proofs: proof.clone() });
    }
}

#[test]
fn rollback_lets_stage_go_by_the_same_ways_without_a_proof() {
    let world = state("frozen");
    let effects = decided(Step::Rollback, &world, &with(&world, Termination::Only(TerminationMethod::Unlink))).unwrap();
    let release = effects.into_iter().find_map(|effect| match effect {
        Effect::Access(AccessEffect::SetReadWrite { release, .. }) => release,
        _ => None,
    });
    assert_eq!(
        release,
        Some(Ending { partner: databases().1, methods: vec![TerminationMethod::Unlink], proofs: Vec::new() })
    );
}

fn closed(methods: &[TerminationMethod]) -> Option<Permissions> {
    let closed = |method: &TerminationMethod| Unavailable { method: *method, why: "it is forbidden".to_owned() };
    Some(Permissions { closed: methods.iter().map(closed).collect(), ..Permissions::default() })
}

#[test]
fn freeze_goes_on_while_one_allowed_way_is_open() {
    let mut world = state("prepared");
    world.permissions = closed(&[TerminationMethod::TSql]);
    assert!(decided(Step::Freeze, &world, &policy(&world)).is_ok());
    world.permissions = closed(&[TerminationMethod::TSql, TerminationMethod::Unlink]);
    assert!(decided(Step::Freeze, &world, &policy(&world)).is_ok());
}

#[test]
fn freeze_refuses_when_no_allowed_way_is_open() {
    let mut world = state("prepared");
    world.permissions = closed(&[TerminationMethod::TSql]);
    let refusal = decided(Step::Freeze, &world, &with(&world, Termination::Only(TerminationMethod::TSql))).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "cannot freeze `rg/sql-1/shop`: this identity lacks a way to end replication (T-SQL: it is forbidden)"
    );
    world.permissions = closed(&[TerminationMethod::TSql, TerminationMethod::Unlink, TerminationMethod::Delete]);
    let refusal = decided(Step::Freeze, &world, &policy(&world)).unwrap_err();
    assert_eq!(
        refusal.why,
        "this identity lacks a way to end replication (T-SQL: it is forbidden; ARM's unlink: it is forbidden; \
         ARM's DELETE: it is forbidden)"
    );
}
