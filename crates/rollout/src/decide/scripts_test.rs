//! What the journal says: half a script, scripts of earlier upgrades, copies of the release before.

use super::*;
use crate::{ScriptName, ScriptsEffect, digest, facts::JournalRow, status};

fn at(state: &str) -> (World, Policy) {
    let (_, world) = states().into_iter().find(|(name, _)| *name == state).unwrap();
    (world, policy(&fresh()))
}

fn copy(world: &mut World) -> &mut SqlState {
    world.stage.sql.as_mut().unwrap()
}

fn words(effects: &[Effect]) -> Vec<String> {
    effects.iter().map(ToString::to_string).collect()
}

#[test]
fn half_a_script_is_broken_for_every_step_but_rollback() {
    let (mut world, planned) = at("migrated");
    copy(&mut world).journal[0].finished = false;
    let migrate = decided(Step::Migrate, &world, &planned).unwrap();
    assert!(
        migrate.iter().any(|effect| matches!(effect, Effect::Scripts(ScriptsEffect::Run { .. }))),
        "which finds it broken"
    );
    let switch = decided(Step::Switch, &world, &planned).unwrap_err();
    assert_eq!(switch.why, "`1.sql` ended the transaction that it ran in: only a part of it is in `rg/sql-2/shop`");
    let seen = status(&upgrade(), &world);
    assert_eq!((seen.state.word(), seen.next.step, seen.scripts_digest), ("broken", Some(Step::Rollback), None));
    assert_eq!(seen.next.why, "a script ended its transaction, and only a part of it is in the stage copy");
    assert_eq!(run(Step::Rollback, &mut world, &planned), Outcome::Done);
}

fn row_of_before(digest: &str) -> JournalRow {
    JournalRow {
        run: "earlier".to_owned(),
        script: "1.sql".to_owned(),
        digest: digest.to_owned(),
        finished: true,
        took: jiff::SignedDuration::ZERO,
    }
}

#[test]
fn a_folder_that_an_earlier_upgrade_has_run_is_migrated_and_switched_to() {
    let (mut world, planned) = at("terminated");
    copy(&mut world).journal = vec![row_of_before("d1")];
    for effect in decided(Step::Migrate, &world, &planned).unwrap() {
        if !matches!(effect, Effect::Scripts(ScriptsEffect::Run { .. })) {
            model::apply(&mut world, &effect);
        }
    }
    let again = decided(Step::Migrate, &world, &planned).unwrap();
    assert!(again.iter().all(Effect::is_proof), "{again:?}");
    assert_eq!(run(Step::Switch, &mut world, &planned), Outcome::Done);
}

#[test]
fn a_script_that_ran_with_other_contents_is_refused_while_that_changes_nothing() {
    let (mut world, planned) = at("terminated");
    copy(&mut world).journal = vec![row_of_before("other")];
    let why = "`1.sql` ran in upgrade `earlier` with other contents: its digest was other and is d1 now";
    assert_eq!(decided(Step::Migrate, &world, &planned).unwrap_err().why, why);
}

#[test]
fn a_folder_that_is_not_finished_is_not_switched_to() {
    let (world, planned) = at("migrated");
    type Spoil = fn(&mut SqlState);
    let spoils: [Spoil; 3] = [|sql| sql.folder.clear(), |sql| sql.journal.clear(), |sql| sql.journal[0].digest.clear()];
    for spoil in spoils {
        let mut world = world.clone();
        spoil(copy(&mut world));
        let refusal = decided(Step::Switch, &world, &planned).unwrap_err();
        assert!(refusal.why.contains("has the scripts of digest `none`"), "{refusal}");
    }
}

fn version_two(world: &mut World) {
    let both = [&mut world.production.sql, &mut world.stage.sql].into_iter().flatten();
    both.for_each(|sql| {
        sql.schema = Some(2);
        sql.folder.clear();
    });
}

#[test]
fn a_copy_that_the_release_before_has_migrated_is_switched_to_once_it_is_up_to_date() {
    let (mut world, planned) = at("migrated");
    version_two(&mut world);
    assert_eq!(
        decided(Step::Switch, &world, &planned).unwrap_err().hint,
        "run migrate again: it brings the copy up to date"
    );
    assert_eq!(run(Step::Migrate, &mut world, &planned), Outcome::Done);
    assert_eq!(run(Step::Switch, &mut world, &planned), Outcome::Done);
}

/// Its plan covers the scripts alone, also where there are checks.
#[test]
fn an_upgrade_that_the_release_before_has_planned_goes_on_with_its_checks() {
    let (mut world, planned) = at("terminated");
    version_two(&mut world);
    let checks = vec![ScriptName { name: "c.sql".to_owned(), digest: "c".to_owned() }];
    let scripts_digest = Some(digest::of_folders(&planned.scripts, &[]));
    let planned = Policy { checks, scripts_digest, ..planned };
    let effects = words(&decided(Step::Migrate, &world, &planned).unwrap());
    let place = |text: &str| effects.iter().position(|effect| effect.starts_with(text)).unwrap();
    assert!(place("bring schema `rolling_upgrade`") < place("run the upgrade scripts"), "{effects:#?}");
    assert!(place("run the upgrade scripts") < place("run the checks"), "{effects:#?}");
    assert_eq!(run(Step::Migrate, &mut world, &planned), Outcome::Done);
    assert_eq!(run(Step::Switch, &mut world, &planned), Outcome::Done);
}

#[test]
fn cleanup_leaves_the_journal_and_is_done() {
    let (world, planned) = at("v1-removed");
    let left = world.stage.sql.as_ref().unwrap();
    assert_eq!((left.schema, left.fence_table, left.journal.len()), (Some(SCHEMA_VERSION), false, 1));
    let again = decided(Step::Cleanup, &world, &cleaning(planned, &upgrade().production.database)).unwrap();
    assert!(again.is_empty(), "{again:?}");
}
