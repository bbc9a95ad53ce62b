use super::{super::tests::model, *};
use crate::{
    AccessEffect, Policy, Slot, Upgrade, World,
    decide::{decide, tests::states},
    facts::EndpointKind,
};

fn at(name: &str) -> World {
    states().into_iter().find(|(state, _)| *state == name).unwrap().1
}

fn another() -> Upgrade {
    Upgrade { id: "8".parse().unwrap(), ..model::upgrade() }
}

fn swapped() -> Upgrade {
    let Upgrade { id, production, stage, connection_name } = model::upgrade();
    Upgrade { id, production: stage, stage: production, connection_name }
}

/// The views of the two slots exchanged, as they are seen by whoever has exchanged the identifiers.
fn seen_by_swapped(world: World) -> World {
    World { production: world.stage, stage: world.production, ..world }
}

fn decided(step: Step, upgrade: &Upgrade, world: &World) -> Result<Vec<Effect>, Refusal> {
    let policy = Policy { scripts_digest: Some(Policy::default().digest_of_scripts()), ..Policy::default() };
    decide(step, &DecisionInput { upgrade, world, policy: &policy, preflight: None })
}

#[track_caller]
fn refused(step: Step, upgrade: &Upgrade, world: &World) -> Refusal {
    match decided(step, upgrade, world) {
        Err(refusal) => refusal,
        Ok(effects) => panic!("it would {effects:#?}"),
    }
}

#[test]
fn while_another_run_has_production_frozen_that_one_has_to_be_named() {
    for state in ["frozen", "terminated", "migrated", "switched"] {
        let (world, upgrade) = (at(state), another());
        let remove = Some(upgrade.production.database.clone());
        let policy = Policy { remove, accept_loss: Some(upgrade.stage.database.clone()), ..Policy::default() };
        for step in [Step::Rollback, Step::Cleanup] {
            let refusal =
                decide(step, &DecisionInput { upgrade: &upgrade, world: &world, policy: &policy, preflight: None })
                    .unwrap_err();
            assert_eq!(
                refusal.why, "upgrade `7` made production `rg/sql-1/shop` read-only, and this is upgrade `8`",
                "{state}"
            );
            assert_eq!(
                refusal.hint,
                "users cannot write: `upgrade-rollback --upgrade-id 7` with the same identifiers gives production its \
                 write access back"
            );
        }
    }
}

#[test]
fn a_foreign_id_touches_nothing() {
    let mut world = at("prepared");
    world.profile.endpoints[0].enabled = false;
    let refusal = refused(Step::Rollback, &another(), &world);
    assert_eq!(
        refusal.to_string(),
        "cannot roll back to `rg/contoso-1`: nothing here belongs to upgrade `8`: it has no row in \
         `rolling_upgrade.fence`, and no tag on the Traffic Manager profile or the stage database; the tags of Traffic \
         Manager profile `rg/contoso` name upgrade `7`"
    );
    assert_eq!(
        refusal.hint,
        "pass the `upgrade-id` of the upgrade to roll back; `upgrade-status --subscription-id <id> --profile \
         rg/contoso` shows it"
    );
    world.profile.endpoints[0].enabled = true;
    assert_eq!(decided(Step::Rollback, &another(), &at("prepared")), Ok(Vec::new()), "there is nothing to do");
}

#[test]
fn exchanged_slots_are_seen_in_every_state() {
    let all =
        [Step::Prepare, Step::Freeze, Step::Terminate, Step::Migrate, Step::Switch, Step::Rollback, Step::Cleanup];
    for state in ["prepared", "frozen", "terminated", "migrated", "switched", "rolled-back"] {
        let world = seen_by_swapped(at(state));
        for step in all {
            let refusal = refused(step, &swapped(), &world);
            assert_eq!(
                refusal.hint,
                "swap the identifiers of production and stage: the outputs of plan have them the right way round",
                "{state}: {refusal}"
            );
        }
    }
}

/// Labels, tags, links: each alone is enough, as the others may be gone.
#[test]
fn each_trace_alone_shows_exchanged_slots() {
    let why = |world: &World, upgrade: &Upgrade| {
        let policy = Policy::default();
        exchanged(&DecisionInput { upgrade, world, policy: &policy, preflight: None }).unwrap_or_default()
    };
    let mut frozen = seen_by_swapped(at("frozen"));
    frozen.profile.tags.clear();
    assert_eq!(
        why(&frozen, &swapped()),
        "`rg/sql-2/shop` was passed as production's database, but it is the geo-secondary of `rg/sql-1/shop`"
    );
    frozen.production.links.clear();
    assert_eq!(
        why(&frozen, &swapped()),
        "`rg/sql-2/shop` was passed as production's database, but it is the geo-secondary of `rg/sql-1/shop`"
    );

    let mut migrated = seen_by_swapped(at("migrated"));
    assert_eq!(
        why(&migrated, &swapped()),
        "the record of upgrade `7` in the database names `rg/sql-1/shop` as production"
    );
    for sql in [&mut migrated.production.sql, &mut migrated.stage.sql].into_iter().flatten() {
        sql.upgrades.clear();
    }
    assert_eq!(
        why(&migrated, &swapped()),
        "`rg/sql-2` was passed for production, but tag `rolling-upgrade-server` of the Traffic Manager profile says \
         that it belongs to stage"
    );
    // Only the databases, or only the endpoints, were exchanged.
    let Upgrade { id, production, stage, connection_name } = model::upgrade();
    let endpoints = Upgrade {
        id,
        production: Slot { endpoint: stage.endpoint.clone(), ..production.clone() },
        stage: Slot { endpoint: production.endpoint, ..stage },
        connection_name,
    };
    assert_eq!(
        why(&at("migrated"), &endpoints),
        "`contoso-2` was passed for production, but tag `rolling-upgrade-endpoint` of the Traffic Manager profile says \
         that it belongs to stage"
    );
    migrated.profile.tags.clear();
    assert_eq!(
        why(&migrated, &swapped()),
        "`rg/sql-2/shop` was passed as production's database, but it has the tag of the copy that upgrade `7` created"
    );
    migrated.production.database.as_mut().unwrap().tags.clear();
    assert_eq!(
        why(&migrated, &swapped()),
        "`rg/sql-2/shop` was passed as production's database, but it has the journal of upgrade `7`, which only the \
         copy has"
    );
}

#[test]
fn a_rollback_is_not_done_while_nobody_reaches_production() {
    let mut world = at("frozen");
    world.profile.endpoints.clear();
    let effects = decided(Step::Rollback, &model::upgrade(), &world).unwrap();
    assert!(
        effects.iter().any(|effect| matches!(effect, Effect::Access(AccessEffect::SetReadWrite { .. }))),
        "write access comes first"
    );
    effects.iter().for_each(|effect| model::apply(&mut world, effect));
    let refusal = refused(Step::Rollback, &model::upgrade(), &world);
    assert_eq!(
        (refusal.why.as_str(), refusal.hint.as_str()),
        (
            "Traffic Manager sends users to no endpoint (none is enabled), not to `contoso-1`; its endpoint does not \
             exist",
            "add endpoint `contoso-1` for site `rg/contoso-1` again, with the smallest priority number of the enabled \
             endpoints"
        )
    );
    let mut world = at("rolled-back");
    let sorry = world.profile.endpoints[0].clone();
    world.profile.endpoints[0].priority = Some(5);
    world.profile.endpoints.push(crate::facts::Endpoint {
        id: "rg/contoso/sorry".parse().unwrap(),
        kind: EndpointKind::External,
        ..sorry
    });
    let refusal = refused(Step::Rollback, &model::upgrade(), &world);
    assert_eq!(
        (refusal.why.as_str(), refusal.hint.as_str()),
        (
            "Traffic Manager sends users to `sorry`, not to `contoso-1`",
            "enable production's endpoint and give it the smallest priority number of the enabled endpoints: `az \
             network traffic-manager endpoint update --resource-group rg --profile-name contoso --type azureEndpoints \
             --name contoso-1 --priority <number> --endpoint-status Enabled`"
        )
    );
}

#[test]
fn a_rollback_is_not_done_while_production_is_read_only_by_nobody() {
    let mut world = at("fresh");
    let sql = world.production.sql.as_mut().unwrap();
    (sql.read_only, sql.updateable) = (true, false);
    let refusal = refused(Step::Rollback, &another(), &world);
    assert_eq!(
        refusal.why,
        "production `rg/sql-1/shop` is read-only, and no upgrade made it so: its `rolling_upgrade.fence` has no open \
         row"
    );
}

#[test]
fn who_is_meant_is_found_by_fence_and_label() {
    let fence = |run: &str, open: bool| Fence {
        run: run.to_owned(),
        opened_at: "2026-01-01T00:00:00Z".parse().unwrap(),
        deadline: "2026-01-01T00:30:00Z".parse().unwrap(),
        closed_at: (!open).then(|| "2026-01-01T00:10:00Z".parse().unwrap()),
    };
    let labelled = |run: Option<&str>| {
        let mut profile = at("fresh").profile;
        profile.tags.extend(run.map(|run| (TAG.to_owned(), run.to_owned())));
        profile
    };
    let database = model::upgrade().production.database;
    let found = |fences: &[Fence], label: Option<&str>| {
        let own = "9".parse().unwrap();
        match meant(Some(&own), &database, fences, Some(&labelled(label)), None) {
            Ok(None) => "nobody".to_owned(),
            Ok(Some(Meant::Own)) => "own".to_owned(),
            Ok(Some(Meant::Anothers(id, how))) => format!("{id}: {how}"),
            Err(refusal) => refusal.to_string(),
        }
    };
    let by_fence = "7: its row in `rolling_upgrade.fence` of `rg/sql-1/shop` is open";
    let by_label = "8: the tags of Traffic Manager profile `rg/contoso` name it";
    assert_eq!(found(&[], None), "nobody");
    assert_eq!(found(&[fence("7", true)], Some("8")), by_fence);
    assert_eq!(found(&[fence("7", false), fence("9", false)], None), "own");
    assert_eq!(found(&[fence("7", true), fence("9", false)], Some("9")), by_fence);
    assert_eq!(found(&[fence("7", true), fence("9", true)], Some("8")), "own");
    assert_eq!(found(&[fence("7", false)], Some("8")), by_label);
    assert_eq!(found(&[], Some("9")), "own");
    assert_eq!(
        found(&[fence("7", true), fence("6", true)], Some("8")),
        "cannot find the upgrade: several upgrades have an open row in `rolling_upgrade.fence` of `rg/sql-1/shop`: \
         `7`, `6`"
    );
}

/// Labels were wiped, and nobody has frozen production yet, or any more.
#[test]
fn without_labels_what_prepare_wrote_down_is_meant() {
    let (own, database) = ("99".parse().unwrap(), model::upgrade().production.database);
    let meant = |written| meant(Some(&own), &database, &[], None, written).unwrap();
    assert_eq!(meant(None), None);
    let how = "prepare recorded it in `rg/sql-1/shop`".to_owned();
    let (others, mine) = (model::upgrade(), Upgrade { id: "99".parse().unwrap(), ..model::upgrade() });
    assert_eq!(meant(Some(&others)), Some(Meant::Anothers("7".parse().unwrap(), how)));
    assert_eq!(meant(Some(&mine)), Some(Meant::Own));
}
