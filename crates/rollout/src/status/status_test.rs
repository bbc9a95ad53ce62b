//! The table of states, and the promise behind it: the step that comes next can be run, and whoever follows it arrives.

use std::fmt::Write;

use super::*;
use crate::{
    AccessEffect, Outcome, Refusal, ReplicationEffect, TrafficEffect,
    decide::tests::{beginnings, cleaning, decided, model::*, run, states, states_from},
    facts::{Fence, SqlState},
    labels,
    rows::{Changes, Counted, TableRows},
};

fn named(name: &str) -> World {
    states().into_iter().find(|(state, _)| *state == name).unwrap().1
}

fn seen(world: &World) -> Status {
    status(&upgrade(), world)
}

#[test]
fn the_table_of_states() {
    let mut table = String::new();
    for (name, world) in states() {
        let status = seen(&world);
        let next = status.next.step.map_or("nothing", Step::name);
        let remove = status.next.remove.as_ref().map(|database| format!(" of `{database}`")).unwrap_or_default();
        writeln!(table, "{name}: {} -> {next}{remove} ({})", status.state, status.next.why).unwrap();
        writeln!(table, "  read-only: {}, rollback: {}", status.read_only.is_some(), status.rollback.word()).unwrap();
    }
    insta::assert_snapshot!(table);
}

/// From which state each step goes on.
const COURSE: [(&str, Step); 5] = [
    ("fresh", Step::Prepare),
    ("prepared", Step::Freeze),
    ("frozen", Step::Terminate),
    ("terminated", Step::Migrate),
    ("migrated", Step::Switch),
];

/// One of the two ways to begin, with the states that it leads through.
struct Road {
    states: Vec<(&'static str, World)>,
    planned: Policy,
}

/// With a stage site that is adopted, and with one that prepare creates.
fn roads() -> [Road; 3] {
    beginnings().map(|(world, planned)| Road { states: states_from(world, &planned), planned })
}

impl Road {
    fn at(&self, name: &str) -> World {
        self.states.iter().find(|(state, _)| *state == name).unwrap().1.clone()
    }

    /// Every world in which an upgrade can stand: between two steps, and wherever a step or a rollback of it can die.
    fn everywhere(&self) -> Vec<(String, World)> {
        let mut all: Vec<_> = self.states.iter().map(|(name, world)| ((*name).to_owned(), world.clone())).collect();
        for (name, step) in COURSE {
            all.extend(self.dying(name, step, &self.planned));
            all.extend(self.dying(name, Step::Rollback, &self.planned));
        }
        let Upgrade { production, stage, .. } = upgrade();
        for (name, slot) in [("prepared", &stage), ("rolled-back", &stage), ("switched", &production)] {
            all.extend(self.dying(name, Step::Cleanup, &cleaning(self.planned.clone(), &slot.database)));
        }
        all
    }

    fn dying(&self, name: &str, step: Step, policy: &Policy) -> Vec<(String, World)> {
        let (mut world, mut all) = (self.at(name), Vec::new());
        for effect in decided(step, &world, policy).unwrap() {
            apply(&mut world, &effect);
            all.push((format!("{name}, {} died after: {effect}", step.name()), world.clone()));
        }
        all
    }

    /// Runs what comes next, with what a workflow passes on from plan.
    fn follow(&self, world: &mut World, status: &Status) -> Result<Outcome, Refusal> {
        let (step, planned) = (status.next.step.unwrap(), self.planned.clone());
        let scripts_digest = status.scripts_digest.clone().or(planned.scripts_digest.clone());
        let policy = match &status.next.remove {
            Some(database) => cleaning(planned, database),
            None => Policy { scripts_digest, ..planned },
        };
        decided(step, world, &policy).map(|_| run(step, world, &policy))
    }

    /// No step that comes next refuses, none leaves everything as it is, and the road has an end.
    fn arrives(&self, place: &str, mut world: World) {
        let mut road = Vec::new();
        loop {
            let status = seen(&world);
            road.push(status.state);
            let begun = road.len() > 1;
            if status.next.step.is_none() || (begun && status.state == State::NotBegun) {
                break;
            }
            assert!(road.len() < 10, "{place}: {road:?} has no end");
            let followed = self.follow(&mut world, &status);
            let outcome = followed.unwrap_or_else(|refusal| panic!("{place}: {road:?}: {refusal}"));
            assert_eq!(outcome, Outcome::Done, "{place}: {road:?}: it changed nothing");
        }
        assert!(matches!(road.last(), Some(State::CleanedUp | State::NotBegun)), "{place}: {road:?}");
    }
}

#[test]
fn whoever_does_what_comes_next_arrives() {
    for road in roads() {
        road.everywhere().into_iter().for_each(|(place, world)| road.arrives(&place, world));
    }
}

/// As long as a step has left something to do it is what comes next; only then is it the one after it.
#[test]
fn a_step_that_died_is_what_comes_next() {
    for road in roads() {
        for (name, step) in COURSE {
            let mut world = road.at(name);
            let effects = decided(step, &world, &road.planned).unwrap();
            for (at, effect) in effects.iter().enumerate() {
                apply(&mut world, effect);
                let left = effects[at + 1..].iter().any(|effect| !effect.is_proof());
                let next = seen(&world).next.step;
                assert_eq!(next == Some(step), left, "{} died after: {effect}: {next:?} comes next", step.name());
            }
        }
    }
}

#[test]
fn a_copy_that_is_not_there_yet_is_seeding() {
    let mut world = named("prepared");
    world.production.links[0].state = "SEEDING".to_owned();
    world.stage.settings.truncate(1);
    world.profile.endpoints.pop();
    let status = seen(&world);
    assert_eq!((status.state, status.next.step), (State::Seeding, Some(Step::Prepare)));
}

#[test]
fn past_the_deadline_rollback_comes_next() {
    for name in ["frozen", "terminated", "migrated"] {
        let mut world = named(name);
        assert!(!seen(&world).read_only.unwrap().overdue);
        later(&mut world, 31 * 60);
        let status = seen(&world);
        assert!(status.read_only.unwrap().overdue);
        assert_eq!((status.state.word(), status.next.step), (name, Some(Step::Rollback)));
        assert_eq!(
            status.to_string(),
            format!("upgrade `7` stands at `{name}`, its deadline has passed, `rollback` comes next")
        );
    }
}

#[test]
fn cleanup_is_no_way_on_for_a_step_that_refuses() {
    for (name, stands) in [
        ("switched", "users are on V2; `cleanup` removes V1 when you no longer need it"),
        ("rolled-back", "run `cleanup` with `remove: rg/sql-2/shop`, then `prepare`"),
    ] {
        assert_eq!(seen(&named(name)).to_string(), format!("upgrade `7` stands at `{name}`: {stands}"));
    }
}

#[test]
fn production_that_is_read_only_by_somebody_else_is_told() {
    let mut world = named("fresh");
    let sql = world.production.sql.as_mut().unwrap();
    (sql.read_only, sql.updateable) = (true, false);
    let status = seen(&world);
    assert_eq!((status.state, status.next.step), (State::ReadOnlyByAnother, None));
    assert_eq!(
        status.to_string(),
        "upgrade `7` stands at `read-only-by-another`: production `rg/sql-1/shop` is read-only, and no upgrade made it \
         so: find out who set it READ_ONLY"
    );
    let fence = Fence { run: "8".to_owned(), opened_at: at(0), deadline: at(60), closed_at: None };
    let sql = world.production.sql.take().unwrap();
    world.production.sql = Some(SqlState { fences: vec![fence], ..sql });
    let why = "upgrade `8` made production `rg/sql-1/shop` read-only: run `upgrade-status` with its `upgrade-id`";
    assert_eq!(seen(&world).next.why, why);
}

#[test]
fn a_profile_that_another_upgrade_has_is_told() {
    let mut world = named("prepared");
    assert_eq!(seen(&world).other, None);
    world.profile.tags.insert(crate::facts::TAG.to_owned(), "8".to_owned());
    assert_eq!(seen(&world).other.as_deref(), Some("8"));
}

#[test]
fn a_production_that_nobody_can_look_into_is_unknown() {
    let mut world = named("frozen");
    world.production.sql = None;
    let status = seen(&world);
    assert_eq!((status.state, status.next.step, status.read_only), (State::Unknown, None, None));
    assert_eq!(status.next.why, "this run could not log in to production `rg/sql-1/shop`");
    world.production.database = None;
    let why = "production `rg/sql-1/shop` does not exist, and users are not on V2: check the identifiers";
    assert_eq!(seen(&world).next.why, why);
}

/// A switch died while stage's endpoint was enabled, and V2's database takes no log-in now: no step can go on before it does.
#[test]
fn a_copy_that_users_may_have_written_to_and_nobody_can_look_into_is_unknown() {
    let mut world = named("migrated");
    world.profile.tags.insert(crate::labels::SERVING.to_owned(), upgrade().id.to_string());
    world.stage.sql = None;
    let status = seen(&world);
    assert_eq!((status.state, status.next.step), (State::Unknown, None));
    let why = "users may have been on `rg-2/contoso-2`, and this run cannot read what they wrote to `rg/sql-2/shop`: \
               make that database reachable, then run `upgrade-status` again";
    assert_eq!(status.next.why, why);
    assert!(status.read_only.is_some(), "users wait");
}

/// Users are on V2, whether or not anybody can log in to V1.
#[test]
fn after_the_switch_production_need_not_be_seen() {
    let mut world = named("switched");
    world.production.sql = None;
    let status = seen(&world);
    assert_eq!((status.state, status.next.step), (State::Switched, Some(Step::Cleanup)));
}

/// What somebody did by hand, and what is to be done about it.
#[test]
fn a_copy_that_is_of_no_use_leads_back() {
    let ending = crate::Ending { partner: upgrade().stage.database, methods: Vec::new(), proofs: Vec::new() };
    let cut_off = Effect::Replication(ReplicationEffect::End { source: upgrade().production.database, ending });
    let read_write =
        Effect::Access(AccessEffect::SetReadWrite { database: upgrade().production.database, release: None });
    let broken = |name: &str, by_hand: &[&Effect], change: fn(&mut World)| {
        let mut world = named(name);
        by_hand.iter().for_each(|effect| apply(&mut world, effect));
        change(&mut world);
        let status = seen(&world);
        let next = if name == "prepared" { Step::Cleanup } else { Step::Rollback };
        assert_eq!((status.state, status.next.step, status.obstacle), (State::Broken, Some(next), None), "{name}");
        status.next.why
    };
    let nothing = |_: &mut World| {};
    let unproved = "the replication link is gone, and nothing proves that the copy has every write";
    assert_eq!(broken("prepared", &[&cut_off], nothing), unproved);
    let writable = |world: &mut World| {
        let stage = world.stage.sql.as_mut().unwrap();
        (stage.read_only, stage.updateable) = (false, true);
    };
    assert_eq!(broken("frozen", &[&cut_off], writable), unproved);
    let gone = |world: &mut World| (world.stage.database, world.stage.sql) = (None, None);
    for name in ["frozen", "terminated", "migrated"] {
        assert_eq!(broken(name, &[], gone), "the stage copy is gone");
    }
    let again = "production takes writes again, and its copy does not get them";
    assert_eq!(broken("terminated", &[&read_write], nothing), again);
    assert_eq!(broken("migrated", &[&read_write], nothing), again);
    let written = |world: &mut World| {
        let rows = |rows: i64| [TableRows { table: "dbo.Orders".to_owned(), rows }];
        let production = Changes::between(&rows(3), &rows(5));
        world.counted = Some(Counted { production, ..Counted::default() });
    };
    assert_eq!(broken("migrated", &[], written), "production was written to after replication to the copy ended");
}

/// The step that comes next says itself what is in its way.
#[test]
fn what_is_in_the_way_is_told() {
    for (name, world) in states() {
        assert_eq!(seen(&world).obstacle, None, "{name}");
    }
    let endpoint = upgrade().stage.endpoint;
    for (name, state) in [("frozen", State::Frozen), ("terminated", State::Terminated)] {
        let mut world = named(name);
        apply(
            &mut world,
            &Effect::Traffic(TrafficEffect::Enable {
                endpoint: endpoint.clone(),
                kind: crate::facts::EndpointKind::External,
            }),
        );
        let status = seen(&world);
        let refusal = status.obstacle.unwrap();
        assert_eq!((status.state, refusal.hint.as_str()), (state, "disable it: switch enables it once V2 is ready"));
    }
}

#[test]
fn the_command_has_every_identifier() {
    let line = |name: &str| command(&upgrade(), &seen(&named(name)));
    let common = "--upgrade-id 7 --connection-name Shop --production-database rg/sql-1/shop --production-site rg/contoso-1 \
                  --production-endpoint rg/contoso/contoso-1 --stage-database rg/sql-2/shop --stage-site rg-2/contoso-2 \
                  --stage-endpoint rg/contoso/contoso-2";
    assert_eq!(line("frozen").unwrap(), format!("upgrade-terminate {common}"));
    let scripts = "--scripts '<folder of the upgrade scripts>' --scripts-digest '<output scripts-digest of plan>'";
    let plan = "--plan-digest '<output plan-digest of plan>'";
    assert_eq!(line("prepared").unwrap(), format!("upgrade-freeze {common} {scripts} {plan}"));
    assert_eq!(line("terminated").unwrap(), format!("upgrade-migrate {common} {scripts}"));
    let digest = policy(&fresh()).digest_of_scripts();
    assert_eq!(line("migrated").unwrap(), format!("upgrade-switch {common} --scripts-digest {digest}"));
    assert_eq!(line("switched").unwrap(), format!("upgrade-cleanup {common} --remove rg/sql-1/shop"));
    assert_eq!(line("rolled-back").unwrap(), format!("upgrade-cleanup {common} --remove rg/sql-2/shop"));
    assert_eq!(line("v1-removed"), None);
}

#[test]
fn labels_tell_stage() {
    let profile = &named("prepared").profile;
    let labelled = Labelled::read(profile).unwrap().unwrap();
    let (endpoint, site) = endpoint_of_v1(profile, &labelled).unwrap().unwrap();
    let production = production(endpoint, site, upgrade().production.database);
    assert_eq!(labelled.upgrade(production, "Shop".to_owned()).unwrap(), upgrade());
    assert_eq!(Labelled::read(&named("fresh").profile), Ok(None));
    assert_eq!(Labelled::read(&named("v1-removed").profile), Ok(None));
}

#[test]
fn labels_that_somebody_has_changed_are_refused() {
    let mut profile = named("prepared").profile;
    profile.tags.insert(labels::SITE.to_owned(), "contoso-2".to_owned());
    assert_eq!(
        Labelled::read(&profile).unwrap_err().to_string(),
        "cannot read the tag `rolling-upgrade-site` of Traffic Manager profile `rg/contoso`: `contoso-2` is not a site \
         identifier: expected `<resource-group>/<site>[/<slot>]`"
    );
    profile.tags.remove(labels::SITE);
    let refusal = Labelled::read(&profile).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "cannot read the tag `rolling-upgrade-site` of Traffic Manager profile `rg/contoso`: it does not exist"
    );
}

#[test]
fn several_sites_beside_stage_cannot_be_told_apart() {
    let mut profile = named("prepared").profile;
    let labelled = Labelled::read(&profile).unwrap().unwrap();
    let mut other = profile.endpoints[0].clone();
    other.id.name = "contoso-dr".to_owned();
    profile.endpoints.push(other);
    assert_eq!(
        endpoint_of_v1(&profile, &labelled).unwrap_err().to_string(),
        "cannot find V1 in profile `rg/contoso`: several of its endpoints are web sites: `contoso-1`, `contoso-dr`"
    );
    profile.endpoints.retain(|endpoint| endpoint.id == labelled.endpoint);
    assert_eq!(endpoint_of_v1(&profile, &labelled), Ok(None));
}

#[test]
fn a_kept_setting_tells_the_name_of_the_connection() {
    let upgrade = upgrade();
    let world = named("prepared");
    assert_eq!(connection_name(&upgrade.id, &world.stage.settings).as_deref(), Some("Shop"));
    assert_eq!(connection_name(&"8".parse().unwrap(), &world.stage.settings), None);
    assert_eq!(connection_name(&upgrade.id, &world.production.settings), None);
    let kept = "Shop_before_upgrade_7";
    assert_eq!(upgrade.kept_setting(), kept);
    assert_eq!(Upgrade::name_behind_kept(&upgrade.id, kept), Some("Shop"));
    assert_eq!(Upgrade::name_behind_kept(&upgrade.id, "_before_upgrade_7"), None);
    assert_eq!(Upgrade::name_behind_kept(&upgrade.id, "Shop"), None);
}

#[test]
fn a_holder_is_told_with_step_upgrade_and_time() {
    let holder = Holder {
        program: "rolling-upgrade/freeze/42".into(),
        host: "runner-7".into(),
        login: "sqladmin".into(),
        since: "2026-11-22T12:00:00.25Z".parse().unwrap(),
    };
    let told = "step `freeze` of upgrade `42` (log-in `sqladmin` from host `runner-7`, since 2026-11-22T12:00:00Z)";
    assert_eq!(holder.to_string(), told);
    let other = Holder { program: "SSMS".into(), ..holder };
    assert_eq!(other.to_string(), "`SSMS` (log-in `sqladmin` from host `runner-7`, since 2026-11-22T12:00:00Z)");
}
