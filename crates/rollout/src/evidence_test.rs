use super::*;
use crate::{
    decide::tests::{model::*, states},
    facts::Milestone,
};

fn named(name: &str) -> World {
    states().into_iter().find(|(state, _)| *state == name).unwrap().1
}

fn exposure(world: &World) -> Exposure {
    world.exposure(&upgrade())
}

fn without(mut world: World, moment: Moment) -> World {
    world.stage.sql.as_mut().unwrap().milestones.retain(|row| row.moment != moment);
    world
}

/// As the release before leaves it: no rows but those that it knows.
fn of_the_release_before(mut world: World) -> World {
    for sql in [&mut world.production.sql, &mut world.stage.sql].into_iter().flatten() {
        (sql.schema, sql.milestones, sql.upgrades) = (sql.schema.map(|_| 2), Vec::new(), Vec::new());
    }
    world
}

fn unlabelled(mut world: World) -> World {
    world.profile.tags.retain(|name, _| !name.starts_with("rolling-upgrade"));
    world
}

fn unreachable(mut world: World) -> World {
    world.stage.sql = None;
    world
}

fn flipped(mut world: World, production: bool, stage: bool) -> World {
    let upgrade = upgrade();
    for endpoint in &mut world.profile.endpoints {
        endpoint.enabled = if endpoint.id == upgrade.production.endpoint { production } else { stage };
    }
    world
}

/// Whatever anybody does to labels and endpoints, the rows of the copy decide.
#[test]
fn rows_decide_whatever_labels_and_endpoints_say() {
    let wanted = [
        ("fresh", Exposure::Never),
        ("prepared", Exposure::Never),
        ("frozen", Exposure::Never),
        ("terminated", Exposure::Never),
        ("migrated", Exposure::Never),
        ("switched", Exposure::Switched),
        ("rolled-back", Exposure::Never),
        ("v1-removed", Exposure::Switched),
    ];
    for (state, wanted) in wanted {
        let world = named(state);
        let readable = world.stage.sql.is_some();
        for (production, stage) in [(true, false), (true, true), (false, true), (false, false)] {
            let flipped = flipped(world.clone(), production, stage);
            // Nobody but a step may have enabled stage, unless migrate has opened the copy.
            let wanted = if state == "migrated" && stage { Exposure::Perhaps } else { wanted };
            if readable {
                assert_eq!(exposure(&flipped), wanted, "{state}, production {production}, stage {stage}");
                assert_eq!(exposure(&unlabelled(flipped)), wanted, "{state} without labels");
            }
        }
        assert_eq!(exposure(&world), wanted, "{state}");
    }
}

#[test]
fn a_switch_that_died_leaves_it_open_whether_users_wrote() {
    let mut begun = without(named("switched"), Moment::Switched);
    assert_eq!(exposure(&begun), Exposure::Switched, "the label says so, and somebody may have deleted the row");
    begun.profile.tags.remove(labels::SWITCHED);
    assert_eq!(exposure(&begun), Exposure::Perhaps);
    assert_eq!(exposure(&without(begun.clone(), Moment::Switching)), Exposure::Perhaps);
    assert_eq!(exposure(&without(begun, Moment::Served)), Exposure::Perhaps);
}

#[test]
fn a_copy_that_somebody_has_emptied_tells_nothing() {
    let mut emptied = named("migrated");
    let sql = emptied.stage.sql.as_mut().unwrap();
    (sql.schema, sql.fence_table, sql.fences, sql.milestones) = (None, false, Vec::new(), Vec::new());
    assert_eq!(exposure(&emptied), Exposure::Unknown);
    assert!(!emptied.synchronised(&upgrade()));
}

#[test]
fn users_may_come_to_v2_by_an_endpoint_of_another_name_or_by_v1s_site() {
    let mut renamed = named("migrated");
    let stage = renamed.endpoint(&upgrade().stage).unwrap().clone();
    let id = "rg/contoso/v2".parse().unwrap();
    renamed.profile.endpoints.push(crate::facts::Endpoint { id, enabled: true, site: None, ..stage });
    assert_eq!(exposure(&renamed), Exposure::Perhaps);
    let mut moved = named("migrated");
    moved.production.settings = vec![setting("sql-2")];
    assert_eq!(exposure(&moved), Exposure::Perhaps);
}

/// Nobody can look into stage.
#[test]
fn without_its_rows_stage_counts_as_served_unless_labels_and_endpoint_say_no() {
    let migrated = unreachable(named("migrated"));
    assert_eq!(exposure(&migrated), Exposure::Never);
    assert_eq!(exposure(&flipped(migrated.clone(), true, true)), Exposure::Unknown);
    assert_eq!(exposure(&unlabelled(migrated.clone())), Exposure::Unknown);
    let mut serving = migrated;
    serving.profile.tags.insert(labels::SERVING.to_owned(), "7".to_owned());
    assert_eq!(exposure(&serving), Exposure::Unknown);
    assert_eq!(exposure(&unreachable(named("switched"))), Exposure::Switched);
    assert_eq!(exposure(&unreachable(named("frozen"))), Exposure::Never, "the link shows that stage took no write");
}

#[test]
fn of_the_release_before_labels_and_endpoints_decide() {
    let of = |state: &str| of_the_release_before(named(state));
    for state in ["frozen", "terminated", "migrated"] {
        assert_eq!(exposure(&of(state)), Exposure::Never, "{state}");
    }
    assert_eq!(exposure(&flipped(of("migrated"), true, true)), Exposure::Perhaps);
    assert_eq!(exposure(&flipped(of("migrated"), false, true)), Exposure::Switched);
    assert_eq!(exposure(&of("switched")), Exposure::Switched);
    assert_eq!(exposure(&flipped(of("switched"), true, false)), Exposure::Switched, "the label says so");
}

#[test]
fn a_copy_of_another_freeze_is_not_called_synchronised() {
    let mut world = named("terminated");
    assert!(world.synchronised(&upgrade()));
    let fences = &mut world.production.sql.as_mut().unwrap().fences;
    fences[0].opened_at += jiff::SignedDuration::from_secs(60);
    assert!(!world.synchronised(&upgrade()));
}

#[test]
fn what_prepare_wrote_down_leads_to_the_upgrade_without_labels() {
    let world = unlabelled(named("migrated"));
    assert!(world.knows(&upgrade()) && world.added_stage_endpoint(&upgrade()));
    let mut other = upgrade();
    other.stage.endpoint = "rg/contoso/another".parse().unwrap();
    assert!(!world.knows(&other));
    let milestone =
        |sql: &SqlState| sql.milestones.iter().any(|Milestone { moment, .. }| *moment == Moment::Synchronised);
    assert!(milestone(world.stage.sql.as_ref().unwrap()));
}
